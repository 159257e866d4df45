"""The trade's words in place of ours, in Django's state: see ``portal.work.migration_operations``."""

from django.db import migrations, models

from portal.work.migration_operations import RenameFieldOnly


class Migration(migrations.Migration):
    dependencies = [("notices", "0005_order")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                RenameFieldOnly("mail", "lane", "queue"),
                migrations.AlterField("mail", "queue", models.CharField("queue", max_length=40, db_column="lane")),
                migrations.RemoveIndex(
                    model_name="mail",
                    name="mail_due",
                ),
                migrations.RemoveIndex(
                    model_name="mail",
                    name="mail_parked",
                ),
                migrations.AddIndex(
                    model_name="mail",
                    index=models.Index(
                        models.F("queue"),
                        models.F("next_check_at"),
                        condition=models.Q(("next_check_at__isnull", False), ("parked_at", None)),
                        name="mail_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="mail",
                    index=models.Index(
                        models.F("queue"), condition=models.Q(("parked_at__isnull", False)), name="mail_parked"
                    ),
                ),
            ]
        ),
    ]
