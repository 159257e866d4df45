"""What licensing adds to the pages of onboarding: the licences that expire before their reseller can sell."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from licensing.domain import readiness


def home(request: HttpRequest, files: list[dict[str, Any]]) -> str:
    """For the reseller: one sentence with a number for each enrollment that is endangered, and where to look."""
    found = readiness.enrollments_at_risk(
        [file["enrollment"] for file in files], today=timezone.localdate(), now=timezone.now()
    )
    return render_to_string("licensing/_risk.html", {"found": found, "for_staff": False}) if found else ""


def file(request: HttpRequest, enrollment: Any) -> str:
    """For the BDM: how many customers and licences, no names."""
    found = readiness.enrollments_at_risk([enrollment], today=timezone.localdate(), now=timezone.now())
    return render_to_string("licensing/_risk.html", {"found": found, "for_staff": True}) if found else ""
