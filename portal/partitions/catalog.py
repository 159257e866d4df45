"""What the database says of partitions: which there are, from when to when."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import sql

KEPT, LATER = "kept", "later"
Names = str | Sequence[str]
_BOUNDS = re.compile(r"FROM \((MINVALUE|'[^']+')\) TO \((MAXVALUE|'[^']+')\)")
_PARTITIONS = """
SELECT parent.relname, part.relname, pg_get_expr(part.relpartbound, part.oid), greatest(part.reltuples, 0)::bigint,
       pg_total_relation_size(part.oid)
FROM pg_inherits JOIN pg_class AS parent ON parent.oid = inhparent JOIN pg_class AS part ON part.oid = inhrelid
WHERE parent.relkind = 'p' AND parent.relnamespace = current_schema()::regnamespace AND parent.relname = ANY(%s)
"""


@dataclass(frozen=True)
class Partition:
    """A partition: the rows from ``since`` on and before ``upto``; None: without beginning, or without end.

    ``rows`` is the database's estimate, ``size`` is in bytes, with indexes.
    """

    table: str
    name: str
    since: dt.datetime | None
    upto: dt.datetime | None
    rows: int = 0
    size: int = 0

    @property
    def label(self) -> str:
        """Return what an operator calls it: ``2027_03``, ``until_2027_01``, ``later``, ``kept``."""
        return self.name.removeprefix(f"{self.table}_")


def name_of(table: str, label: str) -> str:
    """Return the name of a partition."""
    return f"{table}_{label}"


def partitions(table: str) -> list[Partition]:
    """Return the partitions of a table, the oldest first; none of a table that is not cut."""
    return all_partitions([table])[table]


def all_partitions(tables: Iterable[str]) -> dict[str, list[Partition]]:
    """Return the partitions of each table, the oldest first. One query."""
    found: dict[str, list[Partition]] = {table: [] for table in tables}
    for table, name, bounds, rows, size in rows_of(_PARTITIONS, list(found)):
        if bounds is None:  # somebody detaches it at this moment
            continue
        matched = _BOUNDS.search(bounds)
        if matched is None:
            raise ValueError(f"{name} has other bounds than ours: {bounds}")
        since, upto = (_moment(text) for text in matched.groups())
        found[table].append(Partition(table, name, since, upto, rows, size))
    beginning = dt.datetime.min.replace(tzinfo=dt.UTC)
    return {table: sorted(each, key=lambda part: part.since or beginning) for table, each in found.items()}


def _moment(text: str) -> dt.datetime | None:
    if text in ("MINVALUE", "MAXVALUE"):
        return None
    return dt.datetime.fromisoformat(text.strip("'")).astimezone(dt.UTC)


def is_cut(table: str) -> bool:
    """Return whether a table has partitions."""
    asked = "SELECT relkind = 'p' FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = %s"
    return bool(value_of(asked, table))


def is_there(table: str) -> bool:
    """Return whether there is a table of this name that is nobody's partition."""
    asked = (
        "SELECT NOT relispartition FROM pg_class"
        " WHERE relnamespace = current_schema()::regnamespace AND relname = %s AND relkind = 'r'"
    )
    return bool(value_of(asked, table))


def has_rows(table: str) -> bool:
    """Return whether a table has any row."""
    return bool(value_of("SELECT EXISTS (SELECT FROM {table})", table__=table))


def with_rows(tables: Iterable[str]) -> set[str]:
    """Return those of the tables that have any row. One query."""
    asked = [
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(table), sql.Identifier(table))
        for table in tables
    ]
    if not asked:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(asked).as_string(cursor.cursor))
        return {str(name) for (name,) in cursor.fetchall()}


def columns(table: str) -> list[str]:
    """Return the names of a table's columns."""
    asked = (
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " ORDER BY attnum"
    )
    return [str(name) for (name,) in rows_of(asked, table)]


def execute(statement: str, *values: Any, **names: Names) -> None:
    """Execute a statement. ``names`` are put in as identifiers, several with commas between them.

    A name may end with ``__`` where it would clash.
    """
    with connection.cursor() as cursor:
        cursor.execute(_with(cursor, statement, names), values or None)


def rows_of(statement: str, *values: Any, **names: Names) -> list[tuple[Any, ...]]:
    """Return what a statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(_with(cursor, statement, names), values or None)
        return list(cursor.fetchall())


def value_of(statement: str, *values: Any, **names: Names) -> Any:
    """Return the first value of the first row; None without a row."""
    found = rows_of(statement, *values, **names)
    return found[0][0] if found else None


def _with(cursor: Any, statement: str, names: dict[str, Names]) -> str:
    """Return the statement as text: pghistory, which tells the histories why, knows no other kind."""
    if not names:
        return statement
    put_in = {key.removesuffix("__"): _identifiers(name) for key, name in names.items()}
    return str(sql.SQL(statement).format(**put_in).as_string(cursor.cursor))


def _identifiers(names: Names) -> Any:
    each = [names] if isinstance(names, str) else names
    return sql.SQL(", ").join(map(sql.Identifier, each))
