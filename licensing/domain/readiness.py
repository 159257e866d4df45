"""When will this partner be able to sell? The one question that licensing asks onboarding, held against the plans."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from licensing.domain.queries import must_move
from licensing.domain.risk import AtRisk, at_risk
from licensing.models import PlanLine
from onboarding.domain.forecast import Readiness, readiness
from onboarding.enums import EnrollmentState
from onboarding.models import Enrollment
from portal.partners.models import Partner


def ready_countries(partner: Partner) -> set[str]:
    """Where this partner may sell in CSP already."""
    return set(
        Enrollment.objects.filter(partner=partner, state=EnrollmentState.READY).values_list("country_id", flat=True)
    )


def is_ready(user: Any) -> bool | None:
    """Whether a company of this person can sell in CSP; None for visitors and for who has no company."""
    if not user.is_authenticated:
        return None
    found = set(Enrollment.objects.filter(partner__memberships__user=user).values_list("state", flat=True))
    return EnrollmentState.READY in found if found else None


@dataclass(frozen=True)
class Endangered:
    enrollment: Enrollment
    ready: Readiness
    risk: AtRisk


def endangered(enrollments: Iterable[Enrollment], *, today: dt.date, now: dt.datetime) -> list[Endangered]:
    """The enrollments with licences that expire before they are ready, the nearest day first.

    Onboarding is asked only where there are licences that could be.
    """
    open_ = [one for one in enrollments if one.state != EnrollmentState.READY]
    held = _held(open_, today=today)
    with_licences = [(one, own) for one in open_ if (own := _own(one, held))]
    ready = readiness([one for one, _own_ in with_licences], now=now) if with_licences else {}
    found = []
    for enrollment, own in with_licences:
        when = ready[enrollment.pk]
        risk = at_risk(own, half_on=when.half_on, nine_in_ten_on=when.nine_in_ten_on)
        if risk.customers:
            found.append(Endangered(enrollment, when, risk))
    return sorted(found, key=lambda one: one.risk.first_on or today)


Held = tuple[object, str, str, int, dt.date]  # partner, country, customer, quantity, last day


def _own(enrollment: Enrollment, held: list[Held]) -> list[tuple[str, int, dt.date]]:
    """What the enrollment's partner holds for its country; a customer without a country counts for each."""
    places = ("", enrollment.country_id)
    return [row[2:] for row in held if row[0] == enrollment.partner_id and row[1] in places]


def _held(enrollments: list[Enrollment], *, today: dt.date) -> list[Held]:
    """What must move to CSP, and has not expired yet; an online service of an unknown sector with it."""
    if not enrollments:
        return []
    rows = PlanLine.objects.filter(
        must_move(today), plan__customer__partner__in={one.partner_id for one in enrollments}
    ).order_by()
    names = ("plan__customer__partner", "plan__customer__country", "plan__customer", "quantity", "expires_on")
    return [
        (of, country, str(customer), number, day) for of, country, customer, number, day in rows.values_list(*names)
    ]
