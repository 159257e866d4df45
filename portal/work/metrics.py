"""Metrics of the durable work, read from the database: rows that are due, held or parked, and what delays them.

Nothing here counts sleeping rows: every query uses an index of due, held or parked ones.

Source: [postgres-queue-health] (a long transaction slows claiming more than many rows do).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from portal.work import kinds
from portal.work.models import DueRow, Queue

HELD_AT_MOST = dt.timedelta(minutes=15)  # no lease is longer


@dataclass(frozen=True)
class QueueMetrics:
    """One queue of one table.

    ``oldest`` is the wait of its oldest due row, of those that cannot wait; zero when none is due.
    """

    table: str
    queue: str
    due: int
    oldest: dt.timedelta
    running: int
    parked: int
    is_open: bool


@dataclass(frozen=True)
class ServerMetrics:
    oldest_transaction: dt.timedelta
    idle_in_transaction: int
    connections: int
    dead_rows: dict[str, int]


@dataclass(frozen=True)
class Gauge:
    """A metric of an upper app, with one value for each value of its one label."""

    name: str
    text: str
    label: str
    values: Mapping[str, float]


# An app adds its metrics when it is ready (``AppConfig.ready``).
MORE_GAUGES: list[Callable[[], Iterable[Gauge]]] = []


_QUEUES = """
SELECT lane, count(*) FILTER (WHERE next_check_at <= now()),
       now() - min(next_check_at) FILTER (WHERE next_check_at <= now() AND NOT ({can_wait})),
       count(*) FILTER (WHERE lease_until > now())
FROM {table} WHERE parked_at IS NULL AND next_check_at <= now() + %(held)s GROUP BY lane
"""
_PARKED = "SELECT lane, count(*) FROM {table} WHERE parked_at IS NOT NULL GROUP BY lane"
_SERVER = """
SELECT coalesce(max(now() - xact_start), interval '0'), count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
       count(*)
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_DEAD = "SELECT relname, n_dead_tup FROM pg_stat_user_tables WHERE relname = ANY(%(tables)s)"


def queues() -> list[QueueMetrics]:
    """Return one entry for each queue of each table with rows that are due, held or parked."""
    closed = set(Queue.objects.filter(closed_until__gt=Now()).values_list("name", flat=True))
    return [queue for model in kinds.models() for queue in _queues(model, closed)]


def _queues(model: type[DueRow], closed: set[str]) -> Iterator[QueueMetrics]:
    table = model._meta.db_table
    soon: dict[str, Any] = {"held": HELD_AT_MOST}
    with connection.cursor() as cursor:
        cursor.execute(_QUEUES.format(table=table, can_wait=model.CAN_WAIT or "false"), soon)
        due = {queue: numbers for queue, *numbers in cursor.fetchall()}
        cursor.execute(_PARKED.format(table=table))
        parked = dict(cursor.fetchall())
    for queue in sorted({*due, *parked}):
        count, oldest, running = due.get(queue, (0, None, 0))
        yield QueueMetrics(
            table, queue, count, oldest or dt.timedelta(), running, parked.get(queue, 0), queue not in closed
        )


def server() -> ServerMetrics:
    with connection.cursor() as cursor:
        cursor.execute(_SERVER)
        oldest, idle, count = cursor.fetchone()
        cursor.execute(_DEAD, {"tables": [model._meta.db_table for model in kinds.models()]})
        return ServerMetrics(oldest, idle, count, dict(cursor.fetchall()))
