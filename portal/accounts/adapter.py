"""The portal's django-allauth adapter: mails in the reader's language, links with the configured address."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest
from django.utils import translation

from portal.accounts import mail_kinds
from portal.accounts.models import User


def _at_site(url: str) -> str:
    # The request's Host header comes from the sender; a forged one must not get into the reader's mailbox.
    return settings.SITE_URL + urlsplit(url).path


class AccountAdapter(DefaultAccountAdapter):
    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.language = translation.get_language() or settings.LANGUAGE_CODE
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

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return _at_site(super().get_email_confirmation_url(request, emailconfirmation))

    def get_reset_password_from_key_url(self, key: str) -> str:
        return _at_site(super().get_reset_password_from_key_url(key))
