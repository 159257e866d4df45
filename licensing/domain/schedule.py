"""All days of one plan, computed together: authorise, order, transfer, return, keys, and what is paid twice. Pure.

No day but the expiry lies before today: a day that has passed is no advice. What is late is to be done today, and what
has ended has no days before its end any more.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from licensing.domain import timing, transfer
from licensing.domain.facts import DatedFact, Facts
from licensing.domain.timing import Phase
from licensing.enums import Need, Programme


class Deed(StrEnum):
    """What is done on a day of the plan."""

    AUTHORISE = "authorise"
    ORDER = "order"
    TRANSFER = "transfer"
    RETURN = "return"
    KEYS = "keys"


@dataclass(frozen=True)
class Schedule:
    """The days, in the order in which they come; None is not part of this plan.

    ``return_until`` and ``keys_until`` count from the first day of the order. ``overlap_min`` and ``overlap_max`` are
    days paid twice. ``rather_on`` is a working day for the transfer, which costs ``rather_overlap`` days more.
    """

    phase: Phase
    expiry: dt.date | None = None
    authorise_by: dt.date | None = None
    order_from: dt.date | None = None
    order_to: dt.date | None = None
    transfer_on: dt.date | None = None
    rather_on: dt.date | None = None
    rather_overlap: int = 0
    return_until: dt.date | None = None
    keys_until: dt.date | None = None
    overlap_min: int = 0
    overlap_max: int = 0
    due_on: dt.date | None = None  # the first of the days as the lead times give it: how late it is, never advice

    @property
    def first(self) -> dt.date | None:
        """Return the first day on which something is to be done."""
        return self.authorise_by or self.order_from


_NEEDS = {Programme.CSP_ONLINE: Need.ONLINE, Programme.OPEN_VALUE: Need.SA_RENEWAL}


def schedule(
    programme: Programme,
    facts: Facts,
    *,
    today: dt.date,
    expiry: dt.date | None = None,
    country: str,
    sector: str = "",
    is_transfer: bool = False,
) -> Schedule:
    """Return the days of an order in a programme for a right that ends on ``expiry``.

    ``country`` is the customer's (ISO 3166-1), for days off. ``is_transfer``: the subscription is outside CSP, so that
    somebody authorises and asks for its transfer; else an order is enough. Without an expiry the order is today's.
    """
    need = _NEEDS.get(programme)
    if need is None or expiry is None:
        return _bought(programme, facts, Phase.WINDOW, today, country=country, sector=sector)
    after = timing.ended(need, expiry, today=today, facts=facts)
    if after == Phase.LONG_AFTER or (after and programme == Programme.OPEN_VALUE):
        return Schedule(after, expiry)
    if after:
        # Too late to move it without a gap: a new subscription, ordered today.
        return _bought(programme, facts, after, today, country=country, sector=sector, expiry=expiry)
    days = transfer.dates(expiry, country=country, leads=transfer.leads(facts, on=today, programme=programme))
    return _before(programme, facts, days, today, country=country, sector=sector, is_transfer=is_transfer)


def _before(
    programme: Programme,
    facts: Facts,
    days: transfer.Dates,
    today: dt.date,
    *,
    country: str,
    sector: str,
    is_transfer: bool,
) -> Schedule:
    order_from, order_to = max(days.order_from, today), max(days.order_to, today)
    first = days.authorise_by if is_transfer else days.order_from
    after = _after(programme, facts, order_from, country=country, sector=sector)
    is_paid_twice = programme == Programme.CSP_ONLINE
    rather_on = days.rather_on if is_transfer and days.rather_on and days.rather_on >= today else None
    return Schedule(
        Phase.BEFORE if today < first else Phase.WINDOW,
        days.expiry,
        authorise_by=max(days.authorise_by, today) if is_transfer else None,
        order_from=order_from,
        order_to=order_to,
        transfer_on=max(days.transfer_on, today) if is_transfer else None,
        rather_on=rather_on,
        rather_overlap=days.rather_overlap if rather_on else 0,
        return_until=after.return_until,
        keys_until=after.keys_until,
        overlap_min=(days.expiry - order_to).days if is_paid_twice else 0,
        overlap_max=(days.expiry - order_from).days if is_paid_twice else 0,
        due_on=first,
    )


def _bought(
    programme: Programme,
    facts: Facts,
    phase: Phase,
    today: dt.date,
    *,
    country: str,
    sector: str,
    expiry: dt.date | None = None,
) -> Schedule:
    after = _after(programme, facts, today, country=country, sector=sector)
    return Schedule(
        phase,
        expiry,
        order_from=today,
        order_to=today,
        return_until=after.return_until,
        keys_until=after.keys_until,
    )


def _after(programme: Programme, facts: Facts, ordered_on: dt.date, *, country: str, sector: str) -> transfer.Deadlines:
    """Return the deadlines of an order of that day, whose keys come on that day at the earliest."""
    return transfer.deadlines(
        programme, facts, ordered_on=ordered_on, keys_on=ordered_on, country=country, sector=sector
    )


def sources(deed: Deed, programme: Programme, facts: Facts, *, on: dt.date, sector: str = "") -> tuple[DatedFact, ...]:
    """Return the facts from which the day of a deed is computed: each lead time has its own."""
    keys = {
        Deed.AUTHORISE: ("transfer.authorise_lead",),
        Deed.ORDER: transfer.ORDER_LEADS.get(programme, ()),
        Deed.TRANSFER: ("transfer.request_lead",),
        Deed.RETURN: (transfer.RETURNS[programme],) if programme in transfer.RETURNS else (),
        Deed.KEYS: ("perpetual.key_use",),
    }[deed]
    found = (facts.number_fact(key, on=on, sector=sector) for key in keys)
    return tuple(fact for fact in found if fact)
