"""Nightly re-verification: the checks of a ready enrollment are repeated once a night while it stays ready.

Every re-check is an ordinary due row: a passed check of a ready enrollment falls due in the night. A negative answer
moves the check like any other (``transitions``), and a failure of the other system moves nothing. Only what the system
itself had confirmed is taken back; what two people confirmed, and an answer of unknown meaning, is flagged for the BDM.
"""

import datetime as dt
import random

from django.db import transaction
from django.db.models import QuerySet

from onboarding.domain.checks.polling import next_night
from onboarding.domain.kinds.registry import NIGHTLY
from onboarding.enums import CheckState, EnrollmentState
from onboarding.models import Check, Enrollment
from portal.work import bulk, pace

# The nightly interval is ours. Source: [ms-reseller-requirement], [ms-suspension] (what Microsoft can revoke).
QUEUE = "partner_center"
BATCH = 1000
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


def next_look(check: Check, *, now: dt.datetime, rng: random.Random) -> dt.datetime | None:
    """Return when a passed check is repeated; None if its enrollment is not ready, or no connector checks it."""
    if check.enrollment.state != EnrollmentState.READY or check.kind not in NIGHTLY or check.queue != QUEUE:
        return None
    real = next_night(now=now, zone=check.enrollment.country.time_zone, rng=rng)
    return pace.night(real, now=now, spread=rng.uniform(0.9, 1.1))


def begin(enrollment: Enrollment, *, now: dt.datetime, rng: random.Random) -> None:
    """Schedule the checks of a newly ready enrollment for tonight. Call it in the transaction that made it ready."""
    _schedule(_sleeping().filter(enrollment=enrollment), now=now, rng=rng)


def schedule_missing(now: dt.datetime) -> int:
    """Schedule tonight's re-check for every passed check of a ready enrollment that has none. Return the count."""
    count, last = 0, BATCH
    while last == BATCH:
        last = _schedule(_sleeping().filter(next_check_at=None), now=now, rng=_RNG)
        count += last
    return count


def start_now(*, now: dt.datetime) -> int:
    """Start the night at once (for the demo). Return how many checks fall due."""
    return _sleeping().filter(lease_until=None).update(next_check_at=now)


def _sleeping() -> "QuerySet[Check]":
    passed = Check.objects.filter(kind__in=NIGHTLY, queue=QUEUE, state=CheckState.PASSED, parked_at=None)
    return passed.filter(enrollment__state=EnrollmentState.READY).exclude(subject_key="")


def _schedule(checks: "QuerySet[Check]", *, now: dt.datetime, rng: random.Random) -> int:
    with transaction.atomic():
        free = checks.filter(lease_until=None).select_for_update(of=("self",), skip_locked=True)
        rows = list(free.select_related("enrollment__country")[:BATCH])
        for check in rows:
            check.next_check_at = next_look(check, now=now, rng=rng)
        bulk.update(rows, ("next_check_at",))
    return len(rows)
