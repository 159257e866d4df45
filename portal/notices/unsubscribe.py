"""The address by which a mail program switches one kind of mail off for its reader, without a session.

The token names the account and the kind, and only we can sign it. Source: [rfc-8058].
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.urls import reverse

from portal.notices import preferences, registry
from portal.notices.models import Mail
from portal.notices.registry import Choice, Notification

_SALT = "portal.notices.unsubscribe"


class UnknownLinkError(Exception):
    """We did not sign this link, or its account or kind of mail is no longer there."""


def headers(mail: Mail) -> dict[str, str]:
    """Return the headers of a mail that its reader may switch off; {} for any other."""
    kind = registry.find(mail.code)
    if kind is None or not kind.may_opt_out:
        return {}
    reader = get_user_model()._default_manager.filter(email=mail.to).values_list("pk", flat=True).first()
    if reader is None:
        return {}
    token = signing.dumps([reader, mail.code], salt=_SALT)
    address = settings.SITE_URL + reverse("notices:unsubscribe", args=[token])
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def kind_of(token: str) -> Notification:
    """Return the kind of mail that the token switches off. Raises: UnknownLinkError."""
    return _read(token)[1]


def switch_off(token: str) -> None:
    """Send this kind to this reader no more. Twice changes nothing. Raises: UnknownLinkError."""
    user, kind = _read(token)
    preferences.save(user, {kind.code: Choice.OFF.value})


def _read(token: str) -> tuple[object, Notification]:
    try:
        number, code = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        raise UnknownLinkError from None
    kind = registry.find(code)
    user = get_user_model()._default_manager.filter(pk=number).first()
    if user is None or kind is None or not kind.may_opt_out:
        raise UnknownLinkError
    return user, kind
