"""What is done again and again, whatever happens: a due row each, so that any number of workers does it once a turn.

An app adds its chores when it is ready (``AppConfig.ready``); ``migrate`` makes their rows.
"""

import datetime as dt
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db.models.functions import Now
from structlog.contextvars import bound_contextvars

from portal.work import claims
from portal.work.models import Chore
from portal.work.waits import back_off

log = logging.getLogger(__name__)

LANE = "chores"
LEASE_SECONDS = 600  # a chore may take longer than a look
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


@dataclass(frozen=True)
class Duty:
    every: dt.timedelta
    do: Callable[[dt.datetime], object]


DUTIES: dict[str, Duty] = {}


def add(name: str, *, every: dt.timedelta, do: Callable[[dt.datetime], object]) -> None:
    """``do`` gets the database's present moment; doing it twice must do no harm."""
    DUTIES[name] = Duty(every, do)


def make_rows() -> None:
    """One row for each known chore, due at once; those that nobody knows any more go."""
    Chore.objects.exclude(name__in=DUTIES).delete()
    Chore.objects.bulk_create(
        [Chore(name=name, lane=LANE, next_check_at=Now()) for name in DUTIES], ignore_conflicts=True
    )


def do_due() -> int:
    """Do one due chore; returns how many were claimed."""
    due = claims.claim_due(Chore, lane=LANE, limit=1, lease_seconds=LEASE_SECONDS)
    for claim in due:
        with bound_contextvars(chore=claim.pk, claim=claim.number, attempt=claim.attempt, lane=LANE):
            _do(claim)
    return len(due)


def _do(claim: claims.Claim) -> None:
    chore = claims.held(claim).first()
    duty = DUTIES.get(chore.name) if chore else None
    if chore is None or duty is None:
        return
    now = claims.database_now()
    if claim.attempt > settings.WORK_MAX_ATTEMPTS:
        claims.park(claim, why="no answer after several claims", now=now)
        return
    try:
        duty.do(now)
    except Exception:
        # A bug must not take the worker with it; the attempt counts, and the row is parked after a few.
        log.exception("chore %s failed", chore.name)
        claims.retry_after_bug(claim, until=now + back_off(claim.attempt, base=1, cap=600, rng=_RNG))
    else:
        claims.settle(claim, next_check_at=claims.database_now() + duty.every, done_at=now)
