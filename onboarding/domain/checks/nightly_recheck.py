"""After the authorisation: what a file stands on is looked at again once a night, as long as the file is ready.

Every look is an ordinary due row: a passed check of a ready file falls due in the night. What no longer holds moves
as any other answer does (``transitions``), and trouble of the other system moves nothing. A night takes back only what
the system itself had said: what two people confirmed, and an answer of unknown meaning, is flagged for the BDM.
"""

import datetime as dt
import random

from django.db import transaction
from django.db.models import QuerySet

from onboarding.domain.checks.polling import next_night
from onboarding.enums import CheckState, EnrollmentState, Kind
from onboarding.models import Check, Enrollment
from portal.work import bulk, pace

# What Microsoft can take back. Source: [ms-reseller-requirement], [ms-suspension]; that it is every night is ours.
NIGHTLY = (Kind.LOCATION, Kind.AGREEMENT, Kind.RELATIONSHIP)
QUEUE = "partner_center"
BATCH = 1000
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


def next_look(check: Check, *, now: dt.datetime, rng: random.Random) -> dt.datetime | None:
    """When a check that holds is looked at again; None if its file is not ready, or nobody looks by himself."""
    if check.enrollment.state != EnrollmentState.READY or check.kind not in NIGHTLY or check.queue != QUEUE:
        return None
    real = next_night(now=now, zone=check.enrollment.country.time_zone, rng=rng)
    return pace.night(real, now=now, spread=rng.uniform(0.9, 1.1))


def begin(enrollment: Enrollment, *, now: dt.datetime, rng: random.Random) -> None:
    """The file is ready: its checks fall due in the coming night. Call it in the transaction that made it ready."""
    _schedule(_sleeping().filter(enrollment=enrollment), now=now, rng=rng)


def schedule_missing(now: dt.datetime) -> int:
    """Put every check of a ready file that would never be looked at again on the coming night; how many there were."""
    count, last = 0, BATCH
    while last == BATCH:
        last = _schedule(_sleeping().filter(next_check_at=None), now=now, rng=_RNG)
        count += last
    return count


def start_now(*, now: dt.datetime) -> int:
    """Let the night begin at once (the demonstration's); how many checks fall due."""
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
