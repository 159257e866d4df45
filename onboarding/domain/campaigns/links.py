"""The link of an invitation: signed, valid for a month, and good for one row of one campaign only."""

import datetime as dt
import uuid
from dataclasses import dataclass
from enum import StrEnum

from django.core import signing

from onboarding.enums import CampaignState, InviteeState
from onboarding.models import CampaignRow
from portal.accounts.models import User

LIFE = dt.timedelta(days=30)
_SALT = "onboarding.campaigns.link"


class InviteLinkState(StrEnum):
    """What a link can still do for this reader."""

    OPEN = "open"
    OTHER_ADDRESS = "other_address"
    USED = "used"
    EXPIRED = "expired"
    STOPPED = "stopped"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ReadLink:
    """A link as its reader meets it; ``row`` is None if we never sent it."""

    state: InviteLinkState
    row: CampaignRow | None = None


def token_of(row: CampaignRow, *, now: dt.datetime) -> str:
    """Return a new token for the row, valid for ``LIFE``. Earlier ones stay valid until their own end."""
    return signing.Signer(salt=_SALT).sign_object([row.key.hex, int((now + LIFE).timestamp())], compress=False)


def read(*, token: str, user: User | None, now: dt.datetime) -> ReadLink:
    """Return what the link can do for ``user``, or for a reader without a session. Writes nothing."""
    try:
        key, until = signing.Signer(salt=_SALT).unsign_object(token)
        key, until = uuid.UUID(key), dt.datetime.fromtimestamp(until, dt.UTC)
    except (signing.BadSignature, ValueError, TypeError, AttributeError, OverflowError):
        return ReadLink(InviteLinkState.UNKNOWN)
    row = CampaignRow.objects.select_related("campaign__scope_of", "country", "enrollment").filter(key=key).first()
    if row is None:
        return ReadLink(InviteLinkState.UNKNOWN)
    return ReadLink(_state_of(row, user, is_over=now >= until), row)


def _state_of(row: CampaignRow, user: User | None, *, is_over: bool) -> InviteLinkState:
    if row.state == InviteeState.REFUSED:
        return InviteLinkState.REFUSED
    if row.state in (InviteeState.STARTED, InviteeState.SUBMITTED, InviteeState.READY):
        return InviteLinkState.USED
    if row.state in (InviteeState.STOPPED, InviteeState.HELD) or row.campaign.state != CampaignState.RUNNING:
        return InviteLinkState.STOPPED
    if is_over or not row.email:
        return InviteLinkState.EXPIRED
    if user is not None and user.email.lower() != row.email.lower():
        return InviteLinkState.OTHER_ADDRESS
    return InviteLinkState.OPEN
