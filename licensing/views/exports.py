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
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST, require_safe

from licensing import permissions
from licensing.domain import feeds, plan_files, queries
from licensing.domain.file_names import file_name
from licensing.enums import PlanFileKind
from licensing.models import Customer, PlanLine
from licensing.views import customer_paper, plan_presenters, spreadsheet
from licensing.views.estate import download
from licensing.writers import document
from licensing.writers.calendar import Entry, calendar
from portal.partners.models import Partner
from portal.wording import colon, reader_language

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ICS = "text/calendar; charset=utf-8"


def _chosen(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID | None) -> tuple[Partner, Customer | None]:
    if pk is None:
        return permissions.member(request, partner_id).partner, None
    customer = permissions.customer(request, partner_id, pk)
    return customer.partner, customer


def _name(partner: Partner, customer: Customer | None, ending: str) -> str:
    return file_name("plan", customer.name if customer else partner.name, timezone.localdate(), ending)


def _rows(partner: Partner, customer: Customer | None) -> Iterator[PlanLine]:
    return queries.plan_lines(partner, customer=customer).iterator(chunk_size=2000)


@require_GET
def plan_csv(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID | None = None) -> HttpResponseBase:
    partner, customer = _chosen(request, partner_id, pk)
    if plan_files.has_long_plan(partner, customer=customer):
        return _where_to_ask(request, partner, customer)
    content = spreadsheet.delimited(_rows(partner, customer), partner=partner, today=timezone.localdate())
    return download(content, _name(partner, customer, "csv"), CSV)


@require_GET
def plan_xlsx(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID | None = None) -> HttpResponseBase:
    partner, customer = _chosen(request, partner_id, pk)
    if plan_files.has_long_plan(partner, customer=customer):
        return _where_to_ask(request, partner, customer)
    content = spreadsheet.workbook(_rows(partner, customer), partner=partner, today=timezone.localdate())
    return download([content], _name(partner, customer, "xlsx"), XLSX)


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
            language=reader_language(),
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
    """Return one customer's plan as a PDF for that customer, in the chosen language."""
    customer = permissions.customer(request, partner_id, pk)
    with translation.override(_language(request)):
        _paper, content, name = _made_for(customer)
    return download([content], name, "application/pdf")


@require_GET
def plan_mail(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> StreamingHttpResponse:
    """Return a mail with the PDF attached, which the reseller's own mail program opens as a draft."""
    customer = permissions.customer(request, partner_id, pk)
    with translation.override(_language(request)):
        paper, content, name = _made_for(customer)
        mail = customer_paper.mail_of(paper, content, name=name)
    return download([mail], name.removesuffix("pdf") + "eml", "message/rfc822")


def _language(request: HttpRequest) -> str:
    """Return the customer's language, which may be another than the reader's."""
    chosen = request.GET.get("language", "")
    return chosen if chosen in dict(settings.LANGUAGES) else reader_language()


def _made_for(customer: Customer) -> tuple[document.Document, bytes, str]:
    rows, today = queries.plan_lines(customer.partner, customer=customer), timezone.localdate()
    shown = list(rows[: customer_paper.ON_PAPER])
    more = rows.order_by().count() - len(shown)
    paper = customer_paper.document_of(shown, customer=customer, partner=customer.partner, more=more, today=today)
    return paper, document.pdf(paper), file_name("plan", customer.name, today, "pdf")


# --- calendar ---------------------------------------------------------------------------------------------------
@require_GET
def plan_ics(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID | None = None) -> HttpResponse:
    partner, customer = _chosen(request, partner_id, pk)
    response = HttpResponse(_calendar(partner, customer), content_type=ICS)
    response["Content-Disposition"] = content_disposition_header(True, _name(partner, customer, "ics")) or "attachment"
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
        language=reader_language(),
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
            title = f"{words_}{colon()}{one['customer']}, {one['product']}"
            yield Entry(f"line-{row.uid}-{deed}", day, title, text, row.plan.number, row.plan.made_at)


def _cancelled(row: PlanLine, *, only: tuple[str, ...] = ()) -> Iterator[Entry]:
    for deed, day, words_ in _deeds(row):
        if day and (not only or deed in only):
            title = f"{words_}{colon()}{row.plan.customer.name}, {row.product}"
            yield Entry(
                f"line-{row.uid}-{deed}", day, title, "", row.plan.number + 1, row.plan.made_at, is_cancelled=True
            )
