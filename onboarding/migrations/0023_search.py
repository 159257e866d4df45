"""Search: trigrams, text without accents, and an index on each thing people look for."""

from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations

# Immutable, so that it can be indexed: the dictionary is named, and nobody changes it.
_FOLD = """
CREATE OR REPLACE FUNCTION portal_fold(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $fold$
SELECT trim(regexp_replace(replace(lower(public.unaccent('public.unaccent'::regdictionary, $1)), '.', ''), '[^[:alnum:]]+', ' ', 'g'))
$fold$
"""
_INDEXES = {
    "search_company": (
        "partners_partner USING gin (portal_fold(name || ' ' || legal_name || ' ' || city || ' ' || mail_domain || ' ' "
        "|| website) gin_trgm_ops)"
    ),
    "search_contact": (
        "onboarding_enrollment USING gin (portal_fold(tenant || ' ' || contact_email || ' ' || contact_first_name || ' ' "
        "|| contact_last_name) gin_trgm_ops)"
    ),
    "search_user": "accounts_user USING gin (portal_fold(email || ' ' || name) gin_trgm_ops)",
    "search_file_numbers": (
        "onboarding_enrollment USING gin ((mpn_id || ' ' || location_mpn_id || ' ' "
        "|| replace(customer_number, '-', '')) gin_trgm_ops)"
    ),
    "search_company_numbers": "partners_partner USING gin ((registration_number || ' ' || duns) gin_trgm_ops)",
    "search_duns": "partners_partner (duns) WHERE duns <> ''",
    "search_registration": "partners_partner (registration_number) WHERE registration_number <> ''",
}


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside the work that goes on

    dependencies = [
        ("onboarding", "0022_staff_words"),
        ("partners", "0001_initial"),
        ("accounts", "0001_initial"),
    ]

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(_FOLD, "DROP FUNCTION portal_fold(text)"),
        *(
            migrations.RunSQL(
                f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {what}",
                f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
            )
            for name, what in _INDEXES.items()
        ),
    ]
