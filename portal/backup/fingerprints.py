"""What a database holds, in figures that two copies can be compared by."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# How values are written as text, whatever the server or the role has as its own.
_AS_TEXT = """
SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL statement_timeout = 0;
SET LOCAL search_path = public
"""
# Partitions, not what they are parts of: its rows are theirs.
_TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname
"""
# A sum does not depend on the order of rows, so no table is sorted; every value of every row is in it.
_ROWS = """
SELECT count(*), coalesce(sum(('x' || left(md5(whole::text), 16))::bit(64)::bigint), 0)::text
FROM public."{table}" AS whole
"""
_GUARDS = """
SELECT (SELECT count(*) FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
        WHERE c.relnamespace = 'public'::regnamespace AND NOT tgisinternal AND tgenabled <> 'D'),
       (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND convalidated),
       (SELECT count(*) FROM pg_indexes WHERE schemaname = 'public')
"""
_SEQUENCES = "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'"
_DUE = """
SELECT lane, count(*) FROM public."{table}" WHERE next_check_at <= %s AND parked_at IS NULL GROUP BY lane
"""

Tables = Mapping[str, tuple[int, str]]


@dataclass(frozen=True)
class Fingerprint:
    """A database at one moment: (rows, sum) by table, due rows by table and queue, guards, the last keys given out."""

    tables: Tables
    due: Mapping[tuple[str, str], int]
    guards: tuple[int, int, int]
    sequences: Mapping[str, int]

    @property
    def rows(self) -> int:
        return sum(count for count, _total in self.tables.values())


def take(connection: Any, *, due_tables: Iterable[str], at: dt.datetime) -> Fingerprint:
    """Return the fingerprint of what a psycopg2 connection sees in its transaction. ``at`` decides what is due."""
    with connection.cursor() as cursor:
        cursor.execute(_AS_TEXT)
        cursor.execute(_SEQUENCES)
        sequences = dict(cursor.fetchall())
        cursor.execute(_TABLES)
        names = [name for (name,) in cursor.fetchall()]
        tables: dict[str, tuple[int, str]] = {}
        for name in names:
            cursor.execute(_ROWS.format(table=name))
            tables[name] = cursor.fetchone()
        due: dict[tuple[str, str], int] = {}
        for name in {*due_tables} & {*names}:
            cursor.execute(_DUE.format(table=name), [at])
            due |= {(name, queue): count for queue, count in cursor.fetchall()}
        cursor.execute(_GUARDS)
        return Fingerprint(tables, due, cursor.fetchone(), sequences)


def differences(original: Fingerprint, copy: Fingerprint) -> list[str]:
    """Return a sentence for each way in which the copy is not the original; none when it is whole."""
    found = [*_of_tables(original.tables, copy.tables)]
    for what, ours, theirs in zip(("triggers", "constraints", "indexes"), original.guards, copy.guards, strict=True):
        if ours != theirs:
            found.append(f"{what}: {ours}, {theirs} in the copy")
    for table, queue in sorted({*original.due} | {*copy.due}):
        ours, theirs = original.due.get((table, queue), 0), copy.due.get((table, queue), 0)
        if ours != theirs:
            found.append(f"{table}, queue {queue}: {ours} rows are due, {theirs} in the copy")
    # People work meanwhile, so a copy may be ahead; behind, it would give a key out twice.
    behind = [name for name, last in original.sequences.items() if copy.sequences.get(name, -1) < last]
    return found + [f"{name}: the copy would give out keys again that are taken" for name in sorted(behind)]


def _of_tables(original: Tables, copy: Tables) -> Iterator[str]:
    for table in sorted({*original} | {*copy}):
        ours, theirs = original.get(table), copy.get(table)
        if ours is None or theirs is None:
            yield f"{table}: only in the {'copy' if ours is None else 'original'}"
        elif ours[0] != theirs[0]:
            yield f"{table}: {ours[0]} rows, {theirs[0]} in the copy"
        elif ours[1] != theirs[1]:
            yield f"{table}: the values of some rows differ"
