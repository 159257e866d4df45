"""When will this partner be able to sell? The one question licensing asks onboarding, for comparison with the plans."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet, UUIDField, Value
from django.utils import timezone

from licensing.domain.queries import may_be_at_risk
from licensing.domain.risk import AtRisk, Risk, at_risk, risk_of
from licensing.enums import Action
from licensing.models import PlanLine
from onboarding.domain.checks.routing import checks_of
from onboarding.domain.clocks.forecast import Readiness, readiness
from onboarding.domain.desk import pipeline
from onboarding.domain.enrollment.lifecycle import StepState, step_states
from onboarding.enums import EnrollmentState, StepStatus
from onboarding.models import Enrollment, MarketplaceLogin
from portal.partners.models import Partner
from portal.work import heartbeat


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
    in_force = Enrollment.objects.exclude(state=EnrollmentState.WITHDRAWN)
    found = list(in_force.filter(partner__in=partners).select_related("country", "partner"))
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
    """Return the enrollments with licences that expire before they are ready, the nearest day first."""
    found = []
    for enrollment, (when, own) in _forecast(enrollments, today=today, now=now).items():
        risk = at_risk(own, half_on=when.half_on, nine_in_ten_on=when.nine_in_ten_on)
        if risk.customers:
            found.append(EnrollmentAtRisk(enrollment, when, risk))
    return sorted(found, key=lambda one: one.risk.first_on or today)


@dataclass(frozen=True)
class LineAtRisk:
    """Licences of a customer that expire before the enrollment is ready. ``action`` is what the plan says to do."""

    customer: uuid.UUID
    name: str
    product: str
    quantity: int
    expires_on: dt.date
    action: Action


SHOWN_LINES = 5


def first_lines(found: Iterable[EnrollmentAtRisk], *, today: dt.date) -> dict[uuid.UUID, list[LineAtRisk]]:
    """Return the first ``SHOWN_LINES`` lines that each enrollment endangers, by enrollment, the nearest day first.

    The one query has a part for each enrollment.
    """
    parts = [_first_lines_of(one, today) for one in found]
    rows = parts[0].union(*parts[1:], all=True) if parts else ()
    lines: dict[uuid.UUID, list[LineAtRisk]] = {}
    for of, customer, name, product, quantity, expires_on, action in rows:
        line = LineAtRisk(customer, name, product, quantity, expires_on, Action(action))
        lines.setdefault(of, []).append(line)
    return {of: sorted(some, key=lambda one: (one.expires_on, one.name, one.product)) for of, some in lines.items()}


def _first_lines_of(one: EnrollmentAtRisk, today: dt.date) -> QuerySet[PlanLine, Any]:
    partner, country = one.enrollment.partner, one.enrollment.country_id
    countries = [country, ""] if country == partner.country else [country]
    rows = PlanLine.objects.filter(
        may_be_at_risk(today), plan__customer__partner=partner, plan__customer__country__in=countries
    )
    if one.ready.half_on and one.ready.nine_in_ten_on:
        rows = rows.filter(expires_on__lt=one.ready.nine_in_ten_on)
    rows = rows.annotate(of=Value(one.enrollment.pk, UUIDField()), name=F("plan__customer__name"))
    names = ("of", "plan__customer", "name", "product", "quantity", "expires_on", "action")
    return rows.order_by("expires_on", "name", "product", "pk").values_list(*names)[:SHOWN_LINES]


def customers_at_risk(enrollments: Iterable[Enrollment], *, today: dt.date, now: dt.datetime) -> dict[uuid.UUID, Risk]:
    """Return the customers whom ``enrollments_at_risk`` counts, with their worst risk."""
    found: dict[uuid.UUID, Risk] = {}
    for when, own in _forecast(enrollments, today=today, now=now).values():
        for customer, _quantity, day in own:
            risk = risk_of(day, half_on=when.half_on, nine_in_ten_on=when.nine_in_ten_on)
            if risk != Risk.NONE and found.get(uuid.UUID(customer)) != Risk.LIKELY:
                found[uuid.UUID(customer)] = risk
    return found


def _forecast(
    enrollments: Iterable[Enrollment], *, today: dt.date, now: dt.datetime
) -> dict[Enrollment, tuple[Readiness, list[tuple[str, int, dt.date]]]]:
    """Return the forecast of each enrollment that is not ready, with what its customers hold.

    The forecast is made only for enrollments with such licences.
    """
    open_ = [one for one in enrollments if one.state not in (EnrollmentState.READY, EnrollmentState.WITHDRAWN)]
    held = _held(open_, today=today)
    with_licences = [(one, own) for one in open_ if (own := _own(one, held))]
    ready = readiness([one for one, _own_ in with_licences], now=now) if with_licences else {}
    return {one: (ready[one.pk], own) for one, own in with_licences}


BATCH = 500  # enrollments


def tell_the_desk(now: dt.datetime) -> int:
    """Write for every open enrollment how many licences are at risk, for the order of the desk (a periodic job).

    Return how many enrollments have some.
    """
    today = timezone.localdate(now)
    rows = Enrollment.objects.exclude(state=EnrollmentState.READY).filter(partner__customers__isnull=False).distinct()
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    found: list[tuple[uuid.UUID, int]] = []
    for start in range(0, len(keys), BATCH):
        heartbeat.beat()
        some = Enrollment.objects.filter(pk__in=keys[start : start + BATCH]).select_related("country", "partner")
        at_risk_ = enrollments_at_risk(list(some), today=today, now=now)
        found += [(one.enrollment.pk, one.risk.quantity) for one in at_risk_]
    pipeline.set_licences(found)
    return len(found)


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
