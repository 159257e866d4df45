"""People to whom a company had us write, and who do not know it: they get no such mail again, and staff learn of it."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from portal.coverage import absences
from portal.coverage.models import Bdm
from portal.notices import outbox, stops
from portal.partners import domain
from portal.partners.events import record
from portal.partners.models import Deed, Invitation, Partner

LATELY = dt.timedelta(days=30)


@transaction.atomic
def disown_invitation(*, token: str, now: dt.datetime) -> bool:
    """End the invitation of this token, all such mail to its address, and tell staff. Twice changes nothing.

    Return False if nobody has sent this link, or it was used.
    """
    invitation = domain.read_invitation(token=token, user=None, now=now).invitation
    if invitation is None or invitation.accepted_at:
        return False
    Invitation.objects.filter(pk=invitation.pk, withdrawn_at=None).update(withdrawn_at=now)
    disown(partner=invitation.partner, address=invitation.email, now=now)
    return True


@transaction.atomic
def disown(*, partner: Partner, address: str, now: dt.datetime) -> None:
    """Stop such mail to the address and tell the BDMs of the company's country, once for each address."""
    if not stops.stop(address, now=now):
        return
    event = record(partner, Deed.DISOWNED, by=None, now=now)
    readers = [bdm.user for bdm in Bdm.objects.covering(partner.country)]
    context = {
        "partner": str(partner),
        "address": address,
        "number": partner.events.filter(deed=Deed.DISOWNED).count(),
        "link": settings.SITE_URL + reverse("partners:without_owner"),
    }
    readers = absences.with_stand_ins(readers, today=timezone.localdate(now))
    outbox.tell("company_unknown", people=readers, context=context, key=f"disowned-{event.pk}", now=now)


def disowned_lately(countries: list[str] | None, *, now: dt.datetime) -> list[Partner]:
    """Return the companies that readers did not know in the last 30 days, each with their ``number``, most first."""
    events = Q(events__deed=Deed.DISOWNED, events__at__gt=now - LATELY)
    rows = Partner.objects.filter(events)
    if countries is not None:
        rows = rows.filter(country__in=countries)
    return list(rows.annotate(number=Count("events", filter=events)).order_by("-number", "name"))
