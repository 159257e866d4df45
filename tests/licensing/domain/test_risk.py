"""Licences at risk: a day against a forecast."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.domain.risk import AtRisk, Risk, at_risk, risk_of

HALF, NINE = dt.date(2026, 12, 1), dt.date(2026, 12, 15)
days = st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31))


@pytest.mark.parametrize(
    ("day", "risk"),
    [
        (dt.date(2026, 11, 30), Risk.LIKELY),
        (dt.date(2026, 12, 1), Risk.POSSIBLE),
        (dt.date(2026, 12, 14), Risk.POSSIBLE),
        (dt.date(2026, 12, 15), Risk.NONE),
    ],
)
def test_a_day_stands_against_the_forecast(day: dt.date, risk: Risk) -> None:
    assert risk_of(day, half_on=HALF, nine_in_ten_on=NINE) == risk


def test_who_will_never_be_ready_endangers_every_day() -> None:
    assert risk_of(dt.date(2099, 1, 1), half_on=None, nine_in_ten_on=None) == Risk.LIKELY


def test_customers_are_counted_once_and_quantities_added() -> None:
    held = [
        ("a", 10, dt.date(2026, 11, 1)), ("a", 5, dt.date(2026, 12, 10)), ("b", 3, dt.date(2026, 12, 10)),
        ("c", 100, dt.date(2027, 1, 1)),
    ]  # fmt: skip

    assert at_risk(held, half_on=HALF, nine_in_ten_on=NINE) == AtRisk(2, 18, 1, dt.date(2026, 11, 1))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 99), days)), days, days, st.integers(0, 60))
def test_a_later_forecast_never_lowers_the_risk(
    held: list[tuple[str, int, dt.date]], one: dt.date, other: dt.date, more: int
) -> None:
    half, nine = sorted([one, other])
    later = dt.timedelta(days=more)

    before = at_risk(held, half_on=half, nine_in_ten_on=nine)
    after = at_risk(held, half_on=half + later, nine_in_ten_on=nine + later)

    assert after.customers >= before.customers
    assert after.quantity >= before.quantity
