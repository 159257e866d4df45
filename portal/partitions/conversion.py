"""The migration that cuts a table into months, without copying a row and beside those who write to it.

The old table becomes the partition of all that was before; the new one takes its name, so that old and new programs,
which know names only, work on. Its primary key gets the time as its second part, because an index over partitions must
have it: one sequence gives the keys out, so that they are unique all the same. Django's model goes on saying ``id``.

What would take long (the proof that all rows are before the end of the old part, the index of the new key) is made
first, while everybody works. The swap itself reads no row, and is tried again while somebody holds a lock
(``locking``). All of it may be repeated. Broken off, it takes back the promise that no row is later than the old part:
the programs of the release before go on, for years perhaps.

Later migrations: an index of a table that is cut cannot be built CONCURRENTLY at once. ``CREATE INDEX … ON ONLY`` the
table, then CONCURRENTLY on each partition, then ``ALTER INDEX … ATTACH PARTITION``.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError
from django.db.migrations.operations.base import Operation

from portal.partitions import catalog, months, rights
from portal.partitions.catalog import LATER, Partition, execute, rows_of, value_of
from portal.partitions.locking import briefly
from portal.work import claims

# Nobody may write a row after the old part's end before the swap is done. A migration that is killed leaves it so: that
# many days at least are left to repeat it. The end is no more than two months ahead.
LASTS_AT_MOST = dt.timedelta(days=27)

_TRIGGERS = """
SELECT tgname, pg_get_triggerdef(oid), obj_description(oid, 'pg_trigger') FROM pg_trigger
WHERE tgrelid = %s::regclass AND NOT tgisinternal ORDER BY tgname
"""
_INDEXES = """
SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON oid = indexrelid
WHERE indrelid = %s::regclass AND NOT indisprimary AND relname <> %s ORDER BY relname
"""
_FOREIGN_KEYS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype = 'f' ORDER BY conname
"""
_VIEWS = """
SELECT ev_class::regclass::text FROM pg_depend JOIN pg_rewrite ON pg_rewrite.oid = objid
WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = %s::regclass
  AND ev_class <> refobjid ORDER BY 1 LIMIT 1
"""
_KEY = """
SELECT conname, attname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
WHERE conrelid = %s::regclass AND contype = 'p' AND cardinality(conkey) = 1
"""


class CannotBeCutError(Exception):
    """The table has something that a partitioned one cannot have; the text says what. Nothing is changed."""


class CutIntoMonths(Operation):
    """Cut a table into months by the column ``at``, in a migration with ``atomic = False``.

    Undone, it leaves the table as it is: the programs of the release before work on it.
    """

    reduces_to_sql = False

    def __init__(self, table: str, at: str) -> None:
        self.table, self.at = table, at

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: Django knows a table by its name."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        cut(self.table, self.at, now=claims.database_now())

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Leave the table as it is."""

    def describe(self) -> str:
        return f"Cut {self.table} into months by {self.at}"


@dataclass(frozen=True)
class _Old:
    """What the new table takes over from the old one, as statements on the table's name."""

    table: str
    at: str
    name: str
    end: dt.datetime
    primary: str
    key: str
    sequence: str
    last: int
    is_called: bool
    triggers: list[tuple[str, str, str]]
    indexes: list[tuple[str, str]]
    foreign_keys: list[tuple[str, str]]
    grants: list[str]

    @property
    def suffix(self) -> str:
        return f"_until_{self.end:%Y_%m}"


def cut(table: str, at: str, *, now: dt.datetime) -> None:
    """Cut a table into months by the column ``at``. Nothing is done to one that is cut.

    Raises: CannotBeCutError. OperationalError: somebody held a lock for too long; it may be repeated.
    """
    if not catalog.is_cut(table):
        _refuse(table)
        end = _end_of_old(table, at, now)
        with _taken_back(table):
            _prove(table, at, end)
            briefly(lambda: _swap(_read(table, at, end)))
    months.prepare(table, at, now=now)


@contextmanager
def _taken_back(table: str) -> Iterator[None]:
    """Let rows of any time be written again when what is inside fails."""
    try:
        yield
    except BaseException:
        with suppress(DatabaseError):  # the first error is told
            names = {"table__": table, "name": _check(table)}
            briefly(lambda: execute("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}", **names))
        raise


def _refuse(table: str) -> None:
    pointing = value_of("SELECT conrelid::regclass::text FROM pg_constraint WHERE confrelid = %s::regclass", table)
    if pointing:
        raise CannotBeCutError(f"{pointing} points at {table}, whose keys could no longer be referred to.")
    unique = value_of(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND indisunique"
        " AND NOT indisprimary AND indexrelid::regclass::text <> %s",
        table, _index(table),
    )  # fmt: skip
    if unique:
        raise CannotBeCutError(f"{unique} promises what no index over months can.")
    view = value_of(_VIEWS, table)
    if view:
        raise CannotBeCutError(f"{view} would show the rows until now for ever: drop it, and make it again afterwards.")


def _end_of_old(table: str, at: str, now: dt.datetime) -> dt.datetime:
    newest = value_of("SELECT max({at}) FROM {table}", at=at, table__=table)
    return months.next_month(max(now + LASTS_AT_MOST, newest or now))


def _check(table: str) -> str:
    return f"{table}_is_before"


def _index(table: str) -> str:
    return f"{table}_key_and_time"


def _prove(table: str, at: str, end: dt.datetime) -> None:
    """Have the database know, without a lock, that all rows are before the end, and build the index of the new key."""
    names = {"table__": table, "at": at, "name": _check(table)}
    briefly(lambda: _promise(end, names))
    execute("ALTER TABLE {table} VALIDATE CONSTRAINT {name}", **names)
    names |= {"name": _index(table), "key": _key(table)[1]}
    execute("DROP INDEX CONCURRENTLY IF EXISTS {name}", **names)
    execute("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({key}, {at})", **names)


def _promise(end: dt.datetime, names: dict[str, str]) -> None:
    execute("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}", **names)
    execute("ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({at} < %s) NOT VALID", end.isoformat(), **names)


def _key(table: str) -> tuple[str, str]:
    found = rows_of(_KEY, table)
    if not found:
        raise CannotBeCutError(f"The primary key of {table} is not one column.")
    return str(found[0][0]), str(found[0][1])


def _read(table: str, at: str, end: dt.datetime) -> _Old:
    execute("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", table__=table)
    primary, key = _key(table)
    sequence = str(value_of("SELECT pg_get_serial_sequence(%s, %s)", table, key)).rpartition(".")[2].strip('"')
    [(last, is_called)] = rows_of("SELECT last_value, is_called FROM {sequence}", sequence=sequence)
    return _Old(
        table, at, f"{table}_until_{end:%Y_%m}", end, primary, key, sequence, last, is_called,
        triggers=[(name, told, hash_ or "") for name, told, hash_ in rows_of(_TRIGGERS, table)],
        indexes=[(name, told) for name, told in rows_of(_INDEXES, table, _index(table))],
        foreign_keys=[(name, told) for name, told in rows_of(_FOREIGN_KEYS, table)],
        grants=list(rights.grants(sequence, sequence, "SEQUENCE")),
    )  # fmt: skip


def _swap(old: _Old) -> None:
    _make_way(old)
    _number_again(old)
    _make_new(old)
    months.attach(Partition(old.table, old.name, None, old.end))
    execute("ALTER TABLE {name} DROP CONSTRAINT {check}", name=old.name, check=_check(old.table))
    for name, told, hash_ in old.triggers:
        execute(told)
        if hash_:  # by which pgtrigger knows what it installed
            execute("COMMENT ON TRIGGER {name} ON {table} IS %s", hash_, name=name, table__=old.table)
    later = catalog.name_of(old.table, LATER)
    months.create(old.table, later)
    months.attach(Partition(old.table, later, old.end, None))


def _make_way(old: _Old) -> None:
    """Free every name that the new table needs. Its row triggers come back from it when it is attached."""
    for name, _told, _hash in old.triggers:
        execute("DROP TRIGGER {name} ON {table}", name=name, table__=old.table)
    for name, _told in old.indexes:
        execute("ALTER INDEX {name} RENAME TO {to}", name=name, to=name[: 63 - len(old.suffix)] + old.suffix)
    execute("ALTER TABLE {table} RENAME TO {name}", table__=old.table, name=old.name)
    execute(
        "ALTER TABLE {name} DROP CONSTRAINT {primary}, ADD CONSTRAINT {to} PRIMARY KEY USING INDEX {index}",
        name=old.name, primary=old.primary, to=f"{old.name}_pkey", index=_index(old.table),
    )  # fmt: skip


def _number_again(old: _Old) -> None:
    """Put a sequence in the place of the identity column's: before PostgreSQL 17 no partition may have one."""
    execute("ALTER TABLE {name} ALTER COLUMN {key} DROP IDENTITY IF EXISTS", name=old.name, key=old.key)
    execute("ALTER TABLE {name} ALTER COLUMN {key} DROP DEFAULT", name=old.name, key=old.key)
    execute("DROP SEQUENCE IF EXISTS {sequence}", sequence=old.sequence)
    execute("CREATE SEQUENCE {sequence} AS bigint", sequence=old.sequence)
    execute("SELECT setval(%s, %s, %s)", f'"{old.sequence}"', old.last, old.is_called)


def _make_new(old: _Old) -> None:
    names = {"table__": old.table, "name": old.name, "at": old.at, "key": old.key, "sequence": old.sequence}
    execute(
        "CREATE TABLE {table} (LIKE {name} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED"
        " INCLUDING STORAGE) PARTITION BY RANGE ({at})",
        **names,
    )
    execute("ALTER TABLE {table} DROP CONSTRAINT {check}", check=_check(old.table), **names)
    execute("ALTER TABLE {table} ALTER COLUMN {key} SET DEFAULT nextval(%s)", f'"{old.sequence}"', **names)
    execute("ALTER SEQUENCE {sequence} OWNED BY {table}.{key}", **names)
    rights.copy(old.name, old.table)
    for statement in old.grants:
        execute(statement)
    execute("ALTER TABLE {table} ADD CONSTRAINT {primary} PRIMARY KEY ({key}, {at})", primary=old.primary, **names)
    for name, told in old.foreign_keys:
        execute("ALTER TABLE {table} ADD CONSTRAINT {foreign} " + told, table__=old.table, foreign=name)
    for _name, told in old.indexes:
        execute(told)
