"""Middleware: headers, the reader's language, and text that was typed before the session ended."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from structlog.contextvars import bind_contextvars, clear_contextvars

from portal.limits import LimitReachedError
from portal.web import http_metrics, limit_words, parts
from portal.work.wakeups import wake_workers

log = logging.getLogger("portal.access")

_OFF = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "local-fonts", "magnetometer",
    "microphone", "midi", "otp-credentials", "payment", "picture-in-picture", "screen-wake-lock", "serial",
    "storage-access", "usb", "xr-spatial-tracking",
)  # fmt: skip
_OWN = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")  # the last two are passkeys
PERMISSIONS_POLICY = ", ".join([*(f"{feature}=()" for feature in _OFF), *(f"{feature}=(self)" for feature in _OWN)])

# Forms with passwords, and the admin's, whose pages show nothing that was kept.
NOT_KEPT = ("/accounts/", "/admin/")
NEVER_KEPT = ("csrfmiddlewaretoken", "code")
MAX_FIELDS = 50
MAX_CHARACTERS = 4000


# Addresses that programs ask, not people.
_OF_PROGRAMS = ("/api/", "/hooks/", "/licensing/feed/")


class RefuseAtTheDoor:
    """Refuse TRACE, and programs that call without TLS where production demands it.

    A redirect would let a program send its key unencrypted each time, and nobody would notice.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "TRACE":
            return HttpResponseNotAllowed(["GET", "HEAD", "POST", "OPTIONS"])
        if settings.SECURE_SSL_REDIRECT and not request.is_secure() and request.path.startswith(_OF_PROGRAMS):
            return HttpResponseForbidden("Only https is answered here.\n", content_type="text/plain; charset=utf-8")
        return self.get_response(request)


class RequestId:
    """Give every request one id for the logs, taken from the proxy if there is one, and return it in the answer.

    Each request is one line, and is counted for ``/metrics``: method, name of the address, status, milliseconds.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        number = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        # Not cleared at the end: Django logs a failed request after the last middleware.
        clear_contextvars()
        bind_contextvars(request_id=number)
        start = time.monotonic()
        response = self.get_response(request)
        response.headers["X-Request-Id"] = number
        if request.path not in _PROBES:
            # The name of the address, not the address: that may hold a token.
            match, seconds = request.resolver_match, time.monotonic() - start
            # Who asked, by the account's number. Only where the session was looked at: asking for it costs queries.
            if account := getattr(getattr(request, "_cached_user", None), "pk", None):
                bind_contextvars(account=account)
            route = match.view_name if match else http_metrics.NO_ROUTE
            log.info("%s %s %s in %d ms", request.method, route, response.status_code, seconds * 1000)
            http_metrics.count(route=route, method=request.method, status=response.status_code, seconds=seconds)
        return response


# Asked every few seconds by balancers and Prometheus.
_PROBES = ("/livez", "/readyz", "/healthz/work", "/metrics")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class SecurityHeaders:
    """Set the headers that no package here sets. No cache may store pages of a signed-in person."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user = getattr(request, "user", None)
        signed_in = user is not None and user.is_authenticated
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if signed_in:
            response.headers["Cache-Control"] = "no-store"
        if getattr(request, "has_signed_out", False):
            # Without "cookies": it would take the language that was chosen, and the message that this page shows.
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        if signed_in or request.path != "/":
            response.headers.setdefault("X-Robots-Tag", "noindex")
        return response


class UserLanguage:
    """Use the language of a person's account before cookie and browser.

    A link in a mail carries the mail's language (``?lang=``): it counts before the browser's for readers who have not
    chosen one themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and translation.check_for_language(request.user.language):
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        elif settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            asked = request.GET.get("lang", "")
            if asked in dict(settings.LANGUAGES):
                translation.activate(asked)
                request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class WakeWorkers:
    """Wake the workers after a change, so that its work starts now and not at the next tick."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and response.status_code < 400:
            wake_workers()
        return response


class KeepTyped:
    """Redirect a form sent after the session ended to the sign-in page; its text waits in ``session["typed"]``.

    ``{"path": the form's address, "data": {field: text, or a list where a field came more than once}}``. What a script
    sends is left out: it would take the place of what a person sent from another window.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any) -> None:
        needs_sign_in = getattr(view, "login_required", True)
        if (
            request.method == "POST"
            and needs_sign_in
            and not request.path.startswith(NOT_KEPT)
            and not request.user.is_authenticated
            and not parts.is_part(request)
        ):
            request.session["typed"] = {"path": request.path, "data": _typed(request)}


class SayLimit:
    """Answer a deed that reached its limit, where its page does not say so itself: when it goes on, and the way back.

    What was typed waits for the form, as after a session that ended.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, LimitReachedError):
            return None
        if not request.path.startswith(NOT_KEPT):
            request.session["typed"] = {"path": request.path, "data": _typed(request)}
        told = limit_words.sentence(exception, is_kept=False)
        response = render(request, "limit.html", {"told": told, "back": _back(request)}, status=429)
        response.headers["Retry-After"] = str(max(int((exception.until - timezone.now()).total_seconds()), 1))
        return response


class SayHow:
    """Answer a browser that opens the address of a button: what happened, and the way to the page with the button.

    People come there by signing in, when their session ended before they pressed. Without words a browser shows a page
    of its own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_bare = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content
        if not is_bare or request.method != "GET" or parts.is_part(request):
            return response
        said = render(request, "405.html", {"back": _nearest_page(request)}, status=HTTPStatus.METHOD_NOT_ALLOWED)
        said.headers["Allow"] = response.headers["Allow"]
        return said


def _nearest_page(request: HttpRequest) -> str:
    """Return the nearest address above this one that is a page, else the home page."""
    place = request.path
    while place := place.rstrip("/").rpartition("/")[0]:
        with suppress(Resolver404):
            resolve(f"{place}/")
            return f"{place}/"
    return reverse("home")


def _back(request: HttpRequest) -> str:
    """Return the page that the deed was started from, if it is one of ours."""
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        return urlsplit(came_from).path
    return reverse("home")


def _typed(request: HttpRequest) -> dict[str, str | list[str]]:
    names = [name for name in request.POST if name not in NEVER_KEPT and "password" not in name]
    kept: dict[str, str | list[str]] = {}
    left = MAX_FIELDS
    for name in names:
        values = [value[:MAX_CHARACTERS] for value in request.POST.getlist(name)[:left]]
        left -= len(values)
        if values and len(name) <= MAX_CHARACTERS:
            kept[name] = values[0] if len(values) == 1 else values
    return kept
