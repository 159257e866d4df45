"""What the database has encrypted, and how it is sealed again with the newest of ``SECRETS_KEYS``.

Each app tells what it seals (``add``), so that no secret is lost when an older key is dropped. Nothing is a migration:
during a deploy, programs of the former version still read what is sealed with the former key.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from django.apps import apps
from django.db import models, transaction

from portal import encryption

log = logging.getLogger(__name__)

BATCH = 200  # keys that are read at a time
Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True)
class Sealed:
    """Secrets of one table. ``written_in`` is the module that encrypts them, or the function whose text is stored.

    ``again`` changes a row so that each of its secrets has the newest key. It returns the fields that it changed.
    """

    what: str
    model: str
    fields: tuple[str, ...]
    written_in: str
    again: Callable[[Any], list[str]]
    only: dict[str, Any]


@dataclass(frozen=True)
class Passing:
    """What is sealed for minutes only, by the function ``written_in``: nothing of it outlives a former key."""

    written_in: str
    why: str


@dataclass(frozen=True)
class Count:
    """Rows of one table: sealed again now, and left with a key that is no longer known."""

    what: str
    sealed: int
    unreadable: int


SEALED: dict[str, Sealed] = {}
PASSING: dict[str, Passing] = {}


def add(
    what: str,
    *,
    model: str,
    fields: tuple[str, ...],
    written_in: str,
    again: Callable[[Any], list[str]] | None = None,
    only: dict[str, Any] | None = None,
) -> None:
    """Tell what is sealed, in text columns unless ``again`` knows better. ``only`` chooses the rows."""
    plain = partial(columns_again, fields=fields)
    SEALED[what] = Sealed(what, model, fields, written_in, again or plain, only or {})


def add_passing(written_in: str, *, why: str) -> None:
    """Tell that what this function seals is needed for minutes only."""
    PASSING[written_in] = Passing(written_in, why)


def columns_again(row: models.Model, fields: Iterable[str]) -> list[str]:
    """Seal these columns with the newest key. Return those that changed. Raises: encryption.CannotDecryptError."""
    old = [name for name in fields if (value := getattr(row, name)) and not encryption.is_current(value)]
    for name in old:
        setattr(row, name, encryption.encrypt(encryption.decrypt(getattr(row, name))))
    return old


def seal_all(now: dt.datetime) -> list[Count]:
    """Seal everything with the first of ``SECRETS_KEYS`` and return what was done. A second run finds nothing to do."""
    return [_seal(each) for each in SEALED.values()] if encryption.has_key() else []


def _seal(sealed: Sealed) -> Count:
    model = apps.get_model(sealed.model)
    done = [_seal_row(sealed, model, key) for key in _keys(sealed, model)]
    unreadable = done.count(None)
    if unreadable:
        log.error("%s: %s rows have a key that is no longer among SECRETS_KEYS", sealed.what, unreadable)
    return Count(sealed.what, done.count(True), unreadable)


def _keys(sealed: Sealed, model: type[Row]) -> Iterator[Any]:
    last: Any = None
    while True:
        rows = model._default_manager.filter(**sealed.only, **({"pk__gt": last} if last is not None else {}))
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        yield from keys
        if len(keys) < BATCH:
            return
        last = keys[-1]


def _seal_row(sealed: Sealed, model: type[Row], key: Any) -> bool | None:
    """Return whether the row was sealed again; None: its key is lost.

    The row is locked and read again, so that nothing is written over what somebody else has changed meanwhile.
    """
    with transaction.atomic():
        row = model._default_manager.select_for_update(no_key=True, of=("self",)).filter(pk=key).first()
        if row is None:
            return False
        try:
            changed = sealed.again(row)
        except encryption.CannotDecryptError:
            return None
        values = {name: getattr(row, name) for name in changed}
        return bool(values and model._default_manager.filter(pk=key).update(**values))
