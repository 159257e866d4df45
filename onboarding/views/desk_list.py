"""The desk: the queue of a BDM's countries in views, found by search, page by page."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from onboarding import permissions
from onboarding.domain.desk import listing, pipeline
from onboarding.domain.desk.listing import DeskPage, Filters, Scope
from onboarding.domain.desk.search import Group
from onboarding.domain.reasons.words import Reader, Words, words_for
from onboarding.forms.desk import OWN, FilterForm
from onboarding.models import PipelineEntry, SavedView
from onboarding.views.presenters.desk_rows import desk_row, file_url
from portal.coverage.models import Bdm
from portal.text import one_line
from portal.web import questions

# The views in the bar; the others are in the list of the filters.
IN_THE_BAR = (
    "needs_me", "mine", "lent", "starred", "due", "came_back", "second", "unread", "contradicted", "parked",
    "suspension", "at_risk", "long_tail", "microsoft_late", "open", "ready_lately",
)  # fmt: skip
ALWAYS_IN_THE_BAR = ("needs_me", "mine", "due", "open")
_ADDRESS = ("after", "before", "saved")


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Show a view of the queue; without any, the person's own default view."""
    bdm = permissions.bdm(request)
    saved = SavedView.objects.filter(user=bdm.user_id) | SavedView.objects.filter(is_shared=True)
    seen = permissions.scope(request)
    form = FilterForm(request.GET, bdm=bdm, countries=seen.countries, beside=[saved])
    default = next((view for view in saved if view.is_default and view.user_id == bdm.user_id), None)
    if default and not request.GET:
        return redirect(f"{reverse('onboarding:desk')}?{default.query}")
    found, filters = DeskPage([]), Filters()
    if form.is_valid():
        filters = form.filters()
        found = _page(request, bdm, filters, form)
    query = request.GET.copy()
    for name in _ADDRESS:
        query.pop(name, None)
    words = words_for(Reader.LEAD if bdm.is_lead else Reader.BDM)
    context = {
        "form": form,
        "filters": filters,
        "groups": _groups(found, words, query=query.urlencode()),
        "found": found,
        "query": query.urlencode(),
        "views": _views(_counts(seen), filters, form),
        "saved": saved,
        "covers": seen.covers,
        "is_refused": not form.is_valid(),
        "is_first": not found.before,
        "is_lead": bdm.is_lead,
    }
    return render(request, "onboarding/desk.html", context, status=422 if form.errors else 200)


def _counts(seen: Scope) -> dict[str, int]:
    return pipeline.counts(seen.countries, owners=seen.owners) | {listing.LENT: len(seen.lent)}


def _page(request: HttpRequest, bdm: Bdm, filters: Filters, form: FilterForm) -> DeskPage:
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    scope, now = permissions.scope(request), timezone.now()
    try:
        return listing.page(bdm, filters, scope=scope, now=now, after=after, before=before)
    except listing.BadPositionError:
        form.add_error(None, _("This address does not name a page of this view. Start from its first page."))
        return DeskPage([])


def _views(numbers: dict[str, int], filters: Filters, form: FilterForm) -> list[dict[str, Any]]:
    """Return the bar of views: address, label, number, and whether it is the one shown.

    An empty view is left out, but for those that people look for even when they are empty.
    """
    labels = {**dict(OWN), **{view.code: view.label for view in pipeline.VIEWS}}
    return [
        {
            "url": f"?view={code}",
            "label": labels[code],
            "number": numbers.get(code, 0),
            "is_current": form.is_valid() and filters == Filters(view=code),
        }
        for code in IN_THE_BAR
        if numbers.get(code) or code in ALWAYS_IN_THE_BAR or code == filters.view
    ]


_GROUPS: dict[Group, Any] = {
    Group.ADDRESS: gettext_lazy("Files"),
    Group.NUMBER: gettext_lazy("By number"),
    Group.COMPANY: gettext_lazy("Companies"),
    Group.PERSON: gettext_lazy("People and tenants"),
}


def _groups(found: DeskPage, words: Words, *, query: str) -> list[dict[str, Any]]:
    """Return the rows in groups: one without a title, or one for each kind of thing that a search found."""
    by = {hit.enrollment: hit for hit in found.hits}
    texts = {pk: hit.text for pk, hit in by.items()}
    rows = [desk_row(entry, words, query=query, found=texts.get(entry.pk, "")) for entry in found.rows]
    if not found.hits:
        return [{"title": "", "rows": rows}] if rows else []
    grouped = [
        {"title": title, "rows": [row for row in rows if by[row.pk].group == group]} for group, title in _GROUPS.items()
    ]
    return [group for group in grouped if group["rows"]]


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep a view under a name; a name that exists gets the new address."""
    bdm = permissions.bdm(request)
    query = QueryDict(request.POST.get("query", "")[:500])
    form = FilterForm(query, bdm=bdm, countries=permissions.scope(request).countries)
    name = one_line(request.POST.get("name", ""))[:60]
    if not name or not form.is_valid():
        messages.error(request, _("Give the view a name. Nothing was saved."))
        return redirect(f"{reverse('onboarding:desk')}?{query.urlencode()}")
    is_default = "default" in request.POST
    if is_default:
        SavedView.objects.filter(user=bdm.user_id, is_default=True).update(is_default=False)
    values = {"query": query.urlencode(), "is_shared": "shared" in request.POST, "is_default": is_default}
    SavedView.objects.update_or_create(user=bdm.user, name=name, defaults=values)
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": name})
    return redirect(f"{reverse('onboarding:desk')}?{query.urlencode()}")


@require_POST
def forget_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one of the person's own views; a second time changes nothing."""
    bdm = permissions.bdm(request)
    found = SavedView.objects.filter(pk=pk, user=bdm.user_id).first()
    question = found and questions.ask(
        request,
        question=_("Delete the view “%(name)s”?") % {"name": found.name},
        told=_("Only the view is deleted, also for colleagues who see it. The files in it stay."),
        button=_("Delete the view"),
        back=f"{reverse('onboarding:desk')}?{found.query}",
    )
    if question:
        return question
    SavedView.objects.filter(pk=pk, user=bdm.user_id).delete()
    messages.success(request, _("The view is deleted."))
    return redirect("onboarding:desk")


# --- the way back, and on to the next one -----------------------------------------------------------------------------


def _came_from(request: HttpRequest) -> tuple[str, Filters] | None:
    """Return the view that the person came from (``from`` in the address), if it can be read."""
    query = request.GET.get("from", "")[:500]
    if not query:
        return None
    bdm = permissions.bdm(request)
    form = FilterForm(QueryDict(query), bdm=bdm, countries=permissions.scope(request).countries)
    return (query, form.filters()) if form.is_valid() else None


def beside(request: HttpRequest, entry: PipelineEntry | None) -> dict[str, str]:
    """Return the addresses back to the view and of the enrollments beside this one in it.

    "from" is what a link adds to its address, so that the view is not lost.
    """
    desk_url, came = reverse("onboarding:desk"), _came_from(request)
    if came is None or entry is None:
        return {"back": desk_url}
    query, filters = came
    bdm = permissions.bdm(request)
    found = listing.neighbours(bdm, filters, entry, scope=permissions.scope(request), now=timezone.now())
    return {
        "back": f"{desk_url}?{query}",
        "query": query,
        "from": f"?{urlencode({'from': query})}",
        "previous": file_url(found.previous, query),
        "following": file_url(found.following, query),
    }


def way_on(request: HttpRequest, pk: uuid.UUID) -> str:
    """Return where to go after a decision: the next enrollment of the view, or this one again."""
    entry = PipelineEntry.objects.filter(pk=pk).first() if "from" in request.GET else None
    return beside(request, entry).get("following") or reverse("onboarding:desk_enrollment", args=[pk])


def same_file(request: HttpRequest, pk: uuid.UUID) -> str:
    """Return the address of the file's page, with the view that the person came from."""
    return file_url(pk, request.GET.get("from", "")[:500])
