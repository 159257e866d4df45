"""What is kept of months that were detached."""

from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("audit", "0002_months")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="DetachedMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table", models.CharField(max_length=63, verbose_name="history table")),
                ("name", models.CharField(max_length=63, unique=True, verbose_name="table of the month")),
                ("since", models.DateTimeField(blank=True, null=True, verbose_name="from")),
                ("upto", models.DateTimeField(verbose_name="before")),
                ("rows", models.PositiveBigIntegerField(verbose_name="rows")),
                ("detached_at", models.DateTimeField(verbose_name="detached")),
            ],
            options={
                "verbose_name": "detached month",
                "verbose_name_plural": "detached months",
                "constraints": [models.UniqueConstraint(fields=("table", "upto"), name="detached_once")],
            },
        ),
        migrations.CreateModel(
            name="DetachedRows",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seal", models.BigIntegerField(verbose_name="seal")),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="keys"
                    ),
                ),
                (
                    "kept",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="kept keys"
                    ),
                ),
                ("digests", models.BinaryField(verbose_name="digests of the rows")),
                ("signature", models.CharField(blank=True, max_length=64, verbose_name="signature of the rows")),
                (
                    "month",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="seals",
                        to="audit.detachedmonth",
                        verbose_name="detached month",
                    ),
                ),
            ],
            options={
                "verbose_name": "detached rows of a seal",
                "verbose_name_plural": "detached rows of seals",
                "constraints": [models.UniqueConstraint(fields=("seal", "month"), name="detached_rows_once")],
            },
        ),
    ]
