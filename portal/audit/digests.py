"""Digests of rows and of seals, in one canonical form.

A row is its columns' values as PostgreSQL writes them in JSON (times in UTC), keys in order. A personal value is
replaced by the digest of the row's salt and the value, so that it can be erased and the seal still holds.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.psycopg_any import sql

from portal.audit.models import RowSalt, Seal

FIRST = "0" * 64  # what the first seal is chained to
BELOW_ALL = -(2**63)  # where the first seal of a history begins: below every key
# How an erased value stands in its column; ``GONE`` where the column may not be empty.
GONE = "—"
ERASED: tuple[Any, ...] = (None, "", {}, GONE)


@dataclass(frozen=True)
class RowsDigest:
    """The digest of some rows, how many there are, and the keys of those whose values are erased by no rule."""

    count: int
    value: str
    wrong: tuple[int, ...] = ()


def sha256(value: Any) -> str:
    """Return the SHA-256 of a JSON value, in hexadecimal."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read(table: str, key: str, *, after: int, upto: int) -> Iterator[dict[str, Any]]:
    """Yield the rows with ``after`` < key <= ``upto`` in the order of their keys, as JSON values."""
    statement = sql.SQL(
        "SELECT to_jsonb(t)::text FROM {table} t WHERE {key} > %s AND {key} <= %s ORDER BY {key}"
    ).format(table=sql.Identifier(table), key=sql.Identifier(key))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        cursor.execute(statement, [after, upto])
        for (text,) in cursor:
            yield json.loads(text, parse_float=str)


def of_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], personal: Sequence[str], salts: Mapping[int, RowSalt]
) -> RowsDigest:
    """Return the digest of these rows. A column that is gone counts as one that has no value like any other."""
    found, wrong = of_each(rows, columns, personal, salts)
    return together(found, wrong)


def of_each(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], personal: Sequence[str], salts: Mapping[int, RowSalt]
) -> tuple[dict[int, str], tuple[int, ...]]:
    """Return the digest of each row by its key, and the keys of those whose values are erased by no rule."""
    found: dict[int, str] = {}
    wrong, key = [], columns[0]
    for row in rows:
        cells = {name: row.get(name, "column is gone") for name in columns}
        salt = salts.get(row[key])
        if personal and (salt is None or not _covers(salt, row, cells, personal)):
            wrong.append(row[key])
        digest = sha256(cells)
        # No index over months promises that a key is there once.
        found[row[key]] = sha256([found[row[key]], digest]) if row[key] in found else digest
    return found, tuple(wrong)


def together(found: Mapping[int, str], wrong: tuple[int, ...] = ()) -> RowsDigest:
    """Return the digest of rows from the digests of each, in the order of their keys."""
    total = hashlib.sha256()
    for key in sorted(found):
        total.update(found[key].encode())
    return RowsDigest(len(found), total.hexdigest(), wrong)


def _covers(salt: RowSalt, row: Mapping[str, Any], cells: dict[str, Any], personal: Sequence[str]) -> bool:
    """Replace the personal cells by their digests. Return whether what is erased has no value."""
    for name in personal:
        cells[name] = salt.erased[name] if name in salt.erased else of_value(salt, name, row.get(name))
    return all(row.get(name) in ERASED for name in salt.erased)


def of_value(salt: RowSalt, column: str, value: Any) -> str:
    """Return the digest that stands for a personal value."""
    return sha256([salt.salt, salt.row_id, column, value])


def of_seal(seal: Seal, before: str) -> str:
    """Return ``chain`` of a seal that follows the one with the chain ``before``."""
    told = [
        before, seal.number, seal.table, seal.after_id, seal.upto_id, seal.count, seal.columns, seal.personal,
        seal.digest, seal.sealed_at.isoformat(),
    ]  # fmt: skip
    return sha256(told)


def sign(chain: str) -> str:
    """Return the signature of a chain with the first of ``SECRETS_KEYS``; empty without keys."""
    return _code(settings.SECRETS_KEYS[0], chain) if settings.SECRETS_KEYS else ""


def is_signed(chain: str, signature: str) -> bool:
    """Return whether one of ``SECRETS_KEYS`` made this signature."""
    return any(hmac.compare_digest(_code(key, chain), signature) for key in settings.SECRETS_KEYS)


def _code(key: str, chain: str) -> str:
    return hmac.new(b"portal.audit " + key.encode(), chain.encode(), hashlib.sha256).hexdigest()
