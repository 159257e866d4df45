"""When will this partner be able to sell? The one question that licensing asks onboarding."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from licensing.domain.risk import AtRisk, at_risk
from licensing.enums import Action
from licensing.models import PlanLine
from onboarding.domain import forecast
from onboarding.enums import EnrollmentState
from onboarding.models import Enrollment

LONG_TAIL = dt.timedelta(weeks=12)  # guide, part 2: 5 % of the files take longer


@dataclass(frozen=True)
class Forecast:
    """The days by which half, and nine in ten, of such files are ready; never before ``today``."""

    half_on: dt.date
    nine_in_ten_on: dt.date


@dataclass(frozen=True)
class Endangered:
    enrollment: Enrollment
    forecast: Forecast
    risk: AtRisk


def ready_on(enrollment: Enrollment, estimates: Iterable[forecast.Estimate], *, today: dt.date) -> Forecast:
    """Counted in the country's working days from the day it was sent to Microsoft, or from today if it was not.

    Three validations run side by side: the slowest decides. What has outlived nine in ten belongs to the long tail.
    """
    found = list(estimates)
    calendar = enrollment.country.calendar
    start = min(enrollment.sent_to_microsoft_on or today, today)
    half = calendar.add(start, max(one.half for one in found))
    nine_in_ten = calendar.add(start, max(one.nine_in_ten for one in found))
    if nine_in_ten < today:
        nine_in_ten = max(start + LONG_TAIL, today)
    return Forecast(max(half, today), max(nine_in_ten, today))


def endangered(enrollments: Iterable[Enrollment], *, today: dt.date) -> list[Endangered]:
    """The enrollments with licences that expire before they are ready, the nearest day first.

    Two queries, and one for each country met.
    """
    open_ = [one for one in enrollments if one.state != EnrollmentState.READY]
    held = _held(open_, today=today)
    known = {code: list(forecast.estimates(code).values()) for code in {e.country_id for e in open_ if held}}
    found = []
    for enrollment in open_:
        own = [row[2:] for row in held if row[0] == enrollment.partner_id and row[1] in ("", enrollment.country_id)]
        if not own:
            continue
        when = ready_on(enrollment, known[enrollment.country_id], today=today)
        risk = at_risk(own, half_on=when.half_on, nine_in_ten_on=when.nine_in_ten_on)
        if risk.customers:
            found.append(Endangered(enrollment, when, risk))
    return sorted(found, key=lambda one: one.risk.first_on or today)


def _held(enrollments: list[Enrollment], *, today: dt.date) -> list[tuple[object, str, str, int, dt.date]]:
    """Partner, country, customer, quantity and last day of what must move to CSP and has not expired long ago."""
    if not enrollments:
        return []
    rows = PlanLine.objects.filter(
        plan__customer__partner__in={one.partner_id for one in enrollments},
        plan__is_current=True,
        action=Action.CSP_ONLINE,
        expires_on__gte=today,
        expires_on__lt=today + 2 * LONG_TAIL,
    ).order_by()
    names = ("plan__customer__partner", "plan__customer__country", "plan__customer", "quantity", "expires_on")
    return [
        (of, country, str(customer), number, day) for of, country, customer, number, day in rows.values_list(*names)
    ]
