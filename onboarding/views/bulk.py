"""One deed for many enrollments: choose it, watch it, and read what was left as it was and why."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods, require_safe

from onboarding import permissions
from onboarding.domain.desk import bulk, listing
from onboarding.domain.mail import notifications
from onboarding.enums import BulkKind, BulkOutcome, Turn
from onboarding.forms.bulk import forms_of
from onboarding.forms.desk import FilterForm
from onboarding.models import BulkDeed, Check, Enrollment
from portal.notices import letters, registry

SHOWN_ROWS = 200
LEFT_ALONE = [outcome for outcome in BulkOutcome if outcome not in (BulkOutcome.DONE, BulkOutcome.SAME)]


@dataclass(frozen=True)
class _Meant:
    """Which enrollments a page is about: those chosen one by one, or all of a view."""

    chosen: list[uuid.UUID]
    query: str
    number: int
    is_cut: bool
    first: list[uuid.UUID]


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Offer the deeds for the enrollments that the address names (GET), or ask for one of them (POST)."""
    typed = request.POST if request.method == "POST" else request.GET
    meant = _meant(request, typed)
    kind = request.POST.get("do", "")
    offered = forms_of(request.POST, kind, today=timezone.localdate())
    if request.method == "POST" and kind in BulkKind.values and meant.number:
        form = offered[BulkKind(kind)]
        if form.is_valid():
            return redirect(_ask(request, meant, BulkKind(kind), form.values()))
    context = {
        "meant": meant,
        "most": bulk.MOST,
        "key": uuid.uuid4(),
        "assign": offered[BulkKind.ASSIGN],
        "follow_up": offered[BulkKind.FOLLOW_UP],
        "tag": offered[BulkKind.TAG],
        "forms": list(offered.values()),
        "example": _example(meant),
        "back": f"{reverse('onboarding:desk')}?{meant.query}",
    }
    return render(request, "onboarding/bulk.html", context, status=422 if request.method == "POST" else 200)


def _meant(request: HttpRequest, typed: QueryDict) -> _Meant:
    bdm, scope = permissions.bdm(request), permissions.scope(request)
    query = typed.get("from", "")[:500]
    form = FilterForm(QueryDict(query), bdm=bdm, countries=scope.countries)
    chosen = [key for key in map(_as_key, typed.getlist("file")[: listing.PAGE_SIZE * 2]) if key]
    if typed.getlist("file") or "of" in typed:
        seen = Enrollment.objects.filter(pk__in=chosen)
        seen = seen if scope.countries is None else seen.filter(country__in=scope.countries)
        chosen = list(seen.values_list("pk", flat=True))
        return _Meant(chosen, query, len(chosen), False, chosen[:1])
    if not form.is_valid():
        raise Http404
    keys = listing.keys(bdm, form.filters(), scope=scope, now=timezone.now(), limit=bulk.MOST + 1)
    return _Meant([], query, min(len(keys), bulk.MOST), len(keys) > bulk.MOST, keys[:20])


def _as_key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _ask(request: HttpRequest, meant: _Meant, kind: BulkKind, values: dict[str, Any]) -> BulkDeed:
    key, user = _as_key(request.POST.get("key", "")) or uuid.uuid4(), permissions.signed_in(request)
    if BulkDeed.objects.filter(pk=key).exclude(by=user).exists():
        raise Http404
    return bulk.ask(
        key=key, kind=kind, by=user, chosen=meant.chosen, query=meant.query, values=values, now=timezone.now()
    )


def _example(meant: _Meant) -> dict[str, Any] | None:
    """Return the reminder as the first partner gets it whose turn it is, in each language; None: nobody's turn."""
    check = (
        Check.objects.filter(enrollment__in=meant.first, turn=Turn.RESELLER)
        .select_related("enrollment__partner", "enrollment__country", "enrollment__created_by")
        .first()
    )
    if check is None:
        return None
    enrollment = check.enrollment
    checks = list(Check.objects.filter(enrollment=enrollment))
    kind = registry.get("reminder")
    shown = []
    for code, name in settings.LANGUAGES:
        with translation.override(code):
            context = {
                **notifications.reminder_context(enrollment, checks),
                "partner": str(enrollment.partner),
                "country": enrollment.country,
                "link": settings.SITE_URL + enrollment.get_absolute_url(),
                "messages": settings.SITE_URL + reverse("onboarding:messages", args=[enrollment.pk]),
            }
            letter = letters.render(kind, language=code, context=context)
            shown.append({"code": code, "name": name, "subject": letter.subject, "text": letter.text})
    return {"partner": enrollment.partner, "letters": shown}


@require_safe
def deed(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show how far a deed is, and at its end what was left as it was."""
    permissions.bdm(request)
    found = BulkDeed.objects.filter(pk=pk, by=permissions.signed_in(request)).first()
    if found is None:
        raise Http404
    numbers = bulk.numbers(found)
    left = found.rows.filter(outcome__in=LEFT_ALONE).select_related("enrollment__partner", "enrollment__country")
    context = {
        "deed": found,
        "is_live": found.done_at is None and found.parked_at is None,
        "worked": sum(numbers.values()),
        "figures": [(outcome, outcome.label, numbers[outcome]) for outcome in BulkOutcome if numbers.get(outcome)],
        "left": list(left.order_by("outcome", "pk")[:SHOWN_ROWS]),
        "shown_rows": SHOWN_ROWS,
        "back": f"{reverse('onboarding:desk')}?{found.query}",
    }
    return render(request, "onboarding/bulk_deed.html", context)
