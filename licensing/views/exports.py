"""Downloads of the plan: calendar, XLSX, CSV, PDF; and the private address for calendar programs."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST, require_safe

from licensing import permissions
from licensing.domain import editions, feeds, plan_files, queries
from licensing.enums import PlanFileKind
from licensing.models import Customer, PlanLine
from licensing.views import plan_presenters, presenters, spreadsheet
from licensing.views.estate import download
from licensing.writers import document
from licensing.writers.calendar import Entry, calendar
from portal.partners.models import Partner
from portal.web.templatetags.portal import counted

CSV = "text/csv; charset=utf-8"
ON_PAPER = 500  # lines: sixty pages, made in a second or two
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ICS = "text/calendar; charset=utf-8"


def _chosen(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID | None) -> tuple[Partner, Customer | None]:
    if pk is None:
        return permissions.member(request, partner_id).partner, None
    customer = permissions.customer(request, partner_id, pk)
    return customer.partner, customer


def _rows(partner: Partner, customer: Customer | None) -> Iterator[PlanLine]:
    return queries.plan_lines(partner, customer=customer).iterator(chunk_size=2000)


@require_GET
def plan_csv(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID | None = None) -> HttpResponseBase:
    partner, customer = _chosen(request, partner_id, pk)
    if plan_files.has_long_plan(partner, customer=customer):
        return _where_to_ask(request, partner, customer)
    content = spreadsheet.delimited(_rows(partner, customer), partner=partner, today=timezone.localdate())
    return download(content, "plan.csv", CSV)


@require_GET
def plan_xlsx(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID | None = None) -> HttpResponseBase:
    partner, customer = _chosen(request, partner_id, pk)
    if plan_files.has_long_plan(partner, customer=customer):
        return _where_to_ask(request, partner, customer)
    content = spreadsheet.workbook(_rows(partner, customer), partner=partner, today=timezone.localdate())
    return download([content], "plan.xlsx", XLSX)


def _where_to_ask(request: HttpRequest, partner: Partner, customer: Customer | None) -> HttpResponse:
    """Redirect the download of a plan that has become long to the button that requests its file."""
    messages.info(
        request,
        _("This plan is long. Ask for its file with the button XLSX or CSV: it is prepared while you continue."),
    )
    return redirect(customer or reverse("licensing:estate", args=[partner.pk]))


# --- long plans: a worker makes the file ------------------------------------------------------------------------
@require_POST
def plan_ask(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID | None = None) -> HttpResponse:
    """Request the file and redirect to its page. A plan that is short by now is returned at once."""
    partner, customer = _chosen(request, partner_id, pk)
    kind = request.POST.get("kind", "")
    if kind not in PlanFileKind:
        raise Http404
    if not plan_files.has_long_plan(partner, customer=customer):
        if customer:
            return redirect(f"licensing:customer_{kind}", partner.pk, customer.pk)
        return redirect(f"licensing:plan_{kind}", partner.pk)
    return redirect(
        plan_files.ask(
            partner=partner,
            customer=customer,
            kind=kind,
            language=translation.get_language() or "fr",
            by=permissions.signed_in(request),
            now=timezone.now(),
        )
    )


@require_safe
def plan_file(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Show how far the file is, with its download."""
    found = permissions.plan_file(request, partner_id, pk)
    context = {
        "file": found,
        "partner": found.partner,
        "is_live": not found.made_at and not found.parked_at,
        "is_kept": plan_files.is_kept(found),
        "keep_days": plan_files.KEEP.days,
    }
    return render(request, "licensing/plan_file.html", context)


@require_GET
def plan_take(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> HttpResponseBase:
    """Return the file. If it is not made yet or no longer stored, redirect to its page, which says so."""
    found = permissions.plan_file(request, partner_id, pk, content=True)
    if found.content is None:
        return redirect(found)
    content = bytes(found.content)
    if found.kind == PlanFileKind.CSV:
        return download(spreadsheet.unpacked(content), found.name, CSV)
    return download([content], found.name, XLSX)


# --- one customer on paper --------------------------------------------------------------------------------------
@require_GET
def plan_pdf(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> StreamingHttpResponse:
    """Return one customer's plan as a PDF, in the reader's language."""
    partner, customer = _chosen(request, partner_id, pk)
    assert customer is not None
    rows = queries.plan_lines(partner, customer=customer)
    shown = list(plan_presenters.lines(rows[:ON_PAPER], partner=partner, today=timezone.localdate()))
    more = rows.order_by().count() - len(shown)
    plan = shown[0]["row"].plan if shown else None
    facts = editions.of(plan.edition) if plan else editions.current()
    heads = [
        _("Product"),
        _("Quantity"),
        _("Action"),
        _("Authorise by"),
        _("Order"),
        _("Transfer on"),
        _("Expiry"),
        _("Why"),
    ]
    made = document.Document(
        title=customer.name,
        subtitle=_("Licence plan by %(partner)s, %(day)s")
        % {"partner": partner, "day": presenters.moment(timezone.localdate())},
        heads=heads,
        rows=[_printed(one) for one in shown],
        reasons_title=_("Where this comes from"),
        reasons=plan_presenters.sources(facts, {one["rule"] for one in shown}, on=plan.as_of) if plan else [],
        foot=" ".join(filter(None, [_of_more(more), spreadsheet.foot(timezone.localdate())])),
        language=editions.language(),
    )
    return download([document.pdf(made)], "plan.pdf", "application/pdf")


def _of_more(more: int) -> str:
    if not more:
        return ""
    return _("The %(shown)s lines with the nearest days; XLSX and CSV hold %(more)s more.") % {
        "shown": counted(ON_PAPER), "more": counted(more)
    }  # fmt: skip


def _printed(one: dict[str, Any]) -> list[str]:
    row = one["row"]
    ahead = one["days"]
    order = " – ".join(filter(None, [presenters.moment(ahead.order_from), presenters.moment(ahead.order_to)]))
    action = f"{one['action']} ({one['urgency_label']})"
    last = presenters.moment(row.expires_on or row.token_until)
    paid_twice = _("Paid twice: up to %(days)s days.") % {"days": ahead.overlap} if ahead.overlap else ""
    said = [one["why"] or str(one["question"]), *plan_presenters.warnings(one), paid_twice]
    why = " ".join(filter(None, said))
    days = [presenters.moment(ahead.authorise_by), order, presenters.moment(ahead.transfer_on), last]
    product = f"{one['product']} ({one['number']})" if one["number"] else one["product"]
    return [product, str(one["quantity"]), action, *days, why]


# --- calendar ---------------------------------------------------------------------------------------------------
@require_GET
def plan_ics(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID | None = None) -> HttpResponse:
    partner, customer = _chosen(request, partner_id, pk)
    response = HttpResponse(_calendar(partner, customer), content_type=ICS)
    response["Content-Disposition"] = 'attachment; filename="plan.ics"'
    return response


@login_not_required
@never_cache
@sensitive_variables("token")
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Return the calendar to a calendar program, which cannot sign in: the address is the key."""
    found = feeds.feed_of(token)
    if found is None:
        raise Http404
    with translation.override(found.language):
        return HttpResponse(_calendar(found.partner, None), content_type=ICS)


@require_POST
def feed_open(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    partner = permissions.member(request, partner_id).partner
    if request.POST.get("do") == "close":
        feeds.close_feed(partner=partner, by=permissions.signed_in(request), now=timezone.now())
        messages.success(request, _("Your calendar address no longer works."))
        return redirect("licensing:estate", partner.pk)
    token = feeds.open_feed(
        partner=partner,
        by=permissions.signed_in(request),
        language=translation.get_language() or "fr",
        now=timezone.now(),
    )
    address = settings.SITE_URL + reverse("licensing:feed", args=[token])
    messages.success(request, _("Your calendar address, shown only now: %(address)s") % {"address": address})
    return redirect("licensing:estate", partner.pk)


def _calendar(partner: Partner, customer: Customer | None) -> bytes:
    today = timezone.localdate()
    rows = queries.calendar_lines(partner, today=today, customer=customer)
    entries = [entry for one in plan_presenters.lines(rows, partner=partner, today=today) for entry in _entries(one)]
    now = timezone.now()
    gone = queries.gone_lines(partner, now=now, customer=customer)
    entries += [entry for row in gone for entry in _cancelled(row)]
    settled = queries.settled_lines(partner, now=now, customer=customer)
    entries += [entry for row in settled for entry in _cancelled(row, only=("authorise", "transfer"))]
    host = urlsplit(settings.SITE_URL).hostname or "portal"
    return calendar(_("Licences: %(partner)s") % {"partner": partner}, entries, host=host)


def _deeds(row: PlanLine) -> list[tuple[str, dt.date | None, str]]:
    return [
        ("authorise", row.authorise_by, _("Have authorised by today")),
        ("order", row.order_from, _("Order from today")),
        ("transfer", row.transfer_on, _("Ask for the transfer today")),
        ("token", row.token_until, _("Last day to activate the token")),
    ]


def _entries(one: dict[str, Any]) -> Iterator[Entry]:
    row = one["row"]
    for deed, day, words_ in _deeds(row):
        if day:
            text = "\n".join(filter(None, [f"{one['quantity']} × {one['product']}", one["number"], one["why"]]))
            title = f"{words_}: {one['customer']}, {one['product']}"
            yield Entry(f"line-{row.uid}-{deed}", day, title, text, row.plan.number, row.plan.made_at)


def _cancelled(row: PlanLine, *, only: tuple[str, ...] = ()) -> Iterator[Entry]:
    for deed, day, words_ in _deeds(row):
        if day and (not only or deed in only):
            title = f"{words_}: {row.plan.customer.name}, {row.product}"
            yield Entry(
                f"line-{row.uid}-{deed}", day, title, "", row.plan.number + 1, row.plan.made_at, is_cancelled=True
            )
