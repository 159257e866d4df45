"""What the invited person does with the link: go on, take the company over with its draft, or refuse for good."""

import datetime as dt
from typing import Any

from django.db import transaction

from onboarding.domain import history
from onboarding.domain.campaigns import links, planning, tracking
from onboarding.domain.campaigns.links import InviteLinkState
from onboarding.domain.enrollment import lifecycle
from onboarding.enums import CampaignStep, InviteeState
from onboarding.models import CampaignRow, Enrollment
from portal.accounts.models import User
from portal.notices import outbox, stops
from portal.partners import domain
from portal.partners.models import Partner, Role


class LinkIsOverError(Exception):
    """The link is used, stopped, expired, refused, or for another address: nothing was changed."""


@transaction.atomic
def go_on(*, token: str, user: User | None, now: dt.datetime) -> CampaignRow:
    """Note that a person, no mail scanner, opened the invitation, and return its row. Twice changes nothing.

    Raises: LinkIsOverError.
    """
    row = _open_row(token, user, now)
    tracking.note(row, CampaignStep.OPENED, at=now)
    return row


@transaction.atomic
def accept(*, token: str, user: User, name: str, country: str, mpn_id: str, now: dt.datetime) -> Enrollment:
    """Return the draft enrollment of the invited person's company, both prefilled; a second call returns it again.

    ``name``, ``country`` (of the registered office) and ``mpn_id`` are as the person confirmed them.

    Raises: LinkIsOverError.
    """
    read = links.read(token=token, user=user, now=now)
    if read.row is None:
        raise LinkIsOverError
    row = CampaignRow.objects.select_for_update(of=("self",)).select_related("enrollment__partner").get(pk=read.row.pk)
    if row.enrollment and row.enrollment.partner.memberships.filter(user=user).exists():
        return row.enrollment
    row = _open_row(token, user, now)
    assert row.country_id is not None
    tracking.note(row, CampaignStep.OPENED, at=now)
    partner = _company(name, country, user)
    try:
        enrollment = lifecycle.start(partner=partner, country=row.country_id, by=user, now=now)
    except lifecycle.AlreadyEnrolledError as there:
        enrollment = there.enrollment
    else:
        _prefill(enrollment, row, mpn_id, now)
        history.add(enrollment, "invited_by_ingram", at=now, actor=user)
    CampaignRow.objects.filter(pk=row.pk).update(partner=partner, enrollment=enrollment)
    tracking.note(row, CampaignStep.STARTED, at=now, actor=user)
    return enrollment


def _open_row(token: str, user: User | None, now: dt.datetime) -> CampaignRow:
    """Return the row under its lock. Raises: LinkIsOverError."""
    read = links.read(token=token, user=user, now=now)
    if read.row is None or read.state != InviteLinkState.OPEN:
        raise LinkIsOverError
    row = CampaignRow.objects.select_for_update(of=("self",)).get(pk=read.row.pk)
    if row.state not in planning.BEFORE_ENROLLMENT:
        raise LinkIsOverError
    return row


def _company(name: str, country: str, user: User) -> Partner:
    """Return the user's own company of this name and country, or a new one that they own."""
    own = Partner.objects.filter(memberships__user=user, memberships__role=Role.OWNER, country=country)
    return own.filter(name__iexact=name).first() or domain.register(name=name, country=country, owner=user)


def _prefill(enrollment: Enrollment, row: CampaignRow, mpn_id: str, now: dt.datetime) -> None:
    first, _space, last = row.contact_name.partition(" ")
    drafts: dict[str, dict[str, Any]] = {
        "mpn-id": {"has_mpn_account": "True", "mpn_id": mpn_id} if mpn_id else {},
        "location": {"country": row.country_id, "location_country": row.country_id},
        "company": {"legal_name": enrollment.partner.name},
        "contact": {"contact_first_name": first, "contact_last_name": last, "contact_email": row.email},
        "marketplace": {"marketplace_login": "imonline", "customer_number": row.imonline} if row.imonline else {},
    }
    for slug, typed in drafts.items():
        if typed:
            kept = {**typed, "basis": lifecycle.basis(enrollment, slug)}
            lifecycle.keep_draft(enrollment=enrollment, slug=slug, typed=kept, now=now)


@transaction.atomic
def refuse(*, token: str, now: dt.datetime) -> bool:
    """Stop this invitation and every further one to its address. Return False for a link we never sent.

    It works as long as the link can be read, also after its end: a refusal is always in time.
    """
    row = links.read(token=token, user=None, now=now).row
    if row is None:
        return False
    row = CampaignRow.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if row.email:
        stops.stop(row.email, now=now)
    for other in CampaignRow.objects.filter(email=row.email).exclude(email=""):
        outbox.take_back([tracking.mail_key(other, number) for number in range(other.mails)])
    if row.state in (*planning.BEFORE_ENROLLMENT, InviteeState.STOPPED):
        tracking.note(row, CampaignStep.REFUSED, at=now)
    return True
