"""Ingram's people sign in with a second factor: without one they see nothing but the page on which they set it up."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from portal.accounts import second_factors
from portal.coverage.models import Bdm

# The pages of signing in and out and of the second factor itself, and what no person asks for.
OPEN = ("/accounts/", "/account/language/", "/livez", "/readyz", "/healthz/", "/metrics", "/hooks/")


class StaffSecondFactor:
    """Send administrators and BDMs without a second factor to its page, where ``STAFF_SECOND_FACTOR`` says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.STAFF_SECOND_FACTOR and not request.path.startswith(OPEN) and _lacks_it(request):
            messages.warning(request, _("People of Ingram Micro sign in with a second factor. Set it up to go on."))
            return redirect("mfa_index")
        return self.get_response(request)


def _lacks_it(request: HttpRequest) -> bool:
    user = request.user
    if not user.is_authenticated or is_mfa_enabled(user) or second_factors.given_to_microsoft(request, user):
        return False
    return bool(user.is_staff or Bdm.objects.filter(user=user.pk).exists())
