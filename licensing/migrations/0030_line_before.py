import django.db.models.deletion
from django.db import migrations, models


AND = {"et", "and", "und"}


def forget_and(apps, schema_editor):
    """Write "Dupont & Fils" and "Dupont et Fils" with one key, unless both customers exist."""
    Customer = apps.get_model("licensing", "Customer")
    for customer in Customer.objects.filter(key__regex=r"(^| )(et|and|und)( |$)").iterator():
        key = " ".join(word for word in customer.key.split() if word not in AND)
        if key and not Customer.objects.filter(partner=customer.partner_id, key=key).exists():
            customer.key = key
            customer.save(update_fields=["key"])


class Migration(migrations.Migration):
    dependencies = [("licensing", "0009_trade_names")]

    operations = [
        migrations.AlterField(
            model_name="estatefile",
            name="state",
            field=models.CharField(
                choices=[
                    ("looking", "Being looked at"),
                    ("to_confirm", "Waiting for you"),
                    ("checking", "Being checked"),
                    ("to_review", "Waiting for your approval"),
                    ("importing", "Being imported"),
                    ("done", "Imported"),
                    ("refused", "Not readable"),
                    ("undone", "Undone"),
                ],
                default="looking",
                max_length=20,
                verbose_name="state",
            ),
        ),
        migrations.CreateModel(
            name="LineBefore",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.JSONField(null=True, verbose_name="before")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines_before",
                        to="licensing.estatefile",
                        verbose_name="file",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="before",
                        to="licensing.line",
                        verbose_name="line",
                    ),
                ),
            ],
            options={
                "verbose_name": "line before an import",
                "verbose_name_plural": "lines before an import",
                "constraints": [models.UniqueConstraint(fields=("file", "line"), name="line_before_once")],
            },
        ),
        migrations.RunPython(forget_and, migrations.RunPython.noop, elidable=True),
    ]
