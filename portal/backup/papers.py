"""Stored files against the rows that name them: what is missing, altered, or named by no row."""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from django.core.files.storage import Storage
from django.db.models import Model, QuerySet

from portal.stores.base import StoreError

# Made again on demand, and worth stealing: backups leave them out.
LEFT_OUT = "exports"


@dataclass(frozen=True)
class Kept:
    """A column of file names. ``rows`` are those whose file must be there; ``digest`` its column of SHA-256, if any.

    ``is_backed_up`` is False for what a backup leaves out.
    """

    model: type[Model]
    rows: Callable[[], "QuerySet[Any]"]
    column: str = "file"
    digest: str = ""
    is_backed_up: bool = True


@dataclass
class Reconciled:
    """What was compared. Names are those of the storage; ``missing`` and ``altered`` say which row as well."""

    rows: int = 0
    files: int = 0
    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        return [
            *(f"{each}: the file is missing" for each in self.missing),
            *(f"{each}: the file was altered" for each in self.altered),
        ]


_KEPT: dict[str, Kept] = {}


def add(kept: Kept) -> None:
    """Register a column of file names (when its app is ready)."""
    _KEPT[f"{kept.model._meta.label}.{kept.column}"] = kept


def registered() -> tuple[str, ...]:
    return tuple(sorted(_KEPT))


@dataclass(frozen=True)
class Named:
    """A file that a row names. ``row`` is for people; ``digest`` is empty where no row keeps one."""

    name: str
    row: str
    digest: str = ""


def named(*, with_left_out: bool = True) -> Generator[Named]:
    """Yield the file of each row that must have one."""
    for kept in _KEPT.values():
        if not kept.is_backed_up and not with_left_out:
            continue
        columns = ["pk", kept.column, *filter(None, [kept.digest])]
        rows = kept.rows().exclude(**{kept.column: ""}).values_list(*columns)
        with closing(rows.iterator()) as found:  # type: ignore[type-var]
            for key, name, *digest in found:
                yield Named(name, f"{kept.model._meta.label} {key}", digest[0] if digest else "")


def reconcile(wanted: Iterable[Named], storage: Storage, *, with_left_out: bool = True) -> Reconciled:
    """Return how the files of a storage differ from what rows name. Every file with a digest is read whole.

    Raises: StoreError: the storage does not answer, which says nothing about its files.
    """
    found, wanted_names = Reconciled(), set()
    for each in wanted:
        found.rows += 1
        wanted_names.add(each.name)
        digest = _digest(storage, each.name) if each.digest else _name_if_there(storage, each.name)
        if digest is None:
            found.missing.append(f"{each.name} of {each.row}")
        elif each.digest and digest != each.digest:
            found.altered.append(f"{each.name} of {each.row}")
    for name in names(storage):
        if name.startswith(f"{LEFT_OUT}/") and not with_left_out:
            continue
        found.files += 1
        if name not in wanted_names:
            found.unnamed.append(name)
    found.unnamed.sort()
    return found


def _digest(storage: Storage, name: str) -> str | None:
    try:
        with storage.open(name) as content:
            return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
    except StoreError:
        raise
    except OSError:
        return None


def _name_if_there(storage: Storage, name: str) -> str | None:
    return name if storage.exists(name) else None


def names(storage: Storage, folder: str = "") -> Iterator[str]:
    """Yield the name of each file of a storage."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:  # no document was ever stored
        return
    yield from (f"{folder}/{name}" if folder else name for name in files)
    for name in folders:
        yield from names(storage, f"{folder}/{name}" if folder else name)
