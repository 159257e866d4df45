"""Put a check aside for staff, or back into a queue."""

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
    """Set a check aside for staff, visibly: it is nobody's fault, and it is Ingram's turn."""
    check = locks.held([claim]).get(claim)
    if check is None or not claims.park(claim, why=why, now=now):
        return
    # What held goes on holding: that we could not look is no verdict.
    if not check.holds:
        writer.write(check, phase=Phase.PARKED, source=Source.API, now=now)
        history.add(check.enrollment, "check_parked", at=now, source=Source.API, check=check)


@transaction.atomic
def unpark(*, check: Check, by: User, why: str, now: dt.datetime) -> bool:
    """Let workers look again; False if it was not parked."""
    check = locks.locked(check)
    if not claims.requeue(Check, check.pk):
        return False
    if check.holds:
        return True
    writer.write(check, phase=Phase.QUEUED, source=Source.API, now=now)
    history.add(check.enrollment, "check_requeued", at=now, actor=by, source=Source.BDM, check=check, why=why)
    return True


def leave_lost_queues(now: dt.datetime) -> None:
    """Checks due in a queue that this version no longer has are looked at by those who are asked today, or by a person.

    Where a queue is only no longer asked, its own worker passes the check on (``routing.answer_locally``).
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
    """Something may have changed there: a worker looks as soon as one is free. False where none looks, or one does."""
    return bool(wake(Check.objects.filter(pk=check.pk), now=now))


def wake(checks: "QuerySet[Check]", *, now: dt.datetime) -> int:
    """The same for several; how many will be looked at."""
    can = checks.filter(lease_until=None, parked_at=None).exclude(subject_key="").exclude(queue__in=["", DESK])
    return can.exclude(state__in=[CheckState.REFUSED, CheckState.WAIVED]).update(next_check_at=now)
