"""Move a check to another phase, with everything that follows, in one transaction.

``move`` is for one check; ``follow_moves`` adds what follows for several that were written together.
``onboarding.phases`` lists the allowed moves, and the database refuses any other.
"""

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from onboarding.domain import history
from onboarding.domain.checks import nightly_recheck, preconditions, source_precedence, starting, writer
from onboarding.domain.checks.routing import (
    Checks,
    ChecksByEnrollment,
    checks_by_enrollment,
    checks_of,
    prefetch_regions,
)
from onboarding.domain.checks.source_precedence import ReportedState, ReportOutcome, Resolution
from onboarding.domain.kinds.registry import KINDS
from onboarding.domain.mail import notifications
from onboarding.domain.questions.steps import STEPS
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.requests import tracking
from onboarding.domain.requests.tracking import Moved
from onboarding.enums import NOT_SENT, VALIDATIONS, Authority, CheckState, EnrollmentState, Kind, Source, Turn
from onboarding.models import Check, Enrollment, Event
from onboarding.phases import PHASES, Phase
from portal.accounts.models import User
from portal.work import bulk

RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


def move(
    check: Check,
    *,
    phase: Phase,
    source: str,
    now: dt.datetime,
    reason: str = "",
    evidence: dict[str, Any] | None = None,
    actor: User | None = None,
    seen_at: dt.datetime | None = None,
    checks: Checks | None = None,
    **values: Any,
) -> None:
    """Move the check to a phase, with everything that follows. Call it under the company's lock.

    * the row: phase, state, reason, turn and its beginning (``writer.change``); the database refuses a forbidden move,
      writes the row's history, and makes the enrollment's clock due when the turn changes
    * the event, with who said so
    * the partner's request: opened, accepted, held, replaced or asked again (``requests.tracking``)
    * the mail to the partner, where it is their turn and the page does not already show what to do
    * what a signed agreement or an active relationship implies about Microsoft's vetting, and what Microsoft's decision
      implies about our forecast of it
    * checks that depend on this one: started, restarted or taken back
    * the enrollment: ready, or no longer ready, with the mails about it

    ``checks`` are all of the enrollment, if the caller has them. ``values`` are further columns. ``now`` is aware.
    """
    before = (check.phase, check.reason)
    is_asked = values.get("note", check.note) != check.note and PHASES[phase].state == CheckState.ACTION_NEEDED
    kept = {} if evidence is None else {"evidence": evidence}
    writer.write(check, phase=phase, reason=reason, source=source, now=now, seen_at=seen_at or now, **kept, **values)
    if before != (check.phase, check.reason) or is_asked:
        enrollment = check.enrollment
        known = {enrollment.pk: checks} if checks else checks_by_enrollment([enrollment], [check])
        follow_moves([Moved(check, source, actor)], known, now=now)


def follow_moves(
    moved: Sequence[Moved], files: ChecksByEnrollment, *, now: dt.datetime, is_inferred: bool = False
) -> None:
    """Write what follows from moves: history lines, mails, other checks, the enrollment's state.

    ``is_inferred``: what the moves imply about other checks is among them already.
    """
    if not moved:
        return
    lines = [_line(move, now) for move in moved]
    Event.objects.bulk_create(lines)
    tracking.follow(moved, now=now)
    for move, line in zip(moved, lines, strict=True):
        # The page shows the record to publish; the message to the mailbox links to it.
        is_asked = move.check.state == CheckState.ACTION_NEEDED and move.check.phase != Phase.PUBLISH_RECORD
        if is_asked and not move.check.enrollment.is_withdrawn and not _is_overtaken(move.check, files):
            everything = files[move.check.enrollment_id].values()
            notifications.action_needed(move.check, everything, now=now, number=line.pk)
        if move.check.holds and not is_inferred:
            _infer_from(move.check, files[move.check.enrollment_id], now=now)
    enrollments = {move.check.enrollment_id: move.check.enrollment for move in moved}
    prefetch_regions(enrollments.values(), today=timezone.localdate(now))
    for enrollment in enrollments.values():
        starting.follow_answers(enrollment, now=now, actor=None, checks=files[enrollment.pk])
        settle_enrollment(enrollment, now=now, checks=files[enrollment.pk])
    _note_times(moved, now)
    for enrollment in enrollments.values():
        follow_preconditions(enrollment, files[enrollment.pk], now=now)
        _end_forecasts(enrollment, files, now=now)


def _note_times(moved: Sequence[Moved], now: dt.datetime) -> None:
    """Write when something last happened, and when an enrollment last came nearer to ready: by a check that holds."""
    nearer = {move.check.enrollment_id for move in moved if move.check.holds}
    for keys, values in (
        (nearer, {"last_event_at": now, "progressed_at": now}),
        ({move.check.enrollment_id for move in moved} - nearer, {"last_event_at": now}),
    ):
        if keys:
            Enrollment.objects.filter(pk__in=keys).update(**values)


def follow_preconditions(enrollment: Enrollment, checks: Checks, *, now: dt.datetime) -> None:
    """Move each check whose request became possible, or impossible, by what changed elsewhere on the enrollment."""
    for check in checks.values():
        reason = preconditions.reason_now(check.reason, enrollment, checks)
        if reason == check.reason or check.is_settled or check.source == Source.BDM:
            continue
        check.enrollment = enrollment
        is_theirs = REASONS[reason].turn == Turn.RESELLER
        state = CheckState.ACTION_NEEDED if is_theirs else CheckState.IN_PROGRESS
        phase = writer.phase_for(state, reason)
        move(check, phase=phase, reason=reason, source=Source.API, now=now, seen_at=check.seen_at, checks=checks)


# What Microsoft's decision does not answer: the portal knows something newer, or of another kind.
_OUTLIVES = frozenset(["company_ceased", "region_differs", "contact_declined", "mail_refused"])
# A partner's word about Microsoft does not end our own look.
_SURE = (Source.API, Source.IMPORT, Source.BDM, Source.INFERRED)


def _is_overtaken(ours: Check, files: ChecksByEnrollment) -> bool:
    """Return whether a check of ours asks somebody for a forecast of what Microsoft has passed meanwhile."""
    if ours.authority != Authority.PORTAL or not ours.is_validation:
        return False
    is_asked = ours.turn in (Turn.RESELLER, Turn.INGRAM) and ours.source != Source.BDM and not ours.parked_at
    return is_asked and has_passed_at_microsoft(ours, files[ours.enrollment_id]) and ours.reason not in _OUTLIVES


def has_passed_at_microsoft(ours: Check, checks: Checks) -> bool:
    """Return whether Microsoft is known to have passed what a check of ours predicts."""
    theirs = checks[Kind(ours.kind), Authority.MICROSOFT]
    return theirs.holds and theirs.source in _SURE


def _end_forecasts(enrollment: Enrollment, files: ChecksByEnrollment, *, now: dt.datetime) -> None:
    """Pass each check of ours that is overtaken. It is deduced, and shown so.

    A request that a BDM wrote stays, and so does what outlives the decision.
    """
    checks = files[enrollment.pk]
    for kind in VALIDATIONS:
        ours = checks[kind, Authority.PORTAL]
        if not _is_overtaken(ours, files):
            continue
        ours.enrollment = enrollment
        move(
            ours,
            phase=Phase.PASSED,
            source=Source.INFERRED,
            now=now,
            seen_at=checks[kind, Authority.MICROSOFT].seen_at or now,
            checks=checks,
            next_check_at=None,
            **writer.new_claim(),
        )


def _line(move: Moved, now: dt.datetime) -> Event:
    check = move.check
    data = {"reason": check.reason} if check.reason else {}
    kind = _EVENTS[CheckState(check.state)]
    return history.line(check.enrollment, kind, at=now, actor=move.actor, source=move.source, check=check, **data)


_EVENTS = {
    CheckState.IN_PROGRESS: "check_waiting",
    CheckState.ACTION_NEEDED: "check_action_needed",
    CheckState.PASSED: "check_passed",
    CheckState.REFUSED: "check_refused",
    CheckState.WAIVED: "check_waived",
}


def _infer_from(check: Check, checks: Checks, *, now: dt.datetime) -> None:
    for other, report in inferred(check, checks, now=now):
        take_report(
            other,
            state=report.state,
            source=report.source,
            seen_at=report.seen_at,
            now=now,
            evidence=report.evidence,
            checks=checks,
        )


def inferred(check: Check, checks: Checks, *, now: dt.datetime) -> list[tuple[Check, ReportedState]]:
    """Return what a signed agreement or an active link implies: Microsoft's vetting is done. Source: [ms-mpa].

    Error 2203 ("not signed") implies nothing: the enrollment exists, its vetting may go on.
    """
    if not KINDS[check.kind].ends_vetting or check.state != CheckState.PASSED:
        return []
    report = ReportedState(Source.INFERRED, CheckState.PASSED, check.seen_at or now, evidence={"from": check.kind})
    vetting = [other for other in checks.values() if other.authority == Authority.MICROSOFT and other.is_validation]
    return [(other, report) for other in vetting if other.subject_key or check.source == Source.IMPORT]


def take_report(
    check: Check,
    *,
    state: CheckState,
    source: Source,
    seen_at: dt.datetime,
    now: dt.datetime,
    reason: str = "",
    actor: User | None = None,
    evidence: dict[str, Any] | None = None,
    checks: Checks | None = None,
) -> ReportOutcome:
    """Accept a source's report unless something newer or stronger is known (``source_precedence``).

    Return the outcome.

    A newer contradiction is flagged, never dropped; an older report appears in the history only.
    """
    known = source_precedence.reports_of([check])[check.pk]
    report = ReportedState(source, state, seen_at, reason, evidence or {})
    resolution = source_precedence.resolve(check, report, known)
    if known[source] is report:
        source_precedence.save_reports([(check, report)])
    if resolution.outcome in NOT_TAKEN:
        history.add_all(lines_of_not_taken([(check, report, resolution)], now=now, actor=actor))
    if resolution.outcome is ReportOutcome.CONTRADICTS:
        Check.objects.filter(pk=check.pk).update(contradicted_at=check.contradicted_at)
    if resolution.holds is not None:
        seen = evidence if resolution.holds is report else resolution.holds.evidence
        _hold(
            check,
            resolution.holds,
            now=now,
            actor=actor if resolution.holds is report else None,
            evidence=seen,
            checks=checks,
        )
    return resolution.outcome


def _hold(
    check: Check,
    holds: ReportedState,
    *,
    now: dt.datetime,
    actor: User | None,
    evidence: dict[str, Any] | None,
    checks: Checks | None,
) -> None:
    """Let the check show what holds. ``evidence`` None keeps what the check has."""
    if holds.says_as(check):
        # An equal state, by a stronger source or of a later day.
        writer.write(
            check,
            phase=Phase(check.phase),
            reason=check.reason,
            source=holds.source,
            now=now,
            seen_at=holds.seen_at,
        )
        return
    move(
        check,
        phase=writer.phase_for(holds.state, holds.reason),
        reason=holds.reason,
        source=holds.source,
        now=now,
        actor=actor,
        seen_at=holds.seen_at,
        evidence=evidence,
        checks=checks,
        next_check_at=None,
        **writer.new_claim(),
    )


NOT_TAKEN = {ReportOutcome.CONTRADICTS: "contradiction", ReportOutcome.KEPT: "kept_older"}


def lines_of_not_taken(
    reports: Sequence[tuple[Check, ReportedState, Resolution]], *, now: dt.datetime, actor: User | None
) -> list[Event]:
    """Return an event for each report that is new but does not count.

    Newer contradictions are flagged, not yet written.
    """
    lines = []
    for check, report, resolution in reports:
        if resolution.outcome is ReportOutcome.CONTRADICTS:
            if check.contradicted_at or not resolution.is_news:
                continue
            check.contradicted_at = now
        elif not resolution.is_news:
            continue
        says = {"says": report.state.value, "seen_on": timezone.localdate(report.seen_at).isoformat()}
        kind = NOT_TAKEN[resolution.outcome]
        lines.append(
            history.line(check.enrollment, kind, at=now, actor=actor, source=report.source, check=check, **says)
        )
    return lines


def doubt(check: Check, *, now: dt.datetime, **data: Any) -> bool:
    """Flag for a person that Microsoft contradicts the settled state. Return False if it was flagged before."""
    if not Check.objects.filter(pk=check.pk, contradicted_at=None).update(contradicted_at=now):
        return False
    history.add(check.enrollment, "doubted", at=now, source=Source.API, check=check, **data)
    return True


def doubt_all(checks: Sequence[Check], *, source: Source, seen_at: dt.datetime, now: dt.datetime) -> None:
    """Flag several checks because an imported file contradicts all of them together."""
    for check in checks:
        check.contradicted_at = now
    bulk.update(list(checks), ["contradicted_at"])
    seen_on = timezone.localdate(seen_at).isoformat()
    history.add_all(
        [
            history.line(check.enrollment, "doubted_by_file", at=now, source=source, check=check, seen_on=seen_on)
            for check in checks
        ]
    )


def settle_enrollment(enrollment: Enrollment, *, now: dt.datetime, checks: Checks | None = None) -> None:
    """Make the enrollment ready when every deciding check holds, or submitted again when one no longer does."""
    if enrollment.state in NOT_SENT:
        return
    rows = (checks or checks_of(enrollment)).values()
    refused = any(check.state == CheckState.REFUSED for check in rows)
    all_hold = not refused and all(check.holds for check in rows if check.kind in _DECIDING)
    before, after = (EnrollmentState.SUBMITTED, EnrollmentState.READY)
    if all_hold and enrollment.state == before and _move(enrollment, before, after, ready_at=now):
        history.add(enrollment, "ready", at=now, source=Source.API)
        nightly_recheck.begin(enrollment, now=now, rng=RNG)
        notifications.ready(enrollment, now=now)
    elif not all_hold and enrollment.state == after and _move(enrollment, after, before):
        event = history.add(enrollment, "no_longer_ready", at=now, source=Source.API)
        broken = [check for check in rows if check.kind in _DECIDING and not check.holds and check.reason]
        notifications.no_longer_ready(enrollment, broken, now=now, number=event.pk)


def _move(enrollment: Enrollment, before: EnrollmentState, after: EnrollmentState, **values: Any) -> bool:
    moved = Enrollment.objects.filter(pk=enrollment.pk, state=before).update(state=after, **values)
    if moved:
        enrollment.state = after
    return bool(moved)


_DECIDING = [kind for step in STEPS for kind, _authority in step.decided_by]
