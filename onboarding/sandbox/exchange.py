"""One HTTP request and its reply, for the sandbox's HTTP services."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.message import Message
from typing import Any


@dataclass(frozen=True)
class TwinCall:
    """A request. ``path`` and the keys of ``query`` are lower case: Microsoft's own samples spell them both ways."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body. Raises: ValueError if it is not a JSON object."""
        found = json.loads(self.body or b"{}")
        if not isinstance(found, dict):
            raise ValueError("a JSON object is wanted")
        return found


@dataclass(frozen=True)
class Reply:
    """A reply after ``hold_seconds``; ``hang_up`` then closes the connection without one.

    ``endless`` is a number of empty bytes, sent for as long as somebody reads them.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    html: str = ""
    hang_up: bool = False
    hold_seconds: float = 0
    endless: int = 0

    def content(self) -> tuple[str, bytes]:
        """Return the reply's type and its bytes."""
        if self.html:
            return "text/html; charset=utf-8", self.html.encode()
        return "application/json; charset=utf-8", json.dumps(self.body, ensure_ascii=False).encode()

    def late(self) -> "Reply":
        """Return this reply, decided now and sent ``SLOW_SECONDS`` later."""
        return replace(self, hold_seconds=SLOW_SECONDS)


HTML_PAGE = "<!doctype html><title>Service unavailable</title><h1>Our services aren't available right now</h1>"
HOLD_SECONDS = 30.0
SLOW_SECONDS = 1.2


# Faults that every service of the sandbox can be ordered to give: errors, and replies in another spelling.
STATUSES = ("401", "403", "429", "500", "502", "503", "504")
TROUBLES = (*STATUSES, "timeout", "html", "broken", "nonsense", "huge", "endless", "redirect")
DISGUISES = ("slow", "other_case", "code_as_string", "unknown_word", "half")
GIGABYTE = 1_000_000_000


def trouble(kind: str, *, subject: str = "", retry_after: int = 3) -> Reply | None:
    """Return the answer of a service in trouble, the same for all; None if ``kind`` is not of this sort.

    ``subject`` is what was asked about, for nonsense that looks like an answer.
    """
    if kind in _TROUBLES:
        return _TROUBLES[kind](subject)
    if kind == "429":
        text = f"Rate limit is exceeded. Try again in {retry_after} seconds."
        return Reply(429, {"statusCode": 429, "message": text}, {"Retry-After": str(retry_after)})
    if kind in STATUSES:
        return Reply(int(kind), {"code": int(kind), "description": "Made-up trouble.", "data": [], "source": "Sandbox"})
    return None


_NONSENSE = {
    "items": "none",
    "valid": "perhaps",
    "data": [7, {"attributes": "here"}, {"attributes": {"entity": [1]}}],
    "matchCandidates": [7, {"organization": "here"}],
    "organization": "here",
    "token": ["x"],
    "access_token": {"x": 1},
    "status": {"x": 1},
}


def disguised(reply: Reply, kind: str, *, words: tuple[str, ...] = ()) -> Reply:
    """Return the reply as another version of the service might spell it; ``words`` are the keys of its enumerations."""
    match kind:
        case "slow":
            return reply.late()
        case "other_case":
            return replace(reply, body=_rekeyed(reply.body, lambda key: key[:1].upper() + key[1:]))
        case "code_as_string":
            return replace(reply, body=_as_text(reply.body))
        case "unknown_word":
            return replace(reply, body=_reworded(reply.body, words))
        case "half":
            return replace(reply, body=_halved(reply.body))
    return reply


def _rekeyed(value: Any, spell: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {spell(key): _rekeyed(inner, spell) for key, inner in value.items()}
    return [_rekeyed(inner, spell) for inner in value] if isinstance(value, list) else value


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner) for inner in value]
    return json.dumps(value) if isinstance(value, (bool, int, float)) else value


def _reworded(value: Any, words: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        is_word = {key: key in words and isinstance(inner, (str, int)) for key, inner in value.items()}
        return {key: "NEWWORD" if is_word[key] else _reworded(inner, words) for key, inner in value.items()}
    return [_reworded(inner, words) for inner in value] if isinstance(value, list) else value


def _halved(value: Any) -> Any:
    """Return the first half of each object's facts."""
    if isinstance(value, dict):
        kept = list(value)[: (len(value) + 1) // 2]
        return {key: _halved(value[key]) for key in kept}
    return [_halved(inner) for inner in value] if isinstance(value, list) else value


_MADE_UP = {"message": "Made-up trouble.", "description": "", "errorName": "Busy", "errorMessageExtended": ""}
_TROUBLES: dict[str, Callable[[str], Reply]] = {
    "timeout": lambda subject: Reply(hang_up=True, hold_seconds=HOLD_SECONDS),
    "html": lambda subject: Reply(status=200, html=HTML_PAGE),
    "broken": lambda subject: Reply(status=200, html='{"results": ['),
    "nonsense": lambda subject: Reply(
        200, {"results": [{"siren": subject, "siege": "here"}, 7], **_NONSENSE, "mpnId": [subject]}
    ),
    "huge": lambda subject: Reply(200, {"results": ["x" * 1_000_000]}),
    "endless": lambda subject: Reply(200, endless=GIGABYTE),
    "half": lambda subject: Reply(200, {"items": []}, {"Content-Length": "100000"}),
    "redirect": lambda subject: Reply(302, {}, {"Location": "http://127.0.0.1:9/inside"}),
    "audience": lambda subject: Reply(
        401, {"code": 900420, "description": "Made-up: wrong audience.", "data": [], "source": "Sandbox"}
    ),
    "retryable": lambda subject: Reply(404, {"code": 600074, "isRetryable": True, **_MADE_UP}),
}
