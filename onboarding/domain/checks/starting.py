"""Start, restart and take back checks when the answers they are about change.

Each check stores a digest of its subject and starts again when an answer changes it, so one rule decides what a change
reopens. The check then loses its evidence; the history keeps it. Two exceptions: a change that is equal for every
comparison (capitals, spaces, accents) reopens nothing, and a change of what Microsoft already has is flagged, because
an edit here is no act of Microsoft's: its state, turn and days stay as reported.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from onboarding.domain import history
from onboarding.domain.checks import challenges, writer
from onboarding.domain.checks.routing import DESK, Checks, Pair, checks_of, queue_of, subject_of
from onboarding.domain.kinds.registry import KINDS
from onboarding.domain.kinds.subjects import folded
from onboarding.domain.requests import tracking
from onboarding.enums import CHECKS, Authority, CheckState, Ending, Kind, Source, Turn
from onboarding.models import Check, Enrollment, Event, SourceReport
from onboarding.phases import AWAITS_REVIEW, PHASES, Phase
from portal.accounts.models import User


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


Subjects = Mapping[Pair, Any]


def subjects_of(checks: Checks, *, now: dt.datetime) -> Subjects:
    """Return what each check that has started is about, before the answers change."""
    started = {pair: check for pair, check in checks.items() if check.subject_key}
    return {pair: subject_of(check, checks=checks, today=timezone.localdate(now)) for pair, check in started.items()}


def follow_answers(
    enrollment: Enrollment,
    *,
    now: dt.datetime,
    actor: User | None,
    checks: Checks | None = None,
    told: tuple[Event, ...] = (),
    before: Subjects | None = None,
) -> None:
    """Start, restart or take back each check whose subject the answers have changed; leave the others alone.

    Call it inside the transaction that changed the answers; ``told`` are events to be written with those about checks.
    ``before`` are the subjects as they were: without them every change of the text is a change.
    """
    if enrollment.is_withdrawn:
        return  # taking it back follows the answers
    checks = checks_of(enrollment) if checks is None else checks
    events = list(told)
    for pair, check in checks.items():
        check.enrollment = enrollment
        subject = subject_of(check, checks=checks, today=timezone.localdate(now))
        key = digest(subject)
        if check.state == CheckState.REFUSED:
            continue
        if key == check.subject_key:
            events += _unflag(check, now=now, actor=actor)
        elif check.holds and not check.subject_key:
            # Waived or reported before it had a subject: the decision applies to the first answer.
            _keep_key(check, key)
        elif _is_with_microsoft(check):
            if before and folded(before.get(pair)) == folded(subject) and not check.changed_here_at:
                _keep_key(check, key)
            else:
                events += _flag(check, now=now, actor=actor)
        elif before and subject is not None and folded(before.get(pair)) == folded(subject):
            _keep_key(check, key)
        elif subject is None:
            events.append(_take_back(check, now=now, actor=actor))
        else:
            events.append(_start(check, key=key, now=now, actor=actor))
    Event.objects.bulk_create(events)


def _keep_key(check: Check, key: str) -> None:
    """Let the check be about the present spelling, in its present state."""
    Check.objects.filter(pk=check.pk).update(subject_key=key)
    SourceReport.objects.filter(check_row=check, subject_key=check.subject_key).update(subject_key=key)
    check.subject_key = key


def _is_with_microsoft(check: Check) -> bool:
    """Return whether Microsoft has the answers and nothing is open on our side: then only a report moves the check."""
    is_microsofts = check.authority == Authority.MICROSOFT and check.is_validation and bool(check.subject_key)
    return is_microsofts and (check.holds or check.turn == Turn.MICROSOFT)


def _flag(check: Check, *, now: dt.datetime, actor: User | None) -> list[Event]:
    """Flag that Microsoft has an answer that was changed here since. Return the event, if it is news."""
    if check.changed_here_at or actor is None:
        return []
    _set_flag(check, now)
    return [history.line(check.enrollment, "changed_here", at=now, actor=actor, check=check)]


def _unflag(check: Check, *, now: dt.datetime, actor: User | None) -> list[Event]:
    """Take the flag away, as the answer is again what Microsoft has."""
    if not check.changed_here_at:
        return []
    _set_flag(check, None)
    return [history.line(check.enrollment, "changed_back", at=now, actor=actor, check=check)]


def _set_flag(check: Check, at: dt.datetime | None) -> None:
    Check.objects.filter(pk=check.pk).update(changed_here_at=at)
    check.changed_here_at = at


def changed_there(checks: Checks, *, by: User, now: dt.datetime) -> bool:
    """Record that the partner changed in Partner Center what was changed here. Return False if nothing was flagged.

    Microsoft's states stay: what follows from the change there is reported as everything else is.
    """
    flagged = [check for check in checks.values() if check.changed_here_at]
    for check in flagged:
        _keep_key(check, digest(subject_of(check, checks=checks, today=timezone.localdate(now))))
        _set_flag(check, None)
    history.add_all(
        [history.line(check.enrollment, "changed_there", at=now, actor=by, check=check) for check in flagged]
    )
    return bool(flagged)


def correct_beginning(checks: Checks, *, was: dt.date | None) -> None:
    """Let Microsoft's days count from the corrected day of submission, where they were counted from the day before.

    ``was`` is the day as it stood; a check that a later report moved keeps its beginning.
    """
    for check in checks.values():
        if was is None or check.opened_at is None or check.turn != Turn.MICROSOFT:
            continue
        morning = check.enrollment.country.calendar.morning
        if check.turn_since == min(check.opened_at, morning(was)):
            check.turn_since = _began(check, check.opened_at)
            Check.objects.filter(pk=check.pk).update(turn_since=check.turn_since)


def digest(subject: Any) -> str:
    """Return the digest that shows a changed subject; '' without a subject."""
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
    phase = Phase.QUEUED if looks_itself else _waits_for(check, queue)
    # Ingram Micro was to act and still is: its days run on.
    goes_on = again and PHASES[phase].turn == check.turn == Turn.INGRAM
    writer.write(
        check,
        phase=phase,
        source=Source.RESELLER if actor else Source.API,
        now=now,
        subject_key=key,
        queue=queue,
        opened_at=now,
        turn_since=check.turn_since if goes_on else now if again else _began(check, now),
        next_check_at=now if looks_itself else None,
        **_FORGOTTEN,
        **writer.new_claim(),
    )
    kind = "check_reopened" if again else "check_opened"
    return history.line(check.enrollment, kind, at=now, actor=actor, check=check)


def _began(check: Check, now: dt.datetime) -> dt.datetime:
    """Return when the check began: for Microsoft's, the day on which the reseller submitted there."""
    sent_on = check.enrollment.sent_to_microsoft_on
    if sent_on is None or check.authority != Authority.MICROSOFT or not KINDS[check.kind].begins_when_sent:
        return now
    return min(now, check.enrollment.country.calendar.morning(sent_on))


def _take_back(check: Check, *, now: dt.datetime, actor: User | None) -> Event:
    writer.write(
        check,
        phase=Phase.NOT_STARTED,
        source="",
        now=now,
        subject_key="",
        next_check_at=None,
        **_FORGOTTEN,
        **writer.new_claim(),
    )
    tracking.close([check], Ending.TAKEN_BACK, now=now)
    return history.line(check.enrollment, "check_taken_back", at=now, actor=actor, check=check)


def _waits_for(check: Check, queue: str) -> Phase:
    """Return the phase of a check that no worker does.

    After a refusal by Microsoft that is the BDM's review, because Microsoft limits resubmissions.
    """
    if queue == DESK:
        return Phase.BDM_LOOKS
    is_refused = check.state == CheckState.ACTION_NEEDED or check.phase in AWAITS_REVIEW
    return Phase.BDM_REVIEWS_ANSWER if is_refused else Phase.WITH_MICROSOFT


# Evidence about an old subject does not apply to a new one.
_FORGOTTEN: dict[str, Any] = {
    "evidence": {},
    "note": "",
    "confirmed_by": None,
    "contradicted_at": None,
    "changed_here_at": None,
}
