"""The days of a transfer, a return, a token. Pure: calendar days in, calendar days out; no clock, no time zone.

Source: [guide] part 4; where sources differ, the number of the conflict is given.
"""

import calendar
import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from licensing.domain.facts import Facts
from licensing.enums import Programme
from portal.workdays import WorkCalendar

DAY = dt.timedelta(days=1)


class Urgency(StrEnum):
    OVERDUE = "overdue"  # the expiry has passed
    ACT_NOW = "act_now"  # expires yesterday or today, or an earlier step is late
    SOON = "soon"  # an action is due within 30 days
    PLANNED = "planned"
    UNDATED = "undated"  # no expiry, or none known


@dataclass(frozen=True)
class Leads:
    """Lead times: the request and the order in days, the authorisation in working days before the order."""

    request: int = 1
    order_min: int = 2
    order_max: int = 5
    authorise: int = 5


@dataclass(frozen=True)
class Dates:
    """``authorise_by <= order_from <= order_to <= transfer_on < expiry``; overlap is what is paid twice."""

    authorise_by: dt.date
    order_from: dt.date
    order_to: dt.date
    transfer_on: dt.date
    expiry: dt.date
    overlap_min: int
    overlap_max: int
    # A working day before, if the transfer falls on a weekend or holiday; it costs this much more overlap.
    rather_on: dt.date | None = None
    rather_overlap: int = 0


# By programme, the facts of the latest and the earliest day of an order: the guide's "a few days before" is said of
# subscriptions, and Software Assurance has times of its own.
ORDER_LEADS: dict[str, tuple[str, str]] = {
    Programme.CSP_ONLINE: ("transfer.order_lead_min", "transfer.order_lead_max"),
    Programme.OPEN_VALUE: ("sa_renewal.order_lead_min", "sa_renewal.order_lead_max"),
}
_USUAL = {Programme.CSP_ONLINE: (2, 5), Programme.OPEN_VALUE: (7, 30)}


def leads(facts: Facts, *, on: dt.date, programme: Programme = Programme.CSP_ONLINE) -> Leads:
    """Return the lead times of an order in that programme, by the facts of the day."""
    usual = Leads()
    least, most = ORDER_LEADS[programme]
    return Leads(
        facts.number("transfer.request_lead", on=on) or usual.request,
        facts.number(least, on=on) or _USUAL[programme][0],
        facts.number(most, on=on) or _USUAL[programme][1],
        facts.number("transfer.authorise_lead", on=on) or usual.authorise,
    )


def dates(expiry: dt.date, *, country: str, leads: Leads | None = None) -> Dates:
    """Return the days that lead to a transfer, counted back from the expiry.

    ``country`` is the customer's (ISO 3166-1).
    """
    leads = leads or Leads()
    transfer_on = expiry - leads.request * DAY
    order_to = min(expiry - leads.order_min * DAY, transfer_on)
    order_from = min(expiry - leads.order_max * DAY, order_to)
    rather = workday_before(transfer_on, country)
    return Dates(
        authorise_by=workdays_back(order_from, leads.authorise, country),
        order_from=order_from,
        order_to=order_to,
        transfer_on=transfer_on,
        expiry=expiry,
        overlap_min=(expiry - order_to).days,
        overlap_max=(expiry - order_from).days,
        rather_on=rather if rather != transfer_on else None,
        rather_overlap=(transfer_on - rather).days,
    )


def urgency(found: Dates | None, *, today: dt.date) -> Urgency:
    if found is None:
        return Urgency.UNDATED
    if found.expiry < today - DAY:
        return Urgency.OVERDUE
    if found.authorise_by < today:
        return Urgency.ACT_NOW
    return Urgency.SOON if found.authorise_by <= today + 30 * DAY else Urgency.PLANNED


def workday_before(day: dt.date, country: str) -> dt.date:
    """Return the day itself, or the last working day before it."""
    calendar_ = _calendar(country)
    while not calendar_.is_workday(day):
        day -= DAY
    return day


def _calendar(country: str) -> WorkCalendar:
    # Only days are counted here: the zone never matters.
    return WorkCalendar(country, "UTC")


def workdays_back(day: dt.date, count: int, country: str) -> dt.date:
    """Return the ``count``-th working day before ``day``."""
    for _ in range(count):
        day = workday_before(day - DAY, country)
    return day


def add_years(day: dt.date, years: int) -> dt.date:
    """Return the date ``years`` later; 29 February becomes 28, the safe side of a deadline."""
    year = day.year + years
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))


def token_until(bought_on: dt.date, *, years: int = 5) -> dt.date:
    """Return the last day to activate a token by the safest reading: counted from its purchase (C17)."""
    return add_years(bought_on, years)


def return_until(ordered_on: dt.date, days: int) -> dt.date:
    """Return the last safe day of a return: the day of the order counts as the first (C18)."""
    return ordered_on + max(days - 1, 0) * DAY


def keys_until(received_on: dt.date, days: int, country: str) -> dt.date:
    """Return the earlier of the two readings, calendar days and working days (C01)."""
    return min(received_on + days * DAY, _calendar(country).add(received_on, days))


@dataclass(frozen=True)
class Deadlines:
    """The last safe day to return or cancel an order (None: impossible), and to use its keys."""

    return_until: dt.date | None = None
    keys_until: dt.date | None = None


# By programme, the number of days in which an order can be returned; Open Value allows no return.
RETURNS: dict[str, str] = {
    Programme.CSP_ONLINE: "csp_online.cancel",
    Programme.CSP_PERPETUAL: "perpetual.return",
    Programme.OPEN_LICENSE: "open.return",
}


def return_days(programme: str, facts: Facts, *, on: dt.date, sector: str = "") -> int | None:
    """Return in how many days an order of that day can be returned or cancelled; None where it cannot, or any time."""
    return facts.number(RETURNS[programme], on=on, sector=sector) if programme in RETURNS else None


def deadlines(
    programme: Programme,
    facts: Facts,
    *,
    ordered_on: dt.date,
    keys_on: dt.date | None,
    country: str,
    sector: str = "",
) -> Deadlines:
    """Return the deadlines of an order, by the facts of its day. For a whole return, because only that gives credit."""
    days = return_days(programme, facts, on=ordered_on, sector=sector)
    key_days = facts.number("perpetual.key_use", on=keys_on) if keys_on else None
    has_keys = programme == Programme.CSP_PERPETUAL and keys_on is not None and key_days
    return Deadlines(
        return_until=return_until(ordered_on, days) if days else None,
        keys_until=keys_until(keys_on, key_days, country) if has_keys and keys_on and key_days else None,
    )


def gives_credit(programme: Programme, facts: Facts, *, ordered_on: dt.date, returned_on: dt.date, whole: bool) -> bool:
    """Return True when a return is credited: only whole, only in time, and never in Open Value."""
    last = deadlines(programme, facts, ordered_on=ordered_on, keys_on=None, country="").return_until
    return last is not None and whole and ordered_on <= returned_on <= last
