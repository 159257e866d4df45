"""The preview for BDMs and administrators: every mail with made-up values, in each language. Nothing is sent."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from onboarding import permissions
from portal.notices import letters, registry
from portal.web.context import own_name

# The mail's HTML as in a mailbox: with its own styles, without scripts, forms or anything from elsewhere.
_FRAME = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    permissions.staff(request)
    return render(request, "onboarding/mails.html", {"groups": list(registry.by_category(registry.everything()))})


@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type, untyped-decorator]
def preview(request: HttpRequest, code: str) -> HttpResponse:
    permissions.staff(request)
    kind = _kind(code)
    context = {"kind": kind, "letters": [_shown(kind, code) for code, _name in settings.LANGUAGES]}
    return render(request, "onboarding/mail.html", context)


@require_safe
@xframe_options_sameorigin
def frame(request: HttpRequest, code: str, language: str) -> HttpResponse:
    """Return the HTML alone, for the frame of the preview."""
    permissions.staff(request)
    if language not in dict(settings.LANGUAGES):
        raise Http404
    response = HttpResponse(_letter(_kind(code), language).html)
    response["Content-Security-Policy"] = _FRAME
    return response


def _kind(code: str) -> registry.Notification:
    kind = registry.find(code)
    if kind is None:
        raise Http404
    return kind


def _letter(kind: registry.Notification, language: str) -> registry.Letter:
    with translation.override(language):
        return letters.render(kind, language=language, context=kind.example())


def _shown(kind: registry.Notification, language: str) -> dict[str, Any]:
    return {
        "language": language,
        "name": own_name(language),
        "letter": _letter(kind, language),
        "frame_url": reverse("onboarding:mail_frame", args=[kind.code, language]),
    }
