"""Over how many nights a round of repeated checks is shared."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("portal", "0080_limits_and_stops")]
    operations: ClassVar = [
        migrations.AddField(
            "queue",
            "nights",
            models.PositiveIntegerField(
                verbose_name="nights that one round of repeated checks takes", default=1, db_default=1
            ),
        ),
    ]
