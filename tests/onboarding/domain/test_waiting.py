"""Expected days and the pace of looking."""

import datetime as dt
import random

import pytest

from onboarding.connectors.registry import RECORDS
from onboarding.domain.checks.polling import Cadence, Expected, expected, wait_until_next_look
from portal.workdays import WorkCalendar

FRANCE = WorkCalendar("FR", "Europe/Paris")
THURSDAY_EVE = dt.datetime(2026, 12, 24, 9, 0, tzinfo=dt.UTC)


def test_expected_counts_the_country_s_working_days() -> None:
    seen = expected(since=THURSDAY_EVE, within=(1, 3), calendar=FRANCE, today=dt.date(2026, 12, 26))

    assert seen == Expected(dt.date(2026, 12, 28), dt.date(2026, 12, 30), late=0)


def test_late_counts_working_days_only() -> None:
    seen = expected(since=THURSDAY_EVE, within=(1, 3), calendar=FRANCE, today=dt.date(2027, 1, 4))

    assert seen.late == 2  # 31 December and 4 January; 1 to 3 January are holiday and weekend


@pytest.mark.parametrize("cadence", [record.cadence for record in RECORDS], ids=[r.code for r in RECORDS])
def test_the_older_the_rarer(cadence: Cadence) -> None:
    ages = [dt.timedelta(minutes=1), dt.timedelta(days=1), dt.timedelta(days=5), dt.timedelta(days=100)]

    waits = [wait_until_next_look(cadence=cadence, age=age, rng=random.Random(1)) for age in ages]

    assert waits == sorted(waits)
    assert waits[0] < dt.timedelta(hours=2) < waits[-1]
