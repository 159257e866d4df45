"""The mails about an account. django-allauth decides when; their templates are in ``templates/account/email``."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.notices import letters
from portal.notices.registry import Category, Letter, Notification, Reader

SAFE = _("It protects your account.")


def letter(prefix: str, language: str, context: dict[str, Any]) -> Letter:
    """Return the mail of allauth's templates ``prefix``; without HTML ones, in the portal's frame."""
    with translation.override(language):
        values = {**context, "language": language, **letters.ways(has_account=not prefix.endswith("unknown_account"))}
        subject = letters.one_line(render_to_string(f"{prefix}_subject.txt", values))
        text = render_to_string(f"{prefix}_message.txt", values).strip()
        values["subject"] = subject
        try:
            html = render_to_string(f"{prefix}_message.html", values)
        except TemplateDoesNotExist:
            html = render_to_string("emails/plain.html", {**values, "paragraphs": text.split("\n\n")})
        return Letter(subject, letters.with_footer(text, values), html)


def _render(kind: Notification, language: str, context: dict[str, Any]) -> Letter:
    return letter(kind.template, language, context)


def _kind(
    name: str, title: str | Promise, when: str | Promise, reader: Reader = Reader.ACCOUNT, place: str = "account"
) -> Notification:
    return Notification(
        code=name.replace("_", "-"),
        title=title,
        when=when,
        readers=(reader,),
        category=Category.ACCOUNT,
        template=f"{place}/email/{name}",
        why=SAFE,
        example=_example,
        render=_render,
    )


def _example() -> dict[str, Any]:
    return {
        "email": "claude@exemple.example",
        "from_email": "ancien@exemple.example",
        "to_email": "claude@exemple.example",
        "deleted_email": "ancien@exemple.example",
        "activate_url": settings.SITE_URL + reverse("account_confirm_email", args=["example"]),
        "password_reset_url": settings.SITE_URL + reverse("account_reset_password"),
        "signup_url": settings.SITE_URL + reverse("account_signup"),
        "timestamp": dt.datetime(2026, 11, 12, 9, 14, tzinfo=dt.UTC),
        "ip": "192.0.2.7",
    }


def _account_made() -> dict[str, Any]:
    link = settings.SITE_URL + reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "example"})
    return {"link": link, "email": "claude@exemple.example", "days": 3}


KINDS = (
    Notification(
        code="account_made",
        title=_("Your account on the portal"),
        when=_("An administrator makes an account for you."),
        readers=(Reader.ACCOUNT,),
        category=Category.ACCOUNT,
        why=_("Without it you could not choose a password."),
        example=_account_made,
    ),
    _kind("email_confirmation_signup", _("Confirm your address"), _("You create an account.")),
    _kind("email_confirmation", _("Confirm a new address"), _("You change the address of your account.")),
    _kind("account_already_exists", _("You have an account already"), _("Someone signs up with your address.")),
    _kind("password_reset_key", _("Choose a new password"), _("Someone asks for a new password for your account.")),
    _kind(
        "unknown_account",
        _("No account uses this address"),
        _("Someone asks for a new password for an address without an account."),
        Reader.STRANGER,
    ),
    _kind("password_changed", _("Your password was changed"), _("The password of your account is changed.")),
    _kind("password_reset", _("Your password was replaced"), _("A new password is chosen by a link in an e-mail.")),
    _kind("password_set", _("Your account has a password"), _("A first password is chosen for your account.")),
    _kind("email_changed", _("Your address was changed"), _("The address of your account is changed.")),
    _kind("email_confirm", _("Your address is confirmed"), _("An address of your account is confirmed.")),
    _kind("email_deleted", _("An address was removed"), _("An address is removed from your account.")),
    _kind(
        "totp_activated",
        _("Two-step sign-in is on"),
        _("You add an authenticator app to your account."),
        place="mfa",
    ),
    _kind(
        "totp_deactivated",
        _("Two-step sign-in is off"),
        _("The authenticator app is removed from your account."),
        place="mfa",
    ),
    _kind(
        "webauthn_added",
        _("A passkey was added"),
        _("You add a passkey to your account."),
        place="mfa",
    ),
    _kind(
        "webauthn_removed",
        _("A passkey was removed"),
        _("A passkey is removed from your account."),
        place="mfa",
    ),
    _kind(
        "recovery_codes_generated",
        _("New recovery codes"),
        _("New recovery codes are made for your account."),
        place="mfa",
    ),
)
