"""The portal's django-allauth adapter: mails in the reader's language, links with the configured address."""

import logging
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from portal.accounts import addresses, mail_kinds
from portal.accounts.models import User
from portal.wording import reader_language

log = logging.getLogger("portal.security")


def _at_site(url: str) -> str:
    # The request's Host header comes from the sender; a forged one must not get into the reader's mailbox.
    return settings.SITE_URL + urlsplit(url).path


_WAYS = {
    "reauthenticate": _("Use my password"),
    "mfa_reauthenticate": _("Use a code of my authenticator app, or a recovery code"),
    "mfa_reauthenticate:webauthn": _("Use my passkey"),
}


class AccountAdapter(DefaultAccountAdapter):
    # ``login_failed`` of ACCOUNT_RATE_LIMITS: of one account and of one network, each for five minutes.
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": _(
            "Too many wrong passwords. Sign-in is locked for 5 minutes: wait, then try again, or choose a new password."
        ),
    }

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse a further password of an account or a network that is locked. Raises: ValidationError."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            log.warning("sign-in locked: too many wrong passwords")
            raise

    def clean_email(self, email: str) -> str:
        return addresses.clean(super().clean_email(email))

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm an address. If it replaces another one, change both tables in one deed."""
        user = email_address.user
        if user.email == email_address.email:
            return bool(super().confirm_email(request, email_address))
        try:
            addresses.change(user=user, to=email_address.email, now=timezone.now())
        except addresses.AddressTakenError:
            self.add_message(
                request,
                messages.ERROR,
                "account/messages/email_confirmation_failed.txt",
                {"email": email_address.email},
            )
            return False
        self.add_message(
            request, messages.SUCCESS, "account/messages/email_confirmed.txt", {"email": email_address.email}
        )
        return True

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.language = reader_language()
        return super().save_user(request, user, form, commit)

    def render_mail(self, template_prefix: str, email: Any, context: dict[str, Any], headers: Any = None) -> Any:
        context = {name: _at_site(value) if name.endswith("_url") else value for name, value in context.items()}
        reader = context.get("user")
        language = reader.language if isinstance(reader, User) else translation.get_language()
        letter = mail_kinds.letter(template_prefix, language or settings.LANGUAGE_CODE, context)
        to = [email] if isinstance(email, str) else email
        message = EmailMultiAlternatives(letter.subject, letter.text, self.get_from_email(), to, headers=headers)
        message.attach_alternative(letter.html, "text/html")
        return message

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return the ways to prove who one is, the usual one first, in the portal's words."""
        return [{**way, "description": _WAYS[way["id"]]} for way in super().get_reauthentication_methods(user)]

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return _at_site(super().get_email_confirmation_url(request, emailconfirmation))

    def get_reset_password_from_key_url(self, key: str) -> str:
        return _at_site(super().get_reset_password_from_key_url(key))
