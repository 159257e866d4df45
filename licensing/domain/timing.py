"""Where today stands to the end of a right: before its days, in them, just after, or long after. Pure."""

import datetime as dt
from enum import StrEnum

from licensing.domain.facts import Facts
from licensing.domain.transfer import DAY, Dates
from licensing.enums import Need

# Days after the end in which a person may still find a way. Other providers move within 30 days after the expiry; 90
# days for Software Assurance are said by secondary sources and were not seen in Microsoft's text, so that inside
# them a person decides.
JUST_AFTER = {Need.ONLINE: 30, Need.SA_RENEWAL: 90}
# The facts that say so, which an editor can change.
GRACE = {Need.ONLINE: "online.grace", Need.SA_RENEWAL: "sa_renewal.grace"}


class Phase(StrEnum):
    BEFORE = "before"
    WINDOW = "window"
    JUST_AFTER = "just_after"
    LONG_AFTER = "long_after"


def ended(need: Need | None, expiry: dt.date | None, *, today: dt.date, facts: Facts | None = None) -> Phase | None:
    """Return JUST_AFTER or LONG_AFTER for a service or Software Assurance that has ended, else None."""
    if need == Need.TOKEN:
        need = Need.ONLINE  # a token too old to be activated is answered like its service
    if need is None or need not in JUST_AFTER or expiry is None or expiry >= today:
        return None
    days = facts.number(GRACE[need], on=today) if facts else None
    grace = JUST_AFTER[need] if days is None else days
    return Phase.JUST_AFTER if today <= expiry + grace * DAY else Phase.LONG_AFTER


def phase(need: Need, dates: Dates, *, today: dt.date, facts: Facts | None = None) -> Phase:
    """Return where today stands to a transfer's or a renewal's days: always exactly one phase."""
    after = ended(need, dates.expiry, today=today, facts=facts)
    if after:
        return after
    return Phase.BEFORE if today < min(dates.authorise_by, dates.order_from) else Phase.WINDOW
