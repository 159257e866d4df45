"""How long things take, and when to look again. Pure.

Source: [guide] part 2 ("Délais": 1-3 working days, 5 % over 12 weeks). How often each connector asks is ours.
"""

import datetime as dt
import random
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from portal.workdays import WorkCalendar

_MINUTE, _HOUR, _DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)

# (while younger than, look every)
CADENCES = {
    "dns": ((10 * _MINUTE, _MINUTE), (_HOUR, 5 * _MINUTE), (2 * _DAY, _HOUR), (14 * _DAY, 6 * _HOUR)),
    "recherche_entreprises": ((6 * _HOUR, _HOUR),),
    "vies": ((6 * _HOUR, _HOUR),),
    "gleif": ((6 * _HOUR, _HOUR),),
    "dun_bradstreet": ((6 * _HOUR, _HOUR),),
    "marketplace": ((_HOUR, 5 * _MINUTE), (_DAY, _HOUR), (14 * _DAY, 6 * _HOUR)),
    "partner_center": ((_DAY, 15 * _MINUTE), (3 * _DAY, _HOUR), (14 * _DAY, 6 * _HOUR), (84 * _DAY, _DAY)),
    "mailbox": ((_HOUR, 5 * _MINUTE), (2 * _DAY, _HOUR)),
}
LATER = dict.fromkeys(CADENCES, _DAY) | {"partner_center": 3 * _DAY}


# What was once seen to hold is looked at again once a night, local time, spread over the night's hours.
NIGHT_FROM, NIGHT_HOURS = 1, 4


@dataclass(frozen=True)
class Expected:
    """Days, in the reviewing side's country; ``late`` counts the working days since ``latest``."""

    earliest: dt.date
    latest: dt.date
    late: int = 0


def expected(*, since: dt.datetime, within: tuple[int, int], calendar: WorkCalendar, today: dt.date) -> Expected:
    """When a review that began at ``since`` (aware) and takes ``within`` working days ends, seen from ``today``."""
    start = calendar.day_zero(since)
    first, last = within
    latest = calendar.add(start, last)
    return Expected(calendar.add(start, first), latest, calendar.between(latest, today))


def wait_until_next_look(*, queue: str, age: dt.timedelta, rng: random.Random) -> dt.timedelta:
    """Return the time to the next look at a question of this age: the older, the rarer; within a tenth of the table."""
    every = next((every for until, every in CADENCES[queue] if age < until), LATER[queue])
    return every * rng.uniform(0.9, 1.1)


def next_night(*, now: dt.datetime, zone: str, rng: random.Random) -> dt.datetime:
    """Return a moment (UTC) of the next night at ``zone``, never of the present one."""
    local = now.astimezone(ZoneInfo(zone))
    begins = dt.datetime.combine(local.date(), dt.time(NIGHT_FROM), tzinfo=ZoneInfo(zone))
    if begins <= local:
        begins += _DAY
    return begins.astimezone(dt.UTC) + rng.uniform(0, NIGHT_HOURS) * _HOUR
