"""Write what each row of an Insights export reports, and its outcome.

Each batch is written with the number of rows done, so that another worker can continue after a crash. An export counts
less than an API's answer and more than a BDM's report. Source: [ms-insights].
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from onboarding.domain.checks import reporting, requeueing, routing, source_precedence, transitions
from onboarding.domain.checks.routing import ChecksByEnrollment
from onboarding.domain.checks.source_precedence import ReportedState, ReportOutcome
from onboarding.domain.partner_center.insights import CODED, REFUSED_EACH, meaning_of, seen_at
from onboarding.domain.partner_center.insights_columns import (
    ExportRow,
    read_row,
    text,
)
from onboarding.enums import (
    NOT_SENT,
    VALIDATIONS,
    Authority,
    CheckState,
    ImportState,
    Kind,
    Meaning,
    RowOutcome,
    Source,
)
from onboarding.models import Check, Enrollment, InsightsFile, InsightsRow
from portal.coverage.models import Bdm
from portal.partners.models import Partner
from portal.work import claims, heartbeat

BATCH = 500


KEEP_CONTENT = dt.timedelta(days=30)


KEEP_ROWS = dt.timedelta(days=90)


def bring_in(
    *, claim: claims.Claim, file: InsightsFile, rows: Sequence[Sequence[Any]], now: Callable[[], dt.datetime]
) -> bool:
    """Apply the remaining rows, batch by batch. Return False if another worker continues meanwhile."""
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
    """Write one batch with its report, all or nothing. Return False if the claim is lost."""
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


def _countries(file: InsightsFile) -> set[str] | None:
    """Return the present countries of the BDM who uploaded the file; None: all."""
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
    """Apply the rows, and return the outcome of each. Call it inside a transaction."""
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
    # Partner Center is asked wherever it can be: the file is a day old, its answer is not.
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
    """Return the submitted enrollments of these numbers with their checks, under their companies' locks."""
    named = Q(location_mpn_id__in=numbers) | Q(mpn_id__in=numbers)
    submitted = Enrollment.objects.exclude(state__in=NOT_SENT).filter(named)
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
    """Return the row's enrollment and outcome; "unchanged" is a placeholder until the row is applied."""
    if row.wrong:
        return RowResult(row, RowOutcome.REJECTED, row.wrong)
    if any(meaning_of(row, name, mapping) is None for name in CODED if name in mapping["fields"]):
        return RowResult(row, RowOutcome.REJECTED, "value_unknown")
    files = found.enrollments.get(row.number, [])
    if len(files) > 1:
        return RowResult(row, RowOutcome.REJECTED, "several_files")
    if not files:
        return RowResult(row, RowOutcome.UNKNOWN)
    if countries is not None and files[0].country_id not in countries:
        return RowResult(row, RowOutcome.NOT_YOURS)
    return RowResult(row, RowOutcome.UNCHANGED, enrollment=files[0].pk)


def _says(
    row: ExportRow, checks: routing.Checks, mapping: dict[str, Any], seen_at: dt.datetime
) -> tuple[list[tuple[Check, ReportedState]], list[Check]]:
    """Return the reports that the row makes, and the checks that it only casts a doubt on."""
    evidence = {"from": "insights", "vetting": row.vetting, "agreement": row.agreement}
    vetting = [checks[kind, Authority.MICROSOFT] for kind in VALIDATIONS]
    agreement = checks[Kind.AGREEMENT, Authority.MICROSOFT]
    states = _vetting_states(row, vetting, mapping)
    doubts: list[Check] = []
    if not states and meaning_of(row, "vetting", mapping) == Meaning.REJECTED:
        # The export does not say which check it was: nobody is refused by guessing.
        doubts += [check for check in vetting if not check.is_settled] or vetting
    match meaning_of(row, "agreement", mapping):
        case Meaning.SIGNED:
            states.append((agreement, CheckState.PASSED, ""))
        case Meaning.UNSIGNED if agreement.holds:
            doubts.append(agreement)
    reports = [
        (check, ReportedState(Source.IMPORT, state, seen_at, reason, evidence)) for check, state, reason in states
    ]
    return reports, doubts


def _vetting_states(
    row: ExportRow, vetting: list[Check], mapping: dict[str, Any]
) -> list[tuple[Check, CheckState, str]]:
    """Return state and reason of each validation, as far as the row says them."""
    match meaning_of(row, "vetting", mapping):
        case Meaning.AUTHORIZED:
            return [(check, CheckState.PASSED, "") for check in vetting]
        case Meaning.PENDING:
            return [(check, *source_precedence.vetting_state("pending", check.kind)) for check in vetting]
        case Meaning.REJECTED if mapping["rejected_as"]:
            each = mapping["rejected_as"] == REFUSED_EACH
            return [
                (check, CheckState.ACTION_NEEDED, f"microsoft_refused_{check.kind}" if each else mapping["rejected_as"])
                for check in vetting
            ]
    return []


def _doubt(doubted: Sequence[tuple[RowResult, list[Check]]], *, seen_at: dt.datetime, now: dt.datetime) -> None:
    """Flag checks that are older than the file and not flagged yet. A row without news is older, or unchanged."""
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


def contents_over(now: dt.datetime) -> "QuerySet[InsightsFile]":
    """Return the files imported long ago that still have their content."""
    return InsightsFile.objects.filter(content__isnull=False, done_at__lt=now - KEEP_CONTENT)


def given_up(now: dt.datetime) -> "QuerySet[InsightsFile]":
    """Return the uploads that nobody continued."""
    return InsightsFile.objects.filter(
        content__isnull=False, state=ImportState.TO_MAP, uploaded_at__lt=now - KEEP_CONTENT
    )


def give_up(keys: Sequence[Any], now: dt.datetime) -> int:
    """Refuse these uploads and delete their content. Return how many."""
    return (
        given_up(now)
        .filter(pk__in=keys)
        .update(content=None, state=ImportState.REFUSED, refused_why="given_up", done_at=now)
    )


def rows_over(now: dt.datetime) -> "QuerySet[InsightsRow]":
    """Return the outcomes of single rows of files imported long ago."""
    return InsightsRow.objects.filter(file__done_at__lt=now - KEEP_ROWS)
