"""One HTTP question and its answer, as the sandbox's HTTP services see them."""

import json
from dataclasses import dataclass, field, replace
from email.message import Message
from typing import Any


@dataclass(frozen=True)
class Asked:
    """``path`` and the keys of ``query`` are lower case: Microsoft's own samples spell them both ways."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes

    def json(self) -> dict[str, Any]:
        """Raises: ValueError if the body is not a JSON object."""
        found = json.loads(self.body or b"{}")
        if not isinstance(found, dict):
            raise ValueError("a JSON object is wanted")
        return found


@dataclass(frozen=True)
class Reply:
    """``hold_seconds`` go by before the answer; ``hang_up`` then closes the connection without one."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    html: str = ""
    hang_up: bool = False
    hold_seconds: float = 0

    def content(self) -> tuple[str, bytes]:
        """Its type and its bytes."""
        if self.html:
            return "text/html; charset=utf-8", self.html.encode()
        return "application/json; charset=utf-8", json.dumps(self.body, ensure_ascii=False).encode()

    def late(self) -> "Reply":
        """The same, decided now and told ``SLOW_SECONDS`` later."""
        return replace(self, hold_seconds=SLOW_SECONDS)


HTML_PAGE = "<!doctype html><title>Service unavailable</title><h1>Our services aren't available right now</h1>"
HOLD_SECONDS = 30.0
SLOW_SECONDS = 1.2


def trouble(kind: str, *, subject: str = "", retry_after: int = 3) -> Reply | None:
    """The answer of a service in trouble, the same for all; None if ``kind`` is not of this sort.

    ``subject`` is what was asked about: nonsense that looks like an answer to the question.
    """
    if kind == "timeout":
        return Reply(hang_up=True, hold_seconds=HOLD_SECONDS)
    if kind == "html":
        return Reply(status=200, html=HTML_PAGE)
    if kind == "broken":
        return Reply(status=200, html='{"results": [')
    if kind == "nonsense":
        return Reply(200, {"results": [{"siren": subject, "siege": "here"}, 7], "items": "none", "mpnId": [subject]})
    if kind == "huge":
        return Reply(200, {"results": ["x" * 1_000_000]})
    if kind == "half":
        return Reply(200, {"items": []}, {"Content-Length": "100000"})
    if kind == "redirect":
        return Reply(302, {}, {"Location": "http://127.0.0.1:1/"})
    if kind == "audience":
        return Reply(401, {"code": 900420, "description": "Made-up: wrong audience.", "data": [], "source": "Sandbox"})
    if kind == "retryable":
        told = {"message": "Made-up trouble.", "description": "", "errorName": "Busy", "errorMessageExtended": ""}
        return Reply(404, {"code": 600074, "isRetryable": True, **told})
    if kind == "429":
        text = f"Rate limit is exceeded. Try again in {retry_after} seconds."
        return Reply(429, {"statusCode": 429, "message": text}, {"Retry-After": str(retry_after)})
    if kind in {"500", "502", "503", "504"}:
        return Reply(int(kind), {"code": int(kind), "description": "Made-up trouble.", "data": [], "source": "Sandbox"})
    return None
