from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("licensing", "0040_guard_rails")]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="publish_on",
            field=models.DateField(
                blank=True,
                help_text="A worker publishes the draft on this day. Empty: you publish it yourself.",
                null=True,
                verbose_name="publish on",
            ),
        ),
        migrations.AddField(
            model_name="edition",
            name="based_on",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="copy of edition"),
        ),
        migrations.AddField(
            model_name="edition",
            name="held_why",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=300, verbose_name="why it was not published"
            ),
        ),
    ]
