"""The reports: a page of one sheet from the summary tables, each section also as CSV."""

import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from onboarding import permissions
from onboarding.domain.desk import reports
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.forms.reports import PeriodForm
from onboarding.views.presenters import report_sections
from onboarding.views.presenters.report_sections import Section
from portal.accounts.models import User
from portal.tables import writing


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
        return _csv(next((section for section in made if section.code == request.GET["csv"]), None), period.first)
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


def _csv(section: Section | None, first: dt.date) -> HttpResponseBase:
    if section is None:
        raise Http404
    language = "fr" if (get_language() or "fr").startswith("fr") else "en"
    rows = [[str(row.label), *row.cells] for row in section.rows]
    answer = StreamingHttpResponse(writing.delimited([str(head) for head in section.heads], rows, language=language))
    answer["Content-Type"] = "text/csv; charset=utf-8"
    answer["Content-Disposition"] = f'attachment; filename="{section.code}-{first:%Y-%m}.csv"'
    return answer
