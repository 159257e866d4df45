"""Park a check for staff, or return it to a queue."""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet

from onboarding.domain import history
from onboarding.domain.checks import locks, routing, transitions, writer
from onboarding.domain.checks.routing import DESK
from onboarding.enums import CheckState, Source
from onboarding.models import Check
from onboarding.phases import Phase
from portal.accounts.models import User
from portal.work import claims, kinds


@transaction.atomic
def park(*, claim: claims.Claim, why: str, now: dt.datetime) -> None:
    """Park a check for staff. It is shown as nobody's fault, and it is Ingram's turn."""
    check = locks.held([claim]).get(claim)
    if check is None or not claims.park(claim, why=why, now=now):
        return
    # What held still holds: that we could not check is no verdict.
    if not check.holds:
        writer.write(check, phase=Phase.PARKED, source=Source.API, now=now)
        history.add(check.enrollment, "check_parked", at=now, source=Source.API, check=check)


@transaction.atomic
def unpark(*, check: Check, by: User, why: str, now: dt.datetime) -> bool:
    """Return a parked check to its queue. Return False if it was not parked."""
    check = locks.locked(check)
    if not claims.requeue(Check, check.pk):
        return False
    if check.holds:
        return True
    writer.write(check, phase=Phase.QUEUED, source=Source.API, now=now)
    history.add(check.enrollment, "check_requeued", at=now, actor=by, source=Source.BDM, check=check, why=why)
    return True


def leave_lost_queues(now: dt.datetime) -> None:
    """Move checks out of queues that this version no longer has, to today's connector or to a person.

    A queue that only lost its setting is different: its own worker passes the check on (``routing.answer_locally``).
    """
    lost = Check.objects.filter(next_check_at__lte=now, lease_until=None, parked_at=None)
    for row in lost.exclude(queue__in=kinds.rates()).select_related("enrollment__partner")[:500]:
        _leave_queue(row, now=now)


@transaction.atomic
def _leave_queue(row: Check, *, now: dt.datetime) -> None:
    check = locks.locked(row)
    if check.queue == row.queue and check.lease_until is None:
        queue = routing.next_queue(check)
        goes_to_bdm = queue == DESK
        transitions.move(
            check,
            phase=Phase.BDM_LOOKS if goes_to_bdm else Phase(check.phase),
            reason="" if goes_to_bdm else check.reason,
            source=check.source,
            now=now,
            queue=queue,
            next_check_at=None if goes_to_bdm else now,
            **writer.new_claim(),
        )


def look_now(check: Check, *, now: dt.datetime) -> bool:
    """Make a check due now because something may have changed.

    Return False if no worker checks it, or one does already.
    """
    return bool(wake(Check.objects.filter(pk=check.pk), now=now))


def wake(checks: "QuerySet[Check]", *, now: dt.datetime) -> int:
    """Make several checks due now. Return how many will be checked."""
    can = checks.filter(lease_until=None, parked_at=None).exclude(subject_key="").exclude(queue__in=["", DESK])
    return can.exclude(state__in=[CheckState.REFUSED, CheckState.WAIVED]).update(next_check_at=now)
