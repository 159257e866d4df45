"""Cursors: where a list goes on. They are signed, and belong to one client, one list and its filters.

They hold no right: each page asks again what the client may see. No moment is in them, so that an unchanged page has an
unchanged ``ETag``.
"""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence

from django.core import signing

_SIGNER = "api.cursor"
Value = dt.datetime | uuid.UUID | int


class BadCursorError(Exception):
    """The cursor was altered, or belongs to another client, list or filter."""


def write(position: Sequence[Value], *, of: str, client: int, filters: Mapping[str, object]) -> str:
    """Return the cursor of a position in a list."""
    values = [value.isoformat() if isinstance(value, dt.datetime) else str(value) for value in position]
    return signing.Signer(salt=_SIGNER).sign_object([_digest(of, client, filters), *values])


def read(
    cursor: str, kinds: Sequence[Callable[[str], Value]], *, of: str, client: int, filters: Mapping[str, object]
) -> tuple[Value, ...]:
    """Return the position. ``kinds`` reads each of its values. Raises: BadCursorError."""
    try:
        digest, *values = signing.Signer(salt=_SIGNER).unsign_object(cursor)
        if digest != _digest(of, client, filters):
            raise BadCursorError
        return tuple(kind(value) for kind, value in zip(kinds, values, strict=True))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadCursorError from error


def _digest(of: str, client: int, filters: Mapping[str, object]) -> str:
    text = json.dumps([of, client, sorted((name, str(value)) for name, value in filters.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
