"""A view of the desk as a file for a spreadsheet."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_POST

from onboarding import permissions
from onboarding.domain.desk import export as desk_export
from onboarding.domain.desk import pipeline
from onboarding.domain.reasons.words import Reader, Words, words_for
from onboarding.forms.desk import FilterForm
from onboarding.models import PipelineEntry
from onboarding.views.presenters import desk_rows
from portal.limits import Limited, Scope
from portal.tables import writing
from portal.wording import reader_language
from portal.work import usage

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_Cell = Callable[[PipelineEntry, Words], object]
_COLUMNS: tuple[tuple[Any, _Cell], ...] = (
    (gettext_lazy("Partner"), lambda row, _words: row.enrollment.partner),
    (gettext_lazy("Country"), lambda row, _words: row.enrollment.country),
    (gettext_lazy("State"), lambda row, _words: row.enrollment.get_state_display()),
    (gettext_lazy("Turn"), lambda row, words: words.turn(row.turn)),
    (gettext_lazy("What it is about"), lambda row, words: desk_rows.title_of(row, words)),
    (gettext_lazy("Why it stands in the queue"), lambda row, _words: ", ".join(
        str(pipeline.LABELS[part]) for part in row.parts)),
    (gettext_lazy("In this turn since"), lambda row, _words: timezone.localdate(row.since)),
    (gettext_lazy("Last progress"), lambda row, _words: timezone.localdate(row.progressed_at)),
    (gettext_lazy("Suspension on"), lambda row, _words: row.suspension_on),
    (gettext_lazy("Owner of the file"), lambda row, _words: row.owner),
    (gettext_lazy("Follow-up"), lambda row, _words: row.follow_up_on),
    (gettext_lazy("Tags"), lambda row, _words: ", ".join(_tags(row))),
    (gettext_lazy("MPN ID"), lambda row, _words: row.enrollment.mpn_id),
    (gettext_lazy("Location ID"), lambda row, _words: row.enrollment.location_mpn_id),
    (gettext_lazy("D-U-N-S number"), lambda row, _words: row.enrollment.partner.duns),
)  # fmt: skip


def _tags(row: PipelineEntry) -> list[str]:
    work = getattr(row.enrollment, "work", None)
    return list(work.tags) if work else []


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """Send the view whose address is in ``query``; what cannot be sent is a sentence on the view's page."""
    bdm, scope = permissions.bdm(request), permissions.scope(request)
    query, file_format = QueryDict(request.POST.get("query", "")[:500]), request.POST.get("format", "")
    form = FilterForm(query, bdm=bdm, countries=scope.countries)
    back = f"{reverse('onboarding:desk')}?{query.urlencode()}"
    if not form.is_valid() or file_format not in _TYPES:
        messages.error(request, _("This view cannot be exported. Open it again, then press the button."))
        return redirect(back)
    view: dict[str, Any] = {"bdm": bdm, "filters": form.filters(), "scope": scope, "now": timezone.now()}
    if file_format == "xlsx" and not desk_export.fits_workbook(**view):
        messages.error(request, _("This view has more rows than a workbook should hold. Take it as CSV, or narrow it."))
        return redirect(back)
    usage.use(Limited.EXPORT, {Scope.ACCOUNT: bdm.user_id}, now=view["now"])
    kept = desk_export.record(
        user=permissions.signed_in(request), query=query.urlencode(), file_format=file_format, now=view["now"]
    )
    cells = _cells(desk_export.rows(**view, kept=kept), words_for(Reader.LEAD if bdm.is_lead else Reader.BDM))
    return _file(cells, file_format)


def _file(cells: Iterator[list[object]], file_format: str) -> HttpResponseBase:
    language = reader_language()
    heads = [str(head) for head, _cell in _COLUMNS]
    answer: HttpResponseBase
    if file_format == "csv":
        # The rows are made after the request's language is gone.
        answer = StreamingHttpResponse(_in_language(writing.delimited(heads, cells, language=language), language))
    else:
        answer = HttpResponse(writing.workbook([(_("Files"), heads, cells)]))
    answer["Content-Type"] = _TYPES[file_format]
    answer["Content-Disposition"] = f'attachment; filename="files-{timezone.localdate():%Y-%m-%d}.{file_format}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _cells(rows: Iterable[PipelineEntry], words: Words) -> Iterator[list[object]]:
    for row in rows:
        yield [cell(row, words) for _head, cell in _COLUMNS]


def _in_language(parts: Iterator[bytes], language: str) -> Iterator[bytes]:
    while True:
        with override(language):
            part = next(parts, None)
        if part is None:
            return
        yield part
