"""What people do with a partner: register a company, invite a colleague, accept an invitation."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from portal.accounts import addresses
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.limits import Limited, Scope
from portal.notices import outbox, stops
from portal.partners import people
from portal.partners.events import record
from portal.partners.models import Deed, Invitation, Partner, Role
from portal.work import usage

INVITATION_DAYS = 7


class AlreadyMemberError(Exception):
    """The invited address belongs to a member."""


class InvitationGoneError(Exception):
    """The invitation is unknown, used, withdrawn, expired, or for another address."""


@transaction.atomic
def register(*, name: str, country: str, owner: User, **legal_data: str) -> Partner:
    """Return a new partner with its first owner. ``country`` is ISO 3166-1 alpha-2, upper case.

    ``legal_data`` are further fields of the partner that a register told.

    Raises: limits.LimitReachedError.
    """
    partner = Partner.objects.create(name=name, country=country, **legal_data)
    usage.use(Limited.COMPANY, {Scope.ACCOUNT: owner.pk}, now=partner.created_at)
    people.found_by(partner=partner, owner=owner, by=owner, now=partner.created_at)
    return partner


@transaction.atomic
def invite(*, partner: Partner, email: str, role: str, by: User, now: dt.datetime) -> Invitation:
    """Return an invitation of ``email``, valid for a week. It replaces an open one to that address.

    A second call within a minute returns the first invitation.

    Raises: AlreadyMemberError, limits.LimitReachedError, stops.StoppedError.
    """
    email = addresses.clean(email)
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
    if partner.memberships.filter(user__email=email).exists():
        raise AlreadyMemberError
    stops.refuse(email)
    who = {Scope.ACCOUNT: by.pk, Scope.COMPANY: partner.pk, Scope.ADDRESS: email}
    usage.use(Limited.INVITATION, who, now=now, is_proven=people.is_proven(partner))
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
            "stop": f"{settings.SITE_URL}{reverse('partners:unknown', args=[token])}?lang={language}",
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
    if invitation.withdrawn_at or not (invitation.accepted_at or _may_invite(invitation)):
        return InvitationState.WITHDRAWN
    if user is not None and invitation.email.lower() != user.email.lower():
        return InvitationState.OTHER_ADDRESS
    if invitation.accepted_at:
        return InvitationState.ACCEPTED
    return InvitationState.EXPIRED if invitation.expires_at <= now else InvitationState.OPEN


def _may_invite(invitation: Invitation) -> bool:
    """Return whether the person who invited may still do so: an owner, or a BDM where a company had no owner."""
    giver = invitation.invited_by
    owns = invitation.partner.memberships.filter(user=giver, role=Role.OWNER)
    return giver.is_active and (owns.exists() or Bdm.objects.filter(user=giver).exists())


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
        people.join(partner=invitation.partner, user=user, role=invitation.role, by=user, now=now)
    elif not invitation.partner.memberships.filter(user=user).exists():
        # The person was a member and has been removed since: an old link must not bring them back.
        raise InvitationGoneError
    return invitation.partner


@transaction.atomic
def withdraw(*, invitation: Invitation, by: User, now: dt.datetime) -> None:
    open_ = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if open_.update(withdrawn_at=now):
        record(invitation.partner, Deed.INVITATION_WITHDRAWN, by=by, now=now)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
