"""Give an enrollment up, and take that back: delete a draft, withdraw what was submitted.

Nothing is deleted at once. For ``GRACE`` the enrollment can be taken back as it was; then a new one may be
started for the country, and what was typed into a deleted draft is forgotten.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from onboarding.domain import history
from onboarding.domain.checks import locks, routing, starting, transitions, writer
from onboarding.domain.clocks import escalation
from onboarding.domain.mail import notifications
from onboarding.enums import EnrollmentState
from onboarding.models import Check, Draft, Enrollment, ExternalId
from onboarding.models.enrollment import GRACE
from portal.accounts.models import User
from portal.audit import erasing, registry


class TooLateToTakeBackError(Exception):
    """The enrollment was withdrawn too long ago."""


def may_take_back_until(enrollment: Enrollment) -> dt.datetime | None:
    """Return until when a withdrawn enrollment can be taken back; None for any other."""
    return enrollment.withdrawn_at + GRACE if enrollment.is_withdrawn and enrollment.withdrawn_at else None


def may_still_take_back(enrollment: Enrollment, now: dt.datetime) -> bool:
    until = may_take_back_until(enrollment)
    return until is not None and now < until


@transaction.atomic
def withdraw(*, enrollment: Enrollment, by: User, now: dt.datetime) -> Enrollment:
    """Return the enrollment, withdrawn: workers, clocks and reminders stop, and its checks stay as they are.

    A second call changes nothing. Microsoft is not told: no API can, so the page says what to end there.
    """
    current = _locked(enrollment)
    if current.is_withdrawn:
        return current
    was_draft = current.state == EnrollmentState.DRAFT
    current.withdrawn_from, current.state = current.state, EnrollmentState.WITHDRAWN
    current.withdrawn_at, current.withdrawn_by, current.last_event_at = now, by, now
    current.set_aside_at = None
    current.save(
        update_fields=["withdrawn_from", "state", "withdrawn_at", "withdrawn_by", "last_event_at", "set_aside_at"]
    )
    looked_at = Check.objects.filter(enrollment=current, next_check_at__isnull=False)
    stopped = list(looked_at.values_list("pk", flat=True))
    Check.objects.filter(pk__in=stopped).update(next_check_at=None, **writer.new_claim())
    event = history.add(current, "deleted" if was_draft else "withdrawn", at=now, actor=by, stopped=stopped)
    escalation.read_soon(current, now=now)
    if not was_draft:
        notifications.withdrawn(current, by=by, until=now + GRACE, now=now, number=event.pk)
    return current


@transaction.atomic
def take_back(*, enrollment: Enrollment, by: User, now: dt.datetime) -> Enrollment:
    """Return the enrollment in the state from which it was withdrawn. A second call changes nothing.

    What changed meanwhile is followed: answers shared with other enrollments, and reports of Microsoft's.

    Raises: TooLateToTakeBackError.
    """
    current = _locked(enrollment)
    until = may_take_back_until(current)
    if until is None:
        return current
    if until <= now:
        raise TooLateToTakeBackError
    current.state, current.withdrawn_from = EnrollmentState(current.withdrawn_from), ""
    current.withdrawn_at = current.withdrawn_by = None
    current.last_event_at = current.progressed_at = now
    current.save(
        update_fields=["withdrawn_from", "state", "withdrawn_at", "withdrawn_by", "last_event_at", "progressed_at"]
    )
    last = current.events.filter(kind__in=["withdrawn", "deleted"]).order_by("-at", "-id").first()
    stopped = last.data.get("stopped", []) if last else []
    Check.objects.filter(pk__in=stopped, enrollment=current).update(next_check_at=now)
    history.add(current, "taken_back", at=now, actor=by)
    checks = routing.checks_of(current)
    starting.follow_answers(current, now=now, actor=by, checks=checks)
    transitions.follow_preconditions(current, checks, now=now)
    transitions.settle_enrollment(current, now=now, checks=checks)
    escalation.read_soon(current, now=now)
    return current


def _locked(enrollment: Enrollment) -> Enrollment:
    locks.lock(enrollment.partner_id)
    return Enrollment.objects.select_related("partner", "country", "location_country").get(pk=enrollment.pk)


AFTER_THE_END = dt.timedelta(days=3 * 365)  # Source: [cnil-retention]

# What somebody typed about people and the company; the history and the checks' states stay.
_FORGOTTEN: dict[str, Any] = {
    "tenant": "",
    "contact_first_name": "",
    "contact_last_name": "",
    "contact_email": "",
    "contact_phone": "",
    "customer_number": "",
    "marketplace_email": "",
}


def over(now: dt.datetime) -> "QuerySet[Enrollment]":
    """Return the deleted drafts that can no longer be taken back and still have what was typed."""
    gone = Enrollment.objects.filter(
        state=EnrollmentState.WITHDRAWN, withdrawn_from=EnrollmentState.DRAFT, withdrawn_at__lte=now - GRACE
    )
    return (gone.exclude(**_FORGOTTEN) | gone.filter(drafts__isnull=False)).distinct()


def ended(now: dt.datetime) -> "QuerySet[Enrollment]":
    """Return the enrollments that were withdrawn three years ago and still have what was typed about people."""
    gone = Enrollment.objects.filter(state=EnrollmentState.WITHDRAWN, withdrawn_at__lte=now - AFTER_THE_END)
    return (gone.exclude(**_FORGOTTEN) | gone.filter(drafts__isnull=False)).distinct()


def forget(keys: Sequence[Any], now: dt.datetime) -> int:
    """Forget what was typed into these enrollments, now and earlier. Return how many. Call it inside a transaction."""
    Draft.objects.filter(enrollment__in=keys).delete()
    # A deleted draft is nobody's row in another system.
    ExternalId.objects.filter(enrollment__in=keys, enrollment__withdrawn_from=EnrollmentState.DRAFT).delete()
    number = Enrollment.objects.filter(pk__in=keys).update(**_FORGOTTEN)
    for code in ("answers", "states"):
        _forget_history(code, keys, now)
    return number


def _forget_history(code: str, enrollments: Sequence[Any], now: dt.datetime) -> None:
    """Erase what the earlier states of these enrollments tell of people."""
    rows = registry.TRAILS[code].get_model()._base_manager.filter(pgh_obj__in=enrollments)
    erasing.erase(code, rows.values_list("pk", flat=True), now=now)
