"""The pre-flight: anybody checks, before Microsoft does, what Microsoft will check."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from onboarding import permissions
from onboarding.domain.enrollment import from_preflight, preflight
from onboarding.domain.enrollment.preflight import PreflightLine, PreflightVerdict
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.forms.preflight import ABOUT, LINES, PreflightForm, source_label
from onboarding.models import Preflight
from onboarding.views import find_company
from onboarding.views.presenters import answer_groups, comparison
from portal.limits import Limited, LimitReachedError, Scope
from portal.web import limit_words
from portal.web.networks import network_of
from portal.web.templatetags.portal import written
from portal.work import usage

POLL_SECONDS = 2

_BADGES = {
    PreflightVerdict.PASS: "done",
    PreflightVerdict.REFUSED: "refused",
    PreflightVerdict.CANNOT_TELL: "turn",
    PreflightVerdict.LOOKING: "moving",
}
_LABELS: dict[PreflightVerdict, Any] = {
    PreflightVerdict.PASS: gettext_lazy("Would pass"),
    PreflightVerdict.REFUSED: gettext_lazy("Would be rejected"),
    PreflightVerdict.CANNOT_TELL: gettext_lazy("Check this yourself"),
    PreflightVerdict.LOOKING: gettext_lazy("Looking"),
}
_OVERALL: dict[PreflightVerdict, Any] = {
    PreflightVerdict.PASS: gettext_lazy("No blockers found"),
    PreflightVerdict.REFUSED: gettext_lazy("Microsoft would refuse this"),
    PreflightVerdict.CANNOT_TELL: gettext_lazy("No blockers found; a few points only you can check"),
    PreflightVerdict.LOOKING: gettext_lazy("Two lookups are on their way"),
}


_HELP = {"duns_recommended": "onboarding/help/_duns.html"}


@dataclass(frozen=True)
class Said:
    """One line of the result, as texts."""

    verdict: str
    label: str | Promise
    title: str
    todo: str
    source: str | Promise
    rows: list[Any]
    spelling_url: str
    help_template: str


@login_not_required
@never_cache
def start(request: HttpRequest, pk: uuid.UUID | None = None) -> HttpResponse:
    """Show the questions, filled in from an earlier pre-flight; POST stores them and leads to the result."""
    initial = _typed_before(request, pk) if request.method == "GET" else {}
    form = PreflightForm(request.POST or None, initial=initial or _chosen(request))
    if request.method == "POST" and form.is_valid():
        try:
            usage.use(Limited.PREFLIGHT, {Scope.NETWORK: network_of(request)}, now=timezone.now())
        except LimitReachedError as reached:
            form.add_error(None, limit_words.sentence(reached))
            return render(request, "onboarding/preflight.html", {"form": form}, status=429)
        kept = preflight.ask(typed=form.typed(), now=timezone.now())
        return redirect(kept)
    return render(request, "onboarding/preflight.html", {"form": form}, status=422 if form.errors else 200)


def _chosen(request: HttpRequest) -> dict[str, Any]:
    """Return the answers that follow from the company chosen in a register, or the usual countries."""
    company = find_company.chosen(request)
    if company is None:
        return {"country": "FR", "company_country": "FR"}
    messages.info(request, _("Filled in as the register writes it. Correct it where your register extract differs."))
    return {"country": company.country, "company_country": company.country, **find_company.answers_of(company)}


def _typed_before(request: HttpRequest, pk: uuid.UUID | None) -> dict[str, Any]:
    """Return earlier answers; {} once deleted, and for an enrollment's pre-flight, which is corrected there."""
    earlier = Preflight.objects.filter(pk=pk, enrollment=None).first() if pk else None
    if earlier is None:
        return {}
    if "register" not in request.GET:
        return dict(earlier.typed)
    messages.info(request, answer_groups.SPELLING_FILLED_IN)
    return {**earlier.typed, **preflight.spelling(earlier)}


@require_POST
def start_from_file(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Start a pre-flight with the answers of an enrollment."""
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=True)
    typed = preflight.typed_of(enrollment)
    if not (typed["legal_name"] and typed["contact_email"]):
        messages.info(request, _("Fill in the company and the primary contact first."))
        return redirect("onboarding:answers", pk)
    try:
        usage.use(Limited.PREFLIGHT_FILE, {Scope.ACCOUNT: request.user.pk}, now=timezone.now())
    except LimitReachedError as reached:
        messages.info(request, limit_words.sentence(reached, is_kept=False))
        return redirect("onboarding:answers", pk)
    return redirect(preflight.ask(typed=typed, now=timezone.now(), enrollment=enrollment))


def enroll(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Offer to begin the enrolment with what was typed (GET); POST begins it, or leads to the one that exists."""
    kept = get_object_or_404(Preflight, pk=pk, enrollment=None)
    me = permissions.signed_in(request)
    if request.method == "POST":
        enrollment = from_preflight.begin(flight=kept, by=me, now=timezone.now())
        messages.success(request, _("Everything you typed is here. Each page shows it; save it to have it checked."))
        return redirect(enrollment)
    context = {"preflight": kept, "is_known": from_preflight.known_elsewhere(kept, by=me)}
    return render(request, "onboarding/preflight_enroll.html", context)


@login_not_required
@never_cache
@require_GET
def result(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the lines that are known; the page reloads while a lookup is in progress."""
    kept = get_object_or_404(Preflight, pk=pk)
    if kept.enrollment_id and not request.user.is_authenticated:
        raise Http404
    may_correct = True
    if kept.enrollment_id:
        enrollment, for_staff = permissions.enrollment_for_reader(request, kept.enrollment_id)
        may_correct = not for_staff and permissions.may_edit(enrollment)
    found = preflight.lines(kept, today=timezone.localdate())
    verdict = preflight.overall(found)
    again_url, company_url = _ways_back(kept)
    spelling_url = f"{company_url}?register=1" if may_correct and preflight.spelling(kept) else ""
    groups = {about: [_say(line, spelling_url) for line in found if line.about == about] for about in ABOUT}
    context = {
        "preflight": kept,
        "verdict": _BADGES[verdict],
        "verdict_label": _LABELS[verdict],
        "overall": _OVERALL[verdict],
        "refused": [_say(line) for line in found if line.verdict is PreflightVerdict.REFUSED],
        "groups": [{"title": ABOUT[about], "lines": lines} for about, lines in groups.items() if lines],
        "poll_seconds": POLL_SECONDS if any(line.verdict is PreflightVerdict.LOOKING for line in found) else 0,
        "again_url": again_url,
        "enroll_url": "" if kept.enrollment_id else reverse("onboarding:preflight_enroll", args=[kept.pk]),
    }
    is_live = request.headers.get("X-Part") == "live"
    return render(request, "onboarding/_preflight.html" if is_live else "onboarding/preflight_result.html", context)


def _ways_back(kept: Preflight) -> tuple[str, str]:
    """Return where to correct what was typed, and where the company's name and address are."""
    if kept.enrollment_id is None:
        return (again := reverse("onboarding:preflight_again", args=[kept.pk])), again
    company = reverse("onboarding:page", args=[kept.enrollment_id, "company"])
    return reverse("onboarding:answers", args=[kept.enrollment_id]), company


def _say(line: PreflightLine, spelling_url: str = "") -> Said:
    values = {name: written(value) if name == "until" else value for name, value in line.values.items()}
    if line.code in LINES:
        title, todo = (str(text) % values for text in LINES[line.code])
    else:
        title, todo = str(REASONS[line.code].title), str(REASONS[line.code].todo)
    return Said(
        _BADGES[line.verdict],
        _LABELS[line.verdict],
        title,
        todo,
        source_label(line.source),
        comparison.rows_of(line.evidence),
        spelling_url if line.evidence.get("take_over") else "",
        _HELP.get(line.code, ""),
    )
