"""What a night of the warehouse sent: the columns of each table, to which place, and whether it was everything."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("portal", "0083_warehouse_nights")]
    operations: ClassVar = [
        migrations.AddField(
            "warehousenight",
            "columns",
            models.JSONField(verbose_name="columns", default=None, null=True, blank=True),
        ),
        migrations.AddField(
            "warehousenight",
            "place",
            models.CharField(verbose_name="place", max_length=64, blank=True, default="", db_default=""),
        ),
        migrations.AddField(
            "warehousenight",
            "has_everything",
            models.BooleanField(verbose_name="everything", default=False, db_default=False),
        ),
    ]
