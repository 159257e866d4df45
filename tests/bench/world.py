"""A database full of files, made in bulk: what the benchmarks run on."""

import datetime as dt
import uuid

from django.db import connection
from django.utils import timezone

from onboarding.domain import looks, validation
from onboarding.enums import CHECKS, Authority, CheckState, EnrollmentState, Kind, Source
from onboarding.models import Check, Clock, Enrollment
from portal.accounts.models import User
from portal.partners.models import Membership, Partner, Role
from portal.places.load import load
from portal.work.models import Lane

LANE = "register"
KIND, AUTHORITY = Kind.LEGAL_ENTITY, Authority.PORTAL
FAR = dt.timedelta(days=40)


def prepare() -> None:
    load()
    Lane.objects.update(rate=1e9, burst=1e9, tokens=1e9)


def empty() -> None:
    """Forget everything about files; what is left is what a new deployment has."""
    tables = [
        "onboarding_enrollment", "onboarding_check", "onboarding_event", "onboarding_clock", "onboarding_checkhistory",
        "onboarding_enrollmenthistory", "notices_mail", "partners_partner",
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        cursor.execute("VACUUM ANALYZE")


def files(count: int) -> list[int]:
    """So many submitted files of as many companies; the keys of their register checks, asleep."""
    owner, _ = User.objects.get_or_create(email="owner@bench.example", defaults={"language": "fr"})
    now = timezone.now()
    partners = Partner.objects.bulk_create(
        Partner(
            id=uuid.uuid4(), name=f"Banc {n}", legal_name=f"BANC {n} SAS", registration_number="999000011",
            street="1 rue des Essais", postal_code="75001", city="Paris", country="FR",
        )
        for n in range(count)
    )  # fmt: skip
    Membership.objects.bulk_create(Membership(partner=p, user=owner, role=Role.OWNER) for p in partners)
    enrollments = Enrollment.objects.bulk_create(
        Enrollment(
            partner=p, country_id="FR", created_by=owner, submitted_by=owner, submitted_at=now,
            state=EnrollmentState.SUBMITTED,
        )
        for p in partners
    )  # fmt: skip
    Clock.objects.bulk_create(Clock(enrollment=e, lane="clocks", next_check_at=now + FAR) for e in enrollments)
    for start in range(0, count, 1000):
        Check.objects.bulk_create(check for e in enrollments[start : start + 1000] for check in _checks(e, now))
    return list(Check.objects.filter(kind=KIND, authority=AUTHORITY, lane=LANE).values_list("pk", flat=True))


def _checks(enrollment: Enrollment, now: dt.datetime) -> list[Check]:
    rows = []
    for kind, authority in CHECKS:
        row = Check(enrollment=enrollment, kind=kind, authority=authority, lane="")
        if (kind, authority) == (KIND, AUTHORITY):
            row.lane, row.state, row.reason, row.source = LANE, CheckState.IN_PROGRESS, "looking", Source.RESELLER
            row.turn_since = row.opened_at = now
            row.next_check_at = now + FAR
            row.enrollment = enrollment
            row.subject_key = validation.digest(looks.subject_of(row, checks={}, today=now.date()))
        rows.append(row)
    return rows


def dormant(count: int) -> None:
    """Mails that sleep for weeks: the plainest due rows, at any number."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO notices_mail (lane, next_check_at, claim_no, attempt, errors, parked_why, key, "to", subject,
                                      text, html, thread, secret, about, created_at, answer)
            SELECT 'mail', now() + interval '30 days' + n * interval '1 second', 0, 0, 0, '', 'dormant-' || n,
                   'a@bench.example', 'subject', repeat('x', 150), '', '', false, '', now(), ''
            FROM generate_series(1, %(count)s) n
            """,
            {"count": count},
        )
        cursor.execute("VACUUM ANALYZE notices_mail")
