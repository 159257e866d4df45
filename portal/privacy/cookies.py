"""Every cookie that the portal sets: what for, and how long. A test compares the list with those really set.

All are needed for what the reader asks for, so nobody has to agree to them first. Source: [cnil-cookies].
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.web.flash import HostCookieStorage

Text = str | Promise


@dataclass(frozen=True)
class Cookie:
    name: str
    purpose: Text
    how_long: Text


def all_of_them() -> tuple[Cookie, ...]:
    return (
        Cookie(
            settings.SESSION_COOKIE_NAME,
            _("Keeps you signed in, and keeps what you typed if you must sign in again first."),
            _("8 hours after your last visit; signing out ends it at once"),
        ),
        Cookie(
            settings.CSRF_COOKIE_NAME,
            _("Makes sure that a form comes from our own page, not from somebody else's."),
            _("a year"),
        ),
        Cookie(settings.LANGUAGE_COOKIE_NAME, _("Remembers the language that you chose."), _("a year")),
        Cookie(
            HostCookieStorage.cookie_name,
            _("Carries a message such as “Saved” to the next page."),
            _("until that page is shown"),
        ),
    )
