"""The Insights export: upload a file, map its columns, see the outcome of each row."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from onboarding import permissions
from onboarding.domain.desk import queries
from onboarding.domain.partner_center import insights
from onboarding.enums import ImportState, RowOutcome
from onboarding.forms.insights import FIELD_NAMES, ColumnsForm, InsightsForm, ValuesForm
from onboarding.models import InsightsFile, InsightsRow
from onboarding.views.presenters.labels import PARKED, PARKED_FILE, Badge
from portal.tables import writing
from portal.web.fragments import Fragments
from portal.web.sheets import sheet_choices
from portal.wording import colon, reader_language

FILES, ROWS = 20, 20
_REFUSED: dict[str, str | Promise] = {
    "empty": gettext_lazy("The file holds nothing. Download it again from Partner Center."),
    "too_big": gettext_lazy("The file is larger than 10 MB. Split it by region."),
    "too_many_rows": gettext_lazy("The file has more than 50,000 rows in one sheet. Split it by region."),
    "too_many_columns": gettext_lazy("The file has more than 200 columns. Delete those that are not needed."),
    "too_many_sheets": gettext_lazy("The file has more than 30 sheets. Keep the one with the resellers."),
    "macros": gettext_lazy("The file holds macros. Save it as XLSX without macros and send that."),
    "password": gettext_lazy("The file is protected by a password. Remove it and send the file again."),
    "bomb": gettext_lazy(
        "The file unpacks to far more than it shows. Save it again in your spreadsheet and send that."
    ),
    "broken": gettext_lazy("The file cannot be read: it is damaged, or is not what its name says. Save it again."),
    "not_a_table": gettext_lazy("This is no table. Send CSV, XLSX, XLS or ODS."),
    "quote_open": gettext_lazy(
        "A quotation mark is opened and not closed, so that rows would become one cell. Delete it, or send XLSX."
    ),
    "web_page": gettext_lazy(
        "This is a web page with the name of a spreadsheet. Open it in your spreadsheet, save it as XLSX and send that."
    ),
    "xml_table": gettext_lazy(
        "This is a spreadsheet of 2003 in XML. Open it in your spreadsheet, save it as XLSX and send that."
    ),
    "document": gettext_lazy("This is a document, not a table. Save the table in it as XLSX or CSV and send that."),
    "given_up": gettext_lazy("Nobody has worked on this file for 30 days. Upload a newer one."),
}
_REJECTED: dict[str, str | Promise] = {
    "titles_again": gettext_lazy("the titles once more, no reseller"),
    "no_number": gettext_lazy("no MPN ID"),
    "number_unreadable": gettext_lazy("the MPN ID is not a number of at most 20 digits"),
    "value_unknown": gettext_lazy("a status that nobody gave a meaning to"),
    "several_files": gettext_lazy("several files have this MPN ID: give the location's ID, not the global one"),
}
# The outcomes that are listed, those that need somebody first, and their meanings.
_LISTED: tuple[tuple[RowOutcome, str | Promise, str | Promise], ...] = (
    (
        RowOutcome.CONTRADICTED, gettext_lazy("Contradicted rows"),
        gettext_lazy("We know otherwise from a stronger source, or the export does not say why. Each file is flagged."),
    ),
    (
        RowOutcome.UNKNOWN, gettext_lazy("Rows unknown here"),
        gettext_lazy("No submitted file has this MPN ID, neither as location nor as account."),
    ),
    (RowOutcome.REJECTED, gettext_lazy("Rejected rows"), gettext_lazy("These rows could not be read.")),
    (
        RowOutcome.NOT_YOURS, gettext_lazy("Rows of another country"),
        gettext_lazy("These resellers sell in countries that you do not cover. Nothing was changed."),
    ),
    (
        RowOutcome.OLDER, gettext_lazy("Rows older than what is known"),
        gettext_lazy("Something newer or stronger is known. The row appears in the file's history only."),
    ),
    (RowOutcome.APPLIED, gettext_lazy("Applied rows"), gettext_lazy("The validations say now what the export says.")),
)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Show the last files, and the upload of a new one."""
    bdm = permissions.bdm(request)
    today = timezone.localdate()
    form = InsightsForm(request.POST or None, request.FILES or None, today=today)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        file = insights.upload(
            name=sent.name, content=sent.read(), as_of=form.cleaned_data["as_of"], by=bdm, now=timezone.now()
        )
        return redirect(file)
    files = queries.insights_files(bdm).defer("content", "found", "mapping")[:FILES]
    shown = [(row, _badge(row), row.state == ImportState.DONE) for row in files]
    context = {"form": form, "files": shown, "is_lead": bdm.is_lead}
    return render(request, "onboarding/insights.html", context, status=422 if form.is_bound else 200)


def _badge(file: InsightsFile) -> Badge:
    return PARKED if file.parked_at else Badge(file.state, file.get_state_display())


@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one file in any state; while it waits, GET shows its columns and POST maps them."""
    found = permissions.insights_file(request, pk)
    if found.state != ImportState.TO_MAP:
        return redirect(found) if request.method == "POST" else _show(request, found)
    number, sheet, view = _view(request, found)
    form = ColumnsForm(request.POST or None, view=view, fields=_fields(found, view))
    if request.method == "POST" and form.is_valid() and _choose(found, form, view):
        return redirect("onboarding:insights_values", found.pk)
    context = {
        "file": found,
        "form": form,
        "view": view,
        "sheets": found.found["sheets"],
        "sheet_number": number,
        "sheet_choices": sheet_choices(found.found["sheets"]),
        "rows": [
            (index, f"{index + 1}{colon()}{' · '.join(filter(None, row))[:90]}")
            for index, row in enumerate(sheet["rows"])
            if any(row)
        ],
    }
    return render(request, "onboarding/insights_columns.html", context, status=422 if form.is_bound else 200)


def _view(request: HttpRequest, found: InsightsFile) -> tuple[int, dict[str, Any], insights.View]:
    """Return the sheet and title row that were asked for, or chosen before, or found."""
    asked = request.POST if request.method == "POST" else request.GET
    sheets = found.found["sheets"]
    chosen = next((n for n, one in enumerate(sheets) if one["name"] == found.mapping.get("sheet")), None)
    before = found.found["best"] if chosen is None else chosen
    number = min(_number(asked.get("sheet", ""), before), len(sheets) - 1)
    row = _number(asked.get("row", ""), found.mapping.get("header") if number == chosen else None)
    return number, sheets[number], insights.view_of(sheets[number], row)


def _number(text: str, otherwise: Any) -> Any:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else otherwise


def _fields(found: InsightsFile, view: insights.View) -> dict[str, int]:
    """Return the mapping of columns: as chosen a moment ago, as remembered, or as guessed."""
    said = found.mapping
    if said and (said["sheet"], said["header"]) == (view.name, view.header.row):
        return dict(said["fields"])
    return insights.remembered_fields(view, insights.remembered(view))


def _choose(found: InsightsFile, form: ColumnsForm, view: insights.View) -> bool:
    """Return True when the columns are stored; the form shows what is missing."""
    try:
        insights.choose_columns(file=found, view=view, fields=form.columns())
    except insights.ColumnsMissingError as error:
        if "vetting" in error.missing:
            form.add_error("vetting", _("Choose the column of the vetting status, of the MPA status, or both."))
    except insights.NoStatusError as error:
        most = insights.MOST_VALUES
        text = _("This column holds more than %(most)s different values: it is no status. Choose another one.")
        form.add_error(error.field, text % {"most": most})
    except insights.NotWaitingError:
        form.add_error(None, _("This file no longer waits for an answer."))
    return not form.errors


@require_http_methods(["GET", "HEAD", "POST"])
def values(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask what each value means; POST starts the import."""
    found = permissions.insights_file(request, pk)
    if found.state != ImportState.TO_MAP or "fields" not in found.mapping:
        return redirect(found)
    asked = insights.questions(found)
    kept = insights.remembered_of(found)
    form = ValuesForm(request.POST or None, questions=asked, rejected_as=kept.get("rejected_as", ""))
    if request.method == "POST" and form.is_valid():
        try:
            insights.confirm(
                file=found, meanings=form.meanings(), rejected_as=form.rejected_as(),
                by=permissions.signed_in(request), now=timezone.now(),
            )  # fmt: skip
        except insights.NotWaitingError:
            form.add_error(None, _("This file no longer waits for an answer."))
        else:
            return redirect(found)
    groups = [
        (FIELD_NAMES[name], [form[f"value-{n}"] for n, question in enumerate(asked) if question.field == name])
        for name in insights.CODED
        if name in found.mapping["fields"]
    ]
    context = {"file": found, "form": form, "groups": groups, "has_rejected": "rejected_as" in form.fields}
    return render(request, "onboarding/insights_values.html", context, status=422 if form.is_bound else 200)


def _show(request: HttpRequest, found: InsightsFile) -> HttpResponse:
    is_done = found.state == ImportState.DONE
    context = {
        "file": found,
        "fragment": PARKED_FILE if found.parked_at else FRAGMENTS.of(ImportState(found.state)),
        "why": _REFUSED.get(found.refused_why, found.refused_why),
        "is_live": found.state in (ImportState.LOOKING, ImportState.IMPORTING) and not found.parked_at,
        "is_remembered": found.mapping.get("remembered", False),
        "figures": [(outcome.label, found.counts.get(outcome, 0), _MARKS.get(outcome, "")) for outcome in RowOutcome],
        "groups": [_group(found, *one) for one in _LISTED if found.counts.get(one[0])] if is_done else [],
    }
    return render(request, "onboarding/insights_file.html", context)


FRAGMENTS: Fragments[ImportState] = Fragments(
    "onboarding/insights_file", [state for state in ImportState if state != ImportState.TO_MAP]
)
_MARKS = {
    RowOutcome.APPLIED: "done",
    RowOutcome.CONTRADICTED: "turn",
    RowOutcome.UNKNOWN: "turn",
    RowOutcome.REJECTED: "refused",
}


def _group(found: InsightsFile, outcome: RowOutcome, title: Any, text: Any) -> dict[str, Any]:
    count = found.counts[outcome]
    return {
        "code": outcome.value,
        "title": title,
        "text": text,
        "count": count,
        "more": max(0, count - ROWS),
        "rows": [{"row": row, "why": _why(row)} for row in queries.insights_rows(found, outcome)[:ROWS]],
    }


def _why(row: InsightsRow) -> Any:
    return _REJECTED.get(row.reason, row.reason)


@require_GET
def rows(request: HttpRequest, pk: uuid.UUID, outcome: str) -> StreamingHttpResponse:
    """Return the rows of one outcome as CSV, for a spreadsheet in this language."""
    found = permissions.insights_file(request, pk)
    if outcome not in RowOutcome.values:
        raise Http404
    heads = [_("Row"), _("Name"), _("MPN ID (Partner ID)"), _("Vetting status"), _("MPA status"), _("Outcome")]
    language = reader_language()
    content = writing.delimited(heads, _lines(found, outcome), language=language)
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="insights-{outcome}.csv"'
    return response


def _lines(found: InsightsFile, outcome: str) -> Iterator[list[object]]:
    label = str(RowOutcome(outcome).label)
    for row in queries.insights_rows(found, outcome).iterator(chunk_size=2000):
        why = f"{label}{colon()}{_why(row)}" if row.reason else label
        yield [row.row_no, row.name, row.number, row.vetting, row.agreement, why]
