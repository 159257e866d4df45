"""Indexes of whole words: a search for a word that many companies have does not read every part of it."""

from typing import ClassVar

from django.db import migrations

from portal.work.migration_operations import BuildIndexes

_COMPANY = "portal_fold(name || ' ' || legal_name || ' ' || city || ' ' || mail_domain || ' ' || website)"
_CONTACT = "portal_fold(tenant || ' ' || contact_email || ' ' || contact_first_name || ' ' || contact_last_name)"
_USER = "portal_fold(email || ' ' || name)"


def _words(text: str) -> str:
    # The words as portal_fold leaves them: a parser of PostgreSQL's would take "5e3atelier" for a number and a word.
    return f"array_to_tsvector(string_to_array({text}, ' '))"


_INDEXES = {
    "search_company_words": f"partners_partner USING gin ({_words(_COMPANY)})",
    "search_contact_words": f"onboarding_enrollment USING gin ({_words(_CONTACT)})",
    "search_user_words": f"accounts_user USING gin ({_words(_USER)})",
}
# Of these words those that a company has. PostgreSQL expects a word to be common and would read companies for the first
# one that has it, which of a word that nobody has are all of them.
_COMPANY_WORDS = f"""
CREATE OR REPLACE FUNCTION portal_company_words(text[]) RETURNS SETOF text LANGUAGE sql STABLE SET enable_seqscan = off
AS $words$
SELECT word FROM unnest($1) AS word
WHERE EXISTS (SELECT 1 FROM partners_partner WHERE {_words(_COMPANY)} @@ word::tsquery)
$words$
"""  # noqa: S608  (constants)


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside the work that goes on
    dependencies: ClassVar = [
        ("onboarding", "0108_pipeline_filters"), ("partners", "0001_initial"), ("accounts", "0001_initial"),
    ]  # fmt: skip
    operations: ClassVar = [
        BuildIndexes(_INDEXES),
        migrations.RunSQL(_COMPANY_WORDS, "DROP FUNCTION portal_company_words(text[])"),
        # PostgreSQL knows nothing of an expression before that.
        migrations.RunSQL("ANALYZE partners_partner, onboarding_enrollment, accounts_user", migrations.RunSQL.noop),
    ]
