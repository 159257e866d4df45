"""Working days of a place. Pure: days in, days out; holidays come from the ``holidays`` package.

A moment is moved to the place's zone before its day is read. Source: [holidays]; the cut-off hour is ours.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from zoneinfo import ZoneInfo

import holidays

_VERSION = version("holidays")
# The release of the package that this portal was built with, and the day on which it was taken.
TAKEN = ("0.109", dt.date(2026, 11, 23))
OLD_AFTER = dt.timedelta(days=366)  # governments announce the holidays of a year in the year before
CUT_OFF = 17  # o'clock; what arrives later counts from the next working day


@dataclass(frozen=True)
class WorkCalendar:
    """The working days of one place.

    ``country`` is an ISO 3166-1 code, ``subdivision`` one that ``holidays`` knows, ``zone`` an IANA name.

    A country without holidays of its own in the package works Monday to Friday.
    """

    country: str
    zone: str
    subdivision: str = ""
    cut_off: int = CUT_OFF

    @property
    def version(self) -> str:
        """Return what a date depends on.

        It is stored with the date, so that a newer library or another place is noticed.
        """
        place = "-".join(filter(None, (self.country, self.subdivision)))
        return f"holidays {_VERSION} {place} {self.zone} {self.cut_off}h"

    def is_workday(self, day: dt.date) -> bool:
        known = _holidays(self.country, self.subdivision, day.year)
        return day.weekday() < 5 if known is None else bool(known.is_working_day(day))

    def add(self, day: dt.date, count: int) -> dt.date:
        """Return the ``count``-th working day after ``day``; for 0 the day itself, or the next working day."""
        while count > 0 or not self.is_workday(day):
            day += dt.timedelta(days=1)
            if count > 0 and self.is_workday(day):
                count -= 1
        return day

    def between(self, start: dt.date, end: dt.date) -> int:
        """Return how many working days have passed after ``start``, ``end`` included."""
        days = (start + dt.timedelta(days=n) for n in range(1, (end - start).days + 1))
        return sum(self.is_workday(day) for day in days)

    def day_of(self, moment: dt.datetime) -> dt.date:
        """Return the local day of an aware moment, working or not."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def day_zero(self, moment: dt.datetime) -> dt.date:
        """Return the working day on which something that arrived at ``moment`` (aware) counts as received."""
        local = moment.astimezone(ZoneInfo(self.zone))
        day = local.date() if local.hour < self.cut_off else local.date() + dt.timedelta(days=1)
        return self.add(day, 0)

    def morning(self, day: dt.date, hour: int = 9) -> dt.datetime:
        """Return ``day`` at ``hour`` o'clock local time, in summer and winter time alike."""
        return dt.datetime.combine(day, dt.time(hour), tzinfo=ZoneInfo(self.zone))


def is_old(today: dt.date) -> bool:
    """Return whether holidays may have been announced since that no release of ours knows."""
    return today - TAKEN[1] > OLD_AFTER


@lru_cache(maxsize=512)
def _holidays(country: str, subdivision: str, year: int) -> holidays.HolidayBase | None:
    try:
        return holidays.country_holidays(country, subdiv=subdivision or None, years=[year, year + 1])
    except NotImplementedError:
        return None


def subdivisions(country: str) -> tuple[str, ...]:
    """Return the subdivisions with holidays of their own, as ``holidays`` spells them; empty where it knows none."""
    return tuple(holidays.list_supported_countries().get(country, ()))
