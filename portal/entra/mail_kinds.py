"""The mails about signing in with Microsoft."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.accounts.mail_kinds import SAFE
from portal.notices.registry import Category, Notification, Reader


def _code() -> dict[str, Any]:
    return {"code": "1234 5678", "minutes": 10}


def _account() -> dict[str, Any]:
    return {"address": "claude@exemple.example", "name": "Claude Exemple"}


KINDS = (
    Notification(
        code="microsoft_code",
        title=_("Code for your sign-in with Microsoft"),
        when=_("Someone signs in with Microsoft for the first time and gives your address."),
        readers=(Reader.STRANGER,),
        category=Category.ACCOUNT,
        why=_("Without it you could not sign in with Microsoft."),
        example=_code,
    ),
    Notification(
        code="microsoft_connected",
        title=_("A Microsoft account was connected"),
        when=_("A Microsoft account is connected to your account."),
        readers=(Reader.ACCOUNT,),
        category=Category.ACCOUNT,
        why=SAFE,
        example=_account,
    ),
    Notification(
        code="microsoft_disconnected",
        title=_("A Microsoft account was disconnected"),
        when=_("A Microsoft account is disconnected from your account."),
        readers=(Reader.ACCOUNT,),
        category=Category.ACCOUNT,
        why=SAFE,
        example=_account,
    ),
)
