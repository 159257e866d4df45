"""A company's history: one line for each deed, append-only."""

import datetime as dt
from typing import Any

from portal.accounts.models import User
from portal.partners.models import CompanyEvent, Deed, Partner

HISTORY = 40  # lines


def record(
    partner: Partner, deed: Deed, *, by: User | None, now: dt.datetime, person: User | None = None, **data: Any
) -> CompanyEvent:
    """Write one event of the company's history and return it. Call it inside the transaction of the deed.

    ``by`` is None for what the portal does by itself.
    """
    return CompanyEvent.objects.create(partner=partner, deed=deed, at=now, actor=by, person=person, data=data)


def history(partner: Partner, *, most: int = HISTORY) -> list[CompanyEvent]:
    """Return the newest events of a company."""
    return list(partner.events.select_related("actor", "person").order_by("-at", "-id")[:most])
