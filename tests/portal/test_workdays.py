"""Working days at the borders that surprise: bridges, zones, weekends that moved."""

import datetime as dt

import pytest

from portal.workdays import WorkCalendar, subdivisions

FRANCE = WorkCalendar("FR", "Europe/Paris")


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
def test_add(start: str, count: int, country: str, end: str) -> None:
    calendar = WorkCalendar(country, "UTC")

    assert calendar.add(dt.date.fromisoformat(start), count) == dt.date.fromisoformat(end)


@pytest.mark.parametrize(
    ("day", "country", "subdivision", "works"),
    [
        ("2026-04-03", "FR", "", True),
        ("2026-04-03", "FR", "57", False),
        ("2026-01-06", "DE", "BY", False),
        ("2026-01-06", "DE", "", True),
        ("2021-01-08", "AE", "", False),
        ("2023-01-06", "AE", "", True),
        ("2024-11-22", "MY", "JHR", False),
        ("2025-11-21", "MY", "JHR", True),
        ("2026-11-20", "MY", "KDH", False),
        ("2026-11-21", "HK", "", True),
        ("2026-02-14", "CN", "", True),
        ("2026-10-28", "TR", "", True),
    ],
)
def test_is_workday(day: str, country: str, subdivision: str, works: bool) -> None:
    assert WorkCalendar(country, "UTC", subdivision).is_workday(dt.date.fromisoformat(day)) is works


def test_country_without_holidays_works_monday_to_friday() -> None:
    nowhere = WorkCalendar("ZZ", "UTC")

    assert [nowhere.is_workday(dt.date(2026, 11, day)) for day in (20, 21, 23)] == [True, False, True]


def test_what_arrives_after_the_cut_off_counts_from_the_next_day() -> None:
    friday = dt.datetime(2026, 11, 20, 16, 30, tzinfo=dt.UTC)  # 17:30 in Paris

    assert FRANCE.day_zero(friday) == dt.date(2026, 11, 23)
    assert WorkCalendar("FR", "Europe/Paris", cut_off=18).day_zero(friday) == dt.date(2026, 11, 20)


def test_the_zone_decides_the_day() -> None:
    late = dt.datetime(2026, 4, 30, 23, 30, tzinfo=dt.UTC)  # 1 May in Paris, a holiday, and then a weekend

    assert FRANCE.day_zero(late) == dt.date(2026, 5, 4)


def test_between() -> None:
    assert FRANCE.between(dt.date(2026, 11, 20), dt.date(2026, 11, 24)) == 2


@pytest.mark.parametrize(("day", "utc"), [("2026-10-23", 7), ("2026-10-26", 8)])
def test_morning_stays_the_morning_through_summer_time(day: str, utc: int) -> None:
    assert FRANCE.morning(dt.date.fromisoformat(day)).astimezone(dt.UTC).hour == utc


def test_version_names_library_and_place() -> None:
    library, number, *place = WorkCalendar("FR", "Europe/Paris", "57").version.split()

    assert (library, place) == ("holidays", ["FR-57", "Europe/Paris", "17h"])
    assert number[0].isdigit()


def test_subdivisions() -> None:
    assert "57" in subdivisions("FR")
    assert subdivisions("ZZ") == ()
