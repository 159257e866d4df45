"""Middleware: a session that was left alone, or lasted too long, ends; what was typed in it is kept as ever.

A page that is open asks for its news by itself: that is no use of a session.
"""

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.accounts import sessions
from portal.web import parts


class SessionLimits:
    """Sign people out whose session is over, and note that the others are used."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        now = timezone.now()
        if sessions.is_over(request.session, now=now):
            logout(request)
            return self.get_response(request)
        if not parts.is_by_itself(request):
            sessions.note(request.session, now=now)
        before = request.session.session_key
        response = self.get_response(request)
        sessions.has_new_key(request.session, before)
        return response
