"""Due checks: ask each one's connector, and record answers that come together in one transaction."""

import datetime as dt
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from structlog.contextvars import bound_contextvars

from onboarding.connectors.base import (
    AccountRefusedError,
    PermanentError,
    QueueRefusedError,
    TemporaryError,
    inquiring,
)
from onboarding.domain.checks import connectors, recording, requeueing, routing
from onboarding.domain.checks.finding import Finding
from onboarding.enums import Kind
from onboarding.models import Check
from portal.work import claims, isolation, pace
from portal.work.backoff import back_off
from portal.work.kinds import WorkKind

log = logging.getLogger(__name__)
QUEUE_RESTS = dt.timedelta(hours=1)
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


def queues() -> tuple[str, ...]:
    """Return the queues of every connector."""
    return tuple(sorted(connectors.RECORDS))


def look_once(until: float = float("inf")) -> int:
    """Check what is due in each queue. Return how many rows; start no queue after ``until`` (``time.monotonic``)."""
    taken = 0
    for queue in queues():
        if time.monotonic() > until:
            return 0
        taken += _look_at(queue)
    return taken


# Answers within this time of each other are written together; a slow system's are written one by one.
TOGETHER_SECONDS = 0.02
MOST_TOGETHER = 100
_sizes: dict[str, int] = {}  # of this process, by queue
Moment = Callable[[], dt.datetime]
Answer = tuple[claims.Claim, Finding]


def _look_at(queue: str) -> int:
    """Claim and check as many rows as this queue answers in ``TOGETHER_SECONDS``, by its last answers; one at first."""
    due = claims.claim_due(Check, queue=queue, limit=_sizes.get(queue, 1))
    # A row that was claimed before without an answer is checked alone: if it kills the worker, no other row suffers.
    due = _first_alone(due) if any(claim.attempt > 1 for claim in due) else due
    if not due:
        return 0
    clock, rows = claims.steady_clock(), routing.with_enrollment(due)
    answers: list[Answer] = []
    looked, start = 0, time.monotonic()
    for looked, claim in enumerate(due, start=1):
        answers += _look(claim, rows.get(claim.pk), clock)
        if time.monotonic() - start > TOGETHER_SECONDS:
            claims.release(due[looked:])
            break
    each = (time.monotonic() - start) / looked
    _sizes[queue] = max(1, min(MOST_TOGETHER, 2 * looked, int(TOGETHER_SECONDS / each)))
    _record(answers, rows, clock)
    return looked


def _first_alone(due: list[claims.Claim]) -> list[claims.Claim]:
    first = next(claim for claim in due if claim.attempt > 1)
    claims.release([claim for claim in due if claim is not first])
    return [first]


def _look(claim: claims.Claim, check: Check | None, clock: Moment) -> list[Answer]:
    """Return the connector's finding, if it answered."""
    if check is None:
        return []
    if isolation.exceeded_attempts(claim):
        requeueing.park(claim=claim, why=isolation.EXCEEDED_ATTEMPTS, now=clock())
        return []
    with _trouble(claim, check, clock):
        return [(claim, routing.answer_locally(check, now=clock()) or _ask(check, clock()))]
    return []


def _ask(check: Check, now: dt.datetime) -> Finding:
    connector = connectors.RECORDS[check.queue].looks[Kind(check.kind)]
    return connector.look(routing.subject_for_look(check, now=now), now=now)


def _record(answers: list[Answer], rows: dict[int, Check], clock: Moment) -> None:
    if not answers:
        return
    try:
        claims.queue_answered(answers[0][0].queue)
        return _say_if_stale(answers, recording.record_all(answers, now=clock()))
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        log.exception("writing %s answers together failed; they are written one by one", len(answers))
    # The connection that should write the answer has broken. Had the answer been written after all, the fence would
    # show it.
    if not connection.is_usable():
        connection.close()
    for claim, finding in answers:
        with _trouble(claim, rows[claim.pk], clock):
            _say_if_stale([(claim, finding)], recording.record_all([(claim, finding)], now=clock()))


def _say_if_stale(answers: list[Answer], written: set[claims.Claim]) -> None:
    for claim, _finding in answers:
        if claim not in written:
            log.warning("check %s: a stale answer was dropped", claim.pk)


@contextmanager
def _trouble(claim: claims.Claim, check: Check, clock: Moment) -> Iterator[None]:
    """Handle a connector's failures and any other error of one check, without effect on other checks."""
    file = {"enrollment": str(check.enrollment_id), "kind": check.kind, "authority": check.authority}
    with bound_contextvars(**file), isolation.isolate_failure(claim), inquiring(claim) as question:
        try:
            yield
        except TemporaryError as error:
            log.warning("no answer now: %s", error)
            now = clock()
            claims.queue_failed(check.queue, now=now)
            wait = pace.interval(back_off(check.errors + 1, base=60, cap=6 * 3600, rng=_RNG))
            claims.postpone(claim, until=max(now + wait, error.retry_at or now), was_answered=question.was_answered)
        except AccountRefusedError as error:
            # Another region's rows are asked with another account: the queue goes on.
            log.error("an account rests: %s", error)
            claims.postpone(claim, until=error.rests_until, was_answered=question.was_answered)
        except QueueRefusedError as error:
            # Every row of this queue would fail so. The queue is closed, the rows keep their turn.
            log.error("queue %s closed for an hour: %s", check.queue, error)
            claims.close_queue(check.queue, until=clock() + pace.rest(QUEUE_RESTS))
            claims.postpone(claim, until=clock(), was_answered=question.was_answered)
        except PermanentError as error:
            log.error("parked: %s", error)
            requeueing.park(claim=claim, why=str(error), now=clock())


KIND = WorkKind(
    name="checks",
    model=Check,
    queues=connectors.rates,
    task="onboarding.look_at_due_checks",
    # Takes its own claims: as many as a queue answers in a moment, written together, and a dangerous row alone.
    take=look_once,
)
