"""Ingram's people sign in with a second factor: without one they see nothing but the page on which they set it up."""

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.accounts import second_factors
from portal.coverage.models import Bdm

# The pages of signing in and out and of the second factor itself, and what no person asks for.
OPEN = ("/accounts/", "/account/language/", "/livez", "/readyz", "/healthz/", "/metrics", "/hooks/")


class StaffSecondFactor:
    """Ask administrators and BDMs for a second factor in each session, where ``STAFF_SECOND_FACTOR`` says so.

    Who has none is sent to the page that sets one up. That the account has one is not enough: a session that was begun
    with the password alone, before it was set up, has proved nothing of it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.STAFF_SECOND_FACTOR and not request.path.startswith(OPEN) and _lacks_it(request):
            return _ask(request)
        return self.get_response(request)


def _lacks_it(request: HttpRequest) -> bool:
    user = request.user
    if not user.is_authenticated or second_factors.is_given(request, user):
        return False
    return bool(user.is_staff or Bdm.objects.filter(user=user.pk).exists())


def _ask(request: HttpRequest) -> HttpResponse:
    if not is_mfa_enabled(request.user):
        messages.warning(request, _("People of Ingram Micro sign in with a second factor. Set it up to go on."))
        return redirect("mfa_index")
    path = request.get_full_path() if request.method == "GET" else "/"
    return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': path})}")
