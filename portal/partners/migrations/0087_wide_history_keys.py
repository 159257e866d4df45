"""The key of a company's history counts on beyond 2,147,483,647. The table is written again; it may be repeated."""

from typing import ClassVar

from django.db import migrations, models

from portal.partitions.widening import WidenKey


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("partners", "0086_first_owner")]
    operations: ClassVar = [
        WidenKey("detailhistory", "pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
    ]
