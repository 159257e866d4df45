"""The plan as rows of a file, CSV or XLSX, for requests and workers alike."""

import datetime as dt
import gzip
import io
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from licensing.domain import editions
from licensing.models import EstateFile, Plan, PlanLine, RejectedRow
from licensing.views import plan_presenters, presenters, wording
from portal.partners.models import Partner
from portal.tables import writing


def delimited(rows: Iterator[PlanLine], *, partner: Partner, today: dt.date) -> Iterator[bytes]:
    cells = (plan_presenters.cells(one) for one in plan_presenters.lines(rows, partner=partner, today=today))
    return writing.delimited(plan_presenters.heads(), cells, language=editions.language())


def packed(rows: Iterator[PlanLine], *, partner: Partner, today: dt.date) -> bytes:
    """Return the CSV compressed for storage: its sentences repeat, so little remains."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, mtime=0) as file:
        for part in delimited(rows, partner=partner, today=today):
            file.write(part)
    return out.getvalue()


def unpacked(content: bytes) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        while part := file.read(64 * 1024):
            yield part


def workbook(rows: Iterator[PlanLine], *, partner: Partner, today: dt.date) -> bytes:
    """Return a workbook with sheets for the plan, open questions, rejected rows of the last file, sources.

    Lines are read once and not stored: what later sheets need is gathered while the first one is written.
    """
    seen = _Seen()
    cells = (
        plan_presenters.cells(seen.one(line)) for line in plan_presenters.lines(rows, partner=partner, today=today)
    )
    return writing.workbook(
        [
            (_("Plan"), plan_presenters.heads(), cells),
            (_("Open questions"), [_("Customer"), _("Product"), _("Number"), _("Open question")], seen.asked()),
            (_("Rejected rows"), [_("Row"), _("Reason"), _("Content")], _rejected(partner)),
            (_("Sources"), [_("Source")], seen.sources(today)),
        ]
    )


class _Seen:
    """Gathered from the lines: those with an open question, and the rules that answered, by the plan's edition."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, str, str, str]] = []
        self.plans: dict[Any, Plan] = {}
        self.rules: dict[Any, set[str]] = {}

    def one(self, line: dict[str, Any]) -> dict[str, Any]:
        plan = line["row"].plan
        self.plans[plan.edition_id] = plan
        self.rules.setdefault(plan.edition_id, set()).add(line["rule"])
        if line["question"]:
            self.questions.append((line["customer"], line["product"], line["number"], str(line["question"])))
        return line

    def asked(self) -> Iterator[tuple[str, str, str, str]]:
        yield from self.questions

    def sources(self, today: dt.date) -> Iterator[list[str]]:
        texts = (
            text
            for edition, plan in self.plans.items()
            for text in plan_presenters.sources(editions.of(plan.edition), self.rules[edition], on=plan.as_of)
        )
        yield from ([text] for text in [*dict.fromkeys(texts), foot(today)])


def _rejected(partner: Partner) -> Iterator[list[object]]:
    last = EstateFile.objects.filter(partner=partner, state="done").order_by("-done_at").values("pk")[:1]
    for row in RejectedRow.objects.filter(file__in=last).iterator():
        yield [row.row_no, str(wording.worded(wording.ROW_REJECTED, row.reason)), " | ".join(row.cells)]


def foot(today: dt.date) -> str:
    return _("Valid as of %(day)s. This is not legal or licensing advice; Microsoft's terms prevail.") % {
        "day": presenters.moment(today)
    }
