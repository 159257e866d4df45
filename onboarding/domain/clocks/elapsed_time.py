"""Elapsed time per party: the turns of an enrollment's checks as periods, and the days spent in them. Pure.

Each party's days are counted separately: the reseller's never count as Microsoft's, nor Microsoft's as ours.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from portal.workdays import WorkCalendar


@dataclass(frozen=True)
class HistoryEntry:
    """One line of a check's history, with its new state. ``since`` is when that turn began (aware)."""

    check: int
    turn: str
    reason: str
    state: str
    since: dt.datetime


@dataclass(frozen=True)
class TurnPeriod:
    """One turn of one check, from ``start`` to ``end`` (None: it goes on).

    ``asked_at`` is when the request was first made: a review in between does not make it a new request.
    """

    check: int
    turn: str
    start: dt.datetime
    end: dt.datetime | None
    asked_at: dt.datetime


def periods(history: Iterable[HistoryEntry]) -> list[TurnPeriod]:
    """Return the turns of all checks, including those of nobody. Lines of one check must be in the order of writing."""
    by_check: dict[int, list[HistoryEntry]] = {}
    for line in history:
        by_check.setdefault(line.check, []).append(line)
    return [period for lines in by_check.values() for period in _periods_of(lines)]


def _periods_of(lines: list[HistoryEntry]) -> list[TurnPeriod]:
    turns = [list(group) for _turn, group in groupby(lines, key=lambda line: line.turn)]
    found: list[TurnPeriod] = []
    open_reason = ""
    for turn, after in zip(turns, [*turns[1:], None], strict=True):
        first, last = turn[0], turn[-1]
        if first.turn != "nobody":
            # A turn whose beginning was corrected (another day of submission) began on the last day that was given.
            start = last.since
            again = found and found[-1].turn == first.turn and open_reason == first.reason
            asked_at = found[-1].asked_at if again else start
            found.append(TurnPeriod(first.check, first.turn, start, after[0].since if after else None, asked_at))
            open_reason = last.reason
        elif any(line.state != "in_progress" for line in turn):
            open_reason = ""  # settled or taken back: the next question is a new request
    return found


@dataclass(frozen=True)
class Stopwatch:
    """An enrollment's clock: the ``stretches`` counted since ``since``; None as the last end means it runs."""

    since: dt.datetime
    stretches: tuple[tuple[dt.datetime, dt.datetime | None], ...]

    @property
    def is_running(self) -> bool:
        return self.stretches[-1][1] is None

    def spent(self, *, unit: str, calendar: WorkCalendar, now: dt.datetime) -> int:
        """Return whole working or calendar days, each stretch counted separately."""
        return sum(_days(start, end or now, unit, calendar) for start, end in self.stretches)

    def due_at(self, *, after: int, unit: str, calendar: WorkCalendar) -> dt.datetime | None:
        """Return the morning on which ``after`` days are spent; None while the clock stops before that."""
        left = after
        for start, end in self.stretches:
            if end is None or _days(start, end, unit, calendar) >= left:
                return _morning(start, left, unit, calendar)
            left -= _days(start, end, unit, calendar)
        return None


def _days(start: dt.datetime, end: dt.datetime, unit: str, calendar: WorkCalendar) -> int:
    if unit == "workdays":
        return calendar.between(calendar.day_zero(start), calendar.day_of(end))
    return max(0, (calendar.day_of(end) - calendar.day_of(start)).days)


def _morning(start: dt.datetime, days: int, unit: str, calendar: WorkCalendar) -> dt.datetime:
    if unit == "workdays":
        return calendar.morning(calendar.add(calendar.day_zero(start), days))
    return calendar.morning(calendar.day_of(start) + dt.timedelta(days=days))


def stopwatch_of_microsoft(found: Iterable[TurnPeriod], *, after: dt.datetime | None) -> Stopwatch | None:
    """Return the clock of Microsoft's days since the enrollment was last ready (``after``), without the pauses."""
    own = [p for p in found if p.turn == "microsoft" and (after is None or p.start > after)]
    return _running(own)


def stopwatch_of_requests(found: Iterable[TurnPeriod], turn: str) -> Stopwatch | None:
    """Return the clock since the oldest open request; None while nothing is asked of ``turn``."""
    own = [p for p in found if p.turn == turn]
    open_ = {(p.check, p.asked_at) for p in own if p.end is None}
    return _running([p for p in own if (p.check, p.asked_at) in open_])


def _running(own: list[TurnPeriod]) -> Stopwatch | None:
    if not own:
        return None
    stretches: list[tuple[dt.datetime, dt.datetime | None]] = []
    for period in sorted(own, key=lambda p: p.start):
        if stretches and (stretches[-1][1] is None or period.start <= stretches[-1][1]):
            start, end = stretches[-1]
            stretches[-1] = (start, None if end is None or period.end is None else max(end, period.end))
        else:
            stretches.append((period.start, period.end))
    return Stopwatch(stretches[0][0], tuple(stretches))
