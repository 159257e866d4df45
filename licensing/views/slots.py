"""Slots: licensing shows on onboarding's pages the licences that expire before their reseller can sell."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from licensing.domain import editions, readiness
from licensing.views import presenters, schedule_presenters, welcome


def home(request: HttpRequest, files: list[dict[str, Any]]) -> str:
    """Return, for the reseller, how much each endangered enrollment puts at risk, the first lines, and a link."""
    today = timezone.localdate()
    found = readiness.enrollments_at_risk([file["enrollment"] for file in files], today=today, now=timezone.now())
    if not found:
        return ""
    lines = readiness.first_lines(found, today=today)
    listed = [{"one": one, "lines": lines.get(one.enrollment.pk, [])} for one in found]
    return render_to_string("licensing/_risk.html", {"listed": listed, "for_staff": False})


def shown_to_visitors(request: HttpRequest, subject: Any) -> str:
    """Return the visitor's home: what changed when, and what the guide recommends, from the published facts."""
    facts, today = editions.current(), timezone.localdate()
    context = {
        "changes": welcome.changes(facts, on=today),
        "advice": welcome.recommendations(facts, on=today),
        "remarks": [presenters.statement(fact) for fact in schedule_presenters.remarks(facts, on=today)],
    }
    return render_to_string("licensing/_welcome.html", context)


def file(request: HttpRequest, enrollment: Any) -> str:
    """Return, for the BDM, how many customers and licences are at risk, without names."""
    found = readiness.enrollments_at_risk([enrollment], today=timezone.localdate(), now=timezone.now())
    listed = [{"one": one, "lines": []} for one in found]
    return render_to_string("licensing/_risk.html", {"listed": listed, "for_staff": True}) if found else ""
