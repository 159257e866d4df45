"""The keys of the histories count on beyond 2,147,483,647. Each table is written again; it may be repeated."""

from typing import ClassVar

from django.db import migrations, models

from portal.partitions.widening import WidenKey

_HISTORIES = ("answerhistory", "enrollmenthistory", "externalidhistory", "checkhistory")


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("onboarding", "0109_search_words")]
    operations: ClassVar = [
        WidenKey(name, "pgh_id", models.BigAutoField(primary_key=True, serialize=False)) for name in _HISTORIES
    ]
