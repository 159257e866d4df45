"""Indexes of when enrollments were submitted and became ready: a summary looks for those of one day among all."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q

from portal.work.migration_operations import BuildIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("onboarding", "0104_external_ids")]
    operations: ClassVar = [
        BuildIndex(
            "enrollment",
            models.Index(fields=["submitted_at"], condition=Q(submitted_at__isnull=False), name="enrollment_submitted"),
        ),
        BuildIndex(
            "enrollment",
            models.Index(fields=["ready_at"], condition=Q(ready_at__isnull=False), name="enrollment_became_ready"),
        ),
    ]
