"""What a request adds to the histories: who changed an answer and by which page, and the looks of staff."""

from collections.abc import Callable
from typing import Any

import pghistory
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from structlog.contextvars import get_contextvars

from portal.audit import looks


class TellHistory:
    """While a request may change something, the histories of answers get its person, its address's name and its id.

    With the id the lines of the logs about a request, and those of a worker about what it changed, are found.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return self.get_response(request)
        with pghistory.context():
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any) -> None:
        if request.resolver_match is not None and request.method not in ("GET", "HEAD", "OPTIONS"):
            # Not the path: some hold secrets.
            number = str(get_contextvars().get("request_id", ""))
            pghistory.context(user=request.user.pk, deed=request.resolver_match.view_name, request=number)


class NoteLooks:
    """Write down that somebody of Ingram Micro was shown personal data. Without that line, it is not shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 200 and request.resolver_match is not None and request.user.is_authenticated:
            looks.note(request, request.resolver_match, now=timezone.now())
        return response
