"""The reports: a page of one sheet from the summary tables, each section also as CSV."""

from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from onboarding import permissions
from onboarding.domain.desk import reports
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.forms.reports import PeriodForm
from onboarding.views.presenters import report_sections
from portal.accounts.models import User


@require_safe
def page(request: HttpRequest) -> HttpResponseBase:
    """Show the reports of a period, or one section as CSV (``csv`` in the address)."""
    bdm, scope = permissions.bdm(request), permissions.scope(request)
    form = PeriodForm(request.GET, countries=scope.countries)
    if not form.is_valid():
        return render(request, "onboarding/reports.html", {"form": form, "sections": []}, status=422)
    wanted, country = form.cleaned_data, form.cleaned_data["country"]
    period = reports.period(wanted["first"], wanted["last"], today=timezone.localdate())
    report = reports.read(period, [country] if country else scope.countries)
    names = {user.pk: str(user) for user in User.objects.filter(pk__in={*report.workload, *report.answers})}
    words = words_for(Reader.LEAD if bdm.is_lead else Reader.BDM)
    made = report_sections.sections(report, words, names, with_people=bdm.is_lead)
    if "csv" in request.GET:
        wanted_section = next((section for section in made if section.code == request.GET["csv"]), None)
        if wanted_section is None:
            raise Http404
        return report_sections.as_csv(wanted_section, f"{wanted_section.code}-{period.first:%Y-%m}")
    query = request.GET.copy()
    context: dict[str, Any] = {
        "form": form,
        "period": period,
        "report": report,
        "sections": made,
        "query": query.urlencode(),
        "nothing": report_sections.NOTHING,
    }
    return render(request, "onboarding/reports.html", context)
