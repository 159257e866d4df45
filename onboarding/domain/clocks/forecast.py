"""Forecasts: the days that half, and nine in ten, of similar enrollments took, with their number and period.

Microsoft's own turn and the partner's own steps are counted apart, and a partner's unknown days are said to be unknown:
a draft is never forecast as if it were submitted. A periodic job computes the figures, never a request, and keeps what
was forecast beside what came.

Source: [guide] part 2 ("Délais": 1-3 working days, 5 % over 12 weeks), where our own enrollments are too few.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, prefetch_related_objects
from django.utils import timezone

from onboarding.enums import VALIDATIONS, Authority, CheckState, EnrollmentState, Turn
from onboarding.models import Check, Enrollment, Forecast, KeptForecast, OwnStage
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

    @property
    def is_of_guide(self) -> bool:
        return self.scope == "guide"

    @property
    def is_of_country(self) -> bool:
        return self.scope == "country"


# percentile_disc returns a number of days that some enrollment really took.
_RECOMPUTE = """
SELECT kind, country_id, grouping(country_id) = 1 AS everywhere, count(*),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY workdays), percentile_disc(0.9) WITHIN GROUP (ORDER BY workdays)
FROM onboarding_vetting
WHERE settled_at > %(since)s AND settled_at <= %(until)s
GROUP BY GROUPING SETS ((kind, country_id), (kind))
"""
# The partner's own calendar days, those of the portal's zone, as the enrollments of the period show them.
_OWN = """
WITH days (kind, country_id, days) AS (
    SELECT 'draft', country_id, (submitted_at AT TIME ZONE %(zone)s)::date - (created_at AT TIME ZONE %(zone)s)::date
    FROM onboarding_enrollment WHERE submitted_at > %(since)s AND submitted_at <= %(until)s
    UNION ALL
    SELECT 'enrol', country_id, greatest(0, sent_to_microsoft_on - (submitted_at AT TIME ZONE %(zone)s)::date)
    FROM onboarding_enrollment
    WHERE submitted_at > %(since)s AND submitted_at <= %(until)s AND sent_to_microsoft_on IS NOT NULL
    UNION ALL
    SELECT 'finish', file.country_id, greatest(0, (
        file.ready_at AT TIME ZONE %(zone)s)::date - (max(own.settled_at) AT TIME ZONE %(zone)s)::date)
    FROM onboarding_enrollment AS file JOIN onboarding_check AS own ON own.enrollment_id = file.id
    WHERE file.ready_at > %(since)s AND file.ready_at <= %(until)s AND file.state = 'ready'
      AND own.authority = 'microsoft' AND own.kind IN ('email', 'domain', 'legal_entity')
    GROUP BY file.id
)
SELECT kind, country_id, grouping(country_id) = 1, count(*),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY days), percentile_disc(0.9) WITHIN GROUP (ORDER BY days)
FROM days WHERE days IS NOT NULL
GROUP BY GROUPING SETS ((kind, country_id), (kind))
"""


@transaction.atomic
def recompute(now: dt.datetime) -> None:
    """Replace all forecasts by those of the 90 days before ``now``."""
    since = now - PERIOD
    with connection.cursor() as cursor:
        rows = []
        for statement in (_RECOMPUTE, _OWN):
            cursor.execute(statement, {"since": since, "until": now, "zone": settings.TIME_ZONE})
            rows += cursor.fetchall()
    Forecast.objects.all().delete()
    Forecast.objects.bulk_create(
        Forecast(
            kind=kind, country_id=None if everywhere else country, half=half, nine_in_ten=nine_in_ten, count=count,
            since=since, until=now,
        )
        for kind, country, everywhere, count, half, nine_in_ten in rows
    )  # fmt: skip


def rows_for(country: Country) -> QuerySet[Forecast]:
    """Return what ``figures`` chooses from for enrollments of ``country``; a page reads them with other rows."""
    return Forecast.objects.filter(Q(country=country) | Q(country=None), count__gte=ENOUGH)


def estimates(country: Country, rows: QuerySet[Forecast] | None = None) -> dict[str, Estimate]:
    """Return one for each of the three validations, for enrollments of ``country``, with one query."""
    return figures(country, rows).microsoft


def _choose(kind: str, country: Country, rows: Iterable[Forecast]) -> Estimate:
    fitting = {row.country_id: row for row in rows if row.kind == kind}
    row = fitting.get(country.pk) or fitting.get(None)
    if row is None:
        return Estimate(kind, country.review_from, country.review_to, "guide")
    scope = "country" if row.country_id else "all"
    return Estimate(
        kind, row.half, row.nine_in_ten, scope, row.count, timezone.localdate(row.since), timezone.localdate(row.until)
    )


class Stage(StrEnum):
    """Where an enrollment stands, which decides whose days a forecast has to count."""

    READY = "ready"
    REFUSED = "refused"
    DRAFT = "draft"
    ENROL = "enrol"  # submitted here, not yet in Partner Center
    WITH_MICROSOFT = "with_microsoft"


@dataclass(frozen=True)
class Readiness:
    """The days on which an enrollment may be ready to transact; empty: never.

    ``half_on`` is met by half of similar enrollments, ``nine_in_ten_on`` by nine in ten. Where too few partners' own
    days are known (``is_earliest``), ``half_on`` is the earliest likely day, as if they acted today, and
    ``nine_in_ten_on`` is unknown. ``microsoft`` has the figures for Microsoft's turn, ``own`` those for the partner's.
    """

    half_on: dt.date | None
    nine_in_ten_on: dt.date | None
    stage: Stage = Stage.WITH_MICROSOFT
    is_earliest: bool = False
    microsoft: Estimate | None = None
    own: Estimate | None = None


@dataclass(frozen=True)
class Figures:
    """The figures for one country: Microsoft's by validation, the partner's by ``OwnStage`` where enough are known."""

    microsoft: dict[str, Estimate]
    own: dict[str, Estimate]


def figures(country: Country, rows: QuerySet[Forecast] | None = None) -> Figures:
    """Return all figures for enrollments of ``country``; ``rows`` are its ``rows_for``, if they were read already."""
    known = list(rows_for(country) if rows is None else rows)
    own = {stage.value: _choose(stage, country, known) for stage in OwnStage}
    return Figures(
        {kind: _choose(kind, country, known) for kind in VALIDATIONS},
        {stage: found for stage, found in own.items() if not found.is_of_guide},
    )


def readiness(enrollments: Sequence[Enrollment], *, now: dt.datetime) -> dict[uuid.UUID, Readiness]:
    """Return, by enrollment, when these will be ready. A hundred of one country need as many queries as one."""
    prefetch_related_objects(enrollments, "checks")  # no query where the page has them already
    by_country = {e.country_id: e.country for e in enrollments}
    known = {code: figures(country) for code, country in by_country.items()}
    return {e.pk: _readiness(e, list(e.checks.all()), known[e.country_id], now) for e in enrollments}


def stage_of(enrollment: Enrollment, checks: Iterable[Check]) -> Stage:
    """Return where the enrollment stands. Makes no query."""
    if enrollment.state == EnrollmentState.READY and enrollment.ready_at:
        return Stage.READY
    if any(check.state == CheckState.REFUSED for check in checks):
        return Stage.REFUSED
    if enrollment.state == EnrollmentState.DRAFT:
        return Stage.DRAFT
    return Stage.WITH_MICROSOFT if enrollment.sent_to_microsoft_on else Stage.ENROL


def _readiness(enrollment: Enrollment, checks: list[Check], known: Figures, now: dt.datetime) -> Readiness:
    calendar, stage = enrollment.country.calendar, stage_of(enrollment, checks)
    if stage == Stage.READY and enrollment.ready_at:
        day = calendar.day_of(enrollment.ready_at)
        return Readiness(day, day, stage)
    if stage == Stage.REFUSED:
        return Readiness(None, None, stage)
    open_ = [
        check for check in checks if check.is_validation and check.authority == Authority.MICROSOFT and not check.holds
    ]
    slowest = max((known.microsoft[check.kind] for check in open_), key=lambda e: e.nine_in_ten, default=None)
    waits = [_days_left(check, known.microsoft[check.kind], calendar, now) for check in open_]
    own = [_own_days(code, enrollment, known, calendar, now) for code in _OWN_STAGES[stage]]
    finish = known.own.get(OwnStage.FINISH)
    days: list[dt.date | None] = []
    for n in (0, 1):
        submitted = _after_own_days(calendar.day_of(now), own, n)
        if submitted is None:
            days.append(None)
            continue
        decided = calendar.add(submitted, max((wait[n] for wait in waits), default=0))
        last = _NUMBERS[n](finish) if finish else 0
        days.append(decided + dt.timedelta(days=last) if finish else calendar.add(decided, ASSUMED_TO_FINISH))
    is_earliest = any(estimate is None for estimate in own)
    sample = next((estimate for estimate in own if estimate), finish)
    return Readiness(days[0], days[1], stage, is_earliest, slowest, sample)


# Working days for signature and acceptance where too few enrollments show them: an assumption, said where it is shown.
ASSUMED_TO_FINISH = 1
_NUMBERS: tuple[Callable[[Estimate], int], ...] = (lambda e: e.half, lambda e: e.nine_in_ten)
_OWN_STAGES: dict[Stage, tuple[OwnStage, ...]] = {
    Stage.DRAFT: (OwnStage.DRAFT, OwnStage.ENROL),
    Stage.ENROL: (OwnStage.ENROL,),
    Stage.WITH_MICROSOFT: (),
}


def _own_days(
    stage: OwnStage, enrollment: Enrollment, known: Figures, calendar: WorkCalendar, now: dt.datetime
) -> Estimate | None:
    """Return the partner's days that are left of a stage; None if too few enrollments show them."""
    estimate = known.own.get(stage)
    began = enrollment.created_at if stage == OwnStage.DRAFT else enrollment.submitted_at
    if estimate is None or began is None:
        return estimate
    spent = (calendar.day_of(now) - calendar.day_of(began)).days
    return replace(estimate, half=max(0, estimate.half - spent), nine_in_ten=max(0, estimate.nine_in_ten - spent))


def _after_own_days(today: dt.date, own: Sequence[Estimate | None], n: int) -> dt.date | None:
    """Return the day after the partner's own days; with unknown ones today for the half, nothing for nine in ten."""
    if n and any(estimate is None for estimate in own):
        return None
    return today + dt.timedelta(days=sum(_NUMBERS[n](estimate) for estimate in own if estimate))


def _days_left(check: Check, estimate: Estimate, calendar: WorkCalendar, now: dt.datetime) -> tuple[int, int]:
    """Return the working days that Microsoft still takes; at least one, however long it has taken already."""
    spent = 0
    if check.turn == Turn.MICROSOFT and check.turn_since:
        spent = calendar.between(calendar.day_zero(check.turn_since), calendar.day_of(now))
    return max(1, estimate.half - spent), max(1, estimate.nine_in_ten - spent)


# --- kept, with the outcome beside it ---------------------------------------------------------------------------------

KEPT_EVERY = dt.timedelta(days=7)
KEPT_AT_ONCE = 2000  # enrollments a run: an hourly job keeps up with 336,000 a week


def keep(now: dt.datetime) -> int:
    """Keep the present forecast of each submitted enrollment once a week, and write outcomes. Return how many."""
    _write_outcomes()
    recent = KeptForecast.objects.filter(enrollment=OuterRef("pk"), made_on__gt=timezone.localdate(now - KEPT_EVERY))
    rows = Enrollment.objects.filter(~Exists(recent), state=EnrollmentState.SUBMITTED).select_related("country")
    enrollments = list(rows.order_by("submitted_at")[:KEPT_AT_ONCE])
    found = readiness(enrollments, now=now)
    kept = [
        KeptForecast(
            enrollment_id=pk, made_on=timezone.localdate(now), stage=ready.stage.value, half_on=ready.half_on,
            nine_in_ten_on=ready.nine_in_ten_on, scope=ready.microsoft.scope if ready.microsoft else "",
            count=ready.microsoft.count if ready.microsoft else 0,
        )
        for pk, ready in found.items()
        if ready.half_on
    ]  # fmt: skip
    KeptForecast.objects.bulk_create(kept, ignore_conflicts=True)
    return len(kept)


def _write_outcomes() -> None:
    ready = Enrollment.objects.filter(pk=OuterRef("enrollment"), state=EnrollmentState.READY)
    open_ = KeptForecast.objects.filter(ready_on=None, enrollment__state=EnrollmentState.READY)
    open_.update(ready_on=Subquery(ready.values("ready_at__date")))
