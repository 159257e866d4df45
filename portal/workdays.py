"""Working days of a country. Pure: days go in, days come out; the calendar is the ``holidays`` package.

Source: domain/verification.md 5 (test vectors, cut-off hour, zone first).
"""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

CUT_OFF = dt.time(17, 0)  # what arrives later counts from the next working day


@lru_cache(maxsize=512)
def _calendar(country: str, subdivision: str, year: int) -> holidays.HolidayBase | None:
    try:
        return holidays.country_holidays(country, subdiv=subdivision or None, years=[year, year + 1])
    except NotImplementedError:
        return None


def is_workday(day: dt.date, country: str, subdivision: str = "") -> bool:
    """Weekends and public holidays of ``country`` (ISO 3166-1); a country without calendar works Monday to Friday."""
    calendar = _calendar(country, subdivision, day.year)
    return day.weekday() < 5 if calendar is None else bool(calendar.is_working_day(day))


def add_workdays(day: dt.date, count: int, country: str, subdivision: str = "") -> dt.date:
    """The ``count``-th working day after ``day``; for 0 the day itself, or the next working day."""
    while count > 0 or not is_workday(day, country, subdivision):
        day += dt.timedelta(days=1)
        if is_workday(day, country, subdivision) and count > 0:
            count -= 1
    return day


def workdays_between(start: dt.date, end: dt.date, country: str, subdivision: str = "") -> int:
    """How many working days have passed after ``start``, ``end`` included."""
    days = (start + dt.timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(is_workday(day, country, subdivision) for day in days)


def day_zero(moment: dt.datetime, country: str, zone: str, subdivision: str = "") -> dt.date:
    """The working day on which something that arrived at ``moment`` (aware) counts as received."""
    local = moment.astimezone(ZoneInfo(zone))
    day = local.date() if local.time() < CUT_OFF else local.date() + dt.timedelta(days=1)
    return add_workdays(day, 0, country, subdivision)
