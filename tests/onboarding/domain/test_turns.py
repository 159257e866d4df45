"""Days are counted for whose turn it was."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.domain.clocks.elapsed_time import (
    HistoryEntry,
    Stopwatch,
    TurnPeriod,
    periods,
    stopwatch_of_microsoft,
    stopwatch_of_requests,
)
from portal.workdays import WorkCalendar

FRANCE = WorkCalendar("FR", "Europe/Paris")


def day(number: int) -> dt.datetime:
    """Noon of a day of November 2026; the 2nd is a Monday, the 11th a holiday in France."""
    return dt.datetime(2026, 11, 1, 11, tzinfo=dt.UTC) + dt.timedelta(days=number - 1)


def line(number: int, turn: str, reason: str = "", *, check: int = 1, state: str = "in_progress") -> HistoryEntry:
    return HistoryEntry(check, turn, reason, state, day(number))


def test_reseller_s_days_are_not_microsoft_s() -> None:
    found = periods(
        [
            line(2, "microsoft", "with_microsoft"),
            line(4, "reseller", "microsoft_refused_domain", state="action_needed"),
            line(16, "microsoft", "with_microsoft"),
        ]
    )

    clock = stopwatch_of_microsoft(found, after=None)

    assert clock == Stopwatch(day(2), ((day(2), day(4)), (day(16), None)))
    assert clock.spent(unit="workdays", calendar=FRANCE, now=day(17)) == 3
    assert clock.due_at(after=5, unit="workdays", calendar=FRANCE) == FRANCE.morning(dt.date(2026, 11, 19))


def test_paused_clock_falls_due_only_if_its_days_were_spent_before() -> None:
    found = periods([line(2, "microsoft"), line(10, "reseller", "x", state="action_needed")])
    clock = stopwatch_of_microsoft(found, after=None)

    assert clock
    assert clock.due_at(after=5, unit="days", calendar=FRANCE) == FRANCE.morning(dt.date(2026, 11, 7))
    assert clock.due_at(after=20, unit="days", calendar=FRANCE) is None


def test_checks_that_wait_together_count_once() -> None:
    found = periods([line(2, "microsoft", check=1), line(3, "microsoft", check=2), line(5, "nobody", check=1)])

    assert stopwatch_of_microsoft(found, after=None) == Stopwatch(day(2), ((day(2), None),))


def test_being_ready_ends_microsoft_s_count() -> None:
    found = periods([line(2, "microsoft"), line(4, "nobody", state="passed"), line(20, "microsoft")])

    assert stopwatch_of_microsoft(found, after=day(5)) == Stopwatch(day(20), ((day(20), None),))


def test_looking_at_it_again_does_not_make_a_new_request() -> None:
    found = periods(
        [
            line(2, "reseller", "name_differs", state="action_needed"),
            line(6, "nobody", "looking"),
            line(7, "reseller", "name_differs", state="action_needed"),
        ]
    )

    assert stopwatch_of_requests(found, "reseller") == Stopwatch(day(2), ((day(2), day(6)), (day(7), None)))


@pytest.mark.parametrize(
    ("between", "reason"), [("in_progress", "address_differs"), ("passed", "name_differs")], ids=["other", "settled"]
)
def test_new_request_starts_anew(between: str, reason: str) -> None:
    found = periods(
        [
            line(2, "reseller", "name_differs", state="action_needed"),
            line(6, "nobody", "", state=between),
            line(7, "reseller", reason, state="action_needed"),
        ]
    )

    assert stopwatch_of_requests(found, "reseller") == Stopwatch(day(7), ((day(7), None),))


def test_nothing_asked_nothing_runs() -> None:
    found = periods([line(2, "reseller", "x", state="action_needed"), line(3, "nobody", state="passed")])

    assert stopwatch_of_requests(found, "reseller") is None


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["nobody", "reseller", "microsoft"])), max_size=12))
def test_turns_of_one_check_never_overlap(steps: list[tuple[int, str]]) -> None:
    at, lines = 1, []
    for wait, turn in steps:
        at += wait
        lines.append(line(at, turn, "r"))

    found = periods(lines)

    ends = [period.end for period in found[:-1]]
    assert all(end is not None and end <= after.start for end, after in zip(ends, found[1:], strict=True))
    assert all(period.asked_at <= period.start for period in found)
    assert all(isinstance(period, TurnPeriod) for period in found)
