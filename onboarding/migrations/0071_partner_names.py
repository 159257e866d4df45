"""Names of companies without accents, capitals and punctuation, to find those that a campaign names."""

from django.db import migrations

_INDEXES = {
    "partner_plain_name": "partners_partner (country, portal_fold(name))",
    "partner_plain_legal_name": "partners_partner (country, portal_fold(legal_name))",
}


class Migration(migrations.Migration):
    atomic = False  # indexes are built beside the work that goes on

    dependencies = [("onboarding", "0070_campaigns")]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {what}",
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        )
        for name, what in _INDEXES.items()
    ]
