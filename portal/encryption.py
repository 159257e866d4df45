"""Secrets at rest: sealed with the first of ``SECRETS_KEYS``, opened with any of them, so that keys can be rotated.

Source: [fernet] (MultiFernet).
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class NoKeyError(Exception):
    """Nothing can be sealed: ``SECRETS_KEYS`` is empty."""


class CannotDecryptError(Exception):
    """It was sealed with a key that is not among ``SECRETS_KEYS`` any more."""


def has_key() -> bool:
    return bool(settings.SECRETS_KEYS)


def encrypt(text: str) -> str:
    """Raises: NoKeyError."""
    return _box().encrypt(text.encode()).decode()


def decrypt(sealed: str) -> str:
    """Raises: NoKeyError, CannotOpenError."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotDecryptError("sealed with a key that is no longer known") from error


def check_keys() -> None:
    """Raises: ValueError if one of them is no key."""
    for key in settings.SECRETS_KEYS:
        Fernet(key)


def _box() -> MultiFernet:
    if not settings.SECRETS_KEYS:
        raise NoKeyError("SECRETS_KEYS is empty: nothing may be kept encrypted")
    return MultiFernet([Fernet(key) for key in settings.SECRETS_KEYS])
