"""The plan to take away: calendar, XLSX, CSV, PDF; and the private address for calendar programs."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST, require_safe

from licensing import permissions
from licensing.domain import editions, feeds, queries
from licensing.models import Customer, EstateFile, PlanLine, RejectedRow
from licensing.views import cards, plan_cards, words
from licensing.views.estate import download
from licensing.writers import document
from licensing.writers.calendar import Entry, calendar
from portal.partners.models import Partner
from portal.tables import writing

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ICS = "text/calendar; charset=utf-8"


def _chosen(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID | None) -> tuple[Partner, Customer | None]:
    if pk is None:
        return permissions.member(request, partner_id).partner, None
    customer = permissions.customer(request, partner_id, pk)
    return customer.partner, customer


def _lines(partner: Partner, customer: Customer | None) -> Iterator[dict[str, Any]]:
    rows = queries.plan_lines(partner, customer=customer).iterator(chunk_size=2000)
    return plan_cards.lines(rows, partner=partner, today=timezone.localdate())


@require_GET
def plan_csv(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID | None = None) -> StreamingHttpResponse:
    rows = (plan_cards.cells(one) for one in _lines(*_chosen(request, partner_id, pk)))
    return download(
        writing.delimited(plan_cards.heads(), rows, language=cards.language()), "plan.csv", "text/csv; charset=utf-8"
    )


@require_GET
def plan_xlsx(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID | None = None) -> StreamingHttpResponse:
    """Sheets: plan, open questions, rejected rows of the last file, sources."""
    partner, customer = _chosen(request, partner_id, pk)
    shown = list(_lines(partner, customer))
    questions = [
        [one["customer"], one["product"], one["number"], str(one["question"])] for one in shown if one["question"]
    ]
    plans = {one["row"].plan.edition_id: one["row"].plan for one in shown}
    sources = dict.fromkeys(
        text
        for plan in plans.values()
        for text in plan_cards.sources(
            editions.of(plan.edition),
            {one["rule"] for one in shown if one["row"].plan.edition_id == plan.edition_id},
            on=plan.as_of,
        )
    )
    sheets = [
        (_("Plan"), plan_cards.heads(), (plan_cards.cells(one) for one in shown)),
        (_("Open questions"), [_("Customer"), _("Product"), _("Number"), _("Open question")], questions),
        (_("Rejected rows"), [_("Row"), _("Reason"), _("Content")], _rejected(partner)),
        (_("Sources"), [_("Source")], ([text] for text in [*sources, _foot()])),
    ]
    return download([writing.workbook(sheets)], "plan.xlsx", XLSX)


def _rejected(partner: Partner) -> Iterator[list[object]]:
    last = EstateFile.objects.filter(partner=partner, state="done").order_by("-done_at").values("pk")[:1]
    for row in RejectedRow.objects.filter(file__in=last):
        yield [row.row_no, str(words.said(words.ROW_REJECTED, row.reason)), " | ".join(row.cells)]


@require_GET
def plan_pdf(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> StreamingHttpResponse:
    """One customer's plan on paper, in the reader's language."""
    partner, customer = _chosen(request, partner_id, pk)
    assert customer is not None
    shown = list(_lines(partner, customer))
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
        % {"partner": partner, "day": cards.moment(timezone.localdate())},
        heads=heads,
        rows=[_printed(one) for one in shown],
        reasons_title=_("Where this comes from"),
        reasons=plan_cards.sources(facts, {one["rule"] for one in shown}, on=plan.as_of) if plan else [],
        foot=_foot(),
        language=cards.language(),
    )
    return download([document.pdf(made)], "plan.pdf", "application/pdf")


def _printed(one: dict[str, Any]) -> list[str]:
    row = one["row"]
    order = " – ".join(filter(None, [cards.moment(row.order_from), cards.moment(row.order_to)]))
    action = f"{one['action']} ({one['urgency_label']})"
    last = cards.moment(row.expires_on or row.token_until)
    paid_twice = _("Paid twice: up to %(days)s days.") % {"days": row.overlap_days} if row.overlap_days else ""
    said = [one["why"] or str(one["question"]), *plan_cards.warnings(one), paid_twice]
    why = " ".join(filter(None, said))
    days = [cards.moment(row.authorise_by), order, cards.moment(row.transfer_on), last]
    product = f"{one['product']} ({one['number']})" if one["number"] else one["product"]
    return [product, str(one["quantity"]), action, *days, why]


def _foot() -> str:
    return _("Valid as of %(day)s. No legal or licensing advice: Microsoft's terms decide.") % {
        "day": cards.moment(timezone.localdate())
    }


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
    """The calendar for a calendar program, which has no sign-in: the address is the key."""
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
    entries = [entry for one in plan_cards.lines(rows, partner=partner, today=today) for entry in _entries(one)]
    gone = queries.gone_lines(partner, now=timezone.now(), customer=customer)
    entries += [entry for row in gone for entry in _cancelled(row)]
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


def _cancelled(row: PlanLine) -> Iterator[Entry]:
    for deed, day, words_ in _deeds(row):
        if day:
            title = f"{words_}: {row.plan.customer.name}, {row.product}"
            yield Entry(
                f"line-{row.uid}-{deed}", day, title, "", row.plan.number + 1, row.plan.made_at, is_cancelled=True
            )
