"""The two largest histories are cut into months, beside those who write to them. It may be repeated."""

from typing import ClassVar

from django.db import migrations

from portal.partitions.conversion import CutIntoMonths


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("onboarding", "0105_enrollment_came_lately")]
    operations: ClassVar = [
        CutIntoMonths("onboarding_event", "at"),
        CutIntoMonths("onboarding_checkhistory", "pgh_created_at"),
    ]
