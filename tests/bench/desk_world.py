"""A channel of any size for the desk's bench, made by SQL with constraints on, and verified afterwards.

The shares are an assumption: three of four enrollments are ready, one of eight is set aside, the rest is open. Nothing
is random: every value follows from its number, so that two runs measure one thing.
"""

from django.db import connection

from onboarding.domain.desk import pipeline
from portal.accounts.models import User
from portal.geo.load import load
from portal.geo.models import Country

TAG = "wave-1"
_TABLES = (
    "onboarding_filework", "onboarding_star", "onboarding_pipelineentry", "onboarding_pipelinecount",
    "onboarding_message", "onboarding_event", "onboarding_clock", "onboarding_check", "onboarding_enrollment",
    "partners_membership", "partners_partner",
)  # fmt: skip


def make(count: int) -> None:
    """Build so many enrollments of nearly as many companies, with eleven checks and eight events each."""
    load()
    fill(count)
    _run("VACUUM ANALYZE")
    # A million changes in one transaction leave as many dead rows of these four hundred; single ones are used again.
    _run("VACUUM FULL ANALYZE onboarding_pipelinecount")
    _verify(count)


def fill(count: int) -> None:
    """Put the rows of a channel in the place of those that are there. Countries must be there."""
    owner = User.objects.get_or_create(email="owner@bench.example", defaults={"language": "fr"})[0].pk
    # A quarter in France, the rest by and by fewer.
    others = sorted(Country.objects.exclude(pk="FR").values_list("pk", flat=True))[:29]
    weights = ["FR"] * 25 + [code for n, code in enumerate(others) for _each in range(max(1, 8 - n // 2))]
    bdm = User.objects.get_or_create(email="fr@bench.example", defaults={"language": "fr"})[0].pk
    facts = {"count": count, "owner": owner, "bdm": bdm, "tag": TAG, "countries": weights}
    _run(f"TRUNCATE {', '.join(_TABLES)} CASCADE")
    _run("SET session_replication_role = replica")
    for statement in (
        _PARTNERS, _MEMBERS, _MEMBERSHIPS, _ENROLLMENTS, _CLOCKS, _CHECKS, _EVENTS, _MESSAGES, _WORK, _STARS,
    ):  # fmt: skip
        _run(statement, facts)
    _run("SET session_replication_role = origin")
    _run("ANALYZE")
    pipeline.repair(None)  # type: ignore[arg-type]
    _run("ANALYZE")


def _verify(count: int) -> None:
    """Check what a foreign key would have, and that each enrollment is whole."""
    for what, statement in _FAULTS.items():
        with connection.cursor() as cursor:
            cursor.execute(statement)
            assert cursor.fetchone()[0] == 0, what
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM onboarding_pipelineentry")
        assert cursor.fetchone()[0] == count


def _run(statement: str, values: dict[str, object] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


_FAULTS = {
    "enrollments without a company": (
        "SELECT count(*) FROM onboarding_enrollment e LEFT JOIN partners_partner p ON p.id = e.partner_id "
        "WHERE p.id IS NULL"
    ),
    "enrollments without eleven checks": (
        "SELECT count(*) FROM (SELECT enrollment_id FROM onboarding_check GROUP BY 1 HAVING count(*) <> 11) AS e"
    ),
    "enrollments without a clock": (
        "SELECT count(*) FROM onboarding_enrollment e LEFT JOIN onboarding_clock c ON c.enrollment_id = e.id "
        "WHERE c.id IS NULL"
    ),
}
_WORDS = (
    "ARRAY['NEBULEUSE', 'ATELIER', 'COMPTOIR', 'MAISON', 'RÉSEAU', 'SYSTÈMES', 'CONSEIL', 'ÉTOILE', 'RIVAGE', 'ORME']"
)
_PARTNERS = f"""
INSERT INTO partners_partner (id, name, country, legal_name, registration_number, duns, street, postal_code, city,
                              website, mail_domain, created_at)
SELECT md5('p' || n)::uuid, 'Banc ' || n,
       (%(countries)s::text[])[1 + (n * 7919::bigint %% cardinality(%(countries)s::text[]))::int],
       ({_WORDS})[1 + n %% 10] || ' ' || ({_WORDS})[1 + (n / 10) %% 10] || ' ' || substr(md5('n' || n), 1, 6) || ' SAS',
       (900000000 + n)::text, lpad((n %% 1000000000)::text, 9, '0'), n || ' rue des Essais', '75001',
       (ARRAY['Paris', 'Lyon', 'Lille', 'Nantes', 'Besançon'])[1 + n %% 5], 'www.banc-' || n || '.example',
       'banc-' || n || '.example', now() - interval '1 day' * (n %% 900)
FROM generate_series(1, %(count)s) n
"""
# A person of each company: who looks for an address looks among a million of them.
_MEMBERS = """
INSERT INTO accounts_user (password, is_superuser, email, name, language, is_staff, is_active, date_joined)
SELECT '', false, 'membre@banc-' || n || '.example', 'Camille Essai ' || n, 'fr', false, true, now()
FROM generate_series(1, %(count)s) n ON CONFLICT DO NOTHING
"""
_MEMBERSHIPS = """
INSERT INTO partners_membership (partner_id, user_id, role, since)
SELECT p.id, u.id, 'owner', now() FROM partners_partner p JOIN accounts_user u ON u.email = 'membre@' || p.mail_domain
"""
_ENROLLMENTS = """
INSERT INTO onboarding_enrollment
    (id, partner_id, country_id, state, created_at, created_by_id, submitted_at, submitted_by_id, ready_at,
     set_aside_at, moved_at, progressed_at, mpn_id, location_mpn_id, location_type, tenant, contact_first_name,
     contact_last_name, contact_email, contact_phone, marketplace_login, customer_number, marketplace_email)
SELECT md5('e' || n)::uuid, md5('p' || n)::uuid, p.country,
       CASE WHEN s < 75 THEN 'ready' WHEN s < 91 THEN 'draft' ELSE 'submitted' END,
       began, %(owner)s, CASE WHEN s < 75 OR s >= 91 THEN began + interval '2 days' END,
       CASE WHEN s < 75 OR s >= 91 THEN %(owner)s END, CASE WHEN s < 75 THEN began + interval '9 days' END,
       CASE WHEN s >= 75 AND s < 87 THEN began + interval '60 days' END, began + interval '9 days',
       began + interval '9 days', (4000000 + n)::text, (14000000 + n)::text, 'location',
       'banc' || n || '.onmicrosoft.com', 'Camille', 'Essai', 'contact@banc-' || n || '.example', '', '',
       '20-' || (100000 + n)::text, ''
FROM generate_series(1, %(count)s) n
JOIN partners_partner p ON p.id = md5('p' || n)::uuid
CROSS JOIN LATERAL (SELECT (n * 37) %% 100 AS s, now() - interval '1 day' * (10 + (n * 13) %% 890) AS began) AS f
"""
_CLOCKS = """
INSERT INTO onboarding_clock
    (enrollment_id, lane, next_check_at, claim_no, attempt, errors, parked_why, alarm, calendar)
SELECT id, 'clocks', now() + interval '40 days', 0, 0, 0, '',
       CASE WHEN state = 'submitted' AND created_at < now() - interval '90 days' THEN 'long_tail'
            WHEN state = 'submitted' AND created_at < now() - interval '40 days' THEN 'at_risk' ELSE '' END, ''
FROM onboarding_enrollment
"""
_CHECKS = """
INSERT INTO onboarding_check
    (enrollment_id, kind, authority, lane, state, phase, turn, reason, source, subject_key, evidence, note, claim_no,
     attempt, errors, parked_why, turn_since, opened_at, seen_at, settled_at, refused_at)
SELECT e.id, c.kind, c.authority, '', x.state, x.phase, x.turn, x.reason, x.source, 'k', '{}', '', 0, 0, 0, '',
       e.moved_at, e.created_at, e.moved_at, CASE WHEN x.state = 'passed' THEN e.moved_at END,
       CASE WHEN x.reason = 'microsoft_refused_domain'
           THEN now() - interval '1 day' * (abs(hashtext(e.id::text)) %% 40) END
FROM onboarding_enrollment e
CROSS JOIN (VALUES ('mpn_id', 'microsoft'), ('location', 'microsoft'), ('email', 'portal'), ('domain', 'portal'),
    ('legal_entity', 'portal'), ('email', 'microsoft'), ('domain', 'microsoft'), ('legal_entity', 'microsoft'),
    ('agreement', 'microsoft'), ('marketplace', 'ingram'), ('relationship', 'microsoft')) AS c (kind, authority)
CROSS JOIN LATERAL (SELECT abs(hashtext(e.id::text || 's')) %% 100 AS s) AS r
CROSS JOIN LATERAL (
    SELECT y.state, y.phase, y.turn, y.reason, y.source FROM (
        SELECT 'passed', 'passed', 'nobody', '', 'api'
        WHERE e.state = 'ready' OR (
            e.state = 'submitted' AND (c.authority = 'portal' OR c.kind IN ('mpn_id', 'location'))
            AND NOT (c.kind = 'domain' AND c.authority = 'portal' AND s BETWEEN 60 AND 84))
        UNION ALL
        SELECT 'action_needed', 'publish_record', 'reseller', 'txt_not_found', 'api'
        WHERE e.state = 'submitted' AND c.kind = 'domain' AND c.authority = 'portal' AND s BETWEEN 60 AND 84
        UNION ALL
        SELECT 'action_needed', 'partner_acts', 'reseller', 'microsoft_refused_domain', 'reseller'
        WHERE e.state = 'submitted' AND c.kind = 'domain' AND c.authority = 'microsoft' AND s BETWEEN 85 AND 90
        UNION ALL
        SELECT 'in_progress', 'bdm_reviews_answer', 'ingram', 'answer_at_desk', 'reseller'
        WHERE e.state = 'submitted' AND c.kind = 'legal_entity' AND c.authority = 'microsoft' AND s BETWEEN 91 AND 93
        UNION ALL
        SELECT 'in_progress', 'bdm_looks', 'ingram', 'desk_must_look', 'reseller'
        WHERE e.state = 'submitted' AND c.kind = 'marketplace' AND s BETWEEN 94 AND 96
        UNION ALL
        SELECT 'in_progress', 'with_microsoft', 'microsoft', 'with_microsoft', 'reseller'
        WHERE e.state = 'submitted' AND c.authority = 'microsoft' AND c.kind IN ('email', 'domain', 'legal_entity')
        UNION ALL
        SELECT 'not_started', 'not_started', 'nobody', '', ''
    ) AS y (state, phase, turn, reason, source) LIMIT 1
) AS x
"""
_EVENTS = """
INSERT INTO onboarding_event (enrollment_id, at, kind, source, check_kind, check_authority, data)
SELECT id, created_at + interval '1 day' * n, 'check_waiting', 'api', 'domain', 'microsoft', '{}'
FROM onboarding_enrollment CROSS JOIN generate_series(1, 8) n
"""
_MESSAGES = """
INSERT INTO onboarding_message (enrollment_id, author_id, internal, by_staff, body, mentions, papers, written_at, key)
SELECT id, %(owner)s, false, false, 'Bonjour', '{}', '{}', now(), 'b'
FROM onboarding_enrollment WHERE state = 'submitted' AND abs(hashtext(id::text || 'm')) %% 20 = 0
"""
# Of what is open in France, the BDM owns a third; a tenth has a tag, as much is to be looked at again today.
_WORK = """
INSERT INTO onboarding_filework (enrollment_id, owner_id, owned_since, follow_up_on, tags)
SELECT id, CASE WHEN s %% 3 = 0 THEN %(bdm)s::bigint END, CASE WHEN s %% 3 = 0 THEN now() END,
       CASE WHEN s %% 10 = 1 THEN current_date END, CASE WHEN s %% 10 = 2 THEN ARRAY[%(tag)s] ELSE '{}' END::varchar[]
FROM onboarding_enrollment
CROSS JOIN LATERAL (SELECT abs(hashtext(id::text || 'w')) %% 1000 AS s) AS f
WHERE state = 'submitted' AND country_id = 'FR' AND (s %% 3 = 0 OR s %% 10 IN (1, 2))
"""
_STARS = """
INSERT INTO onboarding_star (enrollment_id, user_id)
SELECT id, %(bdm)s FROM onboarding_enrollment WHERE state = 'submitted' AND country_id = 'FR' LIMIT 20
"""
