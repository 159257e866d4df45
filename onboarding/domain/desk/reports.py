"""Reports of the channel: how far files came, how long each turn took, what was asked, whether forecasts held.

A job writes counts per month and country (``refresh``); a page adds up what its period and countries need (``read``).
How long something took is counted in whole days, so medians and ninth deciles are exact to the day.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth

from onboarding.enums import Turn
from onboarding.models import Enrollment, PipelineEntry, ReportCell, ReportMonth
from portal.audit import detaching

STEPS = 5
ENOUGH_ANSWERS = 10
_OF_HISTORIES = ("turn", "answer")  # what is counted in the states of checks and the lines of enrollments
_HISTORIES = ("onboarding_checkhistory", "onboarding_event")
MONTHS_A_RUN = 6  # a first run of years of history goes on an hour later
_ZONE = ZoneInfo(settings.TIME_ZONE)
# One history row that ended a turn, with the turn it ended and the days that one lasted. The state before it is looked
# for in two months at once; only for a check that had none there, in all months before. No transaction lasts a day, by
# which the time of a row may be later than that of a row after it.
_ENDED_TURNS = """
    FROM (
        SELECT s.pgh_obj_id, s.enrollment_id, s.kind, s.turn, s.turn_since, s.pgh_created_at,
               lag(s.pgh_id) OVER by_check AS before_id, lag(s.turn) OVER by_check AS before_turn,
               lag(s.turn_since) OVER by_check AS before_since
        FROM onboarding_checkhistory AS s
        WHERE s.pgh_created_at >= %(start)s::timestamptz - interval '60 days'
          AND s.pgh_created_at < %(end)s::timestamptz + interval '1 day'
        WINDOW by_check AS (PARTITION BY s.pgh_obj_id ORDER BY s.pgh_id)
    ) AS h
    LEFT JOIN LATERAL (
        SELECT p.turn, p.turn_since FROM onboarding_checkhistory AS p
        WHERE h.before_id IS NULL AND p.pgh_obj_id = h.pgh_obj_id
          AND p.pgh_created_at < %(start)s::timestamptz - interval '60 days'
        ORDER BY p.pgh_id DESC LIMIT 1
    ) AS older ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(h.before_turn, older.turn) AS turn, coalesce(h.before_since, older.turn_since) AS turn_since
    ) AS before
    JOIN onboarding_enrollment AS e ON e.id = h.enrollment_id
    CROSS JOIN LATERAL (SELECT coalesce(h.turn_since, h.pgh_created_at) AS ended) AS moment
"""
_ENDED_IN_MONTH = """
    WHERE h.pgh_created_at >= %(start)s AND h.pgh_created_at < %(end)s
      AND before.turn <> h.turn AND before.turn <> 'nobody' AND before.turn_since <= moment.ended
"""
_DAYS = "floor(extract(epoch FROM moment.ended - before.turn_since) / 86400)::int"
_STATEMENTS = {
    # Of the files started in the month: how many came how far until today.
    "funnel": """
        SELECT e.country_id, reached.key, '', 0, count(*)
        FROM onboarding_enrollment AS e JOIN onboarding_pipelineentry AS p ON p.enrollment_id = e.id,
        LATERAL (
            SELECT 'started' AS key
            UNION ALL SELECT 'steps-' || n FROM generate_series(1, p.steps_done) AS n
            UNION ALL SELECT 'submitted' WHERE e.submitted_at IS NOT NULL
            UNION ALL SELECT 'ready' WHERE e.ready_at IS NOT NULL
            UNION ALL SELECT 'left-' || p.steps_done WHERE e.set_aside_at IS NOT NULL OR e.state = 'withdrawn'
        ) AS reached
        WHERE e.created_at >= %(start)s AND e.created_at < %(end)s GROUP BY 1, 2
    """,
    "turn": f"SELECT e.country_id, h.kind, before.turn, {_DAYS}, count(*) {_ENDED_TURNS} {_ENDED_IN_MONTH} "
    "GROUP BY 1, 2, 3, 4",
    # The colleague who ended Ingram's turn: their event stands at the same moment.
    "answer": f"""
        SELECT e.country_id, who.actor_id::text, '', {_DAYS}, count(*) {_ENDED_TURNS}
        JOIN LATERAL (
            SELECT ev.actor_id FROM onboarding_event AS ev
            WHERE ev.enrollment_id = h.enrollment_id AND ev.at = moment.ended AND ev.source = 'bdm'
              AND ev.actor_id IS NOT NULL LIMIT 1
        ) AS who ON true {_ENDED_IN_MONTH} AND before.turn = 'ingram' GROUP BY 1, 2, 4
    """,  # noqa: S608  (only our own names; every value is a parameter)
    # Requests asked in the month by how they ended; "again" counts those that were not the first of their check.
    "reason": """
        SELECT e.country_id, r.reason, how.sub, 0, count(*)
        FROM onboarding_action AS r JOIN onboarding_check AS c ON c.id = r.check_row_id
        JOIN onboarding_enrollment AS e ON e.id = c.enrollment_id,
        LATERAL (
            SELECT 'asked' AS sub
            UNION ALL SELECT coalesce(nullif(r.outcome, ''), 'open')
            UNION ALL SELECT 'again' WHERE EXISTS (
                SELECT FROM onboarding_action AS o WHERE o.check_row_id = r.check_row_id AND o.asked_at < r.asked_at
            )
        ) AS how
        WHERE r.asked_at >= %(start)s AND r.asked_at < %(end)s GROUP BY 1, 2, 3
    """,
    # Forecasts made in the month whose file is ready: on or before the day, or later.
    "forecast": """
        SELECT e.country_id, day.key, CASE WHEN k.ready_on <= day.said THEN 'held' ELSE 'late' END, 0, count(*)
        FROM onboarding_keptforecast AS k JOIN onboarding_enrollment AS e ON e.id = k.enrollment_id,
        LATERAL (VALUES ('half', k.half_on), ('nine_in_ten', k.nine_in_ten_on)) AS day(key, said)
        WHERE k.made_on >= %(first)s AND k.made_on < %(next)s AND k.ready_on IS NOT NULL AND day.said IS NOT NULL
        GROUP BY 1, 2, 3
    """,
}


def refresh(now: dt.datetime) -> int:
    """Write the cells of the months that may have changed, the newest first. Return how many months were written."""
    months = _stale(now)[:MONTHS_A_RUN]
    for month in months:
        _write(month, now)
    return len(months)


def _stale(now: dt.datetime) -> list[dt.date]:
    """Return this month and the last one, those never written, and those whose files moved since they were written."""
    first = Enrollment.objects.order_by("created_at").values_list("created_at", flat=True).first()
    if first is None:
        return []
    month, wanted = _month_of(now), []
    while month >= _month_of(first):
        wanted.append(month)
        month = _month_of(month - dt.timedelta(days=1))
    written = dict(ReportMonth.objects.values_list("month", "computed_at"))
    last_run = max(written.values(), default=None)
    moved: set[dt.date] = set()
    if last_run is not None:
        rows = Enrollment.objects.filter(last_event_at__gte=last_run).order_by()
        months = rows.annotate(month=TruncMonth("created_at")).values_list("month", flat=True).distinct()
        moved = {_month_of(each) for each in months}
    return [month for number, month in enumerate(wanted) if number < 2 or month not in written or month in moved]


def _month_of(day: dt.date) -> dt.date:
    local = day.astimezone(_ZONE) if isinstance(day, dt.datetime) else day
    return dt.date(local.year, local.month, 1)


def _next(month: dt.date) -> dt.date:
    return _month_of(month + dt.timedelta(days=31))


@transaction.atomic
def _write(month: dt.date, now: dt.datetime) -> None:
    end = dt.datetime.combine(_next(month), dt.time(), _ZONE)
    values = {
        "month": month,
        "first": month,
        "next": _next(month),
        "start": dt.datetime.combine(month, dt.time(), _ZONE),
        "end": end,
    }
    row, _is_new = ReportMonth.objects.get_or_create(month=month, defaults={"computed_at": now})
    # The lock on the month's row lets a second worker wait, so that it finds the cells written.
    row = ReportMonth.objects.select_for_update().get(month=month)
    again = [name for name in _STATEMENTS if not (name in _OF_HISTORIES and _tells_less(row, end))]
    ReportMonth.objects.filter(month=month).update(computed_at=now)
    ReportCell.objects.filter(month=month, report__in=again).delete()
    with connection.cursor() as cursor:
        for report in again:
            cursor.execute(
                "INSERT INTO onboarding_reportcell (report, month, country_id, key, sub, days, number) "  # noqa: S608
                f"SELECT %(report)s, %(month)s, found.* FROM ({_STATEMENTS[report]}) AS found",
                {**values, "report": report},
            )


def _tells_less(written: ReportMonth, end: dt.datetime) -> bool:
    """Return whether the histories may tell less of a month than when it was written after its end.

    Lines and states of its time do not change any more; old ones may be detached.
    """
    return written.computed_at > end + dt.timedelta(days=1) and any(map(detaching.gone_before, _HISTORIES))


# --- what a page shows -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """The months from ``first`` to ``last``, both included, each named by its first day."""

    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Spread:
    """How long something took: the number of cases, and the days within which half and nine in ten ended."""

    number: int
    median: int
    ninth_decile: int


@dataclass
class Report:
    """The counts of a period; see ``_STATEMENTS`` for what each counts."""

    funnel: dict[str, int] = field(default_factory=dict)
    turns: dict[tuple[str, str], Spread] = field(default_factory=dict)
    reasons: dict[str, dict[str, int]] = field(default_factory=dict)
    forecasts: dict[str, dict[str, int]] = field(default_factory=dict)
    answers: dict[int, Spread] = field(default_factory=dict)
    workload: dict[int, int] = field(default_factory=dict)
    computed_at: dt.datetime | None = None


def period(first: dt.date | None, last: dt.date | None, *, today: dt.date) -> Period:
    """Return the months asked for, or the last twelve."""
    end = _month_of(last or today)
    start = _month_of(first) if first else dt.date(end.year - 1, end.month, 1)
    return Period(min(start, end), max(start, end))


def read(period: Period, countries: Sequence[str] | None) -> Report:
    """Return the report of a period for these countries (None: all)."""
    rows = ReportCell.objects.filter(month__gte=period.first, month__lte=period.last)
    if countries is not None:
        rows = rows.filter(country__in=countries)
    summed = rows.order_by().values_list("report", "key", "sub", "days").annotate(total=Sum("number"))
    report, days = Report(), defaultdict[tuple[str, str, str], dict[int, int]](dict)
    for name, key, sub, lasted, total in summed:
        if name == "funnel":
            report.funnel[key] = total
        elif name in ("turn", "answer"):
            days[name, key, sub][lasted] = total
        else:
            found = report.reasons if name == "reason" else report.forecasts
            found.setdefault(key, {})[sub] = total
    report.turns = {(key, sub): spread(each) for (name, key, sub), each in days.items() if name == "turn"}
    report.answers = {int(key): spread(each) for (name, key, _sub), each in days.items() if name == "answer"}
    report.workload = _workload(countries)
    written = ReportMonth.objects.filter(month__gte=period.first, month__lte=period.last)
    report.computed_at = min(written.values_list("computed_at", flat=True), default=None)
    return report


def answer_time(user_id: int, *, today: dt.date) -> Spread | None:
    """Return how many whole days passed before this person at Ingram answered, in this month and the two before.

    None for fewer than ``ENOUGH_ANSWERS``, which would say more about single cases than about the person.
    """
    last = _month_of(today)
    first = _month_of(_month_of(last - dt.timedelta(days=1)) - dt.timedelta(days=1))
    cells = ReportCell.objects.filter(report="answer", key=str(user_id), month__gte=first, month__lte=last)
    found = spread(dict(cells.order_by().values_list("days").annotate(total=Sum("number"))))
    return found if found.number >= ENOUGH_ANSWERS else None


def spread(counts: dict[int, int]) -> Spread:
    """Return the spread of a histogram: days -> how many."""
    number = sum(counts.values())
    return Spread(number, _within(counts, number * 0.5), _within(counts, number * 0.9))


def _within(counts: dict[int, int], wanted: float) -> int:
    seen = 0
    for days, number in sorted(counts.items()):
        seen += number
        if seen >= wanted:
            return days
    return 0


def _workload(countries: Sequence[str] | None) -> dict[int, int]:
    """Return how many open files each person owns now."""
    rows = PipelineEntry.objects.filter(owner__isnull=False, views__contains=["open"])
    if countries is not None:
        rows = rows.filter(country__in=countries)
    return dict(rows.order_by().values_list("owner").annotate(number=Count("pk")))


TURNS: Iterable[Turn] = (Turn.RESELLER, Turn.MICROSOFT, Turn.INGRAM)
