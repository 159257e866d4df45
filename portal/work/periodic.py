"""Periodic jobs: one due row each, so that any number of workers runs each job once per interval.

An app adds its jobs when it is ready (``AppConfig.ready``); ``migrate`` writes their rows. A job that fails goes on
trying: nobody looks at it every day, and what it deletes, erases or reminds of must go on when the cause is over.
``portal_periodic_job_failures`` in /metrics says that one fails. Only a job that kills its workers is parked.
"""

import datetime as dt
import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pghistory
from django.db import connection
from django.db.models.functions import Now

from portal.work import claims
from portal.work.backoff import back_off
from portal.work.kinds import Rate, WorkKind
from portal.work.metrics import Gauge
from portal.work.models import PeriodicJob

log = logging.getLogger(__name__)
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)

QUEUE = "chores"
LONGEST_WAIT = dt.timedelta(hours=1)  # after a failure; a job that runs more often waits for its turn at most
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
    try:
        job.do(now)
    except Exception:
        if not connection.is_usable():
            raise  # the lease releases the row
        log.exception("periodic job %s failed", row.name)
        longest = min(job.every, LONGEST_WAIT).total_seconds()
        wait = back_off(row.errors + 1, base=60, cap=longest, rng=_RNG)
        claims.postpone(claim, until=claims.database_now() + wait)
    else:
        claims.settle(claim, next_check_at=claims.database_now() + job.every, done_at=now)


def gauges() -> Iterable[Gauge]:
    """Yield how often each job failed since it was last done, by its name. One query."""
    failures = {name: float(errors) for name, errors in PeriodicJob.objects.values_list("name", "errors")}
    yield Gauge("portal_periodic_job_failures", "Failures of a periodic job since it was last done", "name", failures)


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
