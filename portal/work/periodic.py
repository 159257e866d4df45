"""What is done again and again, whatever happens: a due row each, so that any number of workers does it once a turn.

An app adds its chores when it is ready (``AppConfig.ready``); ``migrate`` makes their rows.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models.functions import Now

from portal.work import claims, isolation
from portal.work.models import PeriodicJob

QUEUE = "chores"
LEASE_SECONDS = 600  # a chore may take longer than a look


@dataclass(frozen=True)
class JobSpec:
    every: dt.timedelta
    do: Callable[[dt.datetime], object]


JOBS: dict[str, JobSpec] = {}


def add(name: str, *, every: dt.timedelta, do: Callable[[dt.datetime], object]) -> None:
    """``do`` gets the database's present moment; doing it twice must do no harm."""
    JOBS[name] = JobSpec(every, do)


def make_rows() -> None:
    """One row for each known chore, due at once; those that nobody knows any more go."""
    PeriodicJob.objects.exclude(name__in=JOBS).delete()
    PeriodicJob.objects.bulk_create(
        [PeriodicJob(name=name, queue=QUEUE, next_check_at=Now()) for name in JOBS], ignore_conflicts=True
    )


def do_due() -> int:
    """Do one due chore; returns how many were claimed."""
    due = claims.claim_due(PeriodicJob, queue=QUEUE, limit=1, lease_seconds=LEASE_SECONDS)
    for claim in due:
        _do(claim)
    return len(due)


def _do(claim: claims.Claim) -> None:
    chore = claims.held(claim).first()
    duty = JOBS.get(chore.name) if chore else None
    if chore is None or duty is None:
        return
    now = claims.database_now()
    if isolation.exceeded_attempts(claim):
        claims.park(claim, why=isolation.EXCEEDED_ATTEMPTS, now=now)
        return
    with isolation.isolate_failure(claim, cap=600):
        duty.do(now)
        claims.settle(claim, next_check_at=claims.database_now() + duty.every, done_at=now)
