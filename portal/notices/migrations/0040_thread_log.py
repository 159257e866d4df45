"""The e-mails of one enrollment, the newest first."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is built beside the work that goes on

    dependencies = [
        ("notices", "0006_trade_names"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="mail",
            index=models.Index(
                condition=models.Q(("thread", ""), _negated=True), fields=["thread", "-id"], name="mail_of_thread"
            ),
        ),
    ]
