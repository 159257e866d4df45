"""Verify who sent a message: Standard Webhooks 1.0.0, symmetric signatures (``v1``).

Written from [standard-webhooks]. Its Python library is not used: in version 1.1.0 some bad input (a signature without a
comma, a body that is not UTF-8) raised undocumented exceptions.
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping, Sequence

TOLERANCE = dt.timedelta(minutes=5)
LONGEST_ID = 200


class UnsignedError(Exception):
    """No signature matches a known secret, so the message is ignored."""


def verify(*, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: dt.datetime) -> str:
    """Return the message's id, which stays for all attempts to deliver it.

    Any of ``secrets`` (``whsec_…``) may match.

    Raises: UnsignedError: altered, unsigned, signed with an unknown secret, or sent more than five minutes from
    ``now``.
    """
    number, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not number or len(number) > LONGEST_ID or not number.isprintable() or "." in number:
        raise UnsignedError("webhook-id")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise UnsignedError("webhook-timestamp")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        raise UnsignedError("webhook-timestamp is not of now")
    given = [mark[3:] for mark in headers.get("webhook-signature", "").split() if mark.startswith("v1,")]
    signed = f"{number}.{stamp}.".encode() + body
    if not any(_fits(secret, signed, mark) for secret in secrets for mark in given):
        raise UnsignedError("webhook-signature")
    return number


def sign(*, number: str, at: dt.datetime, body: bytes, secret: str) -> dict[str, str]:
    """Return the headers of a message to send."""
    stamp = str(int(at.timestamp()))
    mark = _mark(secret, f"{number}.{stamp}.".encode() + body)
    return {"webhook-id": number, "webhook-timestamp": stamp, "webhook-signature": f"v1,{mark}"}


def _fits(secret: str, signed: bytes, mark: str) -> bool:
    return hmac.compare_digest(_mark(secret, signed).encode(), mark.encode())


def _mark(secret: str, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key(secret), signed, hashlib.sha256).digest()).decode()


def key(secret: str) -> bytes:
    """Return the bytes of ``whsec_…``. Raises: ValueError for another format, or fewer than 24 bytes."""
    try:
        found = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook's secret is whsec_ and base64") from error
    if not secret.startswith("whsec_") or len(found) < 24:
        raise ValueError("a webhook's secret is whsec_ and base64 of 24 bytes or more")
    return found
