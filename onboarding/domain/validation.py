"""The checks of an enrollment: what they look at, when they start again, and the one writer of their state.

Every state change writes its history line and its mails in the same transaction. The database refuses any move that
is not in ``enums.CHECK_MOVES``.
"""

import datetime as dt
import hashlib
import random
from typing import Any

from django.conf import settings
from django.db import transaction

from onboarding.domain import challenges, history, notifications
from onboarding.domain.finding import Finding, Outcome
from onboarding.domain.reasons import REASONS
from onboarding.domain.subjects import (
    AgreementSubject,
    CompanySubject,
    DomainSubject,
    MailboxSubject,
    MpnSubject,
    RelationshipSubject,
)
from onboarding.domain.waiting import next_look
from onboarding.enums import CHECKS, VALIDATIONS, Authority, CheckState, EnrollmentState, Kind, Source, Turn
from onboarding.identifiers import FRENCH_REGISTER
from onboarding.models import Check, Enrollment, Event, MailboxChallenge
from portal.accounts.models import User
from portal.notices.models import Mail
from portal.places.models import region_of
from portal.work import claims

Pair = tuple[str, str]
Checks = dict[Pair, Check]

DESK = "desk"
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


class CannotReportError(Exception):
    """This state cannot be said of this check now (it is settled, or not started)."""


# --- what is looked at -----------------------------------------------------------------------------------------------


def lane_of(kind: str, authority: str, country: str) -> str:
    """Which connector answers; without one, a person at the desk does. Empty: nobody looks, it is told to us."""
    match kind, authority:
        case Kind.EMAIL, Authority.PORTAL:
            return "mailbox"
        case Kind.DOMAIN, Authority.PORTAL:
            return "dns"
        case Kind.LEGAL_ENTITY, Authority.PORTAL:
            return "register" if country in FRENCH_REGISTER and settings.RECHERCHE_ENTREPRISES_URL else DESK
        case Kind.MARKETPLACE, _:
            return DESK
        case ((Kind.MPN_ID | Kind.LOCATION | Kind.AGREEMENT | Kind.RELATIONSHIP), _):
            return "partner_center" if settings.PARTNER_CENTER_URL else DESK
        case _:
            return ""


def subject_of(check: Check, *, checks: Checks, today: dt.date) -> Any:
    """What the check looks at, or None while the answers it needs are missing. Compared by value."""
    enrollment, partner = check.enrollment, check.enrollment.partner
    sent = enrollment.state != EnrollmentState.DRAFT
    match check.kind, check.authority:
        case Kind.MPN_ID, _:
            return MpnSubject(enrollment.mpn_id, str(partner)) if enrollment.mpn_id else None
        case Kind.LOCATION, _:
            known = bool(enrollment.location_mpn_id) and enrollment.location_country_id == enrollment.country_id
            return AgreementSubject(enrollment.location_mpn_id, _region(enrollment, today)) if known else None
        case Kind.EMAIL, Authority.PORTAL:
            return MailboxSubject(enrollment.contact_email) if sent and enrollment.contact_email else None
        case Kind.DOMAIN, Authority.PORTAL:
            # Name and token of the record are the challenge's; what it proves is this domain.
            return DomainSubject(partner.mail_domain, "", "") if sent and partner.mail_domain else None
        case Kind.LEGAL_ENTITY, Authority.PORTAL:
            return _company(enrollment) if sent and partner.legal_name else None
        case ((Kind.EMAIL | Kind.DOMAIN | Kind.LEGAL_ENTITY), Authority.MICROSOFT):
            told = {
                Kind.EMAIL: enrollment.contact_email,
                Kind.DOMAIN: partner.mail_domain,
                Kind.LEGAL_ENTITY: _company(enrollment),
            }
            return told[Kind(check.kind)] if sent and enrollment.sent_to_microsoft_on else None
        case Kind.AGREEMENT, _:
            known = sent and bool(enrollment.location_mpn_id and enrollment.sent_to_microsoft_on)
            return AgreementSubject(enrollment.location_mpn_id, _region(enrollment, today)) if known else None
        case Kind.MARKETPLACE, _:
            known = sent and bool(enrollment.customer_number and enrollment.marketplace_activated_on)
            return (enrollment.customer_number, enrollment.marketplace_id) if known else None
        case Kind.RELATIONSHIP, _:
            known = sent and checks[Kind.AGREEMENT, Authority.MICROSOFT].holds and bool(enrollment.tenant)
            return (
                RelationshipSubject(
                    enrollment.location_mpn_id, enrollment.tenant, enrollment.country_id, _region(enrollment, today)
                )
                if known
                else None
            )
    raise AssertionError(f"no such check: {check.kind}, {check.authority}")


def _region(enrollment: Enrollment, today: dt.date) -> str:
    region = region_of(enrollment.country_id, on=today)
    return region.code if region else ""


def _company(enrollment: Enrollment) -> CompanySubject:
    partner = enrollment.partner
    return CompanySubject(
        partner.legal_name,
        partner.registration_number,
        partner.street,
        partner.postal_code,
        partner.city,
        partner.country,
    )


# --- following the answers -------------------------------------------------------------------------------------------


def create_checks(enrollment: Enrollment) -> None:
    Check.objects.bulk_create(
        Check(
            enrollment=enrollment,
            kind=kind,
            authority=authority,
            lane=lane_of(kind, authority, enrollment.partner.country),
        )
        for kind, authority in CHECKS
    )


def checks_of(enrollment: Enrollment) -> Checks:
    """All checks of one enrollment by (kind, authority), each knowing the enrollment without another query."""
    rows = list(Check.objects.filter(enrollment=enrollment))
    for row in rows:
        row.enrollment = enrollment
    return {(row.kind, row.authority): row for row in rows}


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
        key = hashlib.sha256(repr(subject).encode()).hexdigest() if subject is not None else ""
        if key == check.subject_key or check.state == CheckState.REFUSED:
            continue
        if subject is None:
            events.append(_take_back(check, now=now, actor=actor))
        else:
            events.append(_start(check, key=key, now=now, actor=actor))
    Event.objects.bulk_create(events)


def _start(check: Check, *, key: str, now: dt.datetime, actor: User | None) -> Event:
    again = check.state != CheckState.NOT_STARTED
    lane = lane_of(check.kind, check.authority, check.enrollment.partner.country)
    looks_itself = lane not in ("", DESK)
    if check.kind == Kind.DOMAIN and check.authority == Authority.PORTAL:
        challenges.domain_challenge(check=check, domain=check.enrollment.partner.mail_domain, now=now)
    if check.kind == Kind.EMAIL and check.authority == Authority.PORTAL:
        challenges.void_mailbox_challenge(check, now=now)
    _write(
        check,
        state=CheckState.IN_PROGRESS,
        reason="looking" if looks_itself else _WAITS_FOR[lane],
        source=Source.RESELLER if actor else Source.API,
        now=now,
        subject_key=key,
        lane=lane,
        opened_at=now,
        next_check_at=now if looks_itself else None,
        **_FORGOTTEN,
        **_new_claim(check),
    )
    kind = "check_reopened" if again else "check_opened"
    return history.line(check.enrollment, kind, at=now, actor=actor, check=check)


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
        **_new_claim(check),
    )
    return history.line(check.enrollment, "check_taken_back", at=now, actor=actor, check=check)


_WAITS_FOR = {"": "with_microsoft", DESK: "desk_must_look"}
# What was found out about an old subject says nothing about a new one.
_FORGOTTEN: dict[str, Any] = {"evidence": {}, "note": "", "confirmed_by": None, "contradicted_at": None}


def _new_claim(check: Check) -> dict[str, Any]:
    """A worker may be looking at this moment: a new claim number makes his answer stale."""
    return {
        "claim_no": check.claim_no + 1,
        "lease_until": None,
        "attempt": 0,
        "errors": 0,
        "parked_at": None,
        "parked_why": "",
    }


# --- a worker's answer -----------------------------------------------------------------------------------------------


def subject_for_look(check: Check, *, now: dt.datetime) -> Any:
    """The subject as the connector needs it (the domain's with its open challenge)."""
    checks = checks_of(check.enrollment)
    subject = subject_of(check, checks=checks, today=now.date())
    if isinstance(subject, DomainSubject):
        challenge = challenges.domain_challenge(check=check, domain=subject.domain, now=now)
        return DomainSubject(subject.domain, challenge.record_name, challenge.token)
    return subject


def own_answer(check: Check, *, now: dt.datetime) -> Finding | None:
    """What the portal knows without asking anybody: an open mailbox challenge waits, an expired one says so."""
    if (check.kind, check.authority) != (Kind.EMAIL, Authority.PORTAL) or check.reason != "confirm_mail":
        return None
    challenge = challenges.open_mailbox_challenge(check)
    if challenge and challenge.expires_at > now:
        return Finding(Outcome.UNDECIDED, now, reason="confirm_mail", retry_at=challenge.expires_at)
    return Finding(Outcome.BAD, now, reason="mail_link_expired")


@transaction.atomic
def record(*, claim: claims.Claim, finding: Finding, now: dt.datetime) -> bool:
    """Move the check to what was seen. False if the claim is stale by now: then nothing at all was written."""
    check = claims.held(claim).select_related("enrollment__partner", "enrollment__country").first()
    if check is None or not lock(check.enrollment):
        return False
    if finding.outcome is Outcome.GOOD and check.kind == Kind.EMAIL:
        finding = _ask_the_mailbox(check, now)
    state, reason = _state_for(check, finding, now)
    # The lock is held from here: the second look at the fence is the one that counts.
    if not claims.settle(
        claim, next_check_at=_next_check(check, state, reason, finding, now), expect={"state": check.state}
    ):
        return False
    apply(check, state=state, reason=reason, source=finding.source, evidence=finding.evidence, now=now)
    return True


def lock(enrollment: Enrollment) -> bool:
    # One answer at a time for one file: what follows from all checks together is decided under this lock.
    return Enrollment.objects.select_for_update().filter(pk=enrollment.pk).exists()


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
    turn = REASONS[reason].turn
    return (CheckState.ACTION_NEEDED if turn == Turn.RESELLER else CheckState.IN_PROGRESS), reason


def _next_check(check: Check, state: CheckState, reason: str, finding: Finding, now: dt.datetime) -> dt.datetime | None:
    if state == CheckState.PASSED or not REASONS[reason].again:
        return None
    if reason == "confirm_mail":
        return finding.retry_at
    own = next_look(lane=check.lane, opened_at=check.opened_at or now, now=now, pace=settings.WAITING_PACE, rng=_RNG)
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
    **values: Any,
) -> None:
    """Write the state with everything that follows from it: history, mails, what it tells about other checks."""
    moved = (check.state, check.reason) != (state, reason)
    kept = {} if evidence is None else {"evidence": evidence}
    _write(check, state=state, reason=reason, source=source, now=now, seen_at=seen_at or now, **kept, **values)
    if not moved:
        return
    told = history.add(
        check.enrollment,
        _EVENTS[state],
        at=now,
        actor=actor,
        source=source,
        check=check,
        **({"reason": reason} if reason else {}),
    )
    if state == CheckState.ACTION_NEEDED and not (check.kind == Kind.DOMAIN and reason == "txt_mismatch"):
        notifications.action_needed(check, now=now, number=told.pk)
    if check.holds:
        _infer_from(check, now=now)
        follow_answers(check.enrollment, now=now, actor=None)
    Enrollment.objects.filter(pk=check.enrollment_id).update(moved_at=now)
    settle_enrollment(check.enrollment, now=now)


_EVENTS = {
    CheckState.IN_PROGRESS: "check_waiting",
    CheckState.ACTION_NEEDED: "check_action_needed",
    CheckState.PASSED: "check_passed",
    CheckState.REFUSED: "check_refused",
    CheckState.WAIVED: "check_waived",
}


def _write(check: Check, *, state: str, reason: str, source: str, now: dt.datetime, **values: Any) -> None:
    turn = (
        REASONS[reason].turn if reason and state in (CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED) else Turn.NOBODY
    )
    settled = state in (CheckState.PASSED, CheckState.REFUSED, CheckState.WAIVED)
    values |= {
        "state": state,
        "reason": reason,
        "source": source,
        "turn": turn,
        "turn_since": now if turn != check.turn or check.turn_since is None else check.turn_since,
        "settled_at": (check.settled_at or now) if settled else None,
    }
    for name, value in values.items():
        setattr(check, name, value)
    Check.objects.filter(pk=check.pk).update(**values)


def _infer_from(check: Check, *, now: dt.datetime) -> None:
    """A signed agreement or an active link tells that Microsoft's vetting is done (domain/partner-center.md 3.5)."""
    if check.kind not in (Kind.AGREEMENT, Kind.RELATIONSHIP) or check.state != CheckState.PASSED:
        return
    for other in checks_of(check.enrollment).values():
        if other.authority == Authority.MICROSOFT and other.kind in VALIDATIONS and other.subject_key:
            state_fact(
                other,
                state=CheckState.PASSED,
                source=Source.INFERRED,
                seen_at=now,
                now=now,
                evidence={"from": check.kind},
            )


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
) -> bool:
    """Take over what a source says; False if a stronger source has settled it otherwise, which is then flagged.

    api > import > bdm > reseller > inferred (product rule): a newer contradiction is shown, never dropped.
    """
    if check.state == state and check.reason == reason:
        return True
    stronger = check.is_settled and check.source and Source(check.source).weight > source.weight
    if stronger or check.state == CheckState.REFUSED:
        Check.objects.filter(pk=check.pk).update(contradicted_at=now)
        history.add(check.enrollment, "contradiction", at=now, actor=actor, source=source, check=check, says=state)
        return False
    apply(
        check,
        state=state,
        reason=reason,
        source=source,
        now=now,
        actor=actor,
        seen_at=seen_at,
        evidence=evidence,
        next_check_at=None,
        **_new_claim(check),
    )
    return True


@transaction.atomic
def report(*, check: Check, says: str, on: dt.date, by: User, now: dt.datetime) -> None:
    """The reseller tells what Partner Center shows: ``says`` is "pending", "authorized" or "rejected".

    Raises: CannotReportError: the check is not Microsoft's, has not started, or is settled by a stronger source.
    """
    lock(check.enrollment)
    check.refresh_from_db()
    if check.authority != Authority.MICROSOFT or not check.is_validation or not check.subject_key:
        raise CannotReportError
    state, reason = {
        "pending": (CheckState.IN_PROGRESS, "with_microsoft"),
        "authorized": (CheckState.PASSED, ""),
        "rejected": (CheckState.ACTION_NEEDED, f"microsoft_refused_{check.kind}"),
    }[says]
    seen_at = dt.datetime.combine(on, dt.time(), tzinfo=dt.UTC)
    state_fact(check, state=state, source=Source.RESELLER, seen_at=seen_at, now=now, reason=reason, actor=by)


@transaction.atomic
def confirm_mailbox(*, challenge: Any, by: User, now: dt.datetime) -> None:
    """The address is proven; doing it twice changes nothing the second time."""
    check = challenge.check_row
    lock(check.enrollment)
    check.refresh_from_db()
    if challenges.use(challenge=challenge, now=now) and not check.is_settled:
        apply(
            check,
            state=CheckState.PASSED,
            reason="",
            source=Source.API,
            now=now,
            actor=by,
            evidence={"address_domain": challenge.address.rpartition("@")[2]},
            next_check_at=None,
            claim_no=check.claim_no + 1,
            lease_until=None,
        )


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
    check = challenge.check_row
    lock(check.enrollment)
    check.refresh_from_db()
    if check.is_settled:
        return
    challenges.void_mailbox_challenge(check, now=now)
    apply(
        check,
        state=CheckState.ACTION_NEEDED,
        reason="mail_refused",
        source=Source.API,
        now=now,
        evidence={"answer": mail.answer},
        next_check_at=None,
        **_new_claim(check),
    )


@transaction.atomic
def look_again(*, check: Check, by: User, now: dt.datetime) -> bool:
    """Look as soon as a worker is free. False where nobody looks by himself, or one just did."""
    lock(check.enrollment)
    check.refresh_from_db()
    if check.lane in ("", DESK) or check.is_settled or not check.subject_key or check.lease_until:
        return False
    if check.kind == Kind.DOMAIN and check.reason == "txt_expired":
        challenges.domain_challenge(check=check, domain=check.enrollment.partner.mail_domain, now=now, renew=True)
    if check.kind == Kind.EMAIL:
        challenges.void_mailbox_challenge(check, now=now)
        _write(check, state=CheckState.IN_PROGRESS, reason="looking", source=Source.API, now=now)
    Check.objects.filter(pk=check.pk).update(next_check_at=now)
    history.add(check.enrollment, "check_asked_again", at=now, actor=by, check=check)
    return True


# --- the whole file --------------------------------------------------------------------------------------------------


def settle_enrollment(enrollment: Enrollment, *, now: dt.datetime) -> None:
    """Ready when everything that decides a step holds; back to submitted when it no longer does."""
    if enrollment.state == EnrollmentState.DRAFT:
        return
    deciding = Check.objects.filter(enrollment=enrollment, kind__in=_DECIDING)
    all_hold = all(check.holds for check in deciding)
    if all_hold and _move(enrollment, EnrollmentState.SUBMITTED, EnrollmentState.READY, ready_at=now):
        history.add(enrollment, "ready", at=now, source=Source.API)
        notifications.ready(enrollment, now=now)
    elif not all_hold and _move(enrollment, EnrollmentState.READY, EnrollmentState.SUBMITTED):
        history.add(enrollment, "no_longer_ready", at=now, source=Source.API)


def _move(enrollment: Enrollment, before: EnrollmentState, after: EnrollmentState, **values: Any) -> bool:
    moved = Enrollment.objects.filter(pk=enrollment.pk, state=before).update(state=after, **values)
    if moved:
        enrollment.state = after
    return bool(moved)


_DECIDING = (Kind.MPN_ID, Kind.LOCATION, Kind.AGREEMENT, Kind.MARKETPLACE, Kind.RELATIONSHIP)


@transaction.atomic
def park(*, claim: claims.Claim, why: str, now: dt.datetime) -> None:
    """Set a check aside for staff, visibly: it is nobody's fault, and it is Ingram's turn."""
    check = claims.held(claim).select_related("enrollment__partner", "enrollment__country").first()
    if check and lock(check.enrollment) and claims.park(claim, why=why, now=now):
        _write(check, state=CheckState.IN_PROGRESS, reason="parked", source=Source.API, now=now)
        history.add(check.enrollment, "check_parked", at=now, source=Source.API, check=check)


@transaction.atomic
def unpark(*, check: Check, by: User, why: str, now: dt.datetime) -> bool:
    """Let workers look again; False if it was not parked."""
    lock(check.enrollment)
    if not claims.requeue(Check, check.pk):
        return False
    check.refresh_from_db()
    _write(check, state=CheckState.IN_PROGRESS, reason="looking", source=Source.API, now=now)
    history.add(check.enrollment, "check_requeued", at=now, actor=by, source=Source.BDM, check=check, why=why)
    return True
