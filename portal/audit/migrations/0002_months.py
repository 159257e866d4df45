"""The record of looks is cut into months, beside those who write to it. It may be repeated."""

from typing import ClassVar

from django.db import migrations

from portal.partitions.conversion import CutIntoMonths


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("audit", "0001_initial")]
    operations: ClassVar = [CutIntoMonths("audit_stafflook", "at")]
