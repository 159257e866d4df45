"""Text that somebody typed into a form before their session ended."""

from typing import Any

from django.http import HttpRequest


def typed_before_sign_in(request: HttpRequest) -> dict[str, Any]:
    """Return what was typed into the form of this page before the sign-in; {} if nothing was.

    The page shows it again, and counts it only once it is sent.
    """
    kept = request.session.get("typed") or {}
    return dict(kept.get("data", {})) if kept.get("path") == request.path else {}


def forget_typed(request: HttpRequest) -> None:
    """Forget the text once its form is sent."""
    request.session.pop("typed", None)
