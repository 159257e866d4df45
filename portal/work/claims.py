"""Claim due rows for a limited time and return them with an answer: claim, lease, fencing token.

Source: [oban-engine], [pg-boss-plans] (one statement, SKIP LOCKED in a CTE). The claim number is the fencing token.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.db import connection, models
from django.db.models import F
from django.db.models.functions import Now

from portal.work import pace
from portal.work.heartbeat import beat
from portal.work.models import DueRow, Queue

log = logging.getLogger(__name__)

Row = TypeVar("Row", bound=DueRow)

# The claiming statement reads the queue's budget and breaker under a lock on the queue, so two workers cannot spend one
# budget. After a breaker's pause one row goes first, as a probe. When nothing is due nothing is locked, so a worker
# that only asks writes nothing. The rows are found by an array: for a join with a LIMIT the planner cannot estimate, it
# would read the whole table.
_CLAIM = """
WITH moment AS (SELECT coalesce(%(now)s, now()) AS at),
queue AS (
    SELECT name, failures,
           least(burst, tokens + rate * greatest(0, extract(epoch FROM moment.at - refilled_at))) AS tokens
    FROM {queues}, moment
    WHERE name = %(lane)s AND (closed_until IS NULL OR closed_until <= moment.at)
      AND EXISTS (SELECT FROM {table} WHERE lane = %(lane)s AND next_check_at <= moment.at AND parked_at IS NULL)
    FOR UPDATE OF {queues}
), room AS (
    SELECT coalesce((SELECT CASE WHEN failures >= %(breaker)s THEN 1
                                 ELSE least(%(limit)s, floor(tokens)) END FROM queue), 0) AS rows
), {due}, taken AS (
    UPDATE {table} AS row
    SET claim_no = row.claim_no + 1, attempt = row.attempt + 1,
        lease_until = moment.at + %(lease)s, next_check_at = moment.at + %(lease)s
    FROM moment WHERE row.id = ANY (ARRAY(SELECT id FROM due))
    RETURNING row.id, row.claim_no, row.attempt, row.errors
), spent AS (
    UPDATE {queues}
    SET tokens = queue.tokens - (SELECT count(*) FROM taken), refilled_at = (SELECT at FROM moment),
        claimed_at = (SELECT at FROM moment),
        expired = {queues}.expired + (SELECT count(*) FROM due WHERE expired)
    FROM queue WHERE {queues}.name = queue.name AND EXISTS (SELECT 1 FROM taken)
)
SELECT id, claim_no, attempt, errors FROM taken JOIN due USING (id) ORDER BY rank, due_at
"""
_DUE = """{name} AS (
    SELECT id, {rank} AS rank, next_check_at AS due_at, lease_until IS NOT NULL AS expired FROM {table}
    WHERE lane = %(lane)s AND next_check_at <= (SELECT at FROM moment) AND parked_at IS NULL AND {which}
    ORDER BY next_check_at
    LIMIT {room}
    FOR UPDATE SKIP LOCKED
)"""
_BOTH = "{first}, {rest}, due AS (SELECT * FROM first UNION ALL SELECT * FROM rest)"

BREAKER_AFTER = 5  # failures in a row that close a queue
BREAKER_SECONDS = 30


@dataclass(frozen=True)
class Claim:
    """The right to answer for one row, until the lease ends or another claim takes it."""

    model: type[DueRow]
    pk: Any
    number: int
    attempt: int
    queue: str
    errors: int = 0

    @property
    def question(self) -> int:
        """Return a number that is equal for all claims of this row until an answer comes, then changes."""
        return self.number - self.errors - (self.attempt - 1)


def database_now() -> dt.datetime:
    """Return PostgreSQL's time, which decides when rows are due; a worker's own clock may be wrong."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [moment] = cursor.fetchone()
    assert isinstance(moment, dt.datetime)
    return moment


def steady_clock() -> Callable[[], dt.datetime]:
    """Return a clock that reads the database's once and then counts on the monotonic one: no query for each reading."""
    base, start = database_now(), time.monotonic()
    return lambda: base + dt.timedelta(seconds=time.monotonic() - start)


def claim_due(
    model: type[Row], *, queue: str, limit: int, now: dt.datetime | None = None, lease_seconds: float | None = None
) -> list[Claim]:
    """Return up to ``limit`` claims on due rows of one queue, oldest first; those that can wait come after the others.

    Each call is a worker's sign of life.

    ``now`` is for tests; by default PostgreSQL's clock decides. With ``SEND_NOTHING`` nothing is claimed: a restored
    copy must not do again, towards partners and other systems, what the original does.
    """
    beat()
    if settings.SEND_NOTHING:
        return []
    values: dict[str, Any] = {
        "now": now,
        "lane": queue,
        "limit": limit,
        "breaker": BREAKER_AFTER,
        "lease": dt.timedelta(seconds=lease_seconds or settings.WORK_LEASE_SECONDS),
    }
    with connection.cursor() as cursor:
        cursor.execute(claiming(model), values)
        rows = cursor.fetchall()
    return [Claim(model, pk, number, attempt, queue, errors) for pk, number, attempt, errors in rows]


def claiming(model: type[DueRow]) -> str:
    """Return the statement that claims due rows of a model, with its parameters by name."""
    table = model._meta.db_table
    return _CLAIM.format(table=table, queues=Queue._meta.db_table, due=_due(table, model.CAN_WAIT))


def _due(table: str, can_wait: str) -> str:
    """Return the part of the statement that locks the rows to take. Those that can wait get what room others leave.

    Two selections, each along its own index: with a rank in one index, the dormant rows before it would be read.
    """
    if not can_wait:
        return _DUE.format(name="due", rank=0, table=table, which="true", room="(SELECT rows FROM room)")
    left = "(SELECT rows FROM room) - (SELECT count(*) FROM first)"
    first = _DUE.format(name="first", rank=0, table=table, which=f"NOT ({can_wait})", room="(SELECT rows FROM room)")
    rest = _DUE.format(name="rest", rank=1, table=table, which=f"({can_wait})", room=left)
    return _BOTH.format(first=first, rest=rest)


def held(claim: Claim) -> "models.QuerySet[Any]":
    """Return the row as a queryset that is empty once the claim is lost: the fence of every write."""
    return claim.model._default_manager.filter(pk=claim.pk, claim_no=claim.number, lease_until__isnull=False)


def is_held(row: DueRow, claim: Claim) -> bool:
    """Return True when the claim still holds the row, read under its lock: the fence for code that writes many rows."""
    return row.claim_no == claim.number and row.lease_until is not None


def settle(
    claim: Claim, *, next_check_at: dt.datetime | None, expect: dict[str, Any] | None = None, **values: Any
) -> bool:
    """Write an answer and release the row. Return False, with nothing written, if another claim holds it by now."""
    answered = {"attempt": 0, "errors": 0, **values}
    return _give_back(claim, held(claim).filter(**(expect or {})), next_check_at=next_check_at, **answered)


def _give_back(claim: Claim, row: "models.QuerySet[Any]", **values: Any) -> bool:
    ours = bool(row.update(lease_until=None, **values))
    if not ours:
        dropped(claim)
    return ours


def renew(claim: Claim, *, lease_seconds: float, **values: Any) -> bool:
    """Extend the lease from now on, for long work that makes progress. Return False if the row is lost."""
    until = Now() + dt.timedelta(seconds=lease_seconds)
    return bool(held(claim).update(lease_until=until, next_check_at=until, **values))


def dropped(claim: Claim) -> None:
    """Count an answer that came too late to be written."""
    Queue.objects.filter(pk=claim.queue).update(fenced=F("fenced") + 1)


def postpone(claim: Claim, *, until: dt.datetime, was_answered: bool = False, **values: Any) -> bool:
    """Defer the row because the other system could not answer. Uses no attempt; the back-off grows with ``errors``.

    ``was_answered``: it answered, but with nothing usable; the next claim asks a new question. ``values`` are kept with
    it.
    """
    number = {"claim_no": F("claim_no") + 1} if was_answered else {}
    return _give_back(claim, held(claim), next_check_at=until, attempt=0, errors=F("errors") + 1, **number, **values)


def retry_after_bug(claim: Claim, *, until: dt.datetime) -> bool:
    """Defer the row after our own failure: the attempt counts, and after enough of them the row is parked."""
    return _give_back(claim, held(claim), next_check_at=until)


_RELEASE = """
WITH released AS (
    UPDATE {table} AS row SET lease_until = NULL, next_check_at = now(), attempt = row.attempt - 1
    FROM (VALUES {held}) AS held (id, claim_no)
    WHERE row.id = held.id AND row.claim_no = held.claim_no AND row.lease_until IS NOT NULL
    RETURNING row.id
)
UPDATE {queues} SET tokens = tokens + (SELECT count(*) FROM released) WHERE name = %s
"""


def release(unused: Sequence[Claim]) -> None:
    """Release claims of one queue that were not used, with their budget. The rows are due again as before."""
    if not unused:
        return
    model, queue = unused[0].model, unused[0].queue
    held_by_us = ", ".join(["(%s, %s)"] * len(unused))
    statement = _RELEASE.format(table=model._meta.db_table, queues=Queue._meta.db_table, held=held_by_us)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*(value for claim in unused for value in (claim.pk, claim.number)), queue])


def park(claim: Claim, *, why: str, now: dt.datetime) -> bool:
    """Park the row for staff until somebody requeues it. Return False if the claim is lost."""
    return _give_back(claim, held(claim), next_check_at=now, parked_at=now, parked_why=why[:200])


def requeue(model: type[DueRow], pk: Any) -> bool:
    """Make a parked row due at once, by decision of staff."""
    rows = model._default_manager.filter(pk=pk, parked_at__isnull=False)
    return bool(rows.update(parked_at=None, parked_why="", attempt=0, errors=0, next_check_at=TransactionNow()))


def queue_failed(name: str, *, now: dt.datetime) -> None:
    """Count a failure of this queue's system. After BREAKER_AFTER in a row the queue is closed for BREAKER_SECONDS."""
    Queue.objects.filter(pk=name).update(failures=F("failures") + 1)
    pause = now + pace.rest(dt.timedelta(seconds=BREAKER_SECONDS))
    open_ = Queue.objects.filter(pk=name, failures__gte=BREAKER_AFTER).exclude(closed_until__gt=pause)
    if open_.update(closed_until=pause):
        log.warning("queue %s closed until %s", name, pause.isoformat())


def close_queue(name: str, *, until: dt.datetime) -> None:
    """Close this queue until ``until``; then one row goes first, as a probe."""
    Queue.objects.filter(pk=name).update(closed_until=until, failures=BREAKER_AFTER)
    log.warning("queue %s closed until %s", name, until.isoformat())


# An answer that was on its way while the queue was closed does not open it.
_ANSWERED = """
WITH failed AS (
    SELECT name, failures FROM {queues}
    WHERE name = %s AND failures > 0 AND (closed_until IS NULL OR closed_until <= statement_timestamp())
    FOR UPDATE
)
UPDATE {queues} SET failures = 0, closed_until = NULL FROM failed WHERE {queues}.name = failed.name
RETURNING failed.failures
"""


def queue_answered(name: str) -> bool:
    """Forget the failures of this queue's system. Return whether they had closed it: it is back."""
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED.format(queues=Queue._meta.db_table), [name])
        failed = cursor.fetchone()
    if failed is None:
        return False
    log.info("queue %s answers again", name)
    return bool(failed[0] >= BREAKER_AFTER)
