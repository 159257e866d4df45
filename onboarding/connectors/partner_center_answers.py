"""Tell an answer of Partner Center from trouble, and keep the ids that its support asks for."""

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

from onboarding.connectors.base import (
    PermanentError,
    QueueRefusedError,
    TemporaryError,
)
from portal import outbound

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class PartnerCenterAnswer:
    """A business answer; the keys of ``body`` are lower case, ``code`` is text or empty."""

    status: int
    code: str
    body: dict[str, Any]
    continuation: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def evidence(self) -> dict[str, Any]:
        """Return the answer with the ids by which Microsoft's support finds it in its logs."""
        shown = {"status": self.status, "code": self.code, "description": text_of(self.body, "description")}
        return {key: value for key, value in {**shown, **self.ids}.items() if value}

    def success(self) -> dict[str, Any]:
        """Return the body. Raises: PermanentError for an error that the caller does not handle."""
        if self.status != 200:
            raise PermanentError(f"Partner Center answered {self.status}, code {self.code or 'none'}")
        return self.body


def read_answer(response: outbound.Response, *, now: dt.datetime, may_refuse: bool = False) -> PartnerCenterAnswer:
    """Return a business answer, or raise a failure. Source: [pc-errors], [pc-throttling].

    Raises: TemporaryError, PermanentError.
    """
    body = _folded(_json(response, now=now))
    if not isinstance(body, dict):
        raise TemporaryError(f"Partner Center answered {response.status} with something else than an object")
    code = code_of(body)
    if response.status in {408, 429} or response.status >= 500 or body.get("isretryable") is True:
        wish = response.retry_at(now) or _wish_in_words(body, now)
        raise TemporaryError(f"Partner Center answered {response.status}, code {code or 'none'}", retry_at=wish)
    if response.status == 401:
        raise QueueRefusedError(f"Partner Center refuses our sign-in, code {code or 'none'}")
    if response.status not in {200, 400, 404} and not (may_refuse and response.status == 403):
        raise PermanentError(f"Partner Center answered {response.status}, code {code or 'none'}")
    return PartnerCenterAnswer(
        response.status, code, body, response.headers.get("MS-ContinuationToken", ""), ids_of(response)
    )


def ids_of(response: outbound.Response) -> dict[str, str]:
    named = {"correlation_id": "MS-CorrelationId", "request_id": "MS-RequestId"}
    found = {name: response.headers.get(header, "").lower() for name, header in named.items()}
    return {name: value for name, value in found.items() if GUID.fullmatch(value)}


def _json(response: outbound.Response, *, now: dt.datetime) -> Any:
    """Return the JSON. Raises: TemporaryError for an error page in HTML, or an empty body."""
    try:
        return response.json()
    except ValueError as error:
        message = f"Partner Center answered {response.status} with something else than JSON"
        raise TemporaryError(message, retry_at=response.retry_at(now)) from error


def _folded(value: Any) -> Any:
    """Return the value with keys in lower case, because samples, SDK and service mix camelCase and PascalCase."""
    if isinstance(value, dict):
        return {str(key).lower(): _folded(inner) for key, inner in value.items()}
    return [_folded(inner) for inner in value] if isinstance(value, list) else value


def code_of(body: dict[str, Any]) -> str:
    """Return the code, sent as a number or as text; shape (b) calls it statusCode, the sign-in "error"."""
    return text_of(body, "code") or text_of(body, "statusCode") or text_of(body, "error")


def _wish_in_words(body: dict[str, Any], now: dt.datetime) -> dt.datetime | None:
    found = re.search(r"in (\d{1,5}) seconds", text_of(body, "message"))
    return now + dt.timedelta(seconds=int(found[1])) if found else None


def text_of(body: dict[str, Any], name: str) -> str:
    value = body.get(name.lower())
    return "" if value is None or isinstance(value, (dict, list)) else str(value).replace("\x00", "").strip()
