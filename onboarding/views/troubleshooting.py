"""From a symptom to its reason in three questions, and the text for Microsoft's support."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET

from onboarding import permissions
from onboarding.domain.checks import reporting, routing
from onboarding.domain.enrollment import lifecycle, support_pack
from onboarding.domain.questions.steps import PAGES
from onboarding.domain.reasons import troubleshooting
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.remediation import pages_of
from onboarding.domain.reasons.shipped import ReasonSpec
from onboarding.domain.requests import documents, tracking
from onboarding.enums import Authority
from onboarding.models import Check, Enrollment
from onboarding.views import evidence
from onboarding.views.presenters import journey
from portal.web.context import own_name
from portal.wording import reader_language


def diagnose(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask three questions that lead to the reason. The address has the answers, so that Back and bookmarks work."""
    enrollment, for_staff = permissions.enrollment_for_reader(request, pk)
    codes = [code for code in request.GET.getlist("a") if code][:5]
    try:
        way, here = troubleshooting.follow(codes)
    except troubleshooting.NoSuchAnswerError:
        return redirect("onboarding:diagnose", pk)
    if request.method == "POST":
        return _say_so(request, enrollment, here, for_staff)
    leaf = here if isinstance(here, troubleshooting.Conclusion) else None
    reason = REASONS[leaf.reason] if leaf else None
    context = {
        "enrollment": enrollment,
        "way": [
            {"question": step.question.text, "answer": step.chosen.label, "back": codes[:number]}
            for number, step in enumerate(way)
        ],
        "codes": codes,
        "question": None if leaf else here,
        "number": len(way) + 1,
        "leaf": leaf,
        "reason": reason,
        "wanted": [evidence.document_label(kind) for kind in reason.remedy.documents] if reason else [],
        "check": (check := _check_for(enrollment, leaf)),
        "can_say_so": bool(leaf and check and not for_staff and _may_say(enrollment, check, leaf)),
        "pages": _pages_to_mend(enrollment, reason) if reason and not for_staff else [],
        "write_url": reverse("onboarding:desk_messages" if for_staff else "onboarding:messages", args=[pk]),
        "write_label": _("Write to the partner") if for_staff else _("Write to Ingram Micro"),
        "decide_url": _decide_url(enrollment, check, leaf) if for_staff and leaf and check else "",
        "back_url": reverse("onboarding:desk_enrollment", args=[pk]) if for_staff else enrollment.get_absolute_url(),
        "support_url": reverse("onboarding:support", args=[pk]),
    }
    return render(request, "onboarding/diagnose.html", context)


def _pages_to_mend(enrollment: Enrollment, reason: ReasonSpec) -> list[dict[str, Any]]:
    """Return the pages of the wizard with the answers to correct, as far as they are open."""
    slugs = [page.slug for page, _names in pages_of(reason.remedy.fields)]
    if reason.page and reason.page not in slugs:
        slugs.append(reason.page)
    checks = routing.checks_of(enrollment)
    return [
        {"url": journey.page_url(enrollment, slug), "title": PAGES[slug].title}
        for slug in slugs
        if lifecycle.may_open(enrollment, checks, slug)
    ]


def _check_for(enrollment: Enrollment, leaf: troubleshooting.Conclusion | None) -> Check | None:
    """Return the check on which this reason is raised; of the validations, Microsoft's."""
    if leaf is None:
        return None
    kinds = REASONS[leaf.reason].kinds
    rows = Check.objects.filter(enrollment=enrollment, kind__in=kinds).exclude(authority=Authority.PORTAL)
    check = rows.order_by("pk").first()
    if check:
        check.enrollment = enrollment
    return check


def _may_say(enrollment: Enrollment, check: Check, leaf: troubleshooting.Conclusion) -> bool:
    """Return whether the partner may report it: only what Microsoft's validations show.

    Connectors or BDMs see the rest.
    """
    is_vetting = check.is_validation and check.authority == Authority.MICROSOFT
    return is_vetting and bool(check.subject_key) and permissions.may_edit(enrollment)


def _decide_url(enrollment: Enrollment, check: Check, leaf: troubleshooting.Conclusion) -> str:
    return f"{reverse('onboarding:decide', args=[enrollment.pk, check.pk])}?decision=ask&reason={leaf.reason}"


def _say_so(request: HttpRequest, enrollment: Enrollment, here: Any, for_staff: bool) -> HttpResponse:
    check = _check_for(enrollment, here) if isinstance(here, troubleshooting.Conclusion) else None
    if for_staff or check is None or not _may_say(enrollment, check, here):
        raise Http404
    try:
        reporting.report_reason(check=check, reason=here.reason, by=permissions.signed_in(request), now=timezone.now())
    except reporting.CannotReportError:
        messages.info(request, _("This check is settled, or has not started: nothing was changed."))
    return redirect(f"{enrollment.get_absolute_url()}#check-{check.pk}")


def _languages_of_support() -> list[str]:
    """Return two languages, the reader's first: English is one of them, because Microsoft's support reads it."""
    return list(dict.fromkeys([reader_language(), "en-gb", settings.LANGUAGE_CODE]))[:2]


@require_GET
def support_page(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the text for a ticket with Microsoft's support, in English and another language, with the facts it needs."""
    enrollment, for_staff = permissions.enrollment_for_reader(request, pk)
    checks = routing.checks_of(enrollment)
    found = support_pack.pack(
        enrollment,
        checks,
        asked=list(tracking.of_enrollment(enrollment)),
        documents=documents.of_enrollment(enrollment),
        today=enrollment.country.calendar.day_of(timezone.now()),
    )
    texts = []
    for code in _languages_of_support():
        with override(code):
            text = evidence.support_text(found)
        texts.append({"code": code, "name": own_name(code), "text": text})
    context = {
        "enrollment": enrollment,
        "pack": found,
        "texts": texts,
        "back_url": reverse("onboarding:desk_enrollment", args=[pk]) if for_staff else enrollment.get_absolute_url(),
    }
    return render(request, "onboarding/support.html", context)
