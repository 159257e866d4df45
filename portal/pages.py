"""Pages that belong to no app: the visitor's home, help, and error pages."""

import datetime as dt
import sys
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from portal.coverage.models import Bdm
from portal.stores.base import is_full
from portal.web import slots
from portal.why import SECTIONS

# The day on which every page was last looked at: that of the scorecard in tests/grade/README.md.
LOOKED_ON = dt.date(2026, 12, 1)


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Return the visitor's home page; people who are signed in are redirected to their own."""
    if request.user.is_authenticated:
        return redirect("onboarding:home")
    panels = [panel(request, None) for panel in slots.of("welcome")]
    return render(request, "pages/home.html", {"panels": panels, "contacts": _contacts()})


@login_not_required
@require_safe
def why(request: HttpRequest) -> HttpResponse:
    """Return what CSP gives resellers and customers. Source: [guide] parts 1 and 4."""
    return render(request, "pages/why.html", {"sections": SECTIONS})


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/help.html", {"contacts": _contacts()})


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/accessibility.html", {"looked_on": LOOKED_ON})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "csrf_failure.html", status=403)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    # Without the request: the menu would query the database, which may be what failed.
    no_database = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    if is_full(sys.exc_info()[1]):
        return HttpResponse(render_to_string("full.html"), status=503, headers={"Retry-After": "600"})
    headers = {"Retry-After": "10"} if no_database else {}
    return HttpResponse(render_to_string("500.html"), status=503 if no_database else 500, headers=headers)


def _contacts() -> list[dict[str, Any]]:
    """Return the BDMs who agreed to be reached by telephone, with the countries they cover."""
    bdms = Bdm.objects.active().reachable_by_anybody().prefetch_related("countries")
    return [
        {
            "name": str(bdm),
            "email": bdm.user.email,
            "phone": bdm.phone,
            "countries": ", ".join(sorted(str(country) for country in bdm.countries.all())),
        }
        for bdm in bdms
    ]
