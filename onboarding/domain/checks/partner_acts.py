"""What a partner does about a check: answer a request, confirm a mailbox, ask for another check."""

import datetime as dt
from typing import Any

from django.db import transaction

from onboarding.domain import history
from onboarding.domain.checks import challenges, locks, routing, starting, transitions, writer
from onboarding.domain.checks.reporting import hand_over, resubmitted
from onboarding.domain.checks.routing import DESK
from onboarding.domain.requests import tracking
from onboarding.enums import VALIDATIONS, Authority, CheckState, Kind, Source, Turn
from onboarding.models import Check, Enrollment, MailboxChallenge
from onboarding.phases import BDM_PHASES, Phase
from portal.accounts.models import User
from portal.notices.models import Mail


def hand_in(check: Check, *, by: User, now: dt.datetime, answer: str) -> None:
    """Hand the partner's answer to a person at Ingram for review. Call it under the company's lock."""
    tracking.answered(check, by=by, now=now, answer=answer)
    if check.is_settled or not check.subject_key:
        return
    hand_over(check, Phase.BDM_REVIEWS_ANSWER, now=now)
    history.add(check.enrollment, "answered_action", at=now, actor=by, check=check)


@transaction.atomic
def confirm_mailbox(*, challenge: MailboxChallenge, by: User | None, now: dt.datetime) -> bool:
    """Pass the mailbox check. Return False if a newer message replaced it; a second call changes nothing.

    ``by`` is who typed the code; None if the contact confirms by the link, without an account.
    """
    check = locks.locked(challenge.check_row)
    if not challenges.use(challenge=challenge, now=now):
        return check.holds
    if not check.is_settled:
        transitions.move(
            check,
            phase=Phase.PASSED,
            source=Source.API if by else Source.CONTACT,
            now=now,
            actor=by,
            evidence={"address_domain": challenge.address.rpartition("@")[2]},
            next_check_at=None,
            **writer.new_claim(),
        )
    return True


@transaction.atomic
def decline_mailbox(*, challenge: MailboxChallenge, now: dt.datetime) -> bool:
    """Turn the check to the partner because the reader says that they are not this contact; write to them no more.

    Return False if nothing waits for this address any more; a second call changes nothing.
    """
    check = locks.locked(challenge.check_row)
    if check.is_settled or challenge.address != check.enrollment.contact_email:
        return False
    if challenges.has_declined(check, challenge.address):
        return True
    challenges.decline(check=check, address=challenge.address, now=now)
    transitions.move(
        check,
        phase=Phase.PARTNER_ACTS,
        reason="contact_declined",
        source=Source.CONTACT,
        now=now,
        next_check_at=None,
        **writer.new_claim(),
    )
    return True


@transaction.atomic
def send_again_by_link(*, challenge: MailboxChallenge, now: dt.datetime) -> bool:
    """Send a new message to the reader of an old link. Return False if nothing waits for this address any more.

    Raises: TooSoonError.
    """
    check = locks.locked(challenge.check_row)
    is_waiting = check.phase == Phase.CONFIRM_MAILBOX or check.reason == "mail_link_expired"
    if not is_waiting or challenge.address != check.enrollment.contact_email or is_for_a_person(check):
        return False
    _replace_message(check, now=now)
    hand_over(check, Phase.QUEUED, now=now, next_check_at=now)
    history.add(check.enrollment, "check_asked_again", at=now, source=Source.CONTACT, check=check)
    return True


def _replace_message(check: Check, *, now: dt.datetime) -> None:
    challenges.refuse_too_many(check, check.enrollment.contact_email, now)
    challenges.void_mailbox_challenge(check, now=now)


@transaction.atomic
def mail_refused(mail: Mail, now: dt.datetime) -> None:
    """Fail the mailbox check when our message came back for good (5xx). Mails about anything else are ignored."""
    about, _, pk = mail.about.partition(":")
    if about != "mailbox-challenge":
        return
    rows = MailboxChallenge.objects.select_related("check_row__enrollment__partner", "check_row__enrollment__country")
    challenge = rows.filter(pk=pk).first()
    if challenge is None or challenge.used_at or challenge.replaced_at:
        return
    check = locks.locked(challenge.check_row)
    if check.is_settled:
        return
    challenges.void_mailbox_challenge(check, now=now)
    transitions.move(
        check,
        phase=Phase.PARTNER_ACTS,
        reason="mail_refused",
        source=Source.API,
        now=now,
        evidence={"seen": [f"{challenge.address}: {mail.answer}"]},
        next_check_at=None,
        **writer.new_claim(),
    )


def is_for_a_person(check: Check) -> bool:
    """Return True when a person at Ingram asked or will review: then no worker's answer ends it."""
    return check.queue == DESK or check.source == Source.BDM or check.phase in BDM_PHASES


@transaction.atomic
def look_again(*, check: Check, by: User, now: dt.datetime) -> bool:
    """Repeat the check because the reseller has done what was asked: by a worker soon, or by a person at Ingram.

    Return False if there is nothing to check, or it was checked a moment ago.

    Raises: TooSoonError: no further message may be sent now; the last one still works.
    """
    check = locks.locked(check)
    if check.phase == Phase.RESUBMIT:
        resubmitted(check, by=by, now=now)
        return True
    is_held = check.lease_until is not None and check.lease_until > now
    if check.is_settled or not check.subject_key or check.queue == "" or is_held or check.parked_at:
        return False
    if check.reason == "contact_declined":
        return False  # the address gets no further message: another one has to be given
    asked_by_person = is_for_a_person(check)
    if asked_by_person and check.state != CheckState.ACTION_NEEDED:
        return False
    just_looked = check.phase == Phase.QUEUED or (check.seen_at and now - check.seen_at < BETWEEN_LOOKS)
    if just_looked and not asked_by_person:
        return False
    if check.kind == Kind.EMAIL and not asked_by_person:
        _replace_message(check, now=now)
    renewed: dict[str, Any] = {}
    if check.phase == Phase.RENEW_RECORD:
        challenges.domain_challenge(check=check, domain=check.enrollment.partner.mail_domain, now=now, renew=True)
        renewed = {"opened_at": now}
    if asked_by_person:
        hand_over(check, Phase.BDM_LOOKS, now=now, **renewed)
    else:
        hand_over(check, Phase.QUEUED, now=now, next_check_at=now, **renewed)
    history.add(check.enrollment, "check_asked_again", at=now, actor=by, check=check)
    return True


@transaction.atomic
def choose_domain_proof(*, check: Check, by_document: bool, by: User, now: dt.datetime) -> bool:
    """Let the partner prove the domain by a dated document that a BDM reads, or by the record again.

    Return False where the check waits for neither.
    """
    check = locks.locked(check)
    if check.kind != Kind.DOMAIN or check.authority != Authority.PORTAL:
        return False
    if by_document and check.phase in (Phase.PUBLISH_RECORD, Phase.RENEW_RECORD):
        transitions.move(
            check,
            phase=Phase.PARTNER_ACTS,
            reason=BY_DOCUMENT,
            source=Source.RESELLER,
            now=now,
            actor=by,
            next_check_at=None,
            **writer.new_claim(),
        )
        return True
    if not by_document and check.reason == BY_DOCUMENT:
        challenge = challenges.domain_challenge(check=check, domain=check.enrollment.partner.mail_domain, now=now)
        if challenge.expires_at <= now:
            challenges.domain_challenge(check=check, domain=challenge.domain, now=now, renew=True)
        hand_over(check, Phase.QUEUED, now=now, next_check_at=now, opened_at=now)
        history.add(check.enrollment, "check_asked_again", at=now, actor=by, check=check)
        return True
    return False


BY_DOCUMENT = "domain_by_document"
BETWEEN_LOOKS = dt.timedelta(seconds=5)


@transaction.atomic
def changed_there(*, enrollment: Enrollment, by: User, now: dt.datetime) -> bool:
    """Record that what was changed here is changed in Partner Center too. Return False if nothing was flagged."""
    locks.lock(enrollment.partner_id)
    checks = routing.checks_of(enrollment)
    if not starting.changed_there(checks, by=by, now=now):
        return False
    Enrollment.objects.filter(pk=enrollment.pk).update(last_event_at=now, progressed_at=now)
    return True


@transaction.atomic
def agreement_offered(*, check: Check, by: User, now: dt.datetime) -> bool:
    """Record that Partner Center offers the agreement, so Microsoft's vetting has ended. Return False if it is known.

    The partner's word ends no refusal and no stronger report; then the contradiction is flagged. Source: [ms-mpa]
    (the agreement is offered once the vetting has ended).
    """
    check = locks.locked(check)
    if not may_be_offered(check):
        return False
    history.add(check.enrollment, "agreement_offered", at=now, actor=by, source=Source.RESELLER, check=check)
    checks = routing.checks_of(check.enrollment)
    for kind in VALIDATIONS:
        vetting = checks[kind, Authority.MICROSOFT]
        if vetting.subject_key and not vetting.is_settled:
            evidence = {"from": Kind.AGREEMENT.value}
            transitions.take_report(
                vetting, state=CheckState.PASSED, source=Source.RESELLER, seen_at=now, now=now, actor=by,
                evidence=evidence, checks=checks,
            )  # fmt: skip
    return True


def may_be_offered(check: Check) -> bool:
    """Return whether the partner can bring news: Partner Center offers the agreement, and we wait for Microsoft."""
    return check.kind == Kind.AGREEMENT and check.turn == Turn.MICROSOFT
