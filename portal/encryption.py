"""Encryption of secrets at rest.

The first of ``SECRETS_KEYS`` encrypts and any of them decrypts, so keys can be rotated.

Source: [fernet] (MultiFernet).
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class NoKeyError(Exception):
    """``SECRETS_KEYS`` is empty, so nothing can be encrypted."""


class CannotDecryptError(Exception):
    """The text was encrypted with a key that is no longer among ``SECRETS_KEYS``."""


def has_key() -> bool:
    return bool(settings.SECRETS_KEYS)


def encrypt(text: str) -> str:
    """Return the encrypted text. Raises: NoKeyError."""
    return _box().encrypt(text.encode()).decode()


def decrypt(sealed: str) -> str:
    """Return the plain text. Raises: NoKeyError, CannotDecryptError."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotDecryptError("sealed with a key that is no longer known") from error


def is_current(sealed: str) -> bool:
    """Return whether the text is sealed with the first key, which stays when the others are dropped."""
    if not settings.SECRETS_KEYS:
        return False
    try:
        Fernet(settings.SECRETS_KEYS[0]).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


def _box() -> MultiFernet:
    if not settings.SECRETS_KEYS:
        raise NoKeyError("SECRETS_KEYS is empty: nothing may be kept encrypted")
    return MultiFernet([Fernet(key) for key in settings.SECRETS_KEYS])
