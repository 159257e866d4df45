"""A page to have beside Microsoft's form: its fields in its order, our answers with copy buttons, ticks that stay."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from onboarding import permissions
from onboarding.domain.enrollment import lifecycle
from onboarding.domain.questions import companion, official_pages
from onboarding.models import Draft, Enrollment
from onboarding.views.presenters.journey import page_url
from onboarding.views.presenters.labels import Text
from onboarding.views.wizard import official_link, shop_links
from portal.geo.models import Country
from portal.text import own_letters


@dataclass(frozen=True)
class CompanionRow:
    number: int
    label: str
    text: str
    is_missing: bool
    advice: Text
    is_ticked: bool


def page(request: HttpRequest, pk: uuid.UUID, form: str) -> HttpResponse:
    """Show one form's rows (GET); POST keeps the ticks."""
    if form not in companion.FORMS:
        raise Http404
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=request.method == "POST")
    spec, place = companion.FORMS[form], companion.draft_of(form)
    if request.method == "POST":
        ticked = sorted(
            {int(tick) for tick in request.POST.getlist("tick") if tick.isdecimal()} & {*range(len(spec.rows))}
        )
        lifecycle.keep_draft(enrollment=enrollment, slug=place, typed={"ticked": ticked}, now=timezone.now())
        return redirect(request.path)
    kept = Draft.objects.filter(enrollment=enrollment, page=place).first()
    before = set(kept.data.get("ticked", [])) if kept else set()
    rows = [_row(enrollment, number, one, number in before) for number, one in enumerate(spec.rows)]
    context: dict[str, Any] = {
        "enrollment": enrollment,
        "form": form,
        "spec": spec,
        "rows": rows,
        "done": sum(row.is_ticked for row in rows),
        "links": [*official_pages.links(spec.links), *shop_links(enrollment, spec.page)],
        "link": official_link(enrollment) if form == "invitation" else None,
        "others": [(code, other.title, code == form) for code, other in companion.FORMS.items()],
        "step_url": page_url(enrollment, spec.page),
        "may_edit": permissions.may_edit(enrollment),
    }
    return render(request, "onboarding/companion.html", context)


def _row(enrollment: Enrollment, number: int, row: companion.FormRow, is_ticked: bool) -> CompanionRow:
    text = companion.value(enrollment, row.answer) if row.answer else ""
    if row.answer == "partner.country":
        text = str(Country.objects.filter(pk=text).first() or text)
    if row.answer in ("contact_email", "partner.website"):
        text = own_letters(text)
    return CompanionRow(number, row.label, text, bool(row.answer) and not text, row.advice, is_ticked)
