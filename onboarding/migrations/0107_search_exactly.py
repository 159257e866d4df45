"""Indexes of what names one company or person on the net: a search for it in full does not compare parts of words."""

from typing import ClassVar

from django.db import migrations

from portal.work.migration_operations import BuildIndexes

# The host of a website, as the desk's search writes it.
_HOST = r"regexp_replace(lower(website), '^(https?://)?(www\.)?([^/]*).*$', '\3')"
_INDEXES = {
    "search_mail_domain": "partners_partner (lower(mail_domain)) WHERE mail_domain <> ''",
    "search_website": f"partners_partner (({_HOST})) WHERE website <> ''",
    "search_tenant": "onboarding_enrollment (lower(tenant)) WHERE tenant <> ''",
    "search_contact_email": "onboarding_enrollment (lower(contact_email)) WHERE contact_email <> ''",
}


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside the work that goes on
    dependencies: ClassVar = [("onboarding", "0106_months"), ("partners", "0001_initial")]
    operations: ClassVar = [
        BuildIndexes(_INDEXES),
        # PostgreSQL knows nothing of an expression before that.
        migrations.RunSQL("ANALYZE partners_partner, onboarding_enrollment", migrations.RunSQL.noop),
    ]
