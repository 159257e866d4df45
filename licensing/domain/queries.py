"""Which rows, for whom: links, and what licensing knows of the reader."""

import datetime as dt
from typing import Any

from licensing.models import TransferLink
from onboarding.enums import EnrollmentState
from onboarding.models import Enrollment
from portal.partners.models import Partner


def transfer_link(country: str, *, on: dt.date) -> TransferLink | None:
    return TransferLink.objects.filter(country=country, valid_from__lte=on).order_by("-valid_from").first()


def is_ready(user: Any) -> bool | None:
    """Whether a company of this person can sell in CSP; None for visitors and for who has no company."""
    if not user.is_authenticated:
        return None
    states = Enrollment.objects.filter(partner__memberships__user=user).values_list("state", flat=True)
    found = set(states)
    return EnrollmentState.READY in found if found else None


def country_of(user: Any) -> str:
    """The country of the person's company, empty for visitors."""
    if not user.is_authenticated:
        return ""
    found = Partner.objects.filter(memberships__user=user).values_list("country", flat=True).first()
    return found or ""
