"""What the views of this app have in common beyond one page."""

from collections.abc import Callable
from importlib import import_module

from django.conf import settings
from django.contrib import messages
from django.db import InternalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding.domain.desk import viewing
from onboarding.permissions import WithdrawnError, signed_in
from portal.partners.models import PartnerView
from portal.web import parts

# Pages of the person's account hold secrets (recovery codes), those of staff are not the partner's.
_NOT_THEIRS = ("/accounts/", "/account/", "/admin/", "/desk/", "/sandbox/", "/view-as/", "/invited/", "/task/")
_READ_ONLY = "25006"  # PostgreSQL's code of a write in a read-only transaction


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


class ViewAsPartner:
    """Answer as the partner's person would see it, while somebody of Ingram Micro looks with their eyes.

    Nothing can change meanwhile: whatever is no GET is refused, the view's transaction is read only, and its session
    is thrown away. The person's own session is untouched, and is theirs again as soon as the look ends.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        pk = request.session.get(viewing.IN_SESSION) if request.user.is_authenticated else None
        if pk is None:
            return self.get_response(request)
        viewer, now = signed_in(request), timezone.now()
        if request.path == reverse("account_logout"):
            viewing.end(viewer=viewer, pk=pk, now=now)
            return self.get_response(request)
        if request.path == reverse("onboarding:end_view"):
            return self.get_response(request)
        try:
            view = viewing.current(viewer=viewer, pk=pk, now=now)
        except viewing.MayNotViewError:
            viewing.end(viewer=viewer, pk=pk, now=now)
            del request.session[viewing.IN_SESSION]
            messages.info(
                request, _("The look has ended: its hour is over, or the right to it. You see your own pages again.")
            )
            return redirect("home")
        return self._as(request, view)

    def _as(self, request: HttpRequest, view: PartnerView) -> HttpResponse:
        viewer, session = request.user, request.session
        request.user = view.seen_as
        request.session = import_module(settings.SESSION_ENGINE).SessionStore()
        request.viewing = view  # type: ignore[attr-defined]
        try:
            if request.method not in ("GET", "HEAD", "OPTIONS") or request.path.startswith(_NOT_THEIRS):
                return _refused(request)
            answer = self._read_only(request)
        finally:
            request.user, request.session = viewer, session
        if _is_page(request, answer):
            viewing.count_page(view)
        return answer

    def _read_only(self, request: HttpRequest) -> HttpResponse:
        """Return the view's answer; one that tried to write is undone and refused."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            answer = self.get_response(request)
            has_written = getattr(request, "has_written", False)
            transaction.set_rollback(has_written)
        return _refused(request) if has_written else answer

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, InternalError) or getattr(error.__cause__, "pgcode", "") != _READ_ONLY:
            return None
        request.has_written = True  # type: ignore[attr-defined]
        return HttpResponse(status=403)  # the page is made once the transaction is over


def _is_page(request: HttpRequest, answer: HttpResponse) -> bool:
    is_html = answer.headers.get("Content-Type", "").startswith("text/html")
    return answer.status_code == 200 and is_html and not parts.is_part(request)


def _refused(request: HttpRequest) -> HttpResponse:
    return render(request, "onboarding/viewing_refused.html", {"is_reading": request.method == "GET"}, status=403)
