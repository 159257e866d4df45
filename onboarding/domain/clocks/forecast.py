"""Forecasts: the days that half, and nine in ten, of similar enrollments took, with their number and period.

Only Microsoft's own turn counts. A periodic job computes the figures, never a request.

Source: [guide] part 2 ("Délais": 1-3 working days, 5 % over 12 weeks), where our own enrollments are too few.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q, prefetch_related_objects

from onboarding.enums import VALIDATIONS, Authority, CheckState, EnrollmentState, Turn
from onboarding.models import Check, Enrollment, Forecast
from portal.geo.models import Country
from portal.workdays import WorkCalendar

PERIOD = dt.timedelta(days=90)
ENOUGH = 20  # ended reviews; with fewer a percentile shows chance rather than Microsoft


@dataclass(frozen=True)
class Estimate:
    """Working days of Microsoft's turn. ``scope`` is "country", "all", or "guide" (then there is no count)."""

    kind: str
    half: int
    nine_in_ten: int
    scope: str
    count: int = 0
    since: dt.date | None = None
    until: dt.date | None = None


# percentile_disc returns a number of days that some enrollment really took.
_RECOMPUTE = """
SELECT kind, country_id, grouping(country_id) = 1 AS everywhere, count(*),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY workdays), percentile_disc(0.9) WITHIN GROUP (ORDER BY workdays)
FROM onboarding_vetting
WHERE settled_at > %(since)s AND settled_at <= %(until)s
GROUP BY GROUPING SETS ((kind, country_id), (kind))
"""


@transaction.atomic
def recompute(now: dt.datetime) -> None:
    """Replace all forecasts by those of the 90 days before ``now``."""
    since = now - PERIOD
    with connection.cursor() as cursor:
        cursor.execute(_RECOMPUTE, {"since": since, "until": now})
        rows = cursor.fetchall()
    Forecast.objects.all().delete()
    Forecast.objects.bulk_create(
        Forecast(
            kind=kind, country_id=None if everywhere else country, half=half, nine_in_ten=nine_in_ten, count=count,
            since=since, until=now,
        )
        for kind, country, everywhere, count, half, nine_in_ten in rows
    )  # fmt: skip


def estimates(country: Country) -> dict[str, Estimate]:
    """Return one for each of the three validations, for enrollments of ``country``, with one query."""
    rows = list(Forecast.objects.filter(Q(country=country) | Q(country=None), count__gte=ENOUGH))
    return {kind: _choose(kind, country, rows) for kind in VALIDATIONS}


def _choose(kind: str, country: Country, rows: Iterable[Forecast]) -> Estimate:
    fitting = {row.country_id: row for row in rows if row.kind == kind}
    row = fitting.get(country.pk) or fitting.get(None)
    if row is None:
        return Estimate(kind, country.review_from, country.review_to, "guide")
    scope = "country" if row.country_id else "all"
    return Estimate(kind, row.half, row.nine_in_ten, scope, row.count, row.since.date(), row.until.date())


@dataclass(frozen=True)
class Readiness:
    """The days on which an enrollment may be ready to transact, if its partner acts today; empty: never.

    ``half_on`` is met by half of similar enrollments, ``nine_in_ten_on`` by nine in ten.
    """

    half_on: dt.date | None
    nine_in_ten_on: dt.date | None


def readiness(enrollments: Sequence[Enrollment], *, now: dt.datetime) -> dict[uuid.UUID, Readiness]:
    """Return, by enrollment, when these will be ready. A hundred of one country need as many queries as one."""
    prefetch_related_objects(enrollments, "checks")  # no query where the page has them already
    by_country = {e.country_id: e.country for e in enrollments}
    known = {code: estimates(country) for code, country in by_country.items()}
    return {e.pk: _readiness(e, list(e.checks.all()), known[e.country_id], now) for e in enrollments}


def _readiness(enrollment: Enrollment, checks: list[Check], known: dict[str, Estimate], now: dt.datetime) -> Readiness:
    calendar = enrollment.country.calendar
    if enrollment.state == EnrollmentState.READY and enrollment.ready_at:
        day = calendar.day_of(enrollment.ready_at)
        return Readiness(day, day)
    if any(check.state == CheckState.REFUSED for check in checks):
        return Readiness(None, None)
    waits = [
        _days_left(check, known[check.kind], calendar, now)
        for check in checks
        if check.is_validation and check.authority == Authority.MICROSOFT and not check.holds
    ]
    # A signature and the acceptance of the link take a day more.
    today = calendar.day_of(now)
    half, nine = (1 + max((wait[n] for wait in waits), default=0) for n in (0, 1))
    return Readiness(calendar.add(today, half), calendar.add(today, nine))


def _days_left(check: Check, estimate: Estimate, calendar: WorkCalendar, now: dt.datetime) -> tuple[int, int]:
    """Return the working days that Microsoft still takes; at least one, however long it has taken already."""
    spent = 0
    if check.turn == Turn.MICROSOFT and check.turn_since:
        spent = calendar.between(calendar.day_zero(check.turn_since), calendar.day_of(now))
    return max(1, estimate.half - spent), max(1, estimate.nine_in_ten - spent)
