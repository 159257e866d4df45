"""Indexes by which the file's page finds other companies with a tenant or a mail domain of this one."""

from django.db import migrations

_INDEXES = {
    "twin_tenant": "onboarding_enrollment (tenant) WHERE tenant <> ''",
    "twin_mail_domain": "partners_partner (mail_domain) WHERE mail_domain <> ''",
}


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside the work that goes on

    dependencies = [
        ("onboarding", "0040_star"),
        ("partners", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {what}",
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        )
        for name, what in _INDEXES.items()
    ]
