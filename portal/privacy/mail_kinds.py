"""The mails about the erasure of an account."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.notices.registry import Category, Notification, Reader


def _asked() -> dict[str, Any]:
    return {
        "due": dt.datetime(2026, 12, 10, 9, 0, tzinfo=dt.UTC),
        "link": settings.SITE_URL + reverse("privacy:own"),
        "hindrances": [gettext("You are an administrator. Ask another administrator to take your rights away first.")],
    }


def _done() -> dict[str, Any]:
    return {
        "erased": [{"label": gettext("Your e-mail addresses"), "number": 1, "how": gettext("deleted")}],
        "kept": [{"label": gettext("Messages"), "number": 4, "how": gettext("kept, without your name")}],
        "link": settings.SITE_URL + reverse("privacy"),
    }


def _kind(code: str, title: Any, when: Any, example: Any, why: Any) -> Notification:
    return Notification(
        code=code, title=title, when=when, readers=(Reader.ACCOUNT,), category=Category.ACCOUNT, why=why,
        example=example,
    )  # fmt: skip


_WHY = _("If it was not you who asked, you can still stop it.")

KINDS = (
    _kind("erasure_asked", _("Your account will be erased"), _("You ask us to erase your account."), _asked, _WHY),
    _kind(
        "erasure_idle", _("Your account is not used"),
        _("You have not signed in for two years, and your account belongs to no company."), _asked,
        _("Without it your account would be erased, and you would not know."),
    ),
    _kind(
        "erasure_withdrawn", _("Your account stays"), _("You withdraw your request to erase your account."), _asked,
        _("It protects your account."),
    ),
    _kind(
        "erasure_held", _("Your account cannot be erased yet"),
        _("The day has come, and something must be done first."), _asked,
        _("Without it you would believe that your account is erased."),
    ),
    _kind(
        "erasure_done", _("Your account is erased"), _("Your account was erased as you asked."), _done,
        _("It is the receipt: what was erased, what is kept, and why."),
    ),
)  # fmt: skip
