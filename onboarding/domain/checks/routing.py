"""What each check of an enrollment is about, and who answers it: a connector's queue, the desk, or nobody.

A check follows its subject: when answers change the subject, the check starts again (``starting.follow_answers``).
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from onboarding.domain.checks import challenges, connectors
from onboarding.domain.checks.finding import CANNOT_TELL, Finding, Outcome
from onboarding.domain.checks.subjects import (
    AgreementSubject,
    CompanySubject,
    DomainSubject,
    MailboxSubject,
    MarketplaceSubject,
    MpnSubject,
    RelationshipSubject,
)
from onboarding.enums import Authority, EnrollmentState, Kind
from onboarding.identifiers import EU_MEMBERS, FRENCH_REGISTER, SHARED_PREFIXES
from onboarding.models import Check, Enrollment
from onboarding.phases import Phase
from portal.geo.models import region_of
from portal.work import claims

Pair = tuple[str, str]
Checks = dict[Pair, Check]
ChecksByEnrollment = dict[uuid.UUID, Checks]

DESK = "desk"


def checks_of(enrollment: Enrollment) -> Checks:
    """Return all checks of one enrollment by (kind, authority). Each has the enrollment without another query."""
    return checks_by_enrollment([enrollment])[enrollment.pk]


def checks_by_enrollment(enrollments: Iterable[Enrollment], at_hand: Iterable[Check] = ()) -> ChecksByEnrollment:
    """Return all checks of several enrollments, by enrollment; the ones ``at_hand`` are used as they are."""
    files = {enrollment.pk: enrollment for enrollment in enrollments}
    known = {check.pk: check for check in at_hand}
    found: ChecksByEnrollment = {pk: {} for pk in files}
    for row in Check.objects.filter(enrollment__in=files):
        check = known.get(row.pk, row)
        check.enrollment = files[row.enrollment_id]
        found[row.enrollment_id][row.kind, row.authority] = check
    return found


def with_enrollment(held: Sequence[claims.Claim]) -> dict[int, Check]:
    """Return the checks of these claims, by key, each with its enrollment."""
    by_pk = {claim.pk: claim for claim in held}
    rows = Check.objects.select_related("enrollment__partner", "enrollment__country", "enrollment__marketplace")
    rows = rows.filter(pk__in=by_pk)
    return {row.pk: row for row in rows if claims.is_held(row, by_pk[row.pk])}


def queue_of(kind: str, authority: str, country: str) -> str:
    """Return the first queue to ask: a connector's, or the desk. Return '' when a person must report the state."""
    return (queues_of(kind, authority, country) or ("",))[0]


def queues_of(kind: str, authority: str, country: str) -> tuple[str, ...]:
    """Return the queues in the order in which they are asked; ``country`` is the company's. A person is asked last."""
    match kind, authority:
        case Kind.EMAIL, Authority.PORTAL:
            return ("mailbox",)
        case Kind.DOMAIN, Authority.PORTAL:
            return ("dns",)
        case Kind.LEGAL_ENTITY, Authority.PORTAL:
            return (*registers_of(country), DESK)
        case Kind.MARKETPLACE, _:
            return ("marketplace", DESK) if connectors.is_configured("marketplace") else (DESK,)
        case ((Kind.MPN_ID | Kind.LOCATION | Kind.AGREEMENT | Kind.RELATIONSHIP), _):
            return ("partner_center",) if connectors.is_configured("partner_center") else (DESK,)
        case _:
            return ()


def registers_of(country: str) -> tuple[str, ...]:
    """Return the configured registers of that country."""
    group = "FR" if country in FRENCH_REGISTER else "EU" if country in EU_MEMBERS or country in SHARED_PREFIXES else "*"
    return connectors.registers_of(country, group)


def is_configured(check: Check) -> bool:
    """Return True when the settings still have its queue for such a check."""
    return check.queue in queues_of(check.kind, check.authority, check.enrollment.partner.country)


def next_queue(check: Check) -> str:
    """Return the next queue when this check's has no answer: the next that was not asked, the desk in the end."""
    asked = {check.queue, *(word["lane"] for word in earlier_answers(check))}
    queues = queues_of(check.kind, check.authority, check.enrollment.partner.country)
    return next((queue for queue in queues if queue not in asked), DESK)


def earlier_answers(check: Check) -> list[dict[str, Any]]:
    """Return the evidence of the systems that had no answer, each with its queue."""
    return list(check.evidence.get("said", []))


def subject_of(check: Check, *, checks: Checks, today: dt.date) -> Any:
    """Return what the check is about, or None while the answers it needs are missing. Compared by value."""
    enrollment, partner = check.enrollment, check.enrollment.partner
    sent = enrollment.state != EnrollmentState.DRAFT
    match check.kind, check.authority:
        case Kind.MPN_ID, _:
            return MpnSubject(enrollment.mpn_id, str(partner)) if enrollment.mpn_id else None
        case Kind.LOCATION, _:
            known = bool(enrollment.location_mpn_id) and enrollment.location_country_id == enrollment.country_id
            return (
                AgreementSubject(enrollment.location_mpn_id, _region(enrollment, today), str(partner))
                if known
                else None
            )
        case Kind.EMAIL, Authority.PORTAL:
            return MailboxSubject(enrollment.contact_email) if sent and enrollment.contact_email else None
        case Kind.DOMAIN, Authority.PORTAL:
            # Name and token of the record are the challenge's; what it proves is this domain.
            return DomainSubject(partner.mail_domain, "", "") if sent and partner.mail_domain else None
        case Kind.LEGAL_ENTITY, Authority.PORTAL:
            # Only where D&B is asked, so that a new number starts no other check again.
            duns = partner.duns if "dun_bradstreet" in registers_of(partner.country) else ""
            return _company(enrollment, duns) if sent and partner.legal_name else None
        case ((Kind.EMAIL | Kind.DOMAIN | Kind.LEGAL_ENTITY), Authority.MICROSOFT):
            return _told_microsoft(enrollment, Kind(check.kind)) if sent and enrollment.sent_to_microsoft_on else None
        case Kind.AGREEMENT, _:
            known = sent and bool(enrollment.location_mpn_id and enrollment.sent_to_microsoft_on)
            return AgreementSubject(enrollment.location_mpn_id, _region(enrollment, today)) if known else None
        case Kind.MARKETPLACE, _:
            known = sent and bool(enrollment.customer_number and enrollment.marketplace_activated_on)
            return (
                (enrollment.customer_number, enrollment.marketplace_id, str(enrollment.marketplace_activated_on))
                if known
                else None
            )
        case Kind.RELATIONSHIP, _:
            before = (Kind.MPN_ID, Kind.LOCATION, Kind.AGREEMENT)
            known = sent and bool(enrollment.tenant) and all(checks[k, Authority.MICROSOFT].holds for k in before)
            return (
                RelationshipSubject(
                    enrollment.location_mpn_id, enrollment.tenant, enrollment.country_id, _region(enrollment, today)
                )
                if known
                else None
            )
    raise AssertionError(f"no such check: {check.kind}, {check.authority}")


def _told_microsoft(enrollment: Enrollment, kind: Kind) -> Any:
    told = {
        Kind.EMAIL: enrollment.contact_email,
        Kind.DOMAIN: enrollment.partner.mail_domain,
        Kind.LEGAL_ENTITY: _company(enrollment),
    }
    return told[kind]


def _region(enrollment: Enrollment, today: dt.date) -> str:
    known = getattr(enrollment, "region_known", None)
    if known is None or known[0] != (enrollment.country_id, today):
        region = region_of(enrollment.country_id, on=today)
        known = ((enrollment.country_id, today), region.code if region else "")
        enrollment.region_known = known  # type: ignore[attr-defined]
    return str(known[1])


def prefetch_regions(enrollments: Iterable[Enrollment], *, today: dt.date) -> None:
    """Load the regions of several enrollments with one query for each country."""
    first: dict[str, Enrollment] = {}
    for enrollment in enrollments:
        like = first.setdefault(enrollment.country_id, enrollment)
        _region(like, today)
        enrollment.region_known = like.region_known  # type: ignore[attr-defined]


def _company(enrollment: Enrollment, duns: str = "") -> CompanySubject:
    partner = enrollment.partner
    return CompanySubject(
        partner.legal_name,
        partner.registration_number,
        partner.street,
        partner.postal_code,
        partner.city,
        partner.country,
        duns,
    )


def subject_for_look(check: Check, *, now: dt.datetime) -> Any:
    """Return the subject as the connector needs it: a domain with its open challenge, an account with its region."""
    # Only the relationship's subject depends on other checks.
    checks = checks_of(check.enrollment) if check.kind == Kind.RELATIONSHIP else {}
    subject = subject_of(check, checks=checks, today=now.date())
    if isinstance(subject, DomainSubject):
        challenge = challenges.domain_challenge(check=check, domain=subject.domain, now=now)
        return DomainSubject(subject.domain, challenge.record_name, challenge.token)
    if check.kind == Kind.MARKETPLACE and subject is not None:
        marketplace = check.enrollment.marketplace
        region = marketplace.region if marketplace else ""
        return MarketplaceSubject(check.enrollment.customer_number, check.enrollment.marketplace_id or "", region)
    if isinstance(subject, MpnSubject):
        return replace(subject, csp_region=_region(check.enrollment, now.date()))
    return subject


def answer_locally(check: Check, *, now: dt.datetime) -> Finding | None:
    """Return what the portal knows without a connector; None if a connector must be asked.

    An open mailbox challenge waits, an expired one says so; a queue without its setting cannot tell.
    """
    if not is_configured(check):
        return Finding(Outcome.UNDECIDED, now, reason=CANNOT_TELL, evidence={"why": "no_longer_asked"})
    if (check.kind, check.authority) != (Kind.EMAIL, Authority.PORTAL) or check.phase != Phase.CONFIRM_MAILBOX:
        return None
    challenge = challenges.open_mailbox_challenge(check)
    if challenge and challenge.expires_at > now:
        return Finding(Outcome.UNDECIDED, now, reason="confirm_mail", retry_at=challenge.expires_at)
    return Finding(Outcome.BAD, now, reason="mail_link_expired")
