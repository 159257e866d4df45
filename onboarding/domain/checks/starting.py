"""Start, restart and take back checks when the answers they are about change.

Each check stores a digest of its subject and starts again when an answer changes it, so one rule decides what a change
reopens. The check then loses its evidence; the history keeps it.
"""

import datetime as dt
import hashlib
from typing import Any

from onboarding.domain import history
from onboarding.domain.checks import challenges, writer
from onboarding.domain.checks.routing import DESK, Checks, checks_of, queue_of, subject_of
from onboarding.domain.requests import tracking
from onboarding.enums import CHECKS, VALIDATIONS, Authority, CheckState, Ending, Kind, Source
from onboarding.models import Check, Enrollment, Event
from onboarding.phases import AWAITS_REVIEW, Phase
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


def follow_answers(
    enrollment: Enrollment,
    *,
    now: dt.datetime,
    actor: User | None,
    checks: Checks | None = None,
    told: tuple[Event, ...] = (),
) -> None:
    """Start, restart or take back each check whose subject the answers have changed; leave the others alone.

    Call it inside the transaction that changed the answers; ``told`` are events to be written with those about checks.
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
            # Waived or reported before it had a subject: the decision applies to the first answer.
            Check.objects.filter(pk=check.pk).update(subject_key=key)
            continue
        if subject is None:
            events.append(_take_back(check, now=now, actor=actor))
        else:
            events.append(_start(check, key=key, now=now, actor=actor))
    Event.objects.bulk_create(events)


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
    writer.write(
        check,
        phase=Phase.QUEUED if looks_itself else _waits_for(check, queue),
        source=Source.RESELLER if actor else Source.API,
        now=now,
        subject_key=key,
        queue=queue,
        opened_at=now,
        turn_since=_began(check, now) if not again else now,
        next_check_at=now if looks_itself else None,
        **_FORGOTTEN,
        **writer.new_claim(),
    )
    kind = "check_reopened" if again else "check_opened"
    return history.line(check.enrollment, kind, at=now, actor=actor, check=check)


def _began(check: Check, now: dt.datetime) -> dt.datetime:
    """Return when the check began: for Microsoft's, the day on which the reseller submitted there."""
    sent_on = check.enrollment.sent_to_microsoft_on
    if sent_on is None or check.authority != Authority.MICROSOFT or check.kind not in (*VALIDATIONS, Kind.AGREEMENT):
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
_FORGOTTEN: dict[str, Any] = {"evidence": {}, "note": "", "confirmed_by": None, "contradicted_at": None}
