"""Passwords that nobody guesses: judged by guessability, not by signs of each class.

``zxcvbn`` estimates the guesses that a password cracker needs, with the words of this portal, of the person and of
their companies tried first. It knows English lists; ``common_passwords.txt`` adds what is common in French, and what we
have published ourselves. Sources: [nist-63b] (length and lists, no classes of signs), [zxcvbn].
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

ENOUGH_GUESSES = 1e10  # zxcvbn's best class: safe even from somebody who has the stored hash
LOOKED_AT = 72  # characters; zxcvbn's time grows with the square
LONGEST = 1_000  # characters that are accepted; hashing more only costs time
_OURS = (
    "ingram", "micro", "ingram micro", "csp", "microsoft", "partner", "partenaire", "portal", "portail", "reseller",
    "revendeur", "cloud", "open", "onboarding", "enrolment", "inscription", "office", "azure", "licence",
)  # fmt: skip
_LIST = Path(__file__).with_name("common_passwords.txt")


class GuessablePasswordValidator:
    """Refuse a password that is on a list, or that zxcvbn guesses in fewer than ``ENOUGH_GUESSES`` tries."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises: ValidationError."""
        if len(password) > LONGEST:
            raise ValidationError(
                _("This password is too long: at most %(most)d characters.") % {"most": LONGEST}, "password_too_long"
            )
        if _plain(password) in _common() or _guesses(password, user) < ENOUGH_GUESSES:
            raise ValidationError(
                _(
                    "This password is easy to guess. Take three or four words that have nothing to do with each other, "
                    "with you, or with your company."
                ),
                "password_guessable",
            )

    def get_help_text(self) -> str:
        return _("Three or four words that have nothing to do with each other.")


def _guesses(password: str, user: Any) -> float:
    words = [*_OURS, *_words_of(user)]
    # zxcvbn believes that nobody guesses what stands between two words; everybody tries a space, a dot, a dash.
    forms = {password, re.sub(r"[\s._-]+", "", password)}
    return min(float(zxcvbn(form[:LOOKED_AT], user_inputs=words)["guesses"]) for form in forms if form)


def _words_of(user: Any) -> list[str]:
    """Return what somebody who knows the person would try: parts of their name, address and companies."""
    if user is None:
        return []
    texts = [getattr(user, "email", ""), getattr(user, "name", "")]
    if getattr(user, "pk", None):
        texts += user.partners.values_list("name", flat=True)
    words = [word for text in texts for word in re.split(r"[\W_]+", text.lower()) if len(word) > 2]
    return [*(text.lower() for text in texts if text), *words]


@cache
def _common() -> frozenset[str]:
    listed = [_plain(line) for line in _LIST.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return frozenset({*filter(None, listed), _plain(settings.DEMO_PASSWORD)})


def _plain(password: str) -> str:
    """Return the password as lists write it: lower case, without what stands between its words or counts at its end."""
    return re.sub(r"[\W_]+", "", password[:LONGEST].lower()).rstrip("0123456789")
