"""Ask another company's JSON service, and distinguish an answer from a failure: the common part of its connectors."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from onboarding.connectors.base import PermanentError, QueueRefusedError, TemporaryError
from portal import outbound

TEXT_LENGTH = 300  # of one fact of another system: longer texts would only fill the database and the page


@dataclass(frozen=True)
class Answer:
    """An object in JSON.

    Its keys are lower case at every depth, because documentation, samples and services disagree.
    """

    who: str
    status: int
    body: dict[str, Any] = field(repr=False)
    retry_at: dt.datetime | None = None

    def expect(self, *statuses: int) -> dict[str, Any]:
        """Return the body, if the status is one of these.

        Raises: TemporaryError, PermanentError, QueueRefusedError (401, 403: every question would fail).
        """
        if self.status in statuses:
            return self.body
        said = f"{self.who} answered {self.status}"
        if self.status in {408, 425, 429} or self.status >= 500:
            raise TemporaryError(said, retry_at=self.retry_at)
        raise (QueueRefusedError if self.status in {401, 403} else PermanentError)(said)


def ask(who: str, method: str, system: str, path: str, *, now: dt.datetime, **sent: Any) -> Answer:
    """Return the answer. ``sent`` is what ``outbound.request`` takes: headers, params, data, json, max_bytes.

    ``system`` is the setting's address: nothing in ``path`` leads to another one.

    Raises: TemporaryError (silence, or something else than an object in JSON), PermanentError (a redirect, an endless
    answer, an address that may not be called).
    """
    try:
        response = outbound.request(method, system + path, system=system, **sent)
    except outbound.Unreachable as error:
        raise TemporaryError(str(error)) from error
    except (outbound.AddressRefused, outbound.TooLarge) as error:
        raise PermanentError(f"{type(error).__name__}: {error}") from error
    if 300 <= response.status < 400:
        raise PermanentError(f"{who} sends us elsewhere ({response.status})")
    try:
        body = _folded(response.json())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        said = f"{who} answered {response.status} with something else than an object in JSON"
        raise TemporaryError(said, retry_at=response.retry_at(now))
    return Answer(who, response.status, body, response.retry_at(now))


def inside(body: Any, *path: str) -> Any:
    """Return the value at the end of the path of keys; None where a part of the path is missing or no object."""
    for name in path:
        body = body.get(name.lower()) if isinstance(body, dict) else None
    return body


def text(body: Any, *path: str) -> str:
    """Return the text or number there, in a form that can be stored and shown; '' for anything else."""
    value = inside(body, *path)
    if value is None or isinstance(value, (dict, list)):
        return ""
    # A lone surrogate or a NUL is JSON, but PostgreSQL cannot store it.
    return str(value).encode("utf-8", "ignore").decode().replace("\x00", "").strip()[:TEXT_LENGTH]


def flag(body: Any, *path: str) -> bool | None:
    """Return a boolean, sent as such or as text; None for anything else."""
    return {"true": True, "false": False}.get(text(body, *path).lower())


def objects(body: Any, *path: str) -> list[dict[str, Any]]:
    """Return the objects of the list there, without its other values."""
    found = inside(body, *path)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _folded(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key).lower(): _folded(inner) for key, inner in value.items()}
    return [_folded(inner) for inner in value] if isinstance(value, list) else value
