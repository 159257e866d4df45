"""Digests of short texts that the database keeps, with a key that it does not have (``SECRET_KEY``).

A digest of a former key is recognised while that key is among ``SECRET_KEY_FALLBACKS``.
"""

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac


def digest(salt: str, text: str) -> str:
    """Return the digest to keep. Texts of another ``salt`` never have the same one."""
    return _digest(salt, text, settings.SECRET_KEY)


def digests(salt: str, text: str) -> list[str]:
    """Return every digest that the text may have been kept by, the present key's first."""
    return [_digest(salt, text, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def is_of(kept: str, salt: str, text: str) -> bool:
    """Return whether a kept digest is this text's."""
    return any(constant_time_compare(each, kept) for each in digests(salt, text))


def _digest(salt: str, text: str, key: str) -> str:
    return salted_hmac(salt, text, secret=key, algorithm="sha256").hexdigest()
