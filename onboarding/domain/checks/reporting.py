"""Take in what people and other systems report about Microsoft's checks."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from onboarding.domain import history
from onboarding.domain.checks import locks, source_precedence, transitions, writer
from onboarding.domain.checks.routing import ChecksByEnrollment
from onboarding.domain.checks.source_precedence import ReportedState, ReportOutcome, Resolution
from onboarding.domain.reasons.catalogue import BDM_ASKS, raisable
from onboarding.domain.requests import tracking
from onboarding.domain.requests.tracking import Moved
from onboarding.enums import Authority, CheckState, Source
from onboarding.models import Check, Enrollment
from onboarding.phases import AWAITS_REVIEW, Phase
from portal import days
from portal.accounts.models import User
from portal.work import bulk


class CannotReportError(Exception):
    """This state cannot be reported on this check now (it is settled, or not started)."""


@transaction.atomic
def report(*, check: Check, says: str, on: dt.date, by: User, now: dt.datetime) -> bool:
    """Record what Partner Center shows the reseller: ``says`` is "pending", "authorized" or "rejected".

    Return False if it is back with Microsoft without the review that a second try needs: the history records that, and
    it is Ingram's turn.

    Raises: CannotReportError: the check is not Microsoft's, has not started, or is settled by a stronger source.
    """
    check = locks.locked(check)
    if check.authority != Authority.MICROSOFT or not check.is_validation or not check.subject_key:
        raise CannotReportError
    state, reason = source_precedence.vetting_state(says, check.kind)
    if says == "pending" and check.phase == Phase.RESUBMIT:
        resubmitted(check, by=by, now=now)
        return True
    if says == "pending" and (check.state == CheckState.ACTION_NEEDED or check.phase in AWAITS_REVIEW):
        _resubmitted_unreviewed(check, by=by, now=now)
        return False
    # Only the day is known, so its end counts: what the reseller saw is newer than what they were told before.
    seen_at = min(now, days.end_of(on))
    transitions.take_report(
        check, state=state, source=Source.RESELLER, seen_at=seen_at, now=now, reason=reason, actor=by
    )
    return True


@transaction.atomic
def report_reason(*, check: Check, reason: str, by: User, now: dt.datetime) -> None:
    """Record why Microsoft refused, or what the reseller sees; ``reason`` is one that may be raised there.

    Raises: CannotReportError: the check is not Microsoft's, has not started, or is settled by a stronger source.
    """
    check = locks.locked(check)
    if check.authority != Authority.MICROSOFT or not check.is_validation or not check.subject_key:
        raise CannotReportError
    if reason not in raisable(check.kind, check.authority) or reason == BDM_ASKS:
        raise CannotReportError
    reports = transitions.take_report(
        check, state=CheckState.ACTION_NEEDED, source=Source.RESELLER, seen_at=now, now=now, reason=reason, actor=by
    )
    if not reports.is_taken:
        raise CannotReportError


def resubmitted(check: Check, *, by: User, now: dt.datetime) -> None:
    """Record that the reseller sent it to Microsoft again: Microsoft's days start again."""
    hand_over(check, Phase.WITH_MICROSOFT, now=now)
    history.add(check.enrollment, "sent_again", at=now, actor=by, check=check)


def _resubmitted_unreviewed(check: Check, *, by: User, now: dt.datetime) -> None:
    """Record that the reseller sent it to Microsoft before anybody at Ingram reviewed it, which answers the request."""
    if check.phase == Phase.BDM_REVIEWS_RESUBMISSION:
        return
    if check.state == CheckState.ACTION_NEEDED:
        tracking.answered(check, by=by, now=now)
    hand_over(check, Phase.BDM_REVIEWS_RESUBMISSION, now=now)
    history.add(check.enrollment, "sent_unseen", at=now, actor=by, check=check)


@transaction.atomic
def take_reports(
    reports: Sequence[tuple[Check, ReportedState]], *, files: ChecksByEnrollment, now: dt.datetime
) -> list[ReportOutcome]:
    """Record many reports of one moment in a few statements. Return the outcome of each, in their order.

    The checks are Microsoft's, of ``files`` (enrollments), read under their companies' and their own locks. What a
    signed agreement implies about the vetting follows at once.
    """
    vetted = [c for checks in files.values() for c in checks.values() if c.authority == Authority.MICROSOFT]
    known = source_precedence.reports_of(vetted)
    before = {check.pk: (check.phase, check.reason) for check in vetted}
    answers: list[ReportOutcome] = []
    saved: list[tuple[Check, ReportedState]] = []
    not_taken: list[tuple[Check, ReportedState, Resolution]] = []
    changed: dict[int, Check] = {}
    waiting = [(check, reported, True) for check, reported in reversed(reports)]
    while waiting:
        check, reported, is_asked = waiting.pop()
        resolution = source_precedence.resolve(check, reported, known[check.pk])
        if is_asked:
            answers.append(resolution.outcome)
        if known[check.pk][reported.source] is reported:
            saved.append((check, reported))
        if resolution.outcome in transitions.NOT_TAKEN:
            not_taken.append((check, reported, resolution))
        if resolution.holds is not None:
            changed[check.pk] = check
            _hold(check, resolution.holds, now=now)
            inferences = transitions.inferred(check, files[check.enrollment_id], now=now)
            waiting += [(other, seen, False) for other, seen in inferences]
        if source_precedence.clears_contradiction(check, reported, known[check.pk]):
            check.contradicted_at = None
            changed[check.pk] = check
    source_precedence.save_reports(saved)
    lines = transitions.lines_of_not_taken(not_taken, now=now, actor=None)
    changed |= {
        check.pk: check for check, _fact, resolution in not_taken if resolution.outcome is ReportOutcome.CONTRADICTS
    }
    bulk.update(list(changed.values()), _STATED)
    history.add_all(lines)
    moved = [check for check in changed.values() if before[check.pk] != (check.phase, check.reason)]
    transitions.follow_moves([Moved(check, check.source) for check in moved], files, now=now, is_inferred=True)
    return answers


def _hold(check: Check, holds: ReportedState, *, now: dt.datetime) -> None:
    """Change the check to the reported state, without writing it; a worker's answer in progress becomes stale."""
    if holds.says_as(check):
        check.source, check.seen_at = holds.source, holds.seen_at
        return
    writer.change(
        check, phase=writer.phase_for(holds.state, holds.reason), reason=holds.reason, source=holds.source, now=now,
        seen_at=holds.seen_at, evidence=holds.evidence, next_check_at=None,
        claim_no=check.claim_no + 1, lease_until=None, attempt=0, errors=0,
        parked_at=None, parked_why="",
    )  # fmt: skip


# The columns that ``take_reports`` writes of a check.
_STATED = (
    "state", "phase", "reason", "source", "turn", "turn_since", "settled_at", "seen_at", "evidence", "note",
    "contradicted_at", "refused_at", "changed_here_at", "subject_key",
    "next_check_at", "claim_no", "lease_until", "attempt", "errors", "parked_at", "parked_why",
)  # fmt: skip


def hand_over(check: Check, phase: Phase, *, now: dt.datetime, **values: Any) -> None:
    """Move the check into a phase because of what the reseller did. A worker's answer in progress becomes stale.

    It writes no event: the caller's records what the reseller did.
    """
    values.setdefault("next_check_at", None)
    writer.write(check, phase=phase, source=Source.RESELLER, now=now, **values, **writer.new_claim())
    # A further look at an unchanged answer brings nothing nearer.
    times = (
        {"last_event_at": now}
        if phase in (Phase.QUEUED, Phase.BDM_LOOKS)
        else {"last_event_at": now, "progressed_at": now}
    )
    Enrollment.objects.filter(pk=check.enrollment_id).update(**times)
