"""Record workers' findings: one, or many that came together."""

import datetime as dt
import random
from collections.abc import Sequence

from django.db import transaction

from onboarding.domain.checks import (
    challenges,
    connectors,
    locks,
    nightly_recheck,
    preconditions,
    routing,
    transitions,
    writer,
)
from onboarding.domain.checks.finding import CANNOT_TELL, Finding, Outcome
from onboarding.domain.checks.polling import wait_until_next_look
from onboarding.domain.checks.routing import DESK, Checks, ChecksByEnrollment, checks_by_enrollment
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.shipped import LOST
from onboarding.domain.requests.tracking import Moved
from onboarding.enums import CheckState, Kind, Source, Turn
from onboarding.models import Check
from onboarding.phases import Phase
from portal.notices import stops
from portal.work import bulk, claims, pace

_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


def record(*, claim: claims.Claim, finding: Finding, now: dt.datetime) -> bool:
    """Move the check to what was seen. Return False, with nothing written, if the claim is stale."""
    return claim in record_all([(claim, finding)], now=now)


@transaction.atomic
def record_all(answers: Sequence[tuple[claims.Claim, Finding]], *, now: dt.datetime) -> set[claims.Claim]:
    """Record several findings of one moment, in a few statements. Return the claims that were not stale."""
    held = locks.held([claim for claim, _finding in answers])
    files: ChecksByEnrollment = {}
    if held:
        files = checks_by_enrollment(
            {check.enrollment_id: check.enrollment for check in held.values()}.values(), held.values()
        )
    written: list[Check] = []
    moved: list[Moved] = []
    doubted: list[Check] = []
    for claim, finding in answers:
        check = held.get(claim)
        if check is None:
            claims.dropped(claim)
            continue
        if _takes_too_much(check, finding):
            doubted.append(_sleep_on(check, now))
        else:
            moved += _answer(check, finding, files[check.enrollment_id], now)
        written.append(check)
    bulk.update(written, _ANSWERED)
    for check in doubted:
        transitions.doubt(check, now=now)
    transitions.follow_moves(moved, files, now=now)
    return set(held)


# The columns that a worker's answer writes, besides those that release the row.
_ANSWERED = (
    "state", "phase", "reason", "source", "turn", "turn_since", "settled_at", "seen_at", "evidence", "note",
    "confirmed_by", "queue", "next_check_at", "lease_until", "attempt", "errors", "opened_at", "refused_at",
)  # fmt: skip


def _takes_too_much(check: Check, finding: Finding) -> bool:
    """Return True when an answer of unknown meaning would end what a person confirmed or what held."""
    if check.state != CheckState.PASSED or finding.outcome is Outcome.GOOD:
        return False
    return check.source == Source.BDM or not finding.sure


def _sleep_on(check: Check, now: dt.datetime) -> Check:
    """Return the check, with only the time of its next check changed."""
    check.next_check_at = nightly_recheck.next_look(check, now=now, rng=_RNG)
    check.lease_until, check.attempt, check.errors = None, 0, 0
    return check


def _answer(check: Check, finding: Finding, checks: Checks, now: dt.datetime) -> list[Moved]:
    if finding.outcome is Outcome.GOOD and check.kind == Kind.EMAIL:
        finding = _ask_the_mailbox(check, checks, now)
    if finding.reason == CANNOT_TELL:
        return _ask_the_next(check, finding, now)
    before = (check.phase, check.reason)
    phase, reason = _phase_for(check, finding, checks, now)
    next_check_at = _next_check(check, phase, reason, finding, now)
    earlier = routing.earlier_answers(check)
    evidence = {**finding.evidence, "said": earlier} if earlier else finding.evidence
    # A later finding says otherwise: a first person's confirmation no longer counts.
    confirmed_by = check.confirmed_by_id if phase == Phase.PASSED else None
    if check.phase == Phase.PASSED != phase:
        check.opened_at = now  # lost today: checked as often as if it had been asked for today
    writer.change(
        check, phase=phase, reason=reason, source=finding.source, now=now, seen_at=now, evidence=evidence,
        confirmed_by_id=confirmed_by, next_check_at=next_check_at, lease_until=None, attempt=0, errors=0,
    )  # fmt: skip
    return [] if before == (check.phase, check.reason) else [Moved(check, finding.source)]


def _ask_the_next(check: Check, finding: Finding, now: dt.datetime) -> list[Moved]:
    """Move the check to the next queue, or to a BDM, with the evidence of each system so far."""
    before = (check.phase, check.reason)
    answer = {**finding.evidence, "lane": check.queue, "seen_at": finding.seen_at.isoformat()}
    queue = routing.next_queue(check)
    writer.change(
        check, phase=Phase.BDM_LOOKS if queue == DESK else Phase.QUEUED, source=finding.source, now=now, seen_at=now,
        evidence={"said": [*routing.earlier_answers(check), answer]}, confirmed_by_id=None, queue=queue,
        next_check_at=None if queue == DESK else now, lease_until=None, attempt=0, errors=0,
    )  # fmt: skip
    return [] if before == (check.phase, check.reason) else [Moved(check, finding.source)]


def _ask_the_mailbox(check: Check, checks: Checks, now: dt.datetime) -> Finding:
    """Return what asking the contact leads to. Nobody gets a mail for what Microsoft has passed: the move ends it."""
    enrollment = check.enrollment
    if transitions.has_passed_at_microsoft(check, checks):
        return Finding(Outcome.BAD, now, reason="confirm_mail")
    if challenges.has_declined(check, enrollment.contact_email):
        return Finding(Outcome.BAD, now, reason="contact_declined")
    if stops.is_stopped(enrollment.contact_email):
        # Its owner had us stop all mail that companies have us write; the partner would wait for an answer for ever.
        return Finding(Outcome.BAD, now, reason="mail_refused")
    language = challenges.asker_of(enrollment).language
    try:
        challenge = challenges.send_mailbox_challenge(
            check=check, address=enrollment.contact_email, language=language, now=now
        )
    except challenges.TooSoonError as too_soon:
        return Finding(Outcome.UNDECIDED, now, reason="looking", retry_at=now + too_soon.wait)
    return Finding(Outcome.BAD, now, reason="confirm_mail", retry_at=challenge.expires_at)


def _phase_for(check: Check, finding: Finding, checks: Checks, now: dt.datetime) -> tuple[Phase, str]:
    """Return the phase that a finding means for this check, and the reason."""
    if finding.outcome is Outcome.GOOD:
        return Phase.PASSED, ""
    reason = finding.reason
    if reason.startswith("txt_") and check.domain_challenges.filter(replaced_at=None, expires_at__lte=now).exists():
        return Phase.RENEW_RECORD, "txt_expired"
    if reason in _PASSING_TROUBLE and check.state == CheckState.ACTION_NEEDED:
        # The turn stays: a name server with a short failure is no news, and no second mail.
        return Phase(check.phase), check.reason
    lost = LOST.get(reason, "")
    if lost and (check.phase == Phase.PASSED or check.reason == lost):
        reason = lost
    reason = preconditions.reason_now(reason, check.enrollment, checks)
    is_theirs = REASONS[reason].turn == Turn.RESELLER
    return writer.phase_for(CheckState.ACTION_NEEDED if is_theirs else CheckState.IN_PROGRESS, reason), reason


_PASSING_TROUBLE = ("dns_error", "dns_timeout")


def _next_check(check: Check, phase: Phase, reason: str, finding: Finding, now: dt.datetime) -> dt.datetime | None:
    if phase == Phase.PASSED:
        return nightly_recheck.next_look(check, now=now, rng=_RNG)
    if not REASONS[reason].again:
        return None
    if phase == Phase.CONFIRM_MAILBOX:
        return finding.retry_at
    age = pace.age(now - (check.opened_at or now))
    wait = wait_until_next_look(cadence=connectors.RECORDS[check.queue].cadence, age=age, rng=_RNG)
    own = now + pace.interval(wait, at_least=dt.timedelta(seconds=1))
    return max(own, finding.retry_at) if finding.retry_at else own
