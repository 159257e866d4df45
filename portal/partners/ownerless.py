"""Companies of which no owner can sign in: found every night, given to the BDMs of their country, who name an owner.

A company keeps an owner in whatever its people do. But an account can be closed, or made inactive at once because it is
abused: then its companies need help from outside.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.coverage import absences
from portal.coverage.models import Bdm
from portal.notices import outbox
from portal.partners import domain, people
from portal.partners.events import record
from portal.partners.models import Deed, Invitation, Membership, Partner, Role, WithoutOwner

_BATCH = 500  # companies a transaction


class HasOwnerError(Exception):
    """The company has an owner who can sign in: its people decide themselves."""


class CannotSignInError(Exception):
    """The chosen person's account is inactive, or they no longer belong to the company."""


def find(now: dt.datetime) -> int:
    """Give every company without an owner to the BDMs of its country, and close those that have one again.

    Return how many were found. A second run on the same day finds none.
    """
    for row in _open().filter(_owned("partner_id")).select_related("partner"):
        _end(row.partner, now)
    found = Partner.objects.filter(~_owned("pk"), ~Exists(_open().filter(partner=OuterRef("pk"))))
    number = 0
    for partner in found.order_by("pk").iterator(_BATCH):
        if needs_owner(partner):
            number += look_at(partner, now=now)
    return number


def needs_owner(partner: Partner) -> bool:
    """Return whether the company has people or work of ours going on, and no owner who can sign in."""
    if Membership.objects.filter(partner=partner, role=Role.OWNER, user__is_active=True).exists():
        return False
    has_people = Membership.objects.filter(partner=partner).exists()
    return has_people or any(needs(partner) for needs in people.NEEDS_PEOPLE)


@transaction.atomic
def look_at(partner: Partner, *, now: dt.datetime) -> bool:
    """Give the company to its country's BDMs if it needs an owner. Return False if it does not, or they have it."""
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if not needs_owner(partner) or _open().filter(partner=partner).exists():
        return False
    row = WithoutOwner.objects.create(partner=partner, found_at=now)
    record(partner, Deed.WITHOUT_OWNER, by=None, now=now)
    readers = [bdm.user for bdm in Bdm.objects.covering(partner.country)]
    context = {"partner": str(partner), "link": settings.SITE_URL + reverse("partners:without_owner")}
    readers = absences.with_stand_ins(readers, today=timezone.localdate(now))
    outbox.tell("without_owner", people=readers, context=context, key=f"without-owner-{row.pk}", now=now)
    return True


@transaction.atomic
def account_closed(user: User, by: User | None, now: dt.datetime) -> None:
    """Withdraw what the person gave out, and look at once at the companies that they owned."""
    people.end_given(user=user, by=by, now=now)
    for partner in Partner.objects.filter(memberships__user=user, memberships__role=Role.OWNER).order_by("pk"):
        look_at(partner, now=now)


def of_countries(countries: list[str] | None) -> QuerySet[WithoutOwner]:
    """Return the open rows of these countries (ISO 3166-1 alpha-2; None means all), the oldest first."""
    rows = _open().filter(~_owned("partner_id"))
    if countries is not None:
        rows = rows.filter(partner__country__in=countries)
    members = Membership.objects.select_related("user").order_by("since", "pk")
    found = rows.select_related("partner").prefetch_related(Prefetch("partner__memberships", members))
    return found.order_by("found_at", "pk")


@transaction.atomic
def appoint(*, partner: Partner, membership: int, by: User, now: dt.datetime) -> Membership:
    """Make a member the owner and return the membership. Twice changes nothing.

    Raises: HasOwnerError, CannotSignInError.
    """
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    row = Membership.objects.select_related("user", "partner").filter(pk=membership, partner=partner).first()
    if row is None or not row.user.is_active:
        raise CannotSignInError
    if row.role == Role.OWNER:
        return row
    if not needs_owner(partner):
        raise HasOwnerError
    people.change_role(membership=row, role=Role.OWNER, by=by, now=now)
    _end(partner, now)
    return row


@transaction.atomic
def invite(*, partner: Partner, email: str, by: User, now: dt.datetime) -> Invitation:
    """Invite a person as owner. The company stays on the list until they accept.

    Raises: HasOwnerError, and what ``domain.invite`` raises.
    """
    if not needs_owner(partner):
        raise HasOwnerError
    return domain.invite(partner=partner, email=email, role=Role.OWNER, by=by, now=now)


def _owned(key: str) -> Exists:
    rows = Membership.objects.filter(partner=OuterRef(key), role=Role.OWNER, user__is_active=True)
    return Exists(rows)


def _open() -> QuerySet[WithoutOwner]:
    return WithoutOwner.objects.filter(ended_at=None)


def _end(partner: Partner, now: dt.datetime) -> None:
    _open().filter(partner=partner).update(ended_at=now)
