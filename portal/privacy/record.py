"""The officer's record of processing, made of the data map: a page of the admin, and a CSV.

Source: [gdpr], article 30.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal.privacy import registry, retention
from portal.privacy.registry import Record
from portal.tables import writing
from portal.wording import reader_language

PERMISSION = "audit.read_audit"

HEADS = (
    _("What"), _("Table"), _("Columns"), _("Why"), _("Legal basis"), _("Who sees it"), _("How long"),
    _("When a person is erased"), _("In a person's export"), _("In a company's export"),
)  # fmt: skip


def how_long(record: Record) -> str | Promise:
    """Return how long the rows of a record are kept, in words."""
    rule = retention.RULES.get(record.retention)
    if rule is None:
        return record.kept
    return rule.how_long or rule.why


def _columns(record: Record) -> list[str]:
    fields = (record.get_model()._meta.get_field(name) for name in record.fields)
    return [str(getattr(field, "verbose_name", field.name)) for field in fields]


def _row(record: Record) -> list[str]:
    yes, no = str(_("yes")), str(_("no"))
    erased = [record.erased.label, record.reason] if record.of_person is not None else [record.erased.label]
    return [
        str(record.label),
        record.model,
        ", ".join(_columns(record)) or str(_("the number of the account only")),
        str(record.why.label),
        str(registry.BASES[record.why]),
        ", ".join(str(viewer.label) for viewer in record.seen_by),
        str(how_long(record)),
        ". ".join(str(part).rstrip(".") for part in erased if part),
        yes if record.of_person is not None and record.columns(of_company=False) else no,
        yes if record.of_company is not None else no,
    ]


@require_safe
def page(request: HttpRequest, around: dict[str, Any]) -> HttpResponse:
    """Show the record and the retention table to auditors. ``around`` is the context of every admin page."""
    _may_read(request)
    now = timezone.now()
    context = {
        **around,
        "title": _("Personal data: the record of processing"),
        "controller": settings.PRIVACY_CONTROLLER,
        "contact": settings.PRIVACY_CONTACT,
        "heads": HEADS,
        "rows": [_row(record) for record in registry.personal()],
        "rules": [(rule, rule.count(now)) for rule in retention.RULES.values()],
    }
    return render(request, "admin/privacy.html", context)


@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """Send the record as CSV."""
    _may_read(request)
    rows: Iterator[list[str]] = iter([_row(record) for record in registry.personal()])
    parts = list(writing.delimited([str(head) for head in HEADS], rows, language=reader_language()))
    answer = StreamingHttpResponse(parts, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="personal-data-{timezone.localdate():%Y-%m-%d}.csv"'
    return answer


def _may_read(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
