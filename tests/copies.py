"""A submitted enrollment that the product made once, and copies of its rows: thousands of tests begin with one.

Made by the product's own functions, one takes 85 queries. They make the original when the tests begin (``learn``); a
copy is what they wrote, in every table, under new keys and numbers (``tests/test_copies.py`` holds one beside the
other).
"""

import base64
import datetime as dt
import json
import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection, models, transaction
from django.utils import timezone

from onboarding.domain.checks import routing, starting
from onboarding.enums import CHECKS
from onboarding.models import DomainChallenge, Enrollment
from portal.accounts.models import User
from portal.partners.models import Partner

Row = dict[str, Any]
Model = type[models.Model]
OF_A_PERSON: tuple[Model, ...] = (User, EmailAddress)


@dataclass(frozen=True)
class Original:
    """``rows`` are all that was written, each as PostgreSQL gives it; ``number`` is the MPN ID.

    ``began`` and ``ended`` are the clock's: a time between them is "now".
    """

    rows: list[tuple[Model, list[Row]]]
    number: str
    company: str
    email: str
    queues: list[str]
    subjects: dict[str, str]  # what a check is about, as text, by its digest
    began: dt.datetime
    ended: dt.datetime

    def is_now(self, time: str) -> bool:
        return self.began <= dt.datetime.fromisoformat(time) <= self.ended


_ORIGINALS: list[Original] = []


def learn(make: Callable[[], Enrollment]) -> None:
    """Keep the rows that ``make`` writes as the original."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        if cursor.fetchone() != ("on",):  # who may not switch triggers off makes each one
            return
    _ORIGINALS[:] = [watched(make)]


def watched(make: Callable[[], Enrollment]) -> Original:
    """Let ``make`` write an enrollment, return its rows, and take it back."""
    began = timezone.now()
    with transaction.atomic():
        before = {model: _keys(model) for model in _models()}
        enrollment = make()
        written = [(model, _rows(model, _keys(model) - known)) for model, known in before.items()]
        original = _original(enrollment, [(model, rows) for model, rows in written if rows], began)
        transaction.set_rollback(True)
    return original


def _original(enrollment: Enrollment, rows: list[tuple[Model, list[Row]]], began: dt.datetime) -> Original:
    checks = routing.checks_of(enrollment)
    today = timezone.localdate()
    subjects = {
        check.subject_key: repr(routing.subject_of(check, checks=checks, today=today))
        for check in checks.values()
        if check.subject_key
    }
    partner, owner = enrollment.partner, enrollment.created_by
    return Original(rows, enrollment.mpn_id, partner.name, owner.email, _queues(), subjects, began, timezone.now())


def find() -> Original | None:
    """Return the original if the settings are those under which it was made; else each one is made."""
    return next((original for original in _ORIGINALS if original.queues == _queues()), None)


def _queues() -> list[str]:
    return [routing.queue_of(kind, authority, "FR") for kind, authority in CHECKS]


@transaction.atomic
def copy(original: Original, *, number: str, company: str, email: str, owner: User | None = None) -> Enrollment:
    """Write the original's rows under new keys. ``number`` is as long as the original's. Return the enrollment.

    With an ``owner`` their company has it, and no person is made.
    """
    keys, now = _new_keys(original)
    if owner:
        keys[User, _of(original, User)["id"]] = owner.pk
    texts = {original.number: number, original.company: company, original.email: email}
    texts |= {old: starting.digest(_Subject(_replaced(text, texts))) for old, text in original.subjects.items()}
    statements, parameters = [], []
    for model, rows in original.rows:
        if owner and model in OF_A_PERSON:
            continue
        columns = ", ".join(f'"{name}"' for name in rows[0])
        table = model._meta.db_table
        statements.append(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, %s)"
        )
        parameters.append(json.dumps([_copied(original, model, row, keys, texts, now) for row in rows]))
    with connection.cursor() as cursor:
        # The rows hold what the triggers wrote already.
        role = "SET LOCAL session_replication_role = "
        cursor.execute("; ".join([f"{role} replica", *statements, f"{role} origin"]), parameters)
    old = next(rows[0]["id"] for model, rows in original.rows if model is Enrollment)
    return Enrollment.objects.select_related("partner").get(pk=keys[Enrollment, old])


class _Subject(str):
    """The text of a subject, whose digest is the subject's."""

    def __repr__(self) -> str:
        return str(self)


Keys = dict[tuple[Model, Any], Any]


def _new_keys(original: Original) -> tuple[Keys, str]:
    """Return the new key of every row, and the database's time."""
    counted = [(model, rows) for model, rows in original.rows if isinstance(model._meta.pk, models.AutoField)]
    parts = [
        f"ARRAY(SELECT nextval(pg_get_serial_sequence('{model._meta.db_table}', '{model._meta.pk.column}'))"  # type: ignore[union-attr]
        f" FROM generate_series(1, {len(rows)}))"
        for model, rows in counted
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT now()::text, {', '.join(parts)}")
        [now, *numbers] = cursor.fetchone()
    keys: Keys = {(Partner, _of(original, Partner)["id"]): str(uuid.uuid4())}
    keys[Enrollment, _of(original, Enrollment)["id"]] = str(uuid.uuid4())
    for (model, rows), new in zip(counted, numbers, strict=True):
        keys |= {(model, row[_key(model)]): key for row, key in zip(rows, new, strict=True)}
    return keys, now


def _copied(original: Original, model: Model, row: Row, keys: Keys, texts: dict[str, str], now: str) -> Row:
    changed = dict(row)
    for field in model._meta.concrete_fields:
        value, column = row.get(field.column), field.column
        if field.primary_key and (model, value) in keys:
            changed[column] = keys[model, value]
        elif field.is_relation and (field.related_model, value) in keys:
            changed[column] = keys[field.related_model, value]
        elif column == "pgh_created_at":
            changed[column] = now
        elif isinstance(field, models.DateTimeField) and value and original.is_now(value):
            changed[column] = timezone.now().isoformat()
        elif isinstance(value, str):
            changed[column] = _replaced(value, texts)
        elif isinstance(value, dict | list):
            changed[column] = json.loads(_replaced(json.dumps(value), texts))
    if model is DomainChallenge:
        changed["token"] = base64.b32encode(secrets.token_bytes(20)).decode().lower()
    return changed


def _replaced(text: str, texts: dict[str, str]) -> str:
    for old, new in texts.items():
        text = text.replace(old, new)
    return text


def _of(original: Original, wanted: Model) -> Row:
    return next(rows[0] for model, rows in original.rows if model is wanted)


def _key(model: Model) -> str:
    return str(model._meta.pk.column)  # type: ignore[union-attr]


def _models() -> Iterator[Model]:
    return (
        model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy
    )


def _keys(model: Model) -> set[Any]:
    return set(model._base_manager.values_list("pk", flat=True))


def _rows(model: Model, keys: Iterable[Any]) -> list[Row]:
    """Return the rows as PostgreSQL writes them in JSON, the oldest first."""
    if not keys:
        return []
    table, key = model._meta.db_table, _key(model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT to_jsonb(t) FROM {table} t WHERE t.{key}::text = ANY(%s) ORDER BY t.{key}",
            [[str(k) for k in keys]],
        )
        return [row if isinstance(row, dict) else json.loads(row) for (row,) in cursor.fetchall()]
