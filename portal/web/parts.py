"""Parts of pages: what a script of ours asks for, and no person; it says so in the header ``X-Part``."""

from django.http import HttpRequest

# Asked for again and again by a page that is open, whether or not anybody sits before it.
_BY_ITSELF = ("live", "presence")


def is_part(request: HttpRequest) -> bool:
    """Return whether a script asks."""
    return "X-Part" in request.headers


def is_by_itself(request: HttpRequest) -> bool:
    """Return whether a script asks, and nobody did anything for it."""
    return request.headers.get("X-Part") in _BY_ITSELF
