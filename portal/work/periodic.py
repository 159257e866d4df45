"""Periodic jobs: one due row each, so that any number of workers runs each job once per interval.

An app adds its jobs when it is ready (``AppConfig.ready``); ``migrate`` writes their rows.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pghistory
from django.db.models.functions import Now

from portal.work import claims
from portal.work.kinds import Rate, WorkKind
from portal.work.models import PeriodicJob

QUEUE = "chores"
LEASE_SECONDS = 600  # a periodic job may take longer than a check


@dataclass(frozen=True)
class JobSpec:
    every: dt.timedelta
    do: Callable[[dt.datetime], object]


JOBS: dict[str, JobSpec] = {}


def add(name: str, *, every: dt.timedelta, do: Callable[[dt.datetime], object]) -> None:
    """Register a periodic job. ``do`` gets the database's present moment; running it twice must do no harm."""
    JOBS[name] = JobSpec(every, do)


def make_rows() -> None:
    """Write one row for each known job, due at once, and delete those of unknown jobs."""
    PeriodicJob.objects.exclude(name__in=JOBS).delete()
    PeriodicJob.objects.bulk_create(
        [PeriodicJob(name=name, queue=QUEUE, next_check_at=Now()) for name in JOBS], ignore_conflicts=True
    )


def _do(claim: claims.Claim, row: PeriodicJob) -> None:
    job = JOBS.get(row.name)
    if job is None:
        # A job of another version, whose workers know it.
        return
    now = claims.database_now()
    pghistory.context(work=row.name)
    job.do(now)
    claims.settle(claim, next_check_at=claims.database_now() + job.every, done_at=now)


KIND = WorkKind(
    name="periodic jobs",
    model=PeriodicJob,
    queues={QUEUE: Rate(50, 50)},
    task="",
    do=_do,
    lease_seconds=LEASE_SECONDS,
    longest_back_off=600,
    unwoken_because="A job may take minutes, and nobody waits for one: the plain loop does them.",
)
