"""Who belongs to a company, in which role.

Only this module writes memberships (``tests/test_architecture.py`` holds the code to it). So every change is in the
company's history, the owners are told, and what a person had given out in a role ends with the role.
"""

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from portal.accounts.models import User
from portal.notices import outbox
from portal.partners.events import record
from portal.partners.mail_kinds import ROLE_NOW
from portal.partners.models import CompanyEvent, Deed, HandOver, Membership, Partner, Role


class LastOwnerError(Exception):
    """A partner must have at least one owner."""


# Functions of other apps: whether something of theirs needs the company to have people (``remove``).
NEEDS_PEOPLE: list[Callable[[Partner], bool]] = []
# Functions of other apps, called with (company, person, their role from now on or "", by, now). They withdraw what the
# person gave out in the name of the company and may give out no longer.
WITHDRAW_GIVEN: list[Callable[[Partner, User, str, User | None, dt.datetime], None]] = []
# Functions of other apps: whether somebody outside the portal confirmed something about the company.
PROOFS: list[Callable[[Partner], bool]] = []


def is_proven(partner: Partner) -> bool:
    """Return whether the company confirmed anything yet; one that did not may have us write less."""
    return any(proof(partner) for proof in PROOFS)


def owners(partner: Partner) -> list[User]:
    """Return the owners who can sign in."""
    found = User.objects.filter(is_active=True, memberships__partner=partner, memberships__role=Role.OWNER)
    return list(found.order_by("pk"))


@transaction.atomic
def found_by(*, partner: Partner, owner: User, by: User, now: dt.datetime) -> None:
    """Write the first owner of a new company and the beginning of its history."""
    Membership.objects.create(partner=partner, user=owner, role=Role.OWNER)
    record(partner, Deed.REGISTERED, by=by, now=now, person=owner if owner.pk != by.pk else None)


@transaction.atomic
def join(*, partner: Partner, user: User, role: str, by: User, now: dt.datetime) -> bool:
    """Let a person into the company and tell its owners. Return False if they belong to it already."""
    _row, is_new = Membership.objects.get_or_create(partner=partner, user=user, defaults={"role": role})
    if is_new:
        event = record(partner, Deed.JOINED, by=by, now=now, person=user if user.pk != by.pk else None, role=role)
        _tell_owners(event, person=user, by=by, now=now)
    return is_new


@transaction.atomic
def change_role(
    *, membership: Membership, role: str, by: User, now: dt.datetime, informed: Collection[User] = ()
) -> bool:
    """Change the role of a member, and tell the owners and the member. Return False if they have it already.

    ``informed`` know it otherwise and get no mail.

    Raises: LastOwnerError.
    """
    _lock(membership.partner_id)
    current = Membership.objects.select_related("partner", "user").filter(pk=membership.pk).first()
    if current is None or current.role == role:
        return False
    if role != Role.OWNER:
        _keep_an_owner(current)
    before, current.role = current.role, role
    current.save(update_fields=["role"])
    roles = {"before": before, "after": role}
    event = record(current.partner, Deed.ROLE_CHANGED, by=by, now=now, person=current.user, **roles)
    _withdraw_given(current.partner, current.user, role, by, now)
    _tell_owners(event, person=current.user, by=by, now=now, informed=informed)
    _tell_member(event, by=by, now=now)
    return True


@transaction.atomic
def remove(*, membership: Membership, by: User, now: dt.datetime, informed: Collection[User] = ()) -> bool:
    """Remove a member, or let one leave (``by`` is the member). Return False if they have gone already.

    The only person of a company may leave it, if nothing of the company needs people.

    Raises: LastOwnerError.
    """
    _lock(membership.partner_id)
    current = Membership.objects.select_related("partner", "user").filter(pk=membership.pk).first()
    if current is None:
        return False
    if not may_be_left_empty(current):
        _keep_an_owner(current)
    partner, person, number = current.partner, current.user, current.pk
    current.delete()
    deed = Deed.LEFT if person.pk == by.pk else Deed.REMOVED
    event = record(partner, deed, by=by, now=now, person=person, membership=number)
    _withdraw_given(partner, person, "", by, now)
    _tell_owners(event, person=person, by=by, now=now, informed=informed)
    _tell_member(event, by=by, now=now)
    return True


@transaction.atomic
def end_given(*, user: User, by: User | None, now: dt.datetime) -> None:
    """Withdraw everything that a person gave out in any company: their account is closed."""
    for partner in Partner.objects.filter(memberships__user=user).order_by("pk"):
        _withdraw_given(partner, user, "", by, now)


def may_be_left_empty(membership: Membership) -> bool:
    """Return whether the member is the company's only person and nothing of the company needs one."""
    others = Membership.objects.filter(partner=membership.partner_id).exclude(pk=membership.pk)
    return not others.exists() and not any(needs(membership.partner) for needs in NEEDS_PEOPLE)


def has_gone(*, partner_id: Any, by: User, membership: int | None = None) -> bool:
    """Return whether ``by`` has removed this member, or (without one) left this company: a request came twice."""
    told = CompanyEvent.objects.filter(partner=partner_id, actor=by)
    if membership is None:
        return told.filter(deed=Deed.LEFT).exists()
    return told.filter(deed__in=[Deed.REMOVED, Deed.LEFT], data__membership=membership).exists()


def _lock(partner_id: Any) -> None:
    # The lock is on the partner, so that two owners cannot leave at the same moment.
    Partner.objects.select_for_update(no_key=True).get(pk=partner_id)


def _keep_an_owner(membership: Membership) -> None:
    others = Membership.objects.filter(partner_id=membership.partner_id, role=Role.OWNER).exclude(pk=membership.pk)
    if not others.exists():
        raise LastOwnerError


def _withdraw_given(partner: Partner, user: User, role: str, by: User | None, now: dt.datetime) -> None:
    if role != Role.OWNER:
        for invitation in partner.invitations.filter(invited_by=user, accepted_at=None, withdrawn_at=None):
            invitation.withdrawn_at = now
            invitation.save(update_fields=["withdrawn_at"])
            record(partner, Deed.INVITATION_WITHDRAWN, by=by, now=now, role=invitation.role)
        for offered in partner.hand_overs.filter(by=user, answer="").select_related("to"):
            offered.answer, offered.answered_at = HandOver.Reply.WITHDRAWN, now
            offered.save(update_fields=["answer", "answered_at"])
            record(partner, Deed.HAND_OVER_WITHDRAWN, by=by, now=now, person=offered.to)
    for withdraw in WITHDRAW_GIVEN:
        withdraw(partner, user, role, by, now)


def _tell_owners(
    event: CompanyEvent, *, person: User, by: User, now: dt.datetime, informed: Collection[User] = ()
) -> None:
    """Write to the owners what happened; not to the one who did it, nor to the one it happened to."""
    know = {user.pk for user in (by, person, *informed)}
    readers = [owner for owner in owners(event.partner) if owner.pk not in know]
    outbox.tell("people_changed", people=readers, context=_told(event, person, by), key=f"people-{event.pk}", now=now)


def _tell_member(event: CompanyEvent, *, by: User, now: dt.datetime) -> None:
    """Write to the person whose role somebody else changed or ended."""
    person = event.person
    if person is None or person.pk == by.pk or not person.is_active:
        return
    told = _told(event, person, by)
    if event.deed == Deed.REMOVED:
        told["link"] = settings.SITE_URL + reverse("home")
    outbox.tell("own_role_changed", people=[person], context=told, key=f"own-role-{event.pk}", now=now)


def _told(event: CompanyEvent, person: User, by: User) -> dict[str, Any]:
    role = event.data.get("after") or event.data.get("role", "")
    return {
        "partner": str(event.partner),
        "person": str(person),
        "email": person.email,
        "by": str(by),
        "deed": str(event.deed),
        "role_now": ROLE_NOW.get(role, ""),
        "link": settings.SITE_URL + reverse("partners:company", args=[event.partner_id]),
    }
