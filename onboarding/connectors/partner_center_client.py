"""Ask Partner Center one question with an account's token."""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings

from onboarding.connectors.base import (
    PermanentError,
    QueueRefusedError,
    TemporaryError,
    current_inquiry,
)
from onboarding.connectors.partner_center_answers import PartnerCenterAnswer, read_answer
from onboarding.connectors.partner_center_tokens import TOKENS, refused
from onboarding.domain.partner_center import accounts
from onboarding.domain.partner_center.accounts import Credentials
from portal import outbound


def get(path: str, query: dict[str, str], *, region: str, now: dt.datetime) -> PartnerCenterAnswer:
    """Return the answer. Raises: TemporaryError, PermanentError."""
    return ask(accounts.credentials_for(region), "GET", path, query, now=now)


def ask(
    credentials: Credentials,
    method: str,
    path: str,
    query: dict[str, str],
    *,
    now: dt.datetime,
    headers: dict[str, str] | None = None,
    json: Any = None,
    max_bytes: int = outbound.MAX_BYTES,
    timeout: float = 10,
    may_refuse: bool = False,
) -> PartnerCenterAnswer:
    """Return the answer. A refused token is replaced once.

    Raises: TemporaryError, PermanentError. With ``may_refuse`` a 403 is returned like any answer.
    """

    def send(token: str) -> outbound.Response:
        own = {**(headers or {}), "Authorization": f"Bearer {token}"}
        return _send(method, path, query, own, json=json, timeout=timeout, max_bytes=max_bytes)

    response = send(TOKENS.current(credentials, now=now))
    if response.status == 401:
        response = send(TOKENS.renewed(credentials, now=now))
    try:
        return read_answer(response, now=now, may_refuse=may_refuse)
    except QueueRefusedError as error:
        raise refused(credentials, str(error), now=now) from error


def _send(
    method: str,
    path: str,
    query: dict[str, str],
    own: dict[str, str],
    *,
    json: Any,
    timeout: float,
    max_bytes: int,
) -> outbound.Response:
    """Return the response.

    Without one, send the request once more with its ``MS-RequestId``, so that it counts once.

    The next claim keeps that id too, if no answer comes at all. Source: [pc-headers].
    """
    asked = current_inquiry()
    headers = {
        **own,
        "Accept": "application/json",
        "MS-Contract-Version": "v1",
        "MS-RequestId": asked.id(method, path, query, json),
    }
    system = settings.PARTNER_CENTER_URL
    for is_last in (False, True):
        try:
            headers["MS-CorrelationId"] = str(uuid.uuid4())
            response = outbound.request(
                method,
                system + path,
                system=system,
                headers=headers,
                params=query,
                json=json,
                timeout=timeout,
                max_bytes=max_bytes,
            )
            asked.was_answered = True
            return response
        except outbound.Unreachable as error:
            if is_last:
                raise TemporaryError(str(error)) from error
        except (outbound.AddressRefused, outbound.TooLarge) as error:
            raise PermanentError(f"{type(error).__name__}: {error}") from error
    raise AssertionError("unreachable")
