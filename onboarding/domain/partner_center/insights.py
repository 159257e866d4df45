"""Bring in the Insights export: look at a file, agree what its columns and values say, apply it row by row.

The only place where an indirect provider sees Microsoft's vetting. A worker looks and imports, as due rows of
``portal.work``; each batch is written with the number of rows done, so that a worker killed in the middle is followed
by one that goes on. What it says counts less than an API's answer and more than a BDM's. Source: [ms-insights].
"""

import datetime as dt
import hashlib
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from onboarding.domain.checks import reporting, requeueing, routing, source_precedence, transitions
from onboarding.domain.checks.routing import ChecksByEnrollment
from onboarding.domain.checks.source_precedence import ReportedState, ReportOutcome
from onboarding.domain.partner_center.insights_columns import (
    FIELDS,
    ExportRow,
    find_header,
    guess,
    header_at,
    read_row,
    text,
)
from onboarding.domain.reasons.catalogue import BDM_ASKS, raisable
from onboarding.enums import (
    VALIDATIONS,
    Authority,
    CheckState,
    EnrollmentState,
    ImportState,
    Kind,
    Meaning,
    RowOutcome,
    Source,
)
from onboarding.models import Check, Enrollment, InsightsFile, InsightsRow, InsightsShape
from onboarding.models.insights import QUEUE
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.partners.models import Partner
from portal.tables.headers import HEADER_WITHIN, Header, plain
from portal.work import claims, heartbeat

SAMPLE = 4  # rows under the titles that the page shows
MOST_SHEETS = 10
MOST_VALUES = 40  # different ones in a column; with more it is no status
BATCH = 500
KEEP_CONTENT = dt.timedelta(days=30)
KEEP_ROWS = dt.timedelta(days=90)
CODED = ("vetting", "agreement")  # fields whose values mean something
REFUSED_EACH = "refused"  # each open validation gets the reason that belongs to it


class NotWaitingError(Exception):
    """The file does not wait for an answer (any more)."""


class ColumnsMissingError(Exception):
    """``missing`` names fields without which no row can be read: the number, and one of the two states."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class NoStatusError(Exception):
    """The column said to be ``field`` holds too many different values for a status."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


# --- uploading and looking -------------------------------------------------------------------------------------------


def upload(*, name: str, content: bytes, as_of: dt.date, by: Bdm, now: dt.datetime) -> InsightsFile:
    """Keep the file and let a worker look at it. Sent twice at once, it is one upload."""
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        Bdm.objects.select_for_update().get(pk=by.pk)
        waiting = InsightsFile.objects.exclude(state__in=[ImportState.DONE, ImportState.REFUSED])
        same = waiting.filter(uploaded_by=by.user_id, digest=digest, as_of=as_of).first()
        return same or InsightsFile.objects.create(
            name=name[-200:], digest=digest, content=content, as_of=as_of, uploaded_by_id=by.user_id, uploaded_at=now,
            queue=QUEUE, next_check_at=now,
        )  # fmt: skip


def looked(*, claim: claims.Claim, file: InsightsFile, sheets: Sequence[Any]) -> bool:
    """Keep what the look found. A file whose shape and values are known is imported at once, any other waits.

    ``sheets`` have ``name``, ``hidden`` and ``rows``: all of them, as each column's values are counted.
    """
    found = [_found(sheet) for sheet in sheets[:MOST_SHEETS]]
    views = [view_of(sheet) for sheet in found]
    best = max(
        range(len(found)), key=lambda n: (not found[n]["hidden"], len(views[n].header.fields), found[n]["filled"])
    )
    values: dict[str, Any] = {"found": {"sheets": found, "best": best}, "state": ImportState.TO_MAP}
    mapping = _known_mapping(found[best], views[best])
    if mapping:
        values |= {"mapping": mapping, "state": ImportState.IMPORTING}
    return claims.settle(claim, next_check_at=file.uploaded_at if mapping else None, **values)


def _found(sheet: Any) -> dict[str, Any]:
    values: dict[int, dict[str, int] | None] = {}
    filled = 0
    for number, row in enumerate(sheet.rows):
        filled += any(map(text, row))
        for index, cell in enumerate(row):
            seen = values.setdefault(index, {})
            if seen is None:
                continue
            seen[text(cell)[:80]] = number
            if len(seen) > MOST_VALUES + HEADER_WITHIN:
                values[index] = None
    return {
        "name": sheet.name,
        "hidden": sheet.hidden,
        "filled": filled,
        "rows": [[text(cell)[:60] for cell in row] for row in sheet.rows[: HEADER_WITHIN + SAMPLE]],
        # For each column its values, each with the last row that has it: what is above the titles is no value.
        "values": {str(index): seen for index, seen in values.items()},
    }


@dataclass(frozen=True)
class View:
    """One sheet, read with its titles in one row (counting from 0)."""

    name: str
    header: Header
    sample: list[list[str]]
    fields: dict[str, int]  # as remembered, or guessed


def view_of(sheet: dict[str, Any], row: int | None = None) -> View:
    rows = sheet["rows"]
    guessed = None if row is not None and row < len(rows) else find_header(rows)
    if guessed is None:
        first = next((number for number, cells in enumerate(rows) if any(cells)), 0)
        guessed = header_at(rows or [[]], row if row is not None and row < len(rows) else first)
    below = [cells for cells in rows[guessed.row + 1 :] if any(cells)]
    fields = {name: index for index, name in guessed.fields.items()}
    return View(sheet["name"], guessed, below[:SAMPLE], fields)


def remembered(view: View) -> dict[str, Any]:
    """What was said of the last file of this shape; empty for a new one."""
    kept = InsightsShape.objects.filter(shape=view.header.shape).first() if any(view.header.titles) else None
    return dict(kept.mapping) if kept else {}


def _known_mapping(sheet: dict[str, Any], view: View) -> dict[str, Any]:
    """How to read it, if nothing has to be asked."""
    kept = remembered(view)
    fields = remembered_fields(view, kept)
    if not kept or missing(fields):
        return {}
    meanings: dict[str, dict[str, str]] = {}
    for name in CODED:
        if name not in fields:
            continue
        values = distinct(sheet, fields[name], view.header.row)
        known = kept["meanings"].get(name, {})
        if values is None or any(key(value) not in known for value in values):
            return {}
        meanings[name] = {key(value): known[key(value)] for value in values}
    return {**_columns(view, fields), "meanings": meanings, "rejected_as": kept["rejected_as"], "remembered": True}


def remembered_fields(view: View, kept: dict[str, Any]) -> dict[str, int]:
    titles = {plain(title): index for index, title in reversed(list(enumerate(view.header.titles)))}
    found = {name: titles[title] for title, name in kept.get("titles", {}).items() if title in titles}
    return found or view.fields


def distinct(sheet: dict[str, Any], column: int, header: int) -> list[str] | None:
    """The different values of a column under its titles, one spelling of each; None where there are too many.

    An empty cell says nothing, and is not among them.
    """
    seen = sheet["values"].get(str(column), {})
    if seen is None:
        return None
    found: dict[str, str] = {}
    for value, last in sorted(seen.items()):
        if last > header and value:
            found.setdefault(key(value), value)
    return list(found.values()) if len(found) <= MOST_VALUES else None


def key(value: str) -> str:
    """By which a value is found again, however it is written; a lone sign, such as a tick, is itself."""
    return plain(value) or value


def missing(fields: Collection[str]) -> list[str]:
    lacking = [] if "number" in fields else ["number"]
    return lacking + ([] if set(CODED) & set(fields) else list(CODED))


def refuse(*, claim: claims.Claim, reason: str, now: dt.datetime) -> bool:
    """The file cannot be read; its content is not kept."""
    return claims.settle(
        claim, next_check_at=None, state=ImportState.REFUSED, refused_why=reason, content=None, done_at=now
    )


# --- the BDM's word --------------------------------------------------------------------------------------------------


def _columns(view: View, fields: dict[str, int]) -> dict[str, Any]:
    return {
        "sheet": view.name,
        "header": view.header.row,
        "titles": list(view.header.titles),
        "shape": view.header.shape,
        "fields": {name: index for name, index in fields.items() if name in FIELDS},
    }


@transaction.atomic
def choose_columns(*, file: InsightsFile, view: View, fields: dict[str, int]) -> None:
    """Keep which column is what; what their values say is asked next.

    Raises: ColumnsMissingError, NoStatusError, NotWaitingError.
    """
    if lacking := missing(fields):
        raise ColumnsMissingError(lacking)
    row = _waiting(file)
    sheet = next(one for one in row.found["sheets"] if one["name"] == view.name)
    for name in CODED:
        if name in fields and distinct(sheet, fields[name], view.header.row) is None:
            raise NoStatusError(name)
    row.mapping = _columns(view, fields)
    row.save(update_fields=["mapping"])


@dataclass(frozen=True)
class ColumnQuestion:
    """What does this value of this field say? ``guess`` is what was said last time, or what its words suggest."""

    field: str
    value: str
    guess: str


def questions(file: InsightsFile) -> list[ColumnQuestion]:
    """Every value of the chosen columns; empty until columns are chosen."""
    if "fields" not in file.mapping:
        return []
    known = remembered_of(file).get("meanings", {})
    sheet = next(one for one in file.found["sheets"] if one["name"] == file.mapping["sheet"])
    asked = []
    for name in CODED:
        if name in file.mapping["fields"]:
            values = distinct(sheet, file.mapping["fields"][name], file.mapping["header"]) or []
            asked += [
                ColumnQuestion(name, value, known.get(name, {}).get(key(value)) or guess(name, value) or "")
                for value in values
            ]
    return asked


def remembered_of(file: InsightsFile) -> dict[str, Any]:
    """What was said of the last file of the shape that was chosen for this one."""
    kept = InsightsShape.objects.filter(shape=file.mapping["shape"]).first()
    return dict(kept.mapping) if kept else {}


def rejections() -> list[str]:
    """Reasons that may be told to a partner for each validation that is open, when the file says "rejected"."""
    fitting = [set(raisable(kind, Authority.MICROSOFT)) for kind in VALIDATIONS]
    common = [code for code in raisable(VALIDATIONS[0], Authority.MICROSOFT) if all(code in each for each in fitting)]
    return [code for code in common if code != BDM_ASKS]


@transaction.atomic
def confirm(
    *, file: InsightsFile, meanings: dict[str, dict[str, str]], rejected_as: str, by: User, now: dt.datetime
) -> None:
    """Import the file read in this way, and remember it for the next of its shape. Said twice, it is one import.

    ``meanings``: field -> value -> ``Meaning``. ``rejected_as``: empty (a BDM looks), ``REFUSED_EACH`` or a reason.

    Raises: NotWaitingError.
    """
    row = InsightsFile.objects.select_for_update().get(pk=file.pk)
    if row.state in (ImportState.IMPORTING, ImportState.DONE):
        return
    if row.state != ImportState.TO_MAP or "fields" not in row.mapping:
        raise NotWaitingError
    said = {name: {key(value): meaning for value, meaning in each.items()} for name, each in meanings.items()}
    row.mapping = {**row.mapping, "meanings": said, "rejected_as": rejected_as}
    row.state, row.next_check_at = ImportState.IMPORTING, now
    row.save(update_fields=["mapping", "state", "next_check_at"])
    _remember(row.mapping, by=by, now=now)


def _remember(mapping: dict[str, Any], *, by: User, now: dt.datetime) -> None:
    titles = {plain(mapping["titles"][index]): name for name, index in mapping["fields"].items()}
    before = InsightsShape.objects.filter(shape=mapping["shape"]).first()
    meanings = before.mapping["meanings"] if before else {}
    # A value that this file lacks may come with the next.
    meanings = {name: meanings.get(name, {}) | mapping["meanings"].get(name, {}) for name in CODED}
    kept = {"titles": titles, "meanings": meanings, "rejected_as": mapping["rejected_as"]}
    InsightsShape.objects.update_or_create(
        shape=mapping["shape"], defaults={"mapping": kept, "saved_by": by, "saved_at": now}
    )


def _waiting(file: InsightsFile) -> InsightsFile:
    row = InsightsFile.objects.select_for_update().get(pk=file.pk)
    if row.state != ImportState.TO_MAP:
        raise NotWaitingError
    return row


# --- importing -------------------------------------------------------------------------------------------------------


def bring_in(
    *, claim: claims.Claim, file: InsightsFile, rows: Sequence[Sequence[Any]], now: Callable[[], dt.datetime]
) -> bool:
    """Apply the rows that are not applied yet, batch by batch; False if another worker goes on meanwhile."""
    read = islice(_rows(rows, file.mapping), file.progress, None)
    while batch := list(islice(read, BATCH)):
        heartbeat.beat()
        if not _write(claim, batch, now=now()):
            return False
    with transaction.atomic():
        return _finish(claim, now=now())


def _rows(rows: Sequence[Sequence[Any]], mapping: dict[str, Any]) -> Iterator[ExportRow]:
    for number, cells in enumerate(rows[mapping["header"] + 1 :], start=mapping["header"] + 2):
        if any(map(text, cells)):
            yield read_row(cells, number, mapping["fields"], mapping["titles"])


@transaction.atomic
def _write(claim: claims.Claim, batch: list[ExportRow], *, now: dt.datetime) -> bool:
    """One batch with its report, all or nothing."""
    file = claims.held(claim).select_for_update().first()
    if file is None:
        return False
    outcomes = apply(batch, mapping=file.mapping, seen_at=seen_at(file), countries=_countries(file), now=now)
    InsightsRow.objects.bulk_create(
        InsightsRow(
            file=file, row_no=one.row.row_no, outcome=one.outcome, reason=one.reason, number=one.row.number,
            name=one.row.name, vetting=one.row.vetting, agreement=one.row.agreement, enrollment_id=one.enrollment,
        )
        for one in outcomes
        if one.outcome != RowOutcome.UNCHANGED
    )  # fmt: skip
    counts = Counter(file.counts)
    counts.update(one.outcome.value for one in outcomes)
    claims.renew(
        claim,
        lease_seconds=settings.FILE_LEASE_SECONDS,
        progress=file.progress + len(batch),
        counts=dict(counts),
    )
    return True


def _finish(claim: claims.Claim, *, now: dt.datetime) -> bool:
    file = claims.held(claim).select_for_update().first()
    if file is None:
        return False
    return claims.settle(claim, next_check_at=None, state=ImportState.DONE, rows=file.progress, done_at=now)


def seen_at(file: InsightsFile) -> dt.datetime:
    """When it was so: of today's file, when it was uploaded; of an earlier day only the day is known, to its end."""
    zone = timezone.get_default_timezone()
    return min(file.uploaded_at, dt.datetime.combine(file.as_of, dt.time.max, tzinfo=zone))


def _countries(file: InsightsFile) -> set[str] | None:
    """The countries of whoever brought it, as they are now; None: all."""
    bdm = Bdm.objects.filter(user=file.uploaded_by_id).first()
    if bdm is None:
        return set()
    return bdm.country_codes


@dataclass
class RowResult:
    row: ExportRow
    outcome: RowOutcome
    reason: str = ""
    enrollment: uuid.UUID | None = None
    told: list[ReportOutcome] = field(default_factory=list)


def apply(
    batch: Sequence[ExportRow],
    *,
    mapping: dict[str, Any],
    seen_at: dt.datetime,
    countries: Collection[str] | None,
    now: dt.datetime,
) -> list[RowResult]:
    """Tell each row's file what the row says; what came of each row. Call it inside a transaction."""
    numbers = {row.number for row in batch if not row.wrong}
    found = _locked(numbers)
    outcomes = [_judged(row, found, mapping, countries) for row in batch]
    facts: list[tuple[RowResult, Check, ReportedState]] = []
    doubted: list[tuple[RowResult, list[Check]]] = []
    for one in outcomes:
        if one.enrollment and one.outcome == RowOutcome.UNCHANGED:
            said, doubts = _says(one.row, found.files[one.enrollment], mapping, seen_at)
            facts += [(one, check, fact) for check, fact in said]
            doubted += [(one, doubts)] if doubts else []
    answers = reporting.take_reports([(check, fact) for _one, check, fact in facts], files=found.files, now=now)
    for (one, _check, _fact), told in zip(facts, answers, strict=True):
        one.told.append(told)
    for one in outcomes:
        one.outcome = next((outcome for told, outcome in _WORST if told in one.told), one.outcome)
    _doubt(doubted, seen_at=seen_at, now=now)
    signed = [check.pk for _one, check, _fact in facts if check.kind == Kind.AGREEMENT]
    # What Partner Center can be asked, it is asked: the file is a day old, its answer is not.
    requeueing.wake(Check.objects.filter(pk__in=signed, source=Source.IMPORT, settled_at=now), now=now)
    return outcomes


_WORST = (
    (ReportOutcome.CONTRADICTS, RowOutcome.CONTRADICTED),
    (ReportOutcome.MOVED, RowOutcome.APPLIED),
    (ReportOutcome.KEPT, RowOutcome.OLDER),
)


@dataclass(frozen=True)
class _Found:
    enrollments: dict[str, list[Enrollment]]
    files: ChecksByEnrollment


def _locked(numbers: Collection[str]) -> _Found:
    """The submitted files of these numbers with their checks, under their companies' locks."""
    named = Q(location_mpn_id__in=numbers) | Q(mpn_id__in=numbers)
    submitted = Enrollment.objects.exclude(state=EnrollmentState.DRAFT).filter(named)
    companies = submitted.order_by().values("partner_id")
    list(Partner.objects.select_for_update(no_key=True).filter(pk__in=companies).order_by("pk").values_list("pk"))
    rows = list(submitted.select_related("partner", "country", "created_by", "submitted_by"))
    checks = Check.objects.filter(enrollment__in=rows).select_for_update().order_by("pk")
    by_location: dict[str, list[Enrollment]] = {}
    by_account: dict[str, list[Enrollment]] = {}
    for enrollment in rows:
        by_location.setdefault(enrollment.location_mpn_id, []).append(enrollment)
        by_account.setdefault(enrollment.mpn_id, []).append(enrollment)
    return _Found(by_account | by_location, routing.checks_by_enrollment(rows, list(checks)))


def _judged(row: ExportRow, found: _Found, mapping: dict[str, Any], countries: Collection[str] | None) -> RowResult:
    """Whose row it is; "unchanged" stands for "to be told"."""
    if row.wrong:
        return RowResult(row, RowOutcome.REJECTED, row.wrong)
    if any(_meaning(row, name, mapping) is None for name in CODED if name in mapping["fields"]):
        return RowResult(row, RowOutcome.REJECTED, "value_unknown")
    files = found.enrollments.get(row.number, [])
    if len(files) > 1:
        return RowResult(row, RowOutcome.REJECTED, "several_files")
    if not files:
        return RowResult(row, RowOutcome.UNKNOWN)
    if countries is not None and files[0].country_id not in countries:
        return RowResult(row, RowOutcome.NOT_YOURS)
    return RowResult(row, RowOutcome.UNCHANGED, enrollment=files[0].pk)


def _meaning(row: ExportRow, name: str, mapping: dict[str, Any]) -> str | None:
    value: str = getattr(row, name)
    found: str | None = mapping["meanings"].get(name, {}).get(key(value)) if value else Meaning.IGNORE
    return found


def _says(
    row: ExportRow, checks: routing.Checks, mapping: dict[str, Any], seen_at: dt.datetime
) -> tuple[list[tuple[Check, ReportedState]], list[Check]]:
    """The facts that the row states, and the checks that it only casts a doubt on."""
    vetting = [checks[kind, Authority.MICROSOFT] for kind in VALIDATIONS]
    agreement = checks[Kind.AGREEMENT, Authority.MICROSOFT]
    evidence = {"from": "insights", "vetting": row.vetting, "agreement": row.agreement}
    said: list[tuple[Check, ReportedState]] = []
    doubts: list[Check] = []

    def state(check: Check, state: CheckState, reason: str = "") -> None:
        said.append((check, ReportedState(Source.IMPORT, state, seen_at, reason, evidence)))

    match _meaning(row, "vetting", mapping):
        case Meaning.AUTHORIZED:
            for check in vetting:
                state(check, CheckState.PASSED)
        case Meaning.PENDING:
            for check in vetting:
                state(check, *source_precedence.vetting_state("pending", check.kind))
        case Meaning.REJECTED if mapping["rejected_as"]:
            for check in vetting:
                each = mapping["rejected_as"] == REFUSED_EACH
                reason = f"microsoft_refused_{check.kind}" if each else mapping["rejected_as"]
                state(check, CheckState.ACTION_NEEDED, reason)
        case Meaning.REJECTED:
            # Which check it was is not told: nobody is refused by guessing.
            doubts += [check for check in vetting if not check.is_settled] or vetting
    match _meaning(row, "agreement", mapping):
        case Meaning.SIGNED:
            state(agreement, CheckState.PASSED)
        case Meaning.UNSIGNED if agreement.holds:
            doubts.append(agreement)
    return said, doubts


def _doubt(doubted: Sequence[tuple[RowResult, list[Check]]], *, seen_at: dt.datetime, now: dt.datetime) -> None:
    """Flag what is older than the file and not flagged yet; a row of which all is known is older, or unchanged."""
    final = (CheckState.REFUSED, CheckState.WAIVED)
    newer: list[Check] = []
    for one, checks in doubted:
        open_ = [check for check in checks if check.state not in final]
        older = [check for check in open_ if check.seen_at is None or check.seen_at < seen_at]
        flagged = [check for check in older if check.contradicted_at is None]
        newer += flagged
        if flagged:
            one.outcome = RowOutcome.CONTRADICTED
        elif open_ and not older and one.outcome == RowOutcome.UNCHANGED:
            one.outcome = RowOutcome.OLDER
    transitions.doubt_all(newer, source=Source.IMPORT, seen_at=seen_at, now=now)


# --- afterwards ------------------------------------------------------------------------------------------------------


def forget_old(now: dt.datetime) -> None:
    """Empty the content of files imported long ago, and later what was said of single rows."""
    InsightsFile.objects.filter(content__isnull=False, done_at__lt=now - KEEP_CONTENT).update(content=None)
    # Nobody went on with it.
    InsightsFile.objects.filter(
        content__isnull=False, state=ImportState.TO_MAP, uploaded_at__lt=now - KEEP_CONTENT
    ).update(content=None, state=ImportState.REFUSED, refused_why="given_up", done_at=now)
    InsightsRow.objects.filter(file__done_at__lt=now - KEEP_ROWS).delete()
