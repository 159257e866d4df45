"""Production waits as long as the code says; the demo scales every wait in one place."""

import datetime as dt
from typing import Any

import pytest

from portal.work import pace

HOUR, DAY, SECOND = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(seconds=1)
NOW = dt.datetime(2026, 11, 16, 9, tzinfo=dt.UTC)


def test_production_changes_no_wait(settings: Any) -> None:
    settings.WAITING_PACE = 1
    night = NOW + HOUR * 17

    assert (pace.interval(DAY), pace.rest(HOUR), pace.age(DAY)) == (DAY, HOUR, DAY)
    assert pace.night(night, now=NOW, spread=1.1) == night


def test_demo_s_intervals_are_thousandths_and_its_rests_hundredths(settings: Any) -> None:
    settings.WAITING_PACE = 0.001

    assert (pace.interval(HOUR), pace.rest(HOUR), pace.age(SECOND * 86.4)) == (SECOND * 3.6, SECOND * 36, DAY)
    assert pace.night(NOW + HOUR, now=NOW, spread=1) == NOW + SECOND * 86.4


@pytest.mark.parametrize("shown", [dt.timedelta(minutes=1), dt.timedelta()])
def test_demo_never_looks_twice_a_second(settings: Any, shown: dt.timedelta) -> None:
    settings.WAITING_PACE = 0.001

    assert pace.interval(shown, at_least=SECOND) == SECOND


def test_settings_pace_is_read_in_one_place() -> None:
    root = pace.settings.ROOT
    sources = [path for app in ("portal", "onboarding", "licensing", "api") for path in (root / app).rglob("*.py")]

    readers = {str(path.relative_to(root)) for path in sources if "settings.WAITING_PACE" in path.read_text()}

    assert readers == {"portal/work/pace.py"}
