"""How long reviews take, and when to check again. Pure.

Source: [guide] part 2 ("Délais": 1-3 working days, 5 % over 12 weeks). How often each connector asks is ours.
"""

import datetime as dt
import random
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from portal.workdays import WorkCalendar

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


@dataclass(frozen=True)
class Cadence:
    """How often an open question is asked: (while younger than, interval) in order, and the last interval."""

    steps: tuple[tuple[dt.timedelta, dt.timedelta], ...]
    later: dt.timedelta


# Registers follow what companies report, a day or more behind.
REGISTER_CADENCE = Cadence(((6 * HOUR, HOUR),), later=DAY)

# What once held is checked again once a night, local time, spread over the night's hours.
NIGHT_FROM, NIGHTHOURS = 1, 4


@dataclass(frozen=True)
class Expected:
    """Days, in the reviewing side's country; ``late`` counts the working days since ``latest``."""

    earliest: dt.date
    latest: dt.date
    late: int = 0


def expected(*, since: dt.datetime, within: tuple[int, int], calendar: WorkCalendar, today: dt.date) -> Expected:
    """Return when a review is expected to end that began at ``since`` (aware) and takes ``within`` working days."""
    start = calendar.day_zero(since)
    first, last = within
    latest = calendar.add(start, last)
    return Expected(calendar.add(start, first), latest, calendar.between(latest, today))


def wait_until_next_look(*, cadence: Cadence, age: dt.timedelta, rng: random.Random) -> dt.timedelta:
    """Return the time to the next check of a question of this age, within a tenth of the cadence."""
    every = next((every for until, every in cadence.steps if age < until), cadence.later)
    return every * rng.uniform(0.9, 1.1)


def next_night(*, now: dt.datetime, zone: str, rng: random.Random) -> dt.datetime:
    """Return a moment (UTC) of the next night at ``zone``, never of the present one."""
    local = now.astimezone(ZoneInfo(zone))
    begins = dt.datetime.combine(local.date(), dt.time(NIGHT_FROM), tzinfo=ZoneInfo(zone))
    if begins <= local:
        begins += DAY
    return begins.astimezone(dt.UTC) + rng.uniform(0, NIGHTHOURS) * HOUR
