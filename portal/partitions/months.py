"""The partitions that are to come: this month's and the next ones, made before they are needed.

The last partition has no end, so that a row always has a place, even where nobody made months for years. It is no
DEFAULT one: with such a one PostgreSQL could not read partitions in the order of time, so that the newest lines of an
enrollment would be looked for in all of them. Source: [postgres-partitions].
"""

import datetime as dt
import logging
from collections.abc import Iterable, Iterator

from django.db import DatabaseError
from django.utils import timezone

from portal.partitions import catalog, registry, rights
from portal.partitions.catalog import Partition, execute
from portal.partitions.locking import briefly
from portal.work.metrics import Gauge

log = logging.getLogger(__name__)

AHEAD = 2  # months that are there after the present one


def month_of(at: dt.datetime) -> dt.datetime:
    """Return the first moment of the month, in UTC."""
    return at.astimezone(dt.UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(at: dt.datetime, number: int = 1) -> dt.datetime:
    """Return the first moment of the month that is ``number`` months later."""
    month = month_of(at)
    years, months = divmod(month.month - 1 + number, 12)
    return month.replace(year=month.year + years, month=months + 1)


def prepare_all(now: dt.datetime) -> int:
    """Make the coming months of every table. Return how many were made.

    Raises: DatabaseError: of the first table that failed, after all others had their turn.
    """
    number, failures = 0, []
    for each in registry.tables():
        try:
            number += len(prepare(each.table, each.at, now=now))
        except DatabaseError as error:
            log.warning("the coming months of %s are not made: %s", each.table, error)
            failures.append(error)
    if failures:
        raise failures[0]
    return number


def prepare(table: str, at: str, *, now: dt.datetime) -> list[str]:
    """Make what is missing of this month and the ``AHEAD`` next ones; return the names of new partitions.

    Rows that landed in the last partition meanwhile stay where they are: it becomes the partition of their time.
    """
    end, there = next_month(now, AHEAD + 1), catalog.partitions(table)
    if not there or (begin := there[-1].since) is None or begin >= end:
        return []  # or it is not cut yet: a deploy is under way
    made = briefly(lambda: _make(table, at, end))
    execute("ANALYZE {table}", table__=table)  # nobody else counts what is above partitions
    log.info("partitions of %s: %s", table, ", ".join(made))
    return made


def _make(table: str, at: str, end: dt.datetime) -> list[str]:
    execute("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", table__=table)
    last = catalog.partitions(table)[-1]
    begin = last.since
    assert begin is not None
    detach(last)
    made = []
    if catalog.has_rows(last.name):
        begin = _close(last, at)
        made.append(catalog.name_of(table, f"{last.since:%Y_%m}"))
        create(table, last.name)
    while begin < end:
        month = Partition(table, catalog.name_of(table, f"{begin:%Y_%m}"), begin, next_month(begin))
        create(table, month.name)
        attach(month)
        made.append(month.name)
        begin = next_month(begin)
    attach(Partition(table, last.name, begin, None))
    return made


def _close(last: Partition, at: str) -> dt.datetime:
    """Attach the last partition, with its rows, as one that ends. Return its end."""
    newest = catalog.value_of("SELECT max({at}) FROM {table}", at=at, table__=last.name)
    name, upto = catalog.name_of(last.table, f"{last.since:%Y_%m}"), next_month(newest)
    execute("ALTER TABLE {last} RENAME TO {name}", last=last.name, name=name)
    attach(Partition(last.table, name, last.since, upto))
    return upto


def create(table: str, name: str) -> None:
    """Create an empty table that fits a partition of ``table``, with its owner and its rights."""
    like = "CREATE TABLE {name} (LIKE {table} INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE)"
    execute(like, name=name, table__=table)
    rights.copy(table, name)


def attach(part: Partition) -> None:
    """Attach a table as a partition. Its rows are read, unless a constraint of its own proves where they belong."""
    bounds = [("FROM (MINVALUE)", part.since is None), ("FROM (%s)", part.since is not None)]
    bounds += [("TO (MAXVALUE)", part.upto is None), ("TO (%s)", part.upto is not None)]
    told = " ".join(text for text, is_so in bounds if is_so)
    values = [moment.isoformat() for moment in (part.since, part.upto) if moment is not None]
    statement = "ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES " + told
    execute(statement, *values, table__=part.table, name=part.name)


def detach(part: Partition) -> None:
    """Make a partition a table of its own, as part of the transaction.

    DETACH CONCURRENTLY cannot be part of one: a program that dies in its middle would leave rows that are neither here
    nor there, and no proof of them. The lock that this takes lasts for milliseconds.
    """
    execute("ALTER TABLE {table} DETACH PARTITION {name}", table__=part.table, name=part.name)


def missing(now: dt.datetime) -> Iterator[tuple[str, int, bool]]:
    """Yield each table with how many months are missing (1: the next, 2: this one too), and whether rows overflow.

    Rows overflow when they landed in the partition without an end.
    """
    tables = [each.table for each in registry.tables()]
    last = {table: parts[-1] for table, parts in catalog.all_partitions(tables).items() if parts}
    filled = catalog.with_rows([part.name for part in last.values()])
    for table, part in last.items():
        number = 0 if part.since is None else sum(part.since <= month for month in (month_of(now), next_month(now)))
        yield table, number, part.name in filled


def gauges() -> Iterable[Gauge]:
    """Yield what alerts stand on."""
    found = list(missing(timezone.now()))
    text = "Months that have no partition yet: 1 the next, 2 this one too"
    yield Gauge("portal_months_missing", text, "table", {table: float(number) for table, number, _over in found})
    text = "1 when rows are in the partition that has no end"
    yield Gauge("portal_months_overflow", text, "table", {table: float(over) for table, _number, over in found})
