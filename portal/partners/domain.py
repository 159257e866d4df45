"""What people do with a partner: register a company, invite a colleague, hand over."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from portal.accounts import addresses
from portal.accounts.models import User
from portal.notices import outbox
from portal.partners import invitation_stops
from portal.partners.models import CompanyEvent, Deed, Invitation, Membership, Partner, Role

INVITATION_DAYS = 7
A_DAY_PER_PARTNER = 20
A_DAY_PER_ADDRESS = 5
HISTORY = 40  # lines


class AlreadyMemberError(Exception):
    """The invited address belongs to a member."""


class TooManyInvitationsError(Exception):
    """A company reached its limit of invitations for one day."""


class WantsNoInvitationError(Exception):
    """The reader of this address has asked for no further invitation."""


class InvitationGoneError(Exception):
    """The invitation is unknown, used, withdrawn, expired, or for another address."""


class LastOwnerError(Exception):
    """A partner must have at least one owner."""


# Functions of other apps: whether something of theirs needs the company to have people (``leave``).
NEEDS_PEOPLE: list[Callable[[Partner], bool]] = []


def record(
    partner: Partner, deed: Deed, *, by: User | None, now: dt.datetime, person: User | None = None, **data: Any
) -> CompanyEvent:
    """Write one event of the company's history and return it. Call it inside the transaction of the deed."""
    return CompanyEvent.objects.create(partner=partner, deed=deed, at=now, actor=by, person=person, data=data)


def history(partner: Partner) -> list[CompanyEvent]:
    """Return the newest events of a company."""
    return list(partner.events.select_related("actor", "person").order_by("-at", "-id")[:HISTORY])


@transaction.atomic
def register(*, name: str, country: str, owner: User, **legal_data: str) -> Partner:
    """Return a new partner with its first owner. ``country`` is ISO 3166-1 alpha-2, upper case.

    ``legal_data`` are further fields of the partner that a register told.
    """
    partner = Partner.objects.create(name=name, country=country, **legal_data)
    Membership.objects.create(partner=partner, user=owner, role=Role.OWNER)
    record(partner, Deed.REGISTERED, by=owner, now=partner.created_at)
    return partner


@transaction.atomic
def invite(*, partner: Partner, email: str, role: str, by: User, now: dt.datetime) -> Invitation:
    """Return an invitation of ``email``, valid for a week. It replaces an open one to that address.

    A second call within a minute returns the first invitation.

    Raises: AlreadyMemberError, TooManyInvitationsError, WantsNoInvitationError.
    """
    email = addresses.clean(email)
    if invitation_stops.is_stopped(email):
        raise WantsNoInvitationError
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    a_week_from = now + dt.timedelta(days=INVITATION_DAYS)
    just_now = partner.invitations.filter(
        email__iexact=email,
        role=role,
        accepted_at=None,
        withdrawn_at=None,
        expires_at__gt=a_week_from - dt.timedelta(minutes=1),
    ).first()
    if just_now:
        return just_now
    _refuse_too_many(partner, email, since=a_week_from - dt.timedelta(days=1))
    if partner.memberships.filter(user__email=email).exists():
        raise AlreadyMemberError
    partner.invitations.filter(email__iexact=email, accepted_at=None, withdrawn_at=None).update(withdrawn_at=now)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        partner=partner,
        email=email,
        role=role,
        token_hash=_hash(token),
        invited_by=by,
        expires_at=now + dt.timedelta(days=INVITATION_DAYS),
    )
    _send(invitation, token, by=by, now=now)
    record(partner, Deed.INVITED, by=by, now=now, role=role)
    return invitation


def _refuse_too_many(partner: Partner, email: str, *, since: dt.datetime) -> None:
    """Raises: TooManyInvitationsError: the partner, or this address, has had enough that expire after ``since``."""
    today = Invitation.objects.filter(partner=partner, expires_at__gt=since)
    if today.count() >= A_DAY_PER_PARTNER or today.filter(email__iexact=email).count() >= A_DAY_PER_ADDRESS:
        raise TooManyInvitationsError


def _send(invitation: Invitation, token: str, *, by: User, now: dt.datetime) -> None:
    known = User.objects.filter(email=invitation.email).first()
    language = known.language if known else by.language
    outbox.write(
        "invitation",
        to=invitation.email,
        language=language,
        context={
            "partner": str(invitation.partner),
            "by": str(by),
            "role": invitation.role,
            "link": f"{settings.SITE_URL}{reverse('partners:invitation', args=[token])}?lang={language}",
            "days": INVITATION_DAYS,
        },
        key=f"invitation-{invitation.pk}",
        secret=True,
        now=now,
    )


class InvitationState(StrEnum):
    """What an invitation can still do for this reader."""

    OPEN = "open"
    ACCEPTED = "accepted"
    OTHER_ADDRESS = "other_address"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ReadInvitation:
    """An invitation as its reader meets it; ``invitation`` is None if we never sent this link."""

    state: InvitationState
    invitation: Invitation | None = None


def read_invitation(*, token: str, user: User | None, now: dt.datetime) -> ReadInvitation:
    """Return the invitation of this token with its state, for a signed-in ``user`` or for a reader without a session.

    Only the reader of our message has the token, so the link may say who invites, and to which company.
    """
    rows = Invitation.objects.select_related("partner", "invited_by")
    found = rows.filter(token_hash=_hash(token)).first()
    if found is None:
        return ReadInvitation(InvitationState.UNKNOWN)
    return ReadInvitation(_state_of(found, user, now), found)


def _state_of(invitation: Invitation, user: User | None, now: dt.datetime) -> InvitationState:
    if invitation.withdrawn_at:
        return InvitationState.WITHDRAWN
    if user is not None and invitation.email.lower() != user.email.lower():
        return InvitationState.OTHER_ADDRESS
    if invitation.accepted_at:
        return InvitationState.ACCEPTED
    return InvitationState.EXPIRED if invitation.expires_at <= now else InvitationState.OPEN


@transaction.atomic
def accept(*, token: str, user: User, now: dt.datetime) -> Partner:
    """Add the user to the company and return it. Accepting twice changes nothing the second time.

    Raises: InvitationGoneError.
    """
    read = read_invitation(token=token, user=user, now=now)
    invitation = read.invitation
    if invitation is None or read.state not in (InvitationState.OPEN, InvitationState.ACCEPTED):
        raise InvitationGoneError
    open_ = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if open_.update(accepted_at=now):
        Membership.objects.get_or_create(partner=invitation.partner, user=user, defaults={"role": invitation.role})
        record(invitation.partner, Deed.JOINED, by=user, now=now, role=invitation.role)
    elif not invitation.partner.memberships.filter(user=user).exists():
        # The person was a member and has been removed since: an old link must not bring them back.
        raise InvitationGoneError
    return invitation.partner


@transaction.atomic
def withdraw(*, invitation: Invitation, by: User, now: dt.datetime) -> None:
    open_ = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if open_.update(withdrawn_at=now):
        record(invitation.partner, Deed.INVITATION_WITHDRAWN, by=by, now=now)


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: User, now: dt.datetime) -> None:
    """Change the role of a member. Raises: LastOwnerError."""
    if role != Role.OWNER:
        _keep_an_owner(membership)
    if Membership.objects.filter(pk=membership.pk).exclude(role=role).update(role=role):
        was = {"before": membership.role, "after": role}
        record(membership.partner, Deed.ROLE_CHANGED, by=by, now=now, person=membership.user, **was)


@transaction.atomic
def remove(*, membership: Membership, by: User, now: dt.datetime) -> None:
    """Remove a member, or let one leave (``by`` is the member). A second call changes nothing.

    The only person of a company may leave it, if nothing of the company needs people.

    Raises: LastOwnerError.
    """
    if not may_be_left_empty(membership):
        _keep_an_owner(membership)
    deleted, _rows = Membership.objects.filter(pk=membership.pk).delete()
    if deleted:
        deed = Deed.LEFT if membership.user_id == by.pk else Deed.REMOVED
        record(membership.partner, deed, by=by, now=now, person=membership.user, membership=membership.pk)


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


def _keep_an_owner(membership: Membership) -> None:
    # The lock is on the partner, so that two owners cannot leave at the same moment.
    Partner.objects.select_for_update(no_key=True).get(pk=membership.partner_id)
    others = Membership.objects.filter(partner_id=membership.partner_id, role=Role.OWNER).exclude(pk=membership.pk)
    if not others.exists():
        raise LastOwnerError


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
