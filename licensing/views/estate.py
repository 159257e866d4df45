"""The reseller's estate: upload a file, map its columns, answer open questions, see the plan."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from licensing import permissions
from licensing.domain import (
    checklist,
    contacts,
    editions,
    estate,
    estate_import,
    estate_undo,
    plan_files,
    queries,
    readiness,
)
from licensing.domain.risk import Risk
from licensing.domain.rows import is_contracts
from licensing.enums import Action, EditionState, FileState, Tenant
from licensing.forms.estate import FIELD_NAMES, WHICH, CustomerForm, MappingForm, OrderForm, UploadForm
from licensing.models import Customer, EstateFile, Line, TransferLink
from licensing.views import estate_files, plan_presenters, plan_sources, presenters, wording
from onboarding.models import Enrollment
from portal.tables import writing
from portal.text import one_line
from portal.web import questions
from portal.web.fragments import Fragments
from portal.web.sheets import sheet_choices

PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Show the estate at a glance, with the upload of a file."""
    membership = permissions.member(request, partner_id, to_edit=request.method == "POST")
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        file = estate.upload(
            partner=membership.partner, name=sent.name, content=sent.read(), by=permissions.signed_in(request),
            now=timezone.now(),
        )  # fmt: skip
        return redirect(file)
    return _overview(request, membership, form)


def _overview(request: HttpRequest, membership: Any, form: UploadForm) -> HttpResponse:
    partner, today = membership.partner, timezone.localdate()
    start = _number(request.GET.get("after", ""))
    text, only = request.GET.get("text", "")[:100], request.GET.get("only", "")
    country = one_line(request.GET.get("country", ""))[:2]
    at_risk = _at_risk(partner, today, country if only == "risk" else "")
    among = at_risk if only == "risk" else None
    is_unknown = bool(only) and only not in dict(WHICH)
    rows = queries.customers(partner, today=today, text=text, only=only, among=[] if is_unknown else among)
    found = list(rows[start : start + PAGE + 1])
    firsts = queries.first_lines([one.pk for one in found], today=today, only="moves" if only == "risk" else only)
    counts = queries.overview(partner, today=today)
    files = EstateFile.objects.filter(partner=partner).defer("content", "found", "result", "mapping")
    context = {
        "partner": partner,
        "membership": membership,
        "form": form,
        "counts": counts,
        "actions": plan_presenters.overview_counts(counts.actions),
        "customers": [
            {
                "row": one,
                "first": plan_presenters.first_line(firsts.get(one.pk)),
                "risk": at_risk.get(one.pk),
                "is_likely": at_risk.get(one.pk) == Risk.LIKELY,
            }
            for one in found[:PAGE]
        ],
        "at_risk": len(at_risk),
        "country": country,
        "after": start + PAGE if len(found) > PAGE else None,
        "is_first": not start,
        "text": text,
        "only": only,
        "is_unknown": is_unknown,
        "which": WHICH,
        "today": today,
        "is_long": plan_files.is_long(counts.lines),
        "at_once": plan_files.AT_ONCE,
        "plan_files": plan_files.newest(partner),
        "files": list(files.order_by("-uploaded_at")[:5]),
    }
    return render(request, "licensing/estate.html", context, status=422 if form.is_bound and form.errors else 200)


def _at_risk(partner: Any, today: Any, country: str) -> dict[uuid.UUID, Risk]:
    """Return the customers at risk, of one country or of all where the partner is not ready yet."""
    own = Enrollment.objects.filter(partner=partner).select_related("country", "partner")
    own = own.filter(country=country) if country else own
    return readiness.customers_at_risk(list(own), today=today, now=timezone.now())


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Show one file in any state; POST maps its columns and starts the import."""
    found = permissions.estate_file(request, partner_id, pk, to_edit=request.method == "POST")
    if found.state == FileState.TO_REVIEW:
        return estate_files.review(request, found)
    if request.method == "POST" and found.state != FileState.TO_CONFIRM:
        return redirect(found)
    if found.state != FileState.TO_CONFIRM:
        return render(request, "licensing/file.html", _file_context(found))
    number = _number(request.POST.get("sheet", request.GET.get("sheet", "")) or str(found.found["best"]))
    sheet = found.found["sheets"][min(number, len(found.found["sheets"]) - 1)]
    form = MappingForm(request.POST or None, sheet=sheet)
    if request.method == "POST" and form.is_valid() and _confirm(found, form, sheet):
        return redirect(found)
    context = {
        **_file_context(found),
        "form": form,
        "sheet": sheet,
        "sheet_choices": sheet_choices(found.found["sheets"]),
        "sheet_number": number,
        "columns": _columns(form, sheet),
    }
    return render(request, "licensing/file.html", context, status=422 if form.is_bound else 200)


def _confirm(found: EstateFile, form: MappingForm, sheet: dict[str, Any]) -> bool:
    """Return True when the import starts; the form shows what is missing."""
    try:
        estate.confirm(
            file=found, sheet=sheet["name"], fields=form.columns(), customer=form.cleaned_data["customer"],
            has_titles=not form.cleaned_data["no_titles"], now=timezone.now(),
        )  # fmt: skip
    except estate.MappingIncompleteError as error:
        names = ", ".join(str(FIELD_NAMES[name]) for name in error.missing)
        form.add_error(None, _("No column is said to be: %(names)s. Without it no row can be read.") % {"names": names})
    except estate_import.NotWaitingError:
        form.add_error(None, _("This file no longer waits for an answer."))
    return not form.errors


# What waits for an answer has a form instead.
FRAGMENTS = Fragments("licensing/file", FileState, shared={FileState.TO_CONFIRM: "", FileState.TO_REVIEW: ""})
PARKED = "components/parked_file.html"


def _file_context(found: EstateFile) -> dict[str, Any]:
    result, undo_reason = found.result or {}, _undo_reason(found)
    return {
        "file": found,
        "partner": found.partner,
        "why": wording.worded(wording.FILE_REFUSED, found.refused_why),
        "is_live": found.state in (FileState.LOOKING, FileState.CHECKING, FileState.IMPORTING) and not found.parked_at,
        "result": result,
        "left_out": [_left_out(one) for one in found.mapping.get("left_out", ())],
        "is_contracts": is_contracts(found.mapping.get("fields", {}).values()),
        "changes": estate_files.changes(result.get("changes", ())),
        "fragment": PARKED if found.parked_at else FRAGMENTS.of(FileState(found.state)),
        "may_undo": undo_reason == "",
        "undo_reason": undo_reason,
        "rejected_rows": [
            {"no": row.row_no, "why": wording.worded(wording.ROW_REJECTED, row.reason), "cells": row.cells}
            for row in found.rejected_rows.all()[:20]
        ] if found.state == FileState.DONE else [],
    }  # fmt: skip


def _undo_reason(found: EstateFile) -> str | None:
    """Return why an import cannot be undone, '' if it can, None where there is none."""
    if found.state != FileState.DONE:
        return None
    code = estate_undo.why_not(found)
    return str(wording.worded(wording.NOT_UNDONE, code)) if code else ""


def _left_out(sheet: list[Any] | str) -> str:
    """Return a sheet that was not chosen, with its number of rows; older files stored only its name."""
    if isinstance(sheet, str):
        return sheet
    name, height = sheet
    return ngettext(
        "%(name)s (%(height)s row, titles included)", "%(name)s (%(height)s rows, titles included)", height
    ) % {"name": name, "height": height}


def _columns(form: MappingForm, sheet: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "field": form[f"column-{index}"],
            "samples": [row[index] for row in sheet["sample"][:4] if index < len(row) and row[index]],
        }
        for index in range(len(form.titles))
    ]


@require_GET
def rejected(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> StreamingHttpResponse:
    """Return the rejected rows with their reason, to be corrected and uploaded again."""
    found = permissions.estate_file(request, partner_id, pk)
    titles = _titles(found)
    rows = (
        [row.row_no, str(wording.worded(wording.ROW_REJECTED, row.reason)), *row.cells]
        for row in found.rejected_rows.all()
    )
    heads = [_("Row"), _("Reason"), *titles]
    content = writing.delimited(heads, rows, language=editions.language())
    return download(content, "rejected.csv", "text/csv; charset=utf-8")


def _titles(found: EstateFile) -> list[str]:
    name = found.mapping.get("sheet")
    return next((one["titles"] for one in found.found.get("sheets", ()) if one["name"] == name), [])


def download(content: Any, name: str, kind: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def customer(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Show one customer's plan; POST answers the open questions of their lines."""
    found = permissions.customer(request, partner_id, pk, to_edit=request.method == "POST")
    form = CustomerForm(request.POST) if request.method == "POST" else _answer_form(found)
    if request.method == "POST" and form.is_valid():
        estate.answer(customer=found, today=timezone.localdate(), now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Saved. The plan is made again."))
        return redirect(found)
    return _customer(request, found, form)


_SAID = {True: "yes", False: "no", None: ""}


def _answer_form(found: Customer) -> CustomerForm:
    said = {"has_sa": _SAID[found.has_sa], "unknown_online": _SAID[found.unknown_online]}
    return CustomerForm(
        initial={
            "sector": found.sector,
            "country": found.country,
            "end_on": found.end_on,
            "tenant": found.tenant,
            **said,
        }
    )


def _steps(found: Customer, transfer_link: TransferLink | None) -> list[tuple[Any, ...]]:
    """Return each deed of a transfer: its code, words, whose it is, whether it is done, and where it is done."""
    return [
        (
            step.code,
            wording.STEPS[step.code],
            wording.OWNERS[step.owner],
            found.steps_done.get(step.code),
            transfer_link if step.code == "authorise" else None,
        )
        for step in checklist.STEPS[Tenant(found.tenant)]
    ]


def _customer(
    request: HttpRequest, found: Customer, form: CustomerForm, *, orders: dict[int, OrderForm] | None = None
) -> HttpResponse:
    today = timezone.localdate()
    membership = permissions.member(request, found.partner_id)
    start = _number(request.GET.get("after", ""))
    rows = list(queries.plan_lines(found.partner, customer=found)[start : start + PAGE + 1])
    shown = list(plan_presenters.lines(rows[:PAGE], partner=found.partner, today=today))
    for one in shown:
        plan_sources.add(one)
    form.expect({row.question for row in rows})
    if membership.may_edit:
        for one in shown:
            one["order_form"] = _order_form(one["row"].line, orders or {})
    plan = rows[0].plan if rows else None
    moves = any(one["row"].action == Action.CSP_ONLINE for one in shown)
    country = found.country or found.partner.country
    context = {
        "partner": found.partner,
        "customer": found,
        "membership": membership,
        "form": form,
        "forms": [*(orders or {}).values(), form],
        "lines": shown,
        "after": start + PAGE if len(rows) > PAGE else None,
        "is_long": plan_files.has_long_plan(found.partner, customer=found),
        "plan": plan,
        "questions": sorted({str(one["question"]) for one in shown if one["question"]}),
        "scenario": checklist.scenario(Tenant(found.tenant)),
        "steps": _steps(found, queries.transfer_link(country, on=today) if moves else None),
        "is_outdated": plan is not None and plan.edition.state != EditionState.PUBLISHED,
        "moves": moves,
        "way": presenters.way_to_sell(readiness.selling_of(found.partner, country=country)) if moves else None,
        "needs_person": any(one["row"].action == "ask_bdm" for one in shown),
        "contact": {
            "people": contacts.contacts_for(country, public=False),
            "country": found.country,
        },
        "sources": plan_presenters.statements(editions.of(plan.edition), {row.rule for row in rows}, on=plan.as_of)
        if plan
        else [],
    }
    is_refused = (form.is_bound and form.errors) or orders
    return render(request, "licensing/customer.html", context, status=422 if is_refused else 200)


def _order_form(line: Line | None, sent: dict[int, OrderForm]) -> OrderForm | None:
    if line is None:
        return None
    said = {"ordered_on": line.ordered_on, "keys_on": line.keys_on}
    return sent.get(line.pk) or OrderForm(initial=said, auto_id=f"id_{line.pk}_%s")


@require_POST
def order(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID, line_pk: int) -> HttpResponse:
    """Store when a line was ordered, and when its keys came."""
    line = permissions.line(request, partner_id, pk, line_pk)
    form = OrderForm(request.POST, auto_id=f"id_{line.pk}_%s")
    if not form.is_valid():
        return _customer(request, line.customer, _answer_form(line.customer), orders={line.pk: form})
    estate.record_order(line=line, **form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect(f"{line.customer.get_absolute_url()}#line-{line.pk}")


@require_POST
def remove_line(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID, line_pk: int) -> HttpResponse:
    owner = permissions.customer(request, partner_id, pk, to_edit=True)
    line = Line.objects.filter(customer=owner, pk=line_pk).first()
    if line is not None:
        line.customer = owner
        question = questions.ask(
            request,
            question=_("Remove %(line)s?") % {"line": line},
            told=_("The line goes from the estate, with what you noted of its order."),
            button=_("Remove the line"),
            back=owner.get_absolute_url(),
        )
        if question:
            return question
        estate.remove_line(line=line, today=timezone.localdate(), now=timezone.now())
        messages.success(request, _("Removed from the estate: %(line)s.") % {"line": line})
    return redirect(owner)


@require_POST
def remove_customer(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    owner = permissions.customer(request, partner_id, pk, to_edit=True)
    if "sure" not in request.POST:
        messages.error(request, _("Tick that you are sure. Nothing was removed."))
        return redirect(owner)
    estate.remove_customer(customer=owner)
    messages.success(request, _("Removed from the estate: %(line)s.") % {"line": owner.name})
    return redirect("licensing:estate", owner.partner_id)


@require_POST
def withdraw(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Withdraw a file instead of importing it."""
    found = permissions.estate_file(request, partner_id, pk, to_edit=True)
    question = questions.ask(
        request,
        question=_("Forget the file %(name)s?") % {"name": found.name},
        told=_("Nothing of it is imported, and what you answered about it is lost. The estate stays as it is."),
        button=_("Forget the file"),
        back=found.get_absolute_url(),
    )
    if question:
        return question
    if not estate.withdraw(file=found):
        messages.error(request, _("This file no longer waits for an answer."))
        return redirect(found)
    messages.success(request, _("The file was not imported, and is forgotten."))
    return redirect("licensing:estate", found.partner_id)


@require_POST
def tick(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Tick or untick a step of the checklist. Repeating it changes nothing."""
    found = permissions.customer(request, partner_id, pk, to_edit=True)
    step, is_done = request.POST.get("step", ""), request.POST.get("done") == "1"
    if step in checklist.CODES:
        estate.tick(customer=found, step=step, is_done=is_done, now=timezone.now())
    return redirect(f"{found.get_absolute_url()}#steps")
