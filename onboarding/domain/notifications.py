"""Which message goes to whom at which event. A mail is a copy of what the portal shows."""

import datetime as dt
from typing import Any

from django.conf import settings

from onboarding.domain.reasons import REASONS
from onboarding.enums import Authority, Kind
from onboarding.models import Check, Enrollment
from portal.accounts.models import User
from portal.notices import outbox
from portal.partners.models import Role


def action_needed(check: Check, *, now: dt.datetime, number: int) -> None:
    """Tell the partner's people that it is their turn; ``number`` makes each turn its own message."""
    reason = REASONS[check.reason]
    context = {
        "what": Kind(check.kind).label,
        "authority": Authority(check.authority).label,
        "title": reason.title,
        "todo": reason.todo,
        "note": check.note,
    }
    _tell(check.enrollment, "action_needed", context, now=now, key=f"action-{check.pk}-{number}")


def ready(enrollment: Enrollment, *, now: dt.datetime) -> None:
    _tell(enrollment, "ready", {}, now=now, key=f"ready-{enrollment.pk}-{now:%Y%m%d}")


def _tell(enrollment: Enrollment, template: str, context: dict[str, Any], *, now: dt.datetime, key: str) -> None:
    people = User.objects.filter(
        memberships__partner_id=enrollment.partner_id, memberships__role__in=[Role.OWNER, Role.CONTRIBUTOR]
    )
    for person in people:
        outbox.write(
            template,
            to=person.email,
            language=person.language,
            context={
                **context,
                "partner": str(enrollment.partner),
                "country": enrollment.country,
                "link": settings.SITE_URL + enrollment.get_absolute_url(),
            },
            key=f"{key}-{person.pk}",
            thread=f"enrollment-{enrollment.pk}",
            now=now,
        )
