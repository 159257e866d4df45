"""The vectors of domain/verification.md 5."""

import datetime as dt

import pytest

from portal.workdays import add_workdays, day_zero, is_workday, workdays_between


@pytest.mark.parametrize(
    ("start", "count", "country", "end"),
    [
        ("2026-12-24", 3, "FR", "2026-12-30"),
        ("2026-05-07", 1, "FR", "2026-05-11"),
        ("2027-01-07", 1, "SA", "2027-01-10"),
        ("2026-11-20", 0, "FR", "2026-11-20"),
        ("2026-11-21", 0, "FR", "2026-11-23"),
    ],
)
def test_add_workdays(start: str, count: int, country: str, end: str) -> None:
    assert add_workdays(dt.date.fromisoformat(start), count, country) == dt.date.fromisoformat(end)


@pytest.mark.parametrize(
    ("day", "country", "subdivision", "works"),
    [
        ("2026-04-03", "FR", "", True),
        ("2026-04-03", "FR", "57", False),
        ("2026-01-06", "DE", "BY", False),
        ("2026-01-06", "DE", "", True),
        ("2021-01-08", "AE", "", False),
        ("2023-01-06", "AE", "", True),
    ],
)
def test_is_workday(day: str, country: str, subdivision: str, works: bool) -> None:
    assert is_workday(dt.date.fromisoformat(day), country, subdivision) is works


def test_country_without_calendar_works_monday_to_friday() -> None:
    assert [is_workday(dt.date(2026, 11, day), "AQ") for day in (20, 21, 23)] == [True, False, True]


def test_what_arrives_after_the_cut_off_counts_from_the_next_day() -> None:
    friday_evening = dt.datetime(2026, 11, 20, 16, 30, tzinfo=dt.UTC)  # 17:30 in Paris

    assert day_zero(friday_evening, "FR", "Europe/Paris") == dt.date(2026, 11, 23)


def test_the_zone_decides_the_day() -> None:
    late = dt.datetime(2026, 4, 30, 23, 30, tzinfo=dt.UTC)  # 1 May in Paris, a holiday, and then a weekend

    assert day_zero(late, "FR", "Europe/Paris") == dt.date(2026, 5, 4)


def test_workdays_between() -> None:
    assert workdays_between(dt.date(2026, 11, 20), dt.date(2026, 11, 24), "FR") == 2
