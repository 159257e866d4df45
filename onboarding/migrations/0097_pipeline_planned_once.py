"""The function that keeps the pipeline is planned once a session."""

from django.db import migrations

_FUNCTION = "onboarding_pipeline_keep(uuid[])"


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0090_event_in_flight")]

    operations = [
        migrations.RunSQL(
            f"ALTER FUNCTION {_FUNCTION} SET plan_cache_mode = force_generic_plan",
            f"ALTER FUNCTION {_FUNCTION} RESET plan_cache_mode",
        )
    ]
