"""When will this partner be able to sell? The one question licensing asks onboarding, for comparison with the plans."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from licensing.domain.queries import may_be_at_risk
from licensing.domain.risk import AtRisk, at_risk
from licensing.models import PlanLine
from onboarding.domain.checks.routing import checks_of
from onboarding.domain.clocks.forecast import Readiness, readiness
from onboarding.domain.enrollment.lifecycle import StepState, step_states
from onboarding.enums import EnrollmentState, StepStatus
from onboarding.models import Enrollment, MarketplaceLogin
from portal.partners.models import Partner


def ready_countries(partner: Partner) -> set[str]:
    """Return the countries where this partner may sell in CSP already."""
    return set(
        Enrollment.objects.filter(partner=partner, state=EnrollmentState.READY).values_list("country_id", flat=True)
    )


@dataclass(frozen=True)
class Selling:
    """What a reader may sell. ``ready`` and ``imonline`` are None when unknown: a visitor, or no enrollment yet.

    ``enrollment`` is the one that comes first, and ``step`` what it needs next. Both are None when the reader is ready,
    and when they have no enrollment for the country: ``partner`` is then the company that would need one.
    """

    ready: bool | None = None
    imonline: bool | None = None
    partner: Partner | None = None
    enrollment: Enrollment | None = None
    step: StepState | None = None


def selling(user: Any, *, country: str = "") -> Selling:
    """Return what a person's companies may sell to a customer in ``country``; without one, anywhere."""
    if not user.is_authenticated:
        return Selling()
    return _selling(list(Partner.objects.filter(memberships__user=user)), country)


def selling_of(partner: Partner, *, country: str) -> Selling:
    """Return what one company may sell in ``country``; without one, anywhere."""
    return _selling([partner], country)


def _selling(partners: list[Partner], country: str) -> Selling:
    if not partners:
        return Selling()
    found = list(Enrollment.objects.filter(partner__in=partners).select_related("country", "partner"))
    if not found:
        return Selling(None, None, partners[0])
    logins = {one.marketplace_login for one in found} - {""}
    imonline = MarketplaceLogin.IMONLINE in logins if logins else None
    there = [one for one in found if country in ("", one.country_id)]
    if any(one.state == EnrollmentState.READY for one in there):
        return Selling(True, imonline, found[0].partner)
    # A submitted enrollment is ready before a draft.
    first = max(there, key=lambda one: (one.state != EnrollmentState.DRAFT, one.created_at), default=None)
    return Selling(False, imonline, found[0].partner, first, next_step(first) if first else None)


def next_step(enrollment: Enrollment) -> StepState | None:
    """Return the wizard's first step that is not done."""
    states = step_states(enrollment, checks_of(enrollment))
    return next((state for state in states if state.status != StepStatus.DONE), None)


@dataclass(frozen=True)
class EnrollmentAtRisk:
    enrollment: Enrollment
    ready: Readiness
    risk: AtRisk


def enrollments_at_risk(
    enrollments: Iterable[Enrollment], *, today: dt.date, now: dt.datetime
) -> list[EnrollmentAtRisk]:
    """Return the enrollments with licences that expire before they are ready, the nearest day first.

    The forecast is made only for enrollments with such licences.
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
            found.append(EnrollmentAtRisk(enrollment, when, risk))
    return sorted(found, key=lambda one: one.risk.first_on or today)


Held = tuple[object, str, str, int, dt.date]  # partner, country, customer, quantity, last day


def _own(enrollment: Enrollment, held: list[Held]) -> list[tuple[str, int, dt.date]]:
    """Return what the partner's customers in the enrollment's country hold.

    A customer without a country is in the partner's own, as the plans assume (``plans``).
    """
    own = enrollment.partner.country
    return [row[2:] for row in held if row[0] == enrollment.partner_id and (row[1] or own) == enrollment.country_id]


def _held(enrollments: list[Enrollment], *, today: dt.date) -> list[Held]:
    """Return what must move to CSP and has not expired yet, including online services of an unknown sector."""
    if not enrollments:
        return []
    rows = PlanLine.objects.filter(
        may_be_at_risk(today), plan__customer__partner__in={one.partner_id for one in enrollments}
    ).order_by()
    names = ("plan__customer__partner", "plan__customer__country", "plan__customer", "quantity", "expires_on")
    return [
        (of, country, str(customer), number, day) for of, country, customer, number, day in rows.values_list(*names)
    ]
