"""Give every check the phase that its state, reason and turn mean."""

from typing import Any

from django.db import migrations

_FILL = """
UPDATE onboarding_check AS new SET phase = CASE
        WHEN new.state = 'in_progress' AND new.reason = 'looking' THEN 'queued'
WHEN new.state = 'in_progress' AND new.reason = 'desk_must_look' THEN 'bdm_looks'
WHEN new.state = 'in_progress' AND new.reason = 'answer_at_desk' THEN 'bdm_reviews_answer'
WHEN new.state = 'in_progress' AND new.reason = 'sent_unseen' THEN 'bdm_reviews_resubmission'
WHEN new.state = 'in_progress' AND new.reason = 'parked' THEN 'parked'
WHEN new.state = 'in_progress' AND new.reason = 'with_microsoft' THEN 'with_microsoft'
WHEN new.state = 'action_needed' AND new.reason = 'confirm_mail' THEN 'confirm_mailbox'
WHEN new.state = 'action_needed' AND new.reason = 'txt_not_found' THEN 'publish_record'
WHEN new.state = 'action_needed' AND new.reason = 'txt_mismatch' THEN 'publish_record'
WHEN new.state = 'action_needed' AND new.reason = 'txt_expired' THEN 'renew_record'
WHEN new.state = 'action_needed' AND new.reason = 'send_again' THEN 'resubmit'
        WHEN new.state = 'action_needed' THEN 'partner_acts'
        WHEN new.state = 'in_progress' THEN CASE new.turn
            WHEN 'microsoft' THEN 'watching_microsoft'
            WHEN 'ingram' THEN 'bdm_compares'
            ELSE 'watching' END
        ELSE new.state END
WHERE new.id = ANY (ARRAY(
    SELECT id FROM onboarding_check WHERE phase = 'not_started' AND state <> 'not_started' LIMIT 10000 FOR UPDATE))
"""


def fill(apps: Any, schema_editor: Any) -> None:
    """Ten thousand rows at a time, each in a transaction of its own: no worker waits for long."""
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(_FILL)
            if not cursor.rowcount:
                break


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("onboarding", "0014_phases")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
