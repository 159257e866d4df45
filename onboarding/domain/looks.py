"""What each check of a file looks at, and who looks: the lane of a connector, the desk, or nobody.

A check follows its subject: when answers change what it looks at, it starts again (``validation.follow_answers``).
"""

import datetime as dt
from typing import Any

from django.conf import settings

from onboarding.domain import challenges
from onboarding.domain.finding import Finding, Outcome
from onboarding.domain.subjects import (
    AgreementSubject,
    CompanySubject,
    DomainSubject,
    MailboxSubject,
    MpnSubject,
    RelationshipSubject,
)
from onboarding.enums import Authority, EnrollmentState, Kind
from onboarding.identifiers import FRENCH_REGISTER
from onboarding.models import Check, Enrollment
from portal.places.models import region_of

Pair = tuple[str, str]
Checks = dict[Pair, Check]

DESK = "desk"


def checks_of(enrollment: Enrollment) -> Checks:
    """All checks of one enrollment by (kind, authority), each knowing the enrollment without another query."""
    rows = list(Check.objects.filter(enrollment=enrollment))
    for row in rows:
        row.enrollment = enrollment
    return {(row.kind, row.authority): row for row in rows}


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
