"""The private address from which a calendar program reads a partner's days."""

import datetime as dt
import hashlib
import secrets

from django.db import transaction

from licensing.models import CalendarFeed
from portal.accounts.models import User
from portal.partners.models import Partner


def open_feed(*, partner: Partner, by: User, language: str, now: dt.datetime) -> str:
    """Return the token of a new address, shown once. The person's former address stops working."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        close_feed(partner=partner, by=by, now=now)
        CalendarFeed.objects.create(
            partner=partner, made_by=by, language=language, made_at=now, token_hash=_digest(token)
        )
    return token


def close_feed(*, partner: Partner, by: User, now: dt.datetime) -> None:
    CalendarFeed.objects.filter(partner=partner, made_by=by, revoked_at=None).update(revoked_at=now)


def withdraw_given(partner: Partner, user: User, role: str, by: User | None, now: dt.datetime) -> None:
    """Close the calendar address of a person who has left the company: it must not work if they come back."""
    if not role:
        close_feed(partner=partner, by=user, now=now)


def feed_of(token: str) -> CalendarFeed | None:
    """Return the open feed with this token, while the person who made it is a member who can sign in."""
    found = CalendarFeed.objects.select_related("partner").filter(token_hash=_digest(token), revoked_at=None).first()
    if found and found.partner.memberships.filter(user=found.made_by_id, user__is_active=True).exists():
        return found
    return None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
