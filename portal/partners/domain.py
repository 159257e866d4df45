"""Register a company, invite a colleague, hand over: what people do with a partner."""

import datetime as dt
import hashlib
import secrets

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from portal.accounts.models import User
from portal.notices import outbox
from portal.partners.models import Invitation, Membership, Partner, Role

INVITATION_DAYS = 7
A_DAY_PER_PARTNER = 20
A_DAY_PER_ADDRESS = 5


class AlreadyMemberError(Exception):
    """The invited address belongs to a member."""


class TooManyInvitationsError(Exception):
    """So many invitations in one day help nobody but a spammer."""


class InvitationGoneError(Exception):
    """The invitation is unknown, used, withdrawn, expired, or was made out to another address."""


class LastOwnerError(Exception):
    """A partner keeps at least one owner."""


@transaction.atomic
def register(*, name: str, country: str, owner: User) -> Partner:
    """Found a partner, with its first owner. ``country`` is ISO 3166-1 alpha-2, upper case."""
    partner = Partner.objects.create(name=name, country=country)
    Membership.objects.create(partner=partner, user=owner, role=Role.OWNER)
    return partner


@transaction.atomic
def invite(*, partner: Partner, email: str, role: str, by: User, now: dt.datetime) -> Invitation:
    """Offer a place to ``email`` for a week; a new invitation replaces an open one to the same address.

    Asked twice within a minute, the first one stands.

    Raises: AlreadyMemberError, TooManyInvitationsError.
    """
    email = email.lower()
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
    today = Invitation.objects.filter(expires_at__gt=a_week_from - dt.timedelta(days=1))
    of_address = today.filter(email__iexact=email, partner=partner).count()
    if today.filter(partner=partner).count() >= A_DAY_PER_PARTNER or of_address >= A_DAY_PER_ADDRESS:
        raise TooManyInvitationsError
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
    known = User.objects.filter(email=email).first()
    outbox.write(
        "invitation",
        to=email,
        language=known.language if known else by.language,
        context={
            "partner": str(partner),
            "by": str(by),
            "role": role,
            "link": settings.SITE_URL + reverse("partners:invitation", args=[token]),
            "days": INVITATION_DAYS,
        },
        key=f"invitation-{invitation.pk}",
        secret=True,
        now=now,
    )
    return invitation


def find_invitation(*, token: str, user: User, now: dt.datetime) -> Invitation:
    """Raises: InvitationGoneError: one error for every cause, so that nothing is learnt from trying tokens."""
    found = Invitation.objects.select_related("partner", "invited_by").filter(
        token_hash=_hash(token), email__iexact=user.email, withdrawn_at=None, expires_at__gt=now
    )
    invitation = found.first()
    if invitation is None:
        raise InvitationGoneError
    return invitation


@transaction.atomic
def accept(*, token: str, user: User, now: dt.datetime) -> Partner:
    """Join the company; accepting twice changes nothing the second time.

    Raises: InvitationGoneError.
    """
    invitation = find_invitation(token=token, user=user, now=now)
    open_ = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if open_.update(accepted_at=now):
        Membership.objects.get_or_create(partner=invitation.partner, user=user, defaults={"role": invitation.role})
    elif not invitation.partner.memberships.filter(user=user).exists():
        # Used before by somebody who has been removed since: a link is no way back.
        raise InvitationGoneError
    return invitation.partner


def withdraw(*, invitation: Invitation, now: dt.datetime) -> None:
    Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None).update(withdrawn_at=now)


@transaction.atomic
def change_role(*, membership: Membership, role: str) -> None:
    """Raises: LastOwnerError."""
    if role != Role.OWNER:
        _keep_an_owner(membership)
    Membership.objects.filter(pk=membership.pk).update(role=role)


@transaction.atomic
def remove(*, membership: Membership) -> None:
    """Raises: LastOwnerError."""
    _keep_an_owner(membership)
    membership.delete()


def _keep_an_owner(membership: Membership) -> None:
    # The lock is on the partner, so that two owners cannot leave at the same moment.
    Partner.objects.select_for_update().get(pk=membership.partner_id)
    others = Membership.objects.filter(partner_id=membership.partner_id, role=Role.OWNER).exclude(pk=membership.pk)
    if not others.exists():
        raise LastOwnerError


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
