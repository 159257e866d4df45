"""All that is the partner's turn on an enrollment, in the order of what is lost and when. Makes no query."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.domain.kinds.registry import NIGHTLY
from onboarding.domain.reasons.consequences import SUSPENDED_AFTER, Consequence, consequence_of
from onboarding.enums import Turn
from onboarding.models import Check, Enrollment
from onboarding.models.challenge import RECORD_LIFE
from onboarding.phases import Phase

SUSPENSION_RULE = _("Microsoft suspends an account 30 days after a refusal")


@dataclass(frozen=True)
class Deadline:
    """The last day (of the enrollment's country), and the words for who sets it."""

    on: dt.date
    set_by: str | Promise


@dataclass(frozen=True)
class OpenRequest:
    """A check that is the partner's turn, with what is lost while it stays so."""

    check: Check
    consequence: Consequence
    deadline: Deadline | None


def by_consequence(enrollment: Enrollment, checks: Iterable[Check]) -> list[OpenRequest]:
    """Return what the partner has to do, the worst consequence first, then the earliest last day, then the oldest.

    ``checks`` are the enrollment's.
    """
    mine = [_open_request(enrollment, check) for check in checks if check.turn == Turn.RESELLER]
    return sorted(mine, key=_order)


def _order(request: OpenRequest) -> tuple[int, dt.date, dt.datetime, int]:
    check = request.check
    last = request.deadline.on if request.deadline else dt.date.max
    since = check.turn_since or dt.datetime.max.replace(tzinfo=dt.UTC)
    return (request.consequence, last, since, check.pk)


def _open_request(enrollment: Enrollment, check: Check) -> OpenRequest:
    consequence = Consequence.SUSPENSION if check.refused_at else consequence_of(check.reason)
    # What is looked at every night is what a ready enrollment sells on.
    if enrollment.ready_at is not None and check.kind in NIGHTLY:
        consequence = Consequence.SALES_STOPPED
    return OpenRequest(check, consequence, deadline_of(enrollment, check))


def suspension_on(enrollment: Enrollment, check: Check) -> dt.date | None:
    """Return the day on which Microsoft suspends the account, if it has refused this check. Source: [ms-suspension]."""
    if check.refused_at is None:
        return None
    return enrollment.country.calendar.day_of(check.refused_at) + SUSPENDED_AFTER


def deadline_of(enrollment: Enrollment, check: Check) -> Deadline | None:
    """Return the last day of what is asked on this check, and who sets it."""
    suspension = suspension_on(enrollment, check)
    if suspension:
        return Deadline(suspension, SUSPENSION_RULE)
    calendar = enrollment.country.calendar
    if check.phase == Phase.CONFIRM_MAILBOX and check.next_check_at:
        return Deadline(calendar.day_of(check.next_check_at), _("our link and code expire then; we can send others"))
    if check.phase == Phase.PUBLISH_RECORD and check.opened_at:
        expires_at = check.opened_at + RECORD_LIFE
        return Deadline(calendar.day_of(expires_at), _("our record expires then; you can ask for another"))
    return None
