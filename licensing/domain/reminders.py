"""Remind a reseller's people some days before an action on a customer's licences is due: one mail for a day."""

import datetime as dt
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from licensing.models import Line, PlanLine
from portal.notices import outbox
from portal.partners.models import Membership, Partner, Role
from portal.work import isolation

DAYS_BEFORE = 3  # equal to the calendar's alarm
SHOWN = 20
# the field with the day of an action -> its step of the checklist
DEEDS = {"authorise_by": "authorise", "order_from": "order", "transfer_on": "transfer", "token_until": ""}


@dataclass(frozen=True)
class Due:
    deed: str
    line: Line
    customer: str
    product: str
    quantity: int

    @property
    def task(self) -> str:
        """Return what is to be done, in the reader's language."""
        tasks = {
            "authorise_by": _("have the relationship authorised"),
            "order_from": _("order"),
            "transfer_on": _("ask for the transfer"),
            "token_until": _("activate the token"),
        }
        return tasks[self.deed]


def send(now: dt.datetime) -> int:
    """Write the mails for the days that are near; each action of a line is mentioned once, however often this runs.

    Return how many partners and days there were.
    """
    today = timezone.localdate(now)
    due = _due(today)
    people = defaultdict(list)
    partners = {partner for partner, _day in due}
    told = Membership.objects.filter(partner__in=partners, role__in=[Role.OWNER, Role.CONTRIBUTOR])
    for membership in told.select_related("user", "partner"):
        people[membership.partner_id].append(membership)
    mails = [key for key in due if people[key[0]]]
    isolation.each(mails, lambda key: _tell(people[key[0]], key[1], due[key], now=now), what="mail about licences")
    return len(due)


def _due(today: dt.date) -> dict[tuple[uuid.UUID, dt.date], list[Due]]:
    last = today + dt.timedelta(days=DAYS_BEFORE)
    near = Q()
    for deed in DEEDS:
        near |= Q(**{f"{deed}__range": (today, last)})
    rows = PlanLine.objects.filter(near, plan__is_current=True, line__isnull=False)
    found: dict[tuple[uuid.UUID, dt.date], list[Due]] = defaultdict(list)
    for row in rows.select_related("plan__customer", "line").order_by("plan__customer__name", "pk").iterator(2000):
        for deed, day in _days(row):
            if today <= day <= last:
                customer = row.plan.customer
                due = Due(deed, cast(Line, row.line), customer.name, row.product, row.quantity)
                found[customer.partner_id, day].append(due)
    return found


def _days(row: PlanLine) -> Iterator[tuple[str, dt.date]]:
    """Yield the open actions that were not mentioned yet, with their days."""
    line = cast(Line, row.line)
    done = set(row.plan.customer.steps_done) | ({"authorise", "order"} if line.ordered_on else set())
    for deed, step in DEEDS.items():
        day = getattr(row, deed)
        if day and step not in done and line.reminded.get(deed) != day.isoformat():
            yield deed, day


@transaction.atomic
def _tell(members: list[Membership], day: dt.date, found: list[Due], *, now: dt.datetime) -> int:
    for one in found:
        one.line.reminded[one.deed] = day.isoformat()
    # A line with two actions is one object in each: the last one has the changes of both.
    Line.objects.bulk_update({one.line.pk: one.line for one in found}.values(), ["reminded"], batch_size=2000)
    _write(members, day, found, now=now)
    return 1


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
        key=f"licences-{partner.pk}-{day}-{_digest(found)}",
        thread=f"licences-{partner.pk}",
        now=now,
    )


def _digest(found: list[Due]) -> str:
    told = "\n".join(sorted(f"{one.line.pk} {one.deed}" for one in found))
    return hashlib.sha256(told.encode()).hexdigest()[:16]
