"""The checks of an enrollment: what they look at, when they start again, and the one writer of their state.

Every state change writes its history line and its mails in the same transaction. The database refuses any move that
is not in ``enums.CHECK_MOVES``.
"""

import datetime as dt
import hashlib
import random
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable

from onboarding.domain import history
from onboarding.domain.checks import challenges, connectors, nightly_recheck, routing, source_precedence
from onboarding.domain.checks.finding import CANNOT_TELL, Finding, Outcome
from onboarding.domain.checks.polling import wait_until_next_look
from onboarding.domain.checks.routing import (
    DESK,
    Checks,
    ChecksByEnrollment,
    checks_by_enrollment,
    checks_of,
    prefetch_regions,
    queue_of,
    subject_of,
)
from onboarding.domain.checks.source_precedence import ReportedState, ReportOutcome, Resolution
from onboarding.domain.mail import notifications
from onboarding.domain.questions.steps import STEPS
from onboarding.domain.reasons.catalogue import LOST, REASONS, raisable
from onboarding.domain.requests import tracking
from onboarding.domain.requests.tracking import Moved
from onboarding.enums import CHECKS, VALIDATIONS, Authority, CheckState, Ending, EnrollmentState, Kind, Source, Turn
from onboarding.models import Check, Enrollment, Event, MailboxChallenge
from portal.accounts.models import User
from portal.notices.models import Mail
from portal.partners.models import Partner
from portal.work import bulk, claims, kinds, pace

_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


class CannotReportError(Exception):
    """This state cannot be said of this check now (it is settled, or not started)."""


# --- following the answers -------------------------------------------------------------------------------------------


def create_checks(enrollment: Enrollment) -> None:
    Check.objects.bulk_create(
        Check(
            enrollment=enrollment,
            kind=kind,
            authority=authority,
            queue=queue_of(kind, authority, enrollment.partner.country),
        )
        for kind, authority in CHECKS
    )


def follow_answers(
    enrollment: Enrollment,
    *,
    now: dt.datetime,
    actor: User | None,
    checks: Checks | None = None,
    told: tuple[Event, ...] = (),
) -> None:
    """Start, restart or take back each check whose subject the answers have changed; leave the others alone.

    Call it inside the transaction that changed the answers; ``told`` are lines to be written with those about checks.
    """
    checks = checks_of(enrollment) if checks is None else checks
    events = list(told)
    for check in checks.values():
        check.enrollment = enrollment
        subject = subject_of(check, checks=checks, today=now.date())
        key = digest(subject)
        if key == check.subject_key or check.state == CheckState.REFUSED:
            continue
        if check.holds and not check.subject_key:
            # Waived, or told of, before there was anything to look at: it is the first answer that was meant.
            Check.objects.filter(pk=check.pk).update(subject_key=key)
            continue
        if subject is None:
            events.append(_take_back(check, now=now, actor=actor))
        else:
            events.append(_start(check, key=key, now=now, actor=actor))
    Event.objects.bulk_create(events)


def digest(subject: Any) -> str:
    """By which a changed subject is noticed; empty where there is nothing to look at."""
    return hashlib.sha256(repr(subject).encode()).hexdigest() if subject is not None else ""


def _start(check: Check, *, key: str, now: dt.datetime, actor: User | None) -> Event:
    again = check.state != CheckState.NOT_STARTED and bool(check.subject_key)
    if again and actor:
        tracking.answered(check, by=actor, now=now)
    queue = queue_of(check.kind, check.authority, check.enrollment.partner.country)
    looks_itself = queue not in ("", DESK)
    if check.kind == Kind.DOMAIN and check.authority == Authority.PORTAL:
        challenges.domain_challenge(check=check, domain=check.enrollment.partner.mail_domain, now=now)
    if check.kind == Kind.EMAIL and check.authority == Authority.PORTAL:
        challenges.void_mailbox_challenge(check, now=now)
    _write(
        check,
        state=CheckState.IN_PROGRESS,
        reason="looking" if looks_itself else _waits_for(check, queue),
        source=Source.RESELLER if actor else Source.API,
        now=now,
        subject_key=key,
        queue=queue,
        opened_at=now,
        turn_since=_began(check, now) if not again else now,
        next_check_at=now if looks_itself else None,
        **_FORGOTTEN,
        **new_claim(),
    )
    kind = "check_reopened" if again else "check_opened"
    return history.line(check.enrollment, kind, at=now, actor=actor, check=check)


def _began(check: Check, now: dt.datetime) -> dt.datetime:
    """Microsoft's days count from the day on which the reseller submitted there."""
    sent_on = check.enrollment.sent_to_microsoft_on
    if sent_on is None or check.authority != Authority.MICROSOFT or check.kind not in (*VALIDATIONS, Kind.AGREEMENT):
        return now
    return min(now, check.enrollment.country.calendar.morning(sent_on))


def _take_back(check: Check, *, now: dt.datetime, actor: User | None) -> Event:
    _write(
        check,
        state=CheckState.NOT_STARTED,
        reason="",
        source="",
        now=now,
        subject_key="",
        next_check_at=None,
        **_FORGOTTEN,
        **new_claim(),
    )
    tracking.close([check], Ending.TAKEN_BACK, now=now)
    return history.line(check.enrollment, "check_taken_back", at=now, actor=actor, check=check)


def _waits_for(check: Check, queue: str) -> str:
    """The desk; or Microsoft. Once he has refused, the BDM looks before he is asked again: tries are counted there."""
    if queue == DESK:
        return "desk_must_look"
    return "answer_at_desk" if _waits_for_our_look(check) else "with_microsoft"


def _waits_for_our_look(check: Check) -> bool:
    """Whether a validation of Microsoft's that was refused has not been looked at since, or not even answered."""
    return check.state == CheckState.ACTION_NEEDED or check.reason in ("answer_at_desk", "sent_unseen")


# What was found out about an old subject says nothing about a new one.
_FORGOTTEN: dict[str, Any] = {"evidence": {}, "note": "", "confirmed_by": None, "contradicted_at": None}


def new_claim() -> dict[str, Any]:
    """A worker may be looking at this moment: a new claim number makes his answer stale."""
    return {
        "claim_no": F("claim_no") + 1,
        "lease_until": None,
        "attempt": 0,
        "errors": 0,
        "parked_at": None,
        "parked_why": "",
    }


# --- a worker's answer -----------------------------------------------------------------------------------------------


def record(*, claim: claims.Claim, finding: Finding, now: dt.datetime) -> bool:
    """Move the check to what was seen. False if the claim is stale by now: then nothing at all was written."""
    return claim in record_all([(claim, finding)], now=now)


@transaction.atomic
def record_all(answers: Sequence[tuple[claims.Claim, Finding]], *, now: dt.datetime) -> set[claims.Claim]:
    """The same for several answers of one moment, in a few statements; the claims that were not stale."""
    held = _held([claim for claim, _finding in answers])
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
            moved += _answer(check, finding, now)
        written.append(check)
    bulk.update(written, _ANSWERED)
    for check in doubted:
        doubt(check, now=now)
    _tell(moved, files, now=now)
    return set(held)


# What a worker's answer writes about the check, besides giving the row back.
_ANSWERED = (
    "state", "reason", "source", "turn", "turn_since", "settled_at", "seen_at", "evidence", "note", "confirmed_by",
    "queue", "next_check_at", "lease_until", "attempt", "errors", "opened_at",
)  # fmt: skip


def _takes_too_much(check: Check, finding: Finding) -> bool:
    """Whether it would end what a person confirmed, or what held, by an answer that nobody knows the meaning of."""
    if check.state != CheckState.PASSED or finding.outcome is Outcome.GOOD:
        return False
    return check.source == Source.BDM or not finding.sure


def _sleep_on(check: Check, now: dt.datetime) -> Check:
    """Nothing changes but the next look."""
    check.next_check_at = nightly_recheck.next_look(check, now=now, rng=_RNG)
    check.lease_until, check.attempt, check.errors = None, 0, 0
    return check


def doubt(check: Check, *, now: dt.datetime, **data: Any) -> bool:
    """Flag for a person that Microsoft says otherwise than what is settled; False if it was flagged before."""
    if not Check.objects.filter(pk=check.pk, contradicted_at=None).update(contradicted_at=now):
        return False
    history.add(check.enrollment, "doubted", at=now, source=Source.API, check=check, **data)
    return True


def doubt_all(checks: Sequence[Check], *, source: Source, seen_at: dt.datetime, now: dt.datetime) -> None:
    """The same for several checks that are not flagged yet, by what an imported file says of all of them together."""
    for check in checks:
        check.contradicted_at = now
    bulk.update(list(checks), ["contradicted_at"])
    seen_on = seen_at.date().isoformat()
    history.add_all(
        [
            history.line(check.enrollment, "doubted_by_file", at=now, source=source, check=check, seen_on=seen_on)
            for check in checks
        ]
    )


def _answer(check: Check, finding: Finding, now: dt.datetime) -> list[Moved]:
    if finding.outcome is Outcome.GOOD and check.kind == Kind.EMAIL:
        finding = _ask_the_mailbox(check, now)
    if finding.reason == CANNOT_TELL:
        return _ask_the_next(check, finding, now)
    before = (check.state, check.reason)
    state, reason = _state_for(check, finding, now)
    next_check_at = _next_check(check, state, reason, finding, now)
    said = routing.earlier_answers(check)
    evidence = {**finding.evidence, "said": said} if said else finding.evidence
    # What was seen since says otherwise: a first person's word on it counts no more.
    confirmed_by = check.confirmed_by_id if state == CheckState.PASSED else None
    if check.state == CheckState.PASSED != state:
        check.opened_at = now  # lost today: looked at as often as what was asked for today
    _set(
        check, state=state, reason=reason, source=finding.source, now=now, seen_at=now, evidence=evidence,
        confirmed_by_id=confirmed_by, next_check_at=next_check_at, lease_until=None, attempt=0, errors=0,
    )  # fmt: skip
    return [] if before == (state, reason) else [Moved(check, finding.source)]


def _ask_the_next(check: Check, finding: Finding, now: dt.datetime) -> "list[Moved]":
    """Another queue looks at once, or a person does; what each could say is kept for him."""
    before = (check.state, check.reason)
    word = {**finding.evidence, "lane": check.queue, "seen_at": finding.seen_at.isoformat()}
    queue = routing.next_queue(check)
    reason = "desk_must_look" if queue == DESK else "looking"
    _set(
        check, state=CheckState.IN_PROGRESS, reason=reason, source=finding.source, now=now, seen_at=now,
        evidence={"said": [*routing.earlier_answers(check), word]}, confirmed_by_id=None, queue=queue,
        next_check_at=None if queue == DESK else now, lease_until=None, attempt=0, errors=0,
    )  # fmt: skip
    return [] if before == (CheckState.IN_PROGRESS, reason) else [Moved(check, finding.source)]


def lock(partner_id: Any) -> None:
    """One change at a time for one company: its files share data, and what follows from all checks is decided here.

    Take it first, then read: what was read before may be old.
    """
    Partner.objects.select_for_update(no_key=True).get(pk=partner_id)


def locked(check: Check) -> Check:
    """The check and its file as they are now, under the company's lock."""
    lock(check.enrollment.partner_id)
    return _WITH_FILE.get(pk=check.pk)


def _held(wanted: Sequence[claims.Claim]) -> dict[claims.Claim, Check]:
    """The checks with their files as they are now, under their companies' locks, of the claims that still hold them."""
    by_pk = {claim.pk: claim for claim in wanted}
    companies = Enrollment.objects.filter(checks__in=by_pk).order_by().values("partner_id")
    # One order for all: two workers with the same companies wait for each other, not forever.
    list(Partner.objects.select_for_update(no_key=True).filter(pk__in=companies).order_by("pk").values_list("pk"))
    rows = _WITH_FILE.filter(pk__in=by_pk).select_for_update(of=("self",)).order_by("pk")
    return {by_pk[row.pk]: row for row in rows if claims.is_held(row, by_pk[row.pk])}


_WITH_FILE = Check.objects.select_related(
    "enrollment__partner", "enrollment__country", "enrollment__created_by", "enrollment__submitted_by"
)


def _ask_the_mailbox(check: Check, now: dt.datetime) -> Finding:
    enrollment = check.enrollment
    asker = enrollment.submitted_by or enrollment.created_by
    try:
        challenge = challenges.send_mailbox_challenge(
            check=check, address=enrollment.contact_email, language=asker.language, now=now
        )
    except challenges.TooSoonError as too_soon:
        return Finding(Outcome.UNDECIDED, now, reason="looking", retry_at=now + too_soon.wait)
    return Finding(Outcome.BAD, now, reason="confirm_mail", retry_at=challenge.expires_at)


def _state_for(check: Check, finding: Finding, now: dt.datetime) -> tuple[CheckState, str]:
    if finding.outcome is Outcome.GOOD:
        return CheckState.PASSED, ""
    reason = finding.reason
    if reason.startswith("txt_") and check.domain_challenges.filter(replaced_at=None, expires_at__lte=now).exists():
        reason = "txt_expired"
    if reason in _PASSING_TROUBLE and check.state == CheckState.ACTION_NEEDED:
        # His turn stays his turn: a name server that stutters is no news, and no second mail.
        return CheckState.ACTION_NEEDED, check.reason
    lost = LOST.get(reason, "")
    if lost and (check.state == CheckState.PASSED or check.reason == lost):
        reason = lost
    turn = REASONS[reason].turn
    return (CheckState.ACTION_NEEDED if turn == Turn.RESELLER else CheckState.IN_PROGRESS), reason


_PASSING_TROUBLE = ("dns_error", "dns_timeout")


def _next_check(check: Check, state: CheckState, reason: str, finding: Finding, now: dt.datetime) -> dt.datetime | None:
    if state == CheckState.PASSED:
        return nightly_recheck.next_look(check, now=now, rng=_RNG)
    if not REASONS[reason].again:
        return None
    if reason == "confirm_mail":
        return finding.retry_at
    age = pace.age(now - (check.opened_at or now))
    wait = wait_until_next_look(cadence=connectors.RECORDS[check.queue].cadence, age=age, rng=_RNG)
    own = now + pace.interval(wait, at_least=dt.timedelta(seconds=1))
    return max(own, finding.retry_at) if finding.retry_at else own


def apply(
    check: Check,
    *,
    state: CheckState,
    reason: str,
    source: str,
    now: dt.datetime,
    evidence: dict[str, Any] | None = None,
    actor: User | None = None,
    seen_at: dt.datetime | None = None,
    checks: Checks | None = None,
    **values: Any,
) -> None:
    """Write the state with everything that follows from it: history, mails, what it tells about other checks.

    ``checks`` are all of the file, if they are at hand.
    """
    asked = values.get("note", check.note) != check.note
    moved = (check.state, check.reason) != (state, reason) or (asked and state == CheckState.ACTION_NEEDED)
    kept = {} if evidence is None else {"evidence": evidence}
    _write(check, state=state, reason=reason, source=source, now=now, seen_at=seen_at or now, **kept, **values)
    if moved:
        enrollment = check.enrollment
        files = {enrollment.pk: checks} if checks else checks_by_enrollment([enrollment], [check])
        _tell([Moved(check, source, actor)], files, now=now)


def _tell(moved: Sequence[Moved], files: ChecksByEnrollment, *, now: dt.datetime, is_inferred: bool = False) -> None:
    """What follows from moves: history lines, mails, other checks, the whole file.

    ``is_inferred``: what they tell about other checks is among them.
    """
    if not moved:
        return
    lines = [_line(move, now) for move in moved]
    Event.objects.bulk_create(lines)
    tracking.follow(moved, now=now)
    for move, line in zip(moved, lines, strict=True):
        # The record to publish stands on the page he is on; the mailbox's message brings him back to it.
        if move.check.state == CheckState.ACTION_NEEDED and move.check.reason not in ("txt_not_found", "txt_mismatch"):
            notifications.action_needed(move.check, now=now, number=line.pk)
        if move.check.holds and not is_inferred:
            _infer_from(move.check, files[move.check.enrollment_id], now=now)
    enrollments = {move.check.enrollment_id: move.check.enrollment for move in moved}
    prefetch_regions(enrollments.values(), today=now.date())
    for enrollment in enrollments.values():
        follow_answers(enrollment, now=now, actor=None, checks=files[enrollment.pk])
        settle_enrollment(enrollment, now=now, checks=files[enrollment.pk])
    Enrollment.objects.filter(pk__in=enrollments).update(moved_at=now)


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


def _write(check: Check, *, state: str, reason: str, source: str, now: dt.datetime, **values: Any) -> None:
    Check.objects.filter(pk=check.pk).update(
        **_set(check, state=state, reason=reason, source=source, now=now, **values)
    )


def _set(check: Check, *, state: str, reason: str, source: str, now: dt.datetime, **values: Any) -> dict[str, Any]:
    """Change the check in memory, with the turn that belongs to its state; gives the values to be written."""
    turn = (
        REASONS[reason].turn if reason and state in (CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED) else Turn.NOBODY
    )
    settled = state in (CheckState.PASSED, CheckState.REFUSED, CheckState.WAIVED)
    since = now if turn != check.turn or check.turn_since is None else check.turn_since
    if turn == Turn.MICROSOFT and check.reason == "looking":
        since = check.turn_since or now  # we have only looked since: his days have run all the while
    # What a BDM wrote belongs to the state that he gave; what comes after says something else.
    is_same = (state, reason) == (check.state, check.reason)
    values = {
        "turn_since": since,
        "note": check.note if is_same else "",
        **values,
        "state": state,
        "reason": reason,
        "source": source,
        "turn": turn,
        "settled_at": (check.settled_at if is_same and check.settled_at else now) if settled else None,
    }
    for name, value in values.items():
        if not isinstance(value, Combinable):
            setattr(check, name, value)
    return values


def _infer_from(check: Check, checks: Checks, *, now: dt.datetime) -> None:
    for other, fact in inferred(check, checks, now=now):
        state_fact(
            other,
            state=fact.state,
            source=fact.source,
            seen_at=fact.seen_at,
            now=now,
            evidence=fact.evidence,
            checks=checks,
        )


def inferred(check: Check, checks: Checks, *, now: dt.datetime) -> list[tuple[Check, ReportedState]]:
    """A signed agreement or an active link tells that Microsoft's vetting is done. Source: [ms-mpa]."""
    if check.kind not in (Kind.AGREEMENT, Kind.RELATIONSHIP) or check.state != CheckState.PASSED:
        return []
    fact = ReportedState(Source.INFERRED, CheckState.PASSED, check.seen_at or now, evidence={"from": check.kind})
    vetting = [other for other in checks.values() if other.authority == Authority.MICROSOFT and other.is_validation]
    return [(other, fact) for other in vetting if other.subject_key or check.source == Source.IMPORT]


# --- facts told by people or other systems ---------------------------------------------------------------------------


def state_fact(
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
    """Take over what a source says, unless something newer or stronger is known (``words``); what came of it.

    A newer contradiction is flagged, never dropped; what is older stands in the history only.
    """
    known = source_precedence.reports_of([check])[check.pk]
    fact = ReportedState(source, state, seen_at, reason, evidence or {})
    weighed = source_precedence.resolve(check, fact, known)
    if known[source] is fact:
        source_precedence.save_reports([(check, fact)])
    if weighed.told in _UNHEARD:
        history.add_all(_unheard([(check, fact, weighed)], now=now, actor=actor))
    if weighed.told is ReportOutcome.CONTRADICTS:
        Check.objects.filter(pk=check.pk).update(contradicted_at=check.contradicted_at)
    holds = weighed.holds
    if holds is None:
        return weighed.told
    if holds.says_as(check):
        _write(check, now=now, **_said_again(check, holds))
        return weighed.told
    apply(
        check,
        state=holds.state,
        reason=holds.reason,
        source=holds.source,
        now=now,
        actor=actor if holds is fact else None,
        seen_at=holds.seen_at,
        evidence=evidence if holds is fact else holds.evidence,
        checks=checks,
        next_check_at=None,
        **new_claim(),
    )
    return weighed.told


def _said_again(check: Check, holds: ReportedState) -> dict[str, Any]:
    """The same state, by a stronger source or of a later day."""
    return {"state": check.state, "reason": check.reason, "source": holds.source, "seen_at": holds.seen_at}


_UNHEARD = {ReportOutcome.CONTRADICTS: "contradiction", ReportOutcome.KEPT: "kept_older"}


def _unheard(
    told: Sequence[tuple[Check, ReportedState, Resolution]], *, now: dt.datetime, actor: User | None
) -> list[Event]:
    """A line for each fact that is news and does not count; newer contradictions are flagged (not yet written)."""
    lines = []
    for check, fact, weighed in told:
        if weighed.told is ReportOutcome.CONTRADICTS:
            if check.contradicted_at or not weighed.is_news:
                continue
            check.contradicted_at = now
        elif not weighed.is_news:
            continue
        says = {"says": fact.state.value, "seen_on": fact.seen_at.date().isoformat()}
        kind = _UNHEARD[weighed.told]
        lines.append(history.line(check.enrollment, kind, at=now, actor=actor, source=fact.source, check=check, **says))
    return lines


@transaction.atomic
def state_all(
    told: Sequence[tuple[Check, ReportedState]], *, files: ChecksByEnrollment, now: dt.datetime
) -> list[ReportOutcome]:
    """The same for many facts of one moment, in a few statements; what came of each, in their order.

    The checks are Microsoft's of ``files``, read under their companies' and their own locks. What a signed agreement
    tells about the vetting follows at once.
    """
    vetted = [c for checks in files.values() for c in checks.values() if c.authority == Authority.MICROSOFT]
    known = source_precedence.reports_of(vetted)
    before = {check.pk: (check.state, check.reason) for check in vetted}
    answers: list[ReportOutcome] = []
    heard: list[tuple[Check, ReportedState]] = []
    unheard: list[tuple[Check, ReportedState, Resolution]] = []
    changed: dict[int, Check] = {}
    waiting = [(check, fact, True) for check, fact in reversed(told)]
    while waiting:
        check, fact, is_asked = waiting.pop()
        weighed = source_precedence.resolve(check, fact, known[check.pk])
        if is_asked:
            answers.append(weighed.told)
        if known[check.pk][fact.source] is fact:
            heard.append((check, fact))
        if weighed.told in _UNHEARD:
            unheard.append((check, fact, weighed))
        if weighed.holds is not None:
            changed[check.pk] = check
            _hold(check, weighed.holds, now=now)
            inferences = inferred(check, files[check.enrollment_id], now=now)
            waiting += [(other, seen, False) for other, seen in inferences]
        if source_precedence.clears_contradiction(check, fact, known[check.pk]):
            check.contradicted_at = None
            changed[check.pk] = check
    source_precedence.save_reports(heard)
    lines = _unheard(unheard, now=now, actor=None)
    changed |= {check.pk: check for check, _fact, weighed in unheard if weighed.told is ReportOutcome.CONTRADICTS}
    bulk.update(list(changed.values()), _STATED)
    history.add_all(lines)
    moved = [check for check in changed.values() if before[check.pk] != (check.state, check.reason)]
    _tell([Moved(check, check.source) for check in moved], files, now=now, is_inferred=True)
    return answers


def _hold(check: Check, holds: ReportedState, *, now: dt.datetime) -> None:
    """Let the check say it, not yet written; a worker's answer on its way is stale by now."""
    if holds.says_as(check):
        check.source, check.seen_at = holds.source, holds.seen_at
        return
    _set(
        check, state=holds.state, reason=holds.reason, source=holds.source, now=now, seen_at=holds.seen_at,
        evidence=holds.evidence, next_check_at=None, claim_no=check.claim_no + 1, lease_until=None, attempt=0, errors=0,
        parked_at=None, parked_why="",
    )  # fmt: skip


# What ``state_all`` writes about a check.
_STATED = (
    "state", "reason", "source", "turn", "turn_since", "settled_at", "seen_at", "evidence", "note", "contradicted_at",
    "next_check_at", "claim_no", "lease_until", "attempt", "errors", "parked_at", "parked_why",
)  # fmt: skip


@transaction.atomic
def report(*, check: Check, says: str, on: dt.date, by: User, now: dt.datetime) -> bool:
    """The reseller tells what Partner Center shows: ``says`` is "pending", "authorized" or "rejected".

    False where it is back with Microsoft without the look that a second try wants: that is written down, and it is
    Ingram's turn.

    Raises: CannotReportError: the check is not Microsoft's, has not started, or is settled by a stronger source.
    """
    check = locked(check)
    if check.authority != Authority.MICROSOFT or not check.is_validation or not check.subject_key:
        raise CannotReportError
    state, reason = {
        "pending": (CheckState.IN_PROGRESS, "with_microsoft"),
        "authorized": (CheckState.PASSED, ""),
        "rejected": (CheckState.ACTION_NEEDED, f"microsoft_refused_{check.kind}"),
    }[says]
    if says == "pending" and check.reason == "send_again":
        _sent_again(check, by=by, now=now)
        return True
    if says == "pending" and _waits_for_our_look(check):
        _sent_unseen(check, by=by, now=now)
        return False
    # Only the day is known: it counts from its evening, so that what he saw is newer than what he was told before.
    seen_at = min(now, dt.datetime.combine(on, dt.time.max, tzinfo=dt.UTC))
    state_fact(check, state=state, source=Source.RESELLER, seen_at=seen_at, now=now, reason=reason, actor=by)
    return True


@transaction.atomic
def report_reason(*, check: Check, reason: str, by: User, now: dt.datetime) -> None:
    """The reseller tells why Microsoft has refused, or what he sees; ``reason`` is one that may be raised there.

    Raises: CannotReportError: the check is not Microsoft's, has not started, or is settled by a stronger source.
    """
    check = locked(check)
    if check.authority != Authority.MICROSOFT or not check.is_validation or not check.subject_key:
        raise CannotReportError
    if reason not in raisable(check.kind, check.authority) or reason == "bdm_asks":
        raise CannotReportError
    told = state_fact(
        check, state=CheckState.ACTION_NEEDED, source=Source.RESELLER, seen_at=now, now=now, reason=reason, actor=by
    )
    if not told.is_taken:
        raise CannotReportError


@transaction.atomic
def confirm_mailbox(*, challenge: MailboxChallenge, by: User, now: dt.datetime) -> bool:
    """The address is proven; doing it twice changes nothing the second time. False if a newer message replaced it."""
    check = locked(challenge.check_row)
    if not challenges.use(challenge=challenge, now=now):
        return check.holds
    if not check.is_settled:
        apply(
            check,
            state=CheckState.PASSED,
            reason="",
            source=Source.API,
            now=now,
            actor=by,
            evidence={"address_domain": challenge.address.rpartition("@")[2]},
            next_check_at=None,
            **new_claim(),
        )
    return True


@transaction.atomic
def mail_refused(mail: Mail, now: dt.datetime) -> None:
    """Our message came back for good (5xx). Mails about anything else are none of our business."""
    about, _, pk = mail.about.partition(":")
    if about != "mailbox-challenge":
        return
    rows = MailboxChallenge.objects.select_related("check_row__enrollment__partner", "check_row__enrollment__country")
    challenge = rows.filter(pk=pk).first()
    if challenge is None or challenge.used_at or challenge.replaced_at:
        return
    check = locked(challenge.check_row)
    if check.is_settled:
        return
    challenges.void_mailbox_challenge(check, now=now)
    apply(
        check,
        state=CheckState.ACTION_NEEDED,
        reason="mail_refused",
        source=Source.API,
        now=now,
        evidence={"seen": [f"{challenge.address}: {mail.answer}"]},
        next_check_at=None,
        **new_claim(),
    )


def hand_in(check: Check, *, by: User, now: dt.datetime, answer: str) -> None:
    """The partner has answered what was asked: a person at Ingram looks at it; call it under the company's lock."""
    tracking.answered(check, by=by, now=now, answer=answer)
    if check.is_settled or not check.subject_key:
        return
    _hand_on(check, "answer_at_desk", now=now)
    history.add(check.enrollment, "answered_action", at=now, actor=by, check=check)


def _hand_on(
    check: Check, reason: str, *, now: dt.datetime, next_check_at: dt.datetime | None = None, **values: Any
) -> None:
    """By what the reseller did it is somebody else's turn; whoever was looking is late."""
    _write(
        check,
        state=CheckState.IN_PROGRESS,
        reason=reason,
        source=Source.RESELLER,
        now=now,
        next_check_at=next_check_at,
        **values,
        **new_claim(),
    )


def _sent_again(check: Check, *, by: User, now: dt.datetime) -> None:
    """The reseller has sent it to Microsoft again: Microsoft's days begin anew."""
    _hand_on(check, "with_microsoft", now=now)
    history.add(check.enrollment, "sent_again", at=now, actor=by, check=check)


def _sent_unseen(check: Check, *, by: User, now: dt.datetime) -> None:
    """The reseller has sent it to Microsoft before anybody at Ingram looked; what was asked is answered by that."""
    if check.reason == "sent_unseen":
        return
    if check.state == CheckState.ACTION_NEEDED:
        tracking.answered(check, by=by, now=now)
    _hand_on(check, "sent_unseen", now=now)
    history.add(check.enrollment, "sent_unseen", at=now, actor=by, check=check)


_WAITS_FOR_A_PERSON = ("desk_must_look", "answer_at_desk", "sent_unseen")


def is_for_a_person(check: Check) -> bool:
    """Whether a person at Ingram asked, or is to look: then no worker's answer ends it."""
    return check.queue == DESK or check.source == Source.BDM or check.reason in _WAITS_FOR_A_PERSON


@transaction.atomic
def look_again(*, check: Check, by: User, now: dt.datetime) -> bool:
    """The reseller has done what was asked: a worker looks as soon as one is free, or it is Ingram's turn to look.

    False where there is nothing to look at, or somebody looked a moment ago.

    Raises: TooSoonError: no further message may be sent now; the last one still works.
    """
    check = locked(check)
    if check.reason == "send_again":
        _sent_again(check, by=by, now=now)
        return True
    is_held = check.lease_until is not None and check.lease_until > now
    if check.is_settled or not check.subject_key or check.queue == "" or is_held or check.parked_at:
        return False
    asked_by_person = is_for_a_person(check)
    if asked_by_person and check.state != CheckState.ACTION_NEEDED:
        return False
    just_looked = check.reason == "looking" or (check.seen_at and now - check.seen_at < BETWEEN_LOOKS)
    if just_looked and not asked_by_person:
        return False
    if check.kind == Kind.EMAIL and not asked_by_person:
        challenges.refuse_too_many(check, check.enrollment.contact_email, now)
        challenges.void_mailbox_challenge(check, now=now)
    renewed: dict[str, Any] = {}
    if check.reason == "txt_expired":
        challenges.domain_challenge(check=check, domain=check.enrollment.partner.mail_domain, now=now, renew=True)
        renewed = {"opened_at": now}
    if asked_by_person:
        _hand_on(check, "desk_must_look", now=now, **renewed)
    else:
        _hand_on(check, "looking", now=now, next_check_at=now, **renewed)
    history.add(check.enrollment, "check_asked_again", at=now, actor=by, check=check)
    return True


def leave_lost_queues(now: dt.datetime) -> None:
    """Checks due in a queue that this version no longer has are looked at by those who are asked today, or by a person.

    Where a queue is only no longer asked, its own worker passes the check on (``routing.answer_locally``).
    """
    lost = Check.objects.filter(next_check_at__lte=now, lease_until=None, parked_at=None)
    for row in lost.exclude(queue__in=kinds.rates()).select_related("enrollment__partner")[:500]:
        _leave_queue(row, now=now)


@transaction.atomic
def _leave_queue(row: Check, *, now: dt.datetime) -> None:
    check = locked(row)
    if check.queue == row.queue and check.lease_until is None:
        queue = routing.next_queue(check)
        reason = "desk_must_look" if queue == DESK else check.reason
        later = None if queue == DESK else now
        apply(
            check, state=CheckState(check.state) if reason == check.reason else CheckState.IN_PROGRESS, reason=reason,
            source=check.source, now=now, queue=queue, next_check_at=later, **new_claim(),
        )  # fmt: skip


def look_now(check: Check, *, now: dt.datetime) -> bool:
    """Something may have changed there: a worker looks as soon as one is free. False where none looks, or one does."""
    return bool(wake(Check.objects.filter(pk=check.pk), now=now))


def wake(checks: "QuerySet[Check]", *, now: dt.datetime) -> int:
    """The same for several; how many will be looked at."""
    can = checks.filter(lease_until=None, parked_at=None).exclude(subject_key="").exclude(queue__in=["", DESK])
    return can.exclude(state__in=[CheckState.REFUSED, CheckState.WAIVED]).update(next_check_at=now)


BETWEEN_LOOKS = dt.timedelta(seconds=5)


# --- the whole file --------------------------------------------------------------------------------------------------


def settle_enrollment(enrollment: Enrollment, *, now: dt.datetime, checks: Checks | None = None) -> None:
    """Ready when everything that decides a step holds; back to submitted when it no longer does."""
    if enrollment.state == EnrollmentState.DRAFT:
        return
    rows = (checks or checks_of(enrollment)).values()
    refused = any(check.state == CheckState.REFUSED for check in rows)
    all_hold = not refused and all(check.holds for check in rows if check.kind in _DECIDING)
    before, after = (EnrollmentState.SUBMITTED, EnrollmentState.READY)
    if all_hold and enrollment.state == before and _move(enrollment, before, after, ready_at=now):
        history.add(enrollment, "ready", at=now, source=Source.API)
        nightly_recheck.begin(enrollment, now=now, rng=_RNG)
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


@transaction.atomic
def park(*, claim: claims.Claim, why: str, now: dt.datetime) -> None:
    """Set a check aside for staff, visibly: it is nobody's fault, and it is Ingram's turn."""
    check = _held([claim]).get(claim)
    if check is None or not claims.park(claim, why=why, now=now):
        return
    # What held goes on holding: that we could not look is no verdict.
    if not check.holds:
        _write(check, state=CheckState.IN_PROGRESS, reason="parked", source=Source.API, now=now)
        history.add(check.enrollment, "check_parked", at=now, source=Source.API, check=check)


@transaction.atomic
def unpark(*, check: Check, by: User, why: str, now: dt.datetime) -> bool:
    """Let workers look again; False if it was not parked."""
    check = locked(check)
    if not claims.requeue(Check, check.pk):
        return False
    if check.holds:
        return True
    _write(check, state=CheckState.IN_PROGRESS, reason="looking", source=Source.API, now=now)
    history.add(check.enrollment, "check_requeued", at=now, actor=by, source=Source.BDM, check=check, why=why)
    return True
