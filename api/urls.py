"""Addresses of the API, version 1. A change that breaks a client gets an address with another number."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path, re_path

from api.views import page, reads, webhooks, writes
from api.views.door import api, guarded

app_name = "api"
_DECLARING = (reads, writes, webhooks)  # importing them has declared their addresses


def _addresses() -> list[URLPattern]:
    """Return the declared addresses, open to callers without a session and each guarded."""
    found = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern) and pattern.name != "api-root"]
    for pattern in found:
        is_exempt = getattr(pattern.callback, "csrf_exempt", False)
        pattern.callback = login_not_required(guarded(pattern.callback))
        pattern.callback.csrf_exempt = is_exempt  # type: ignore[attr-defined]
    return found


urlpatterns = [
    path("", page.page, name="api-root"),
    path("openapi.json", page.description, name="openapi"),
    *_addresses(),
    re_path(r"^(?P<rest>[\s\S]*)\Z", page.unknown, name="unknown"),
]
