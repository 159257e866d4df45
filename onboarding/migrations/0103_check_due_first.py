"""An index of the due checks for which somebody waits: a night's many lie outside."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q

from portal.work.migration_operations import BuildIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("onboarding", "0102_pipeline_other_tenant")]
    operations: ClassVar = [
        BuildIndex(
            "check",
            models.Index(
                models.F("queue"),
                models.F("next_check_at"),
                condition=Q(("next_check_at__isnull", False), ("parked_at", None), ~Q(("state", "passed"))),
                name="check_due_first",
            ),
        ),
    ]
