"""Mails of which many are written at one moment, and for which nobody waits."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("notices", "0080_limits_and_stops")]
    operations: ClassVar = [
        migrations.AddField(
            "mail", "is_bulk", models.BooleanField(default=False, db_default=False, verbose_name="one of many")
        ),
    ]
