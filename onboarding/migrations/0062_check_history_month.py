"""An index on the largest table: made without a lock that would stop those who write to it."""

from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("onboarding", "0061_reports")]

    operations = [
        AddIndexConcurrently("checkhistory", BrinIndex(fields=["pgh_created_at"], name="check_history_month")),
    ]
