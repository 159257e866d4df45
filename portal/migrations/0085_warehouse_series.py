"""Which nights of the warehouse go on from one to the next, and on which timeline of the database."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("portal", "0084_warehouse_columns")]
    operations: ClassVar = [
        migrations.AddField(
            "warehousenight",
            "series",
            models.CharField(verbose_name="series", max_length=32, blank=True, default="", db_default=""),
        ),
        migrations.AddField(
            "warehousenight",
            "timeline",
            models.BigIntegerField(verbose_name="timeline of the database", null=True, blank=True),
        ),
    ]
