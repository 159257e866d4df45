"""Facts of an enrollment for a ticket at Microsoft's support: ids, dates, what was done. A template adds the text.

Source: [ms-verification] (a ticket after five working days), [pc-headers] (the ids of a call that support can follow).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from onboarding.domain.checks.routing import Checks
from onboarding.domain.kinds.registry import KINDS
from onboarding.enums import Authority, Turn
from onboarding.models import Check, Document, Enrollment, PartnerRequest
from onboarding.models.check import OPEN_STATES
from onboarding.phases import AWAITS_REVIEW

FROM_WORKDAY = 5


@dataclass(frozen=True)
class Pack:
    """The facts. ``waiting`` are Microsoft's open checks, each with the working days of the present turn."""

    enrollment: Enrollment
    waiting: list[tuple[Check, int]]
    asked: list[PartnerRequest]
    documents: list[Document]
    requests: list[dict[str, Any]]

    @property
    def is_due(self) -> bool:
        """Return True when Microsoft has had five working days for a check, or has refused it."""
        return any(
            is_refused(check) or (check.turn == Turn.MICROSOFT and days >= FROM_WORKDAY) for check, days in self.waiting
        )


def is_refused(check: Check) -> bool:
    """Return True when Microsoft has refused it, and has not been asked again yet."""
    return check.turn == Turn.RESELLER or check.phase in AWAITS_REVIEW


def pack(
    enrollment: Enrollment, checks: Checks, *, asked: list[PartnerRequest], documents: list[Document], today: dt.date
) -> Pack:
    """Return everything that a ticket needs, as of ``today``."""
    calendar = enrollment.country.calendar
    waiting = [
        (check, calendar.between(calendar.day_zero(check.turn_since), today))
        for check in checks.values()
        if _is_vetting(check) and check.turn_since and check.state in OPEN_STATES
    ]
    seen = [check for check in checks.values() if check.evidence.get("correlation_id")]
    requests = [{"kind": check.kind, "seen_at": check.seen_at, **check.evidence} for check in seen]
    return Pack(enrollment, waiting, asked, documents, requests)


def _is_vetting(check: Check) -> bool:
    return check.authority == Authority.MICROSOFT and KINDS[check.kind].begins_when_sent
