"""Nightly re-verification: the checks of a ready enrollment are repeated once a night while it stays ready.

Every re-check is an ordinary due row: a passed check of a ready enrollment falls due in the night. Workers take it
after every other due row of its queue (``Check.CAN_WAIT``), so that a night never delays a partner who waits. What does
not fit into one night is shared over several: ``plan_round`` counts them, once a day.

A negative answer moves the check like any other (``transitions``), and a failure of the other system moves nothing.
Only what the system itself had confirmed is taken back; what two people confirmed, and an answer of unknown meaning, is
flagged for the BDM.
"""

import datetime as dt
import logging
import math
import random

from django.db import transaction
from django.db.models import QuerySet

from onboarding.domain.checks.polling import DAY, NIGHTHOURS, next_night
from onboarding.domain.kinds.registry import NIGHTLY
from onboarding.enums import CheckState, EnrollmentState
from onboarding.models import Check, Enrollment
from portal.work import bulk, pace
from portal.work.models import Queue

log = logging.getLogger(__name__)

# The nightly interval is ours. Source: [ms-reseller-requirement], [ms-suspension] (what Microsoft can revoke).
QUEUE = "partner_center"
BATCH = 1000
# The part of a night's calls that is planned; the others are for partners' checks, and for what must be asked twice.
PLANNED = 0.8
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


def next_look(check: Check, *, now: dt.datetime, rng: random.Random) -> dt.datetime | None:
    """Return when a passed check is repeated; None if its enrollment is not ready, or no connector checks it."""
    if check.enrollment.state != EnrollmentState.READY or check.kind not in NIGHTLY or check.queue != QUEUE:
        return None
    return _after(_nights() - 1, check, now=now, rng=rng)


def _nights() -> int:
    """Return over how many nights a round is shared, as ``plan_round`` found last."""
    return Queue.objects.filter(pk=QUEUE).values_list("nights", flat=True).first() or 1


def _after(nights: int, check: Check, *, now: dt.datetime, rng: random.Random) -> dt.datetime:
    """Return a moment in the night that comes after so many others at the enrollment's place."""
    real = next_night(now=now + nights * DAY, zone=check.enrollment.country.time_zone, rng=rng)
    return pace.night(real, now=now, spread=rng.uniform(0.9, 1.1))


def begin(enrollment: Enrollment, *, now: dt.datetime, rng: random.Random) -> None:
    """Schedule the checks of a newly ready enrollment, in the transaction that made it ready."""
    _schedule(_sleeping().filter(enrollment=enrollment), now=now, rng=rng)


def schedule_missing(now: dt.datetime) -> int:
    """Schedule a re-check for every passed check of a ready enrollment that has none. Return the count."""
    plan_round()
    count, last = 0, BATCH
    while last == BATCH:
        last = _schedule(_sleeping().filter(next_check_at=None), now=now, rng=_RNG)
        count += last
    return count


def plan_round() -> int:
    """Count what is repeated at night, and keep on the queue how many nights that takes at its rate. Return them.

    As if all nights were one: where countries lie in several time zones, a night has more hours than this counts on.
    """
    queue = Queue.objects.filter(pk=QUEUE).first()
    if queue is None:
        return 1
    a_night = max(1, int(queue.rate * NIGHTHOURS * 3600 * PLANNED))
    nights = max(1, math.ceil(_sleeping().count() / a_night))
    if nights != queue.nights:
        Queue.objects.filter(pk=QUEUE).update(nights=nights)
        log.warning("a round of nightly re-checks takes %s nights, at %s calls a second", nights, queue.rate)
    return nights


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
        nights = _nights()
        for check in rows:
            check.next_check_at = _after(rng.randrange(nights), check, now=now, rng=rng)
        bulk.update(rows, ("next_check_at",))
    return len(rows)
