"""Licences at risk: those that expire before their reseller will be able to sell in CSP. Pure.

``half_on`` and ``nine_in_ten_on`` are the days by which half, and nine in ten, of such enrollments are ready; None:
never.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Risk(StrEnum):
    NONE = "none"
    POSSIBLE = "possible"  # before nine in ten enrollments are ready
    LIKELY = "likely"  # before half of them are


@dataclass(frozen=True)
class AtRisk:
    """Counts of possible and likely risks; ``likely_customers`` counts the likely ones only."""

    customers: int
    quantity: int
    likely_customers: int
    first_on: dt.date | None


def risk_of(day: dt.date, *, half_on: dt.date | None, nine_in_ten_on: dt.date | None) -> Risk:
    """Return the risk of a day by which the reseller must be able to sell, given the forecast."""
    if half_on is None or day < half_on:
        return Risk.LIKELY
    return Risk.POSSIBLE if nine_in_ten_on is None or day < nine_in_ten_on else Risk.NONE


def at_risk(
    holdings: Iterable[tuple[str, int, dt.date]], *, half_on: dt.date | None, nine_in_ten_on: dt.date | None
) -> AtRisk:
    """Return the (customer, quantity, last day) whose day comes before the forecast, as counts."""
    found = [
        (customer, quantity, day, risk_of(day, half_on=half_on, nine_in_ten_on=nine_in_ten_on))
        for customer, quantity, day in holdings
    ]
    risky = [one for one in found if one[3] != Risk.NONE]
    return AtRisk(
        customers=len({customer for customer, *_rest in risky}),
        quantity=sum(quantity for _customer, quantity, *_rest in risky),
        likely_customers=len({customer for customer, _quantity, _day, risk in risky if risk == Risk.LIKELY}),
        first_on=min((day for _customer, _quantity, day, _risk in risky), default=None),
    )
