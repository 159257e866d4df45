"""What the views of this app have in common beyond one page."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from onboarding.permissions import WithdrawnError


class SayWithdrawn:
    """Redirect to the enrollment when somebody changes one that was withdrawn meanwhile, and say what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, WithdrawnError):
            return None
        messages.warning(
            request, _("Nothing was saved: this enrolment was given up meanwhile. Take it back first, then change it.")
        )
        return redirect(error.enrollment)
