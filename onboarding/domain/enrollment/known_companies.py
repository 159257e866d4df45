"""A company that somebody else has registered on the portal already: whom to ask, without telling who they are."""

import datetime as dt

from django.db import transaction
from django.db.models import Q

from onboarding.domain.checks import locks
from onboarding.domain.mail import notifications
from onboarding.identifiers import FRENCH_REGISTER
from portal.accounts.models import User
from portal.partners import events
from portal.partners.models import Deed, Partner, Role


def with_number(number: str, *, country: str, duns: str = "", but: User | None = None) -> Partner | None:
    """Return a company with people that has this registration or D-U-N-S number, and is not one of ``but``'s own.

    In France a SIREN and the SIRET of any of its establishments are one company.
    """
    same = Q()
    if number:
        same |= (
            Q(country__in=FRENCH_REGISTER, registration_number__startswith=number[:9])
            if country in FRENCH_REGISTER
            else Q(country=country, registration_number__iexact=number)
        )
    if duns:
        same |= Q(duns=duns)
    if not same:
        return None
    rows = Partner.objects.filter(same, memberships__isnull=False)
    if but is not None:
        rows = rows.exclude(memberships__user=but)
    return rows.order_by("created_at").first()


@transaction.atomic
def ask_to_join(*, partner: Partner, by: User, now: dt.datetime) -> bool:
    """Write to the company's owners that ``by`` asks to be let in. Return False if they were asked that today."""
    locks.lock(partner.pk)
    today = partner.events.filter(deed=Deed.ASKED_TO_JOIN, actor=by, at__gt=now - dt.timedelta(days=1))
    if today.exists():
        return False
    event = events.record(partner, Deed.ASKED_TO_JOIN, by=by, now=now)
    notifications.asked_to_join(partner, by=by, now=now, number=event.pk)
    return True


def mine(*, number: str, country: str, name: str, owner: User) -> Partner | None:
    """Return the user's own company of this number or, without one, of this name: a request came twice."""
    rows = Partner.objects.filter(memberships__user=owner, memberships__role=Role.OWNER, country=country)
    same = Q(registration_number=number) if number else Q(legal_name=name)
    return rows.filter(same).first()
