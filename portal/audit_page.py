"""The auditors' page: every history as one list, newest first, with filters and as a file."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, override
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.models import User
from portal.audit import reading, registry
from portal.audit.models import DetachedMonth, Seal
from portal.audit.reading import Filters, HistoryLine
from portal.partners.models import Partner
from portal.tables import writing
from portal.web.forms import CleanedText
from portal.wording import reader_language

PERMISSION = "audit.read_audit"


class AuditForm(CleanedText, forms.Form):
    """What to show. Empty fields leave nothing out."""

    person = forms.EmailField(label=_("Person (e-mail address)"), required=False)
    company = forms.CharField(label=_("Company (name or number)"), required=False, max_length=200)
    enrollment = forms.UUIDField(label=_("Enrolment (number)"), required=False)
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To (included)"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    deed = forms.ChoiceField(label=_("Deed"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["deed"].choices = _deeds()  # type: ignore[attr-defined]

    def clean_person(self) -> int | None:
        address = self.cleaned_data["person"]
        if not address:
            return None
        found = User.objects.filter(email__iexact=address).values_list("pk", flat=True).first()
        if found is None:
            raise forms.ValidationError(_("No account has this address. Check its spelling."))
        return found

    def clean_company(self) -> uuid.UUID | None:
        text = self.cleaned_data["company"].strip()
        if not text:
            return None
        rows = Partner.objects.all()
        number = _uuid(text)
        rows = (
            rows.filter(pk=number) if number else rows.filter(name__iexact=text) | rows.filter(legal_name__iexact=text)
        )
        keys = list(rows.values_list("pk", flat=True)[:11])
        if len(keys) > 1:
            told = ngettext(
                "%(count)s company has this name. Write its number: %(keys)s.",
                "%(count)s companies have this name. Write the number of one: %(keys)s.",
                len(keys),
            )
            raise forms.ValidationError(told % {"count": len(keys), "keys": ", ".join(map(str, keys))})
        if not keys:
            raise forms.ValidationError(_("No company has this name. Write it whole, as its page shows it."))
        return keys[0]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("first") and given.get("last") and given["first"] > given["last"]:
            self.add_error("last", _("This day is before the first one. Choose a later day."))
        return given

    def filters(self) -> Filters:
        """Return the filters; none of a form with errors."""
        given = self.cleaned_data
        last = given["last"]
        return Filters(
            person=given["person"],
            company=given["company"],
            enrollment=given["enrollment"],
            first=_midnight(given["first"]) if given["first"] else None,
            before=_midnight(last + dt.timedelta(days=1)) if last else None,
            deed=given["deed"],
        )


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _deeds() -> list[Any]:
    """Return the choices: each history as a whole, then its deeds."""
    choices: list[Any] = [("", _("Everything"))]
    for trail in registry.shown():
        own = [(f"{trail.code}:{code}", label) for code, label in trail.deeds().items()]
        choices.append((trail.label, [(trail.code, trail.label), *own]))
    return choices


@require_safe
def page(request: HttpRequest, around: dict[str, Any]) -> HttpResponse:
    """Show a page of the histories. ``around`` is the context of every admin page."""
    _may_read(request)
    form = AuditForm(request.GET)
    entries: list[HistoryLine] = []
    cursor: reading.Cursor | None = None
    if form.is_valid():
        entries, cursor = reading.page(form.filters(), reading.read_cursor(request.GET.get("after", "")))
    context = {
        **around,
        "title": _("Audit: who did and saw what"),
        "form": form,
        "rows": _rows(entries),
        "older": _address(request.GET, cursor) if cursor else "",
        "newest": _address(request.GET, None) if "after" in request.GET else "",
        "query": [(name, request.GET[name]) for name in form.fields if request.GET.get(name)],
        "seal": Seal.objects.order_by("-number").first(),
        "gone": _gone(),
    }
    return render(request, "admin/audit.html", context)


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """Send all entries of the filters as CSV."""
    _may_read(request)
    form = AuditForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    language = reader_language()
    heads = [str(head) for head in (_("When"), _("Who"), _("What"), _("Details"), _("Whom"), _("Company"),
                                    _("Enrolment"), _("History"), _("Number"))]  # fmt: skip
    cells = _cells(reading.every(form.filters()))
    answer = StreamingHttpResponse(_in_language(writing.delimited(heads, cells, language=language), language))
    answer["Content-Type"] = "text/csv; charset=utf-8"
    answer["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate():%Y-%m-%d}.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _gone() -> list[dict[str, Any]]:
    """Return the histories whose oldest months were detached, each with the day before which they are gone."""
    shown = {trail.table: trail.label for trail in registry.shown()}
    gone = DetachedMonth.objects.filter(table__in=shown).values("table").annotate(before=Max("upto")).order_by("table")
    return [{"label": shown[each["table"]], "before": each["before"]} for each in gone]


def _may_read(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


def _address(given: QueryDict, cursor: reading.Cursor | None) -> str:
    query = given.copy()
    query.pop("after", None)
    if cursor:
        query["after"] = reading.write_cursor(cursor)
    return f"{reverse('admin:audit')}?{query.urlencode()}"


def _rows(entries: list[HistoryLine]) -> list[dict[str, Any]]:
    people = _people(entries)
    companies = Partner.objects.in_bulk([entry.told.company for entry in entries if entry.told.company])
    return [
        {
            "at": entry.at,
            "who": _who(entry, people),
            "what": entry.told.deed,
            "detail": entry.told.detail,
            "whom": people.get(entry.told.person or 0, ""),
            "company": companies.get(entry.told.company) if entry.told.company else None,
            "company_id": entry.told.company,
            "enrollment": entry.told.enrollment,
            "history": entry.trail.label,
            "key": entry.key,
        }
        for entry in entries
    ]


def _people(entries: Iterable[HistoryLine]) -> dict[int, str]:
    keys = {key for entry in entries for key in (entry.told.actor, entry.told.person) if key}
    return {
        user.pk: str(user) if user.erased_at else f"{user.name} <{user.email}>".strip()
        for user in User.objects.filter(pk__in=keys)
    }


def _who(entry: HistoryLine, people: dict[int, str]) -> object:
    if entry.told.actor:
        return people.get(entry.told.actor, entry.told.actor)
    return _("The portal: %(work)s") % {"work": entry.told.work} if entry.told.work else _("The portal")


def _cells(entries: Iterator[HistoryLine]) -> Iterator[list[object]]:
    batch: list[HistoryLine] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == 500:
            yield from _lines(batch)
            batch = []
    yield from _lines(batch)


def _lines(entries: list[HistoryLine]) -> Iterator[list[object]]:
    for row in _rows(entries):
        yield [
            timezone.localtime(row["at"]).isoformat(timespec="seconds"), str(row["who"]), str(row["what"]),
            row["detail"], row["whom"], str(row["company"] or row["company_id"] or ""), str(row["enrollment"] or ""),
            str(row["history"]), row["key"],
        ]  # fmt: skip


def _in_language(parts: Iterator[bytes], language: str) -> Iterator[bytes]:
    # The rows are made after the request's language is gone.
    while True:
        with override(language):
            part = next(parts, None)
        if part is None:
            return
        yield part
