"""The trade's words in place of ours, in Django's state: see ``portal.work.migration_operations``."""

from django.db import migrations, models

from portal.work.migration_operations import RenameFieldOnly


class Migration(migrations.Migration):
    dependencies = [("licensing", "0008_plan_files")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                RenameFieldOnly("estatefile", "lane", "queue"),
                migrations.AlterField(
                    "estatefile", "queue", models.CharField("queue", max_length=40, db_column="lane")
                ),
                RenameFieldOnly("planfile", "lane", "queue"),
                migrations.AlterField("planfile", "queue", models.CharField("queue", max_length=40, db_column="lane")),
                migrations.RemoveIndex(
                    model_name="estatefile",
                    name="estatefile_due",
                ),
                migrations.RemoveIndex(
                    model_name="estatefile",
                    name="estatefile_parked",
                ),
                migrations.RemoveIndex(
                    model_name="planfile",
                    name="planfile_due",
                ),
                migrations.RemoveIndex(
                    model_name="planfile",
                    name="planfile_parked",
                ),
                migrations.AddIndex(
                    model_name="estatefile",
                    index=models.Index(
                        models.F("queue"),
                        models.F("next_check_at"),
                        condition=models.Q(("next_check_at__isnull", False), ("parked_at", None)),
                        name="estatefile_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="estatefile",
                    index=models.Index(
                        models.F("queue"), condition=models.Q(("parked_at__isnull", False)), name="estatefile_parked"
                    ),
                ),
                migrations.AddIndex(
                    model_name="planfile",
                    index=models.Index(
                        models.F("queue"),
                        models.F("next_check_at"),
                        condition=models.Q(("next_check_at__isnull", False), ("parked_at", None)),
                        name="planfile_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="planfile",
                    index=models.Index(
                        models.F("queue"), condition=models.Q(("parked_at__isnull", False)), name="planfile_parked"
                    ),
                ),
            ]
        ),
    ]
