"""What is done again and again, whatever happens: a due row each, so that any number of workers does it once a turn.

An app adds its chores when it is ready (``AppConfig.ready``); ``migrate`` makes their rows.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models.functions import Now

from portal.work import claims, guard
from portal.work.models import Chore

LANE = "chores"
LEASE_SECONDS = 600  # a chore may take longer than a look


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
        _do(claim)
    return len(due)


def _do(claim: claims.Claim) -> None:
    chore = claims.held(claim).first()
    duty = DUTIES.get(chore.name) if chore else None
    if chore is None or duty is None:
        return
    now = claims.database_now()
    if guard.is_worn_out(claim):
        claims.park(claim, why=guard.WORN_OUT, now=now)
        return
    with guard.alone(claim, cap=600):
        duty.do(now)
        claims.settle(claim, next_check_at=claims.database_now() + duty.every, done_at=now)
