"""What each check of an enrollment is about, and who answers it: a connector's queue, the desk, or nobody.

A check follows its subject: when answers change the subject, the check starts again (``starting.follow_answers``).
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from onboarding.domain.checks import challenges, connectors
from onboarding.domain.checks.finding import CANNOT_TELL, Finding, Outcome
from onboarding.domain.kinds.record import Around, Asked
from onboarding.domain.kinds.registry import spec_of
from onboarding.domain.kinds.subjects import DomainSubject
from onboarding.enums import Authority, Kind
from onboarding.identifiers import EU_MEMBERS, FRENCH_REGISTER, SHARED_PREFIXES
from onboarding.models import Check, Enrollment
from onboarding.phases import Phase
from portal.geo.models import region_of
from portal.work import claims

Pair = tuple[str, str]
Checks = dict[Pair, Check]
ChecksByEnrollment = dict[uuid.UUID, Checks]

DESK = "desk"


def rows_of(*enrollments: Enrollment) -> QuerySet[Check]:
    """Return the checks of these enrollments, for ``checks_of``; a page reads them with other rows."""
    return Check.objects.filter(enrollment__in=enrollments)


def checks_of(enrollment: Enrollment, rows: QuerySet[Check] | None = None) -> Checks:
    """Return all checks of one enrollment by (kind, authority). Each has the enrollment without another query.

    ``rows`` are its ``rows_of``, if they were read already.
    """
    return checks_by_enrollment([enrollment], rows=rows)[enrollment.pk]


def checks_by_enrollment(
    enrollments: Iterable[Enrollment], at_hand: Iterable[Check] = (), rows: QuerySet[Check] | None = None
) -> ChecksByEnrollment:
    """Return all checks of several enrollments, by enrollment; the ones ``at_hand`` are used as they are."""
    files = {enrollment.pk: enrollment for enrollment in enrollments}
    known = {check.pk: check for check in at_hand}
    found: ChecksByEnrollment = {pk: {} for pk in files}
    for row in rows_of(*files.values()) if rows is None else rows:
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
    asked = spec_of(kind, authority).asked
    if asked is Asked.NOBODY:
        return ()
    systems = connectors.looking_at(kind, registers=registers_of(country))
    if asked is Asked.SYSTEMS_THEN_DESK or (asked is Asked.SYSTEMS_OR_DESK and not systems):
        return (*systems, DESK)
    return systems


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
    around = _around(check.enrollment, today, lambda kind: checks[kind, Authority.MICROSOFT].holds)
    return spec_of(check.kind, check.authority).subject(check.enrollment, around)


def _around(enrollment: Enrollment, today: dt.date, holds: Callable[[Kind], bool]) -> Around:
    return Around(today, lambda: _region(enrollment, today), lambda: registers_of(enrollment.partner.country), holds)


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


def subject_for_look(check: Check, *, now: dt.datetime) -> Any:
    """Return the subject as the connector needs it: a domain with its open challenge, an account with its region."""
    checks: Checks = {}

    def holds(kind: Kind) -> bool:
        checks.update(checks or checks_of(check.enrollment))  # only some subjects depend on other checks
        return checks[kind, Authority.MICROSOFT].holds

    spec, around = spec_of(check.kind, check.authority), _around(check.enrollment, timezone.localdate(now), holds)
    subject = spec.subject(check.enrollment, around)
    if subject is None:
        return None
    if isinstance(subject, DomainSubject):
        challenge = challenges.domain_challenge(check=check, domain=subject.domain, now=now)
        return DomainSubject(subject.domain, challenge.record_name, challenge.token)
    return spec.completed(check.enrollment, subject, around)


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
