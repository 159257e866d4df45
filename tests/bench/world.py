"""A database full of files, made in bulk by SQL: what the benchmarks run on."""

from django.db import connection

from onboarding.domain.checks import routing, starting
from onboarding.enums import CHECKS, Authority, EnrollmentState, Kind
from onboarding.models import Check, Enrollment
from portal.accounts.models import User
from portal.geo.load import load
from portal.partners.models import Partner
from portal.work.models import PeriodicJob, Queue

QUEUE = "recherche_entreprises"
KIND, AUTHORITY = Kind.LEGAL_ENTITY, Authority.PORTAL
COMPANY = {
    "legal_name": "BANC D'ESSAI SAS", "registration_number": "999000011", "street": "1 rue des Essais",
    "postal_code": "75001", "city": "Paris", "country": "FR",
}  # fmt: skip
_TABLES = (
    "onboarding_enrollment", "onboarding_check", "onboarding_event", "onboarding_clock", "onboarding_checkhistory",
    "onboarding_enrollmenthistory", "notices_mail", "partners_partner",
)  # fmt: skip


def prepare() -> None:
    """Reference data, no budget that could hold anybody back, no periodic job that could come in between."""
    load()
    Queue.objects.update(rate=1e9, burst=1e9, tokens=1e9, failures=0, closed_until=None)
    PeriodicJob.objects.all().delete()
    User.objects.get_or_create(email="owner@bench.example", defaults={"language": "fr"})


def empty() -> None:
    _run(f"TRUNCATE {', '.join(_TABLES)} CASCADE")


def files(count: int) -> None:
    """So many submitted files of as many companies. Each has its register check asleep, everything else untouched.

    Triggers and foreign keys rest meanwhile: this is the past, nobody is to be told of it.
    """
    owner = User.objects.get(email="owner@bench.example").pk
    like = Enrollment(partner=Partner(**COMPANY), country_id="FR", state=EnrollmentState.SUBMITTED)
    subject = routing.subject_of(Check(enrollment=like, kind=KIND, authority=AUTHORITY), checks={}, today=None)  # type: ignore[arg-type]
    facts = {"count": count, "owner": owner, "digest": starting.digest(subject), **COMPANY}
    _run("SET session_replication_role = replica")
    _run(_PARTNERS, facts)
    for statement in (_MEMBERSHIPS, _ENROLLMENTS, _CLOCKS):
        _run(statement, facts)
    pairs = ", ".join(f"('{kind}', '{authority}')" for kind, authority in CHECKS)
    _run(_CHECKS.format(pairs=pairs, kind=KIND, authority=AUTHORITY, queue=QUEUE), facts)
    _run("SET session_replication_role = origin")
    _run("VACUUM ANALYZE")


def sleepers(count: int) -> None:
    """Checks that look again in weeks: what most rows of a portal in production are."""
    files(-(-count // len(CHECKS)))
    _run("SET session_replication_role = replica")  # the past, too
    _run(
        "UPDATE onboarding_check SET"
        " lane = (ARRAY['partner_center', 'recherche_entreprises', 'dns', 'mailbox'])[1 + id %% 4],"
        " state = 'in_progress', phase = 'queued', reason = 'looking', source = 'api',"
        " next_check_at = now() + interval '30 days'"
        " + id * interval '1 second'"
    )
    _run("SET session_replication_role = origin")
    _run("VACUUM (ANALYZE, FULL) onboarding_check")


def make_due(seconds: float = 0) -> None:
    """All register checks that still wait for an answer: at once, or spread evenly over so many seconds from now."""
    _run(
        "UPDATE onboarding_check AS row SET next_check_at = now() + n * interval '1 second' FROM ("
        " SELECT id, %(seconds)s * row_number() OVER () / count(*) OVER () AS n FROM onboarding_check"
        " WHERE lane = %(lane)s AND state = 'in_progress' AND source = 'reseller') AS due WHERE row.id = due.id",
        {"seconds": seconds},
    )


def start_again() -> None:
    """Put every register check to sleep, without an answer."""
    _run("SET session_replication_role = replica")
    _run("TRUNCATE onboarding_event, onboarding_checkhistory, notices_mail")
    _run(
        "UPDATE onboarding_check SET state = 'in_progress', phase = 'queued', reason = 'looking', source = 'reseller',"
        " turn = 'nobody',"
        " settled_at = NULL, seen_at = NULL, attempt = 0, errors = 0, lease_until = NULL,"
        " next_check_at = now() + interval '30 days'"
        " WHERE lane = %(lane)s AND (seen_at IS NOT NULL OR source = 'reseller')"
    )
    _run("SET session_replication_role = origin")
    _run("VACUUM ANALYZE onboarding_check")


def begin_night(*, but: int) -> None:
    """All register checks but so many have passed and are due again now, as they would be at the start of a night."""
    _run("SET session_replication_role = replica")
    _run(
        "UPDATE onboarding_check SET state = 'passed', phase = 'passed', reason = '', source = 'api', turn = 'nobody',"
        " settled_at = now(), next_check_at = now() WHERE lane = %(lane)s AND id NOT IN ("
        " SELECT id FROM onboarding_check WHERE lane = %(lane)s ORDER BY id LIMIT %(but)s)",
        {"but": but},
    )
    _run("SET session_replication_role = origin")
    _run("VACUUM ANALYZE onboarding_check")


def left_of_night() -> int:
    """Register checks that passed and were not repeated yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM onboarding_check WHERE lane = %s AND state = 'passed' AND seen_at IS NULL", [QUEUE]
        )
        [count] = cursor.fetchone()
    return int(count)


def left() -> int:
    """Register checks without an answer, by the index of what is due: who asks all the while must cost nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM onboarding_check WHERE lane = %s AND next_check_at < now() + interval '1 day'"
            " AND parked_at IS NULL AND reason = 'looking' AND source = 'reseller'",
            [QUEUE],
        )
        [count] = cursor.fetchone()
    return int(count)


def mails(count: int, *, key: str, due: str) -> None:
    """Plain due rows; ``due`` is SQL of the moment."""
    _run(
        f"""
        INSERT INTO notices_mail (lane, next_check_at, claim_no, attempt, errors, parked_why, key, "to", subject,
                                  text, html, thread, secret, about, created_at, answer)
        SELECT 'mail', {due}, 0, 0, 0, '', %(key)s || n, 'a@bench.example', 'subject', repeat('x', 150), '', '',
               false, '', now(), ''
        FROM generate_series(1, %(count)s) n
        """,
        {"count": count, "key": key},
    )
    _run("VACUUM ANALYZE notices_mail")


def _run(statement: str, values: dict[str, object] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"lane": QUEUE, **(values or {})})


_PARTNERS = """
INSERT INTO partners_partner (id, name, country, legal_name, registration_number, duns, street, postal_code, city,
                              website, mail_domain, created_at)
SELECT gen_random_uuid(), 'Banc ' || n, %(country)s, %(legal_name)s, %(registration_number)s, '', %(street)s,
       %(postal_code)s, %(city)s, '', '', now()
FROM generate_series(1, %(count)s) n
"""
_MEMBERSHIPS = """
INSERT INTO partners_membership (partner_id, user_id, role, since)
SELECT id, %(owner)s, 'owner', now() FROM partners_partner ON CONFLICT DO NOTHING
"""
_ENROLLMENTS = """
INSERT INTO onboarding_enrollment
    (id, partner_id, country_id, state, created_at, created_by_id, submitted_at, submitted_by_id, moved_at, mpn_id,
     location_mpn_id, location_type, tenant, contact_first_name, contact_last_name, contact_email, contact_phone,
     marketplace_login, customer_number, marketplace_email)
SELECT gen_random_uuid(), id, 'FR', 'submitted', now(), %(owner)s, now(), %(owner)s, now(), '', '', '', '', '', '', '',
       '', '', '', ''
FROM partners_partner ON CONFLICT DO NOTHING
"""
_CLOCKS = """
INSERT INTO onboarding_clock
    (enrollment_id, lane, next_check_at, claim_no, attempt, errors, parked_why, alarm, calendar)
SELECT id, 'clocks', now() + interval '40 days', 0, 0, 0, '', '', '' FROM onboarding_enrollment ON CONFLICT DO NOTHING
"""
_CHECKS = """
INSERT INTO onboarding_check
    (enrollment_id, kind, authority, lane, state, phase, turn, reason, source, subject_key, evidence, note, claim_no,
     attempt, errors, parked_why, turn_since, opened_at, next_check_at)
SELECT e.id, c.kind, c.authority, CASE WHEN ours THEN '{queue}' ELSE '' END,
       CASE WHEN ours THEN 'in_progress' ELSE 'not_started' END, CASE WHEN ours THEN 'queued' ELSE 'not_started' END,
       'nobody', CASE WHEN ours THEN 'looking' ELSE '' END,
       CASE WHEN ours THEN 'reseller' ELSE '' END, CASE WHEN ours THEN %(digest)s ELSE '' END, '{{}}', '', 0, 0, 0, '',
       CASE WHEN ours THEN now() END, CASE WHEN ours THEN now() END,
       CASE WHEN ours THEN now() + interval '30 days' END
FROM onboarding_enrollment e
CROSS JOIN (VALUES {pairs}) AS c (kind, authority)
CROSS JOIN LATERAL (SELECT c.kind = '{kind}' AND c.authority = '{authority}' AS ours) o ON CONFLICT DO NOTHING
"""
