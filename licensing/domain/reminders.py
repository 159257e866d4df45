"""Tell a reseller's people a few days before something is to be done with a customer's licences: one mail for a day."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from licensing.models import PlanLine
from portal.notices import outbox
from portal.partners.models import Membership, Partner, Role

DAYS_BEFORE = 3  # as the calendar's alarm
SHOWN = 20
DEEDS = ("authorise_by", "order_from", "transfer_on", "token_until")


@dataclass(frozen=True)
class Due:
    deed: str
    customer: str
    product: str
    quantity: int


def send(now: dt.datetime) -> int:
    """Write the mails for the days that have come near; a day is told once, however often this runs.

    Returns how many partners and days there were.
    """
    today = timezone.localdate(now)
    due = _due(today)
    people = defaultdict(list)
    partners = {partner for partner, _day in due}
    told = Membership.objects.filter(partner__in=partners, role__in=[Role.OWNER, Role.CONTRIBUTOR])
    for membership in told.select_related("user", "partner"):
        people[membership.partner_id].append(membership)
    for (partner, day), found in due.items():
        if people[partner]:
            _write(people[partner], day, found, now=now)
    return len(due)


def _due(today: dt.date) -> dict[tuple[uuid.UUID, dt.date], list[Due]]:
    last = today + dt.timedelta(days=DAYS_BEFORE)
    near = Q()
    for deed in DEEDS:
        near |= Q(**{f"{deed}__range": (today, last)})
    rows = PlanLine.objects.filter(near, plan__is_current=True).select_related("plan__customer")
    found: dict[tuple[uuid.UUID, dt.date], list[Due]] = defaultdict(list)
    for row in rows.order_by("plan__customer__name", "pk").iterator(chunk_size=2000):
        for deed, day in _days(row):
            if today <= day <= last:
                customer = row.plan.customer
                found[customer.partner_id, day].append(Due(deed, customer.name, row.product, row.quantity))
    return found


def _days(row: PlanLine) -> Iterator[tuple[str, dt.date]]:
    for deed in DEEDS:
        day = getattr(row, deed)
        if day:
            yield deed, day


def _write(members: list[Membership], day: dt.date, found: list[Due], *, now: dt.datetime) -> None:
    partner: Partner = members[0].partner
    outbox.tell(
        "licences_due",
        people=[membership.user for membership in members],
        context={
            "partner": str(partner),
            "day": day,
            "due": found[:SHOWN],
            "more": max(len(found) - SHOWN, 0),
            "link": settings.SITE_URL + reverse("licensing:estate", args=[partner.pk]) + "?only=due",
        },
        key=f"licences-{partner.pk}-{day}",
        thread=f"licences-{partner.pk}",
        now=now,
    )
