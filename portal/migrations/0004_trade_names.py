"""The trade's words in place of ours, in Django's state: see ``portal.work.migration_operations``."""

from django.db import migrations, models

from portal.work.migration_operations import RenameFieldOnly, RenameModelOnly


class Migration(migrations.Migration):
    dependencies = [("portal", "0003_figures")]

    operations = [
        RenameModelOnly("Lane", "Queue"),
        RenameModelOnly("Chore", "PeriodicJob"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelTable("queue", "portal_lane"),
                migrations.AlterModelTable("periodicjob", "portal_chore"),
                RenameFieldOnly("periodicjob", "lane", "queue"),
                migrations.AlterField(
                    "periodicjob", "queue", models.CharField("queue", max_length=40, db_column="lane")
                ),
                migrations.AlterModelOptions(
                    name="periodicjob",
                    options={"verbose_name": "periodic job", "verbose_name_plural": "periodic jobs"},
                ),
                migrations.AlterModelOptions(
                    name="queue",
                    options={"verbose_name": "queue", "verbose_name_plural": "queues"},
                ),
                migrations.RemoveConstraint(
                    model_name="periodicjob",
                    name="chore_held_is_due_again",
                ),
                migrations.RemoveConstraint(
                    model_name="periodicjob",
                    name="chore_parked_has_reason",
                ),
                migrations.RemoveIndex(
                    model_name="periodicjob",
                    name="chore_due",
                ),
                migrations.RemoveIndex(
                    model_name="periodicjob",
                    name="chore_parked",
                ),
                migrations.AddIndex(
                    model_name="periodicjob",
                    index=models.Index(
                        models.F("queue"),
                        models.F("next_check_at"),
                        condition=models.Q(("next_check_at__isnull", False), ("parked_at", None)),
                        name="periodicjob_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="periodicjob",
                    index=models.Index(
                        models.F("queue"), condition=models.Q(("parked_at__isnull", False)), name="periodicjob_parked"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="periodicjob",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("lease_until", None), ("next_check_at__isnull", False), _connector="OR"),
                        name="periodicjob_held_is_due_again",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="periodicjob",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("parked_at", None), models.Q(("parked_why", ""), _negated=True), _connector="OR"
                        ),
                        name="periodicjob_parked_has_reason",
                    ),
                ),
            ]
        ),
        # Small tables: a name is changed, no row is read.
        migrations.RunSQL(
            "ALTER INDEX chore_due RENAME TO periodicjob_due", "ALTER INDEX periodicjob_due RENAME TO chore_due"
        ),
        migrations.RunSQL(
            "ALTER INDEX chore_parked RENAME TO periodicjob_parked",
            "ALTER INDEX periodicjob_parked RENAME TO chore_parked",
        ),
        migrations.RunSQL(
            "ALTER TABLE portal_chore RENAME CONSTRAINT chore_held_is_due_again TO periodicjob_held_is_due_again",
            "ALTER TABLE portal_chore RENAME CONSTRAINT periodicjob_held_is_due_again TO chore_held_is_due_again",
        ),
        migrations.RunSQL(
            "ALTER TABLE portal_chore RENAME CONSTRAINT chore_parked_has_reason TO periodicjob_parked_has_reason",
            "ALTER TABLE portal_chore RENAME CONSTRAINT periodicjob_parked_has_reason TO chore_parked_has_reason",
        ),
    ]
