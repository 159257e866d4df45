"""The record of calls is cut into months, beside those who write to it. It may be repeated."""

from typing import ClassVar

from django.db import migrations

from portal.partitions.conversion import CutIntoMonths


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("api", "0098_webhook_not_before")]
    operations: ClassVar = [CutIntoMonths("api_apicall", "at")]
