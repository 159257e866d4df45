from typing import Any

from django.db import migrations

OLD, NEW = 'register', 'recherche_entreprises'


def rename(schema_editor: Any, before: str, after: str) -> None:
    """Ten thousand rows at a time, each in a transaction of its own: no worker waits for long."""
    with schema_editor.connection.cursor() as cursor:
        # An administrator's numbers stay the lane's.
        cursor.execute(
            'UPDATE portal_lane SET name = %s WHERE name = %s AND NOT EXISTS (SELECT FROM portal_lane WHERE name = %s)',
            [after, before, after],
        )
        while True:
            cursor.execute(
                'UPDATE onboarding_check SET lane = %s WHERE id = ANY (ARRAY('
                'SELECT id FROM onboarding_check WHERE lane = %s LIMIT 10000 FOR UPDATE))',
                [after, before],
            )
            if not cursor.rowcount:
                break


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('onboarding', '0005_inbound'),
        ('portal', '0003_figures'),
    ]

    operations = [
        migrations.RunPython(
            lambda apps, editor: rename(editor, OLD, NEW), lambda apps, editor: rename(editor, NEW, OLD)
        ),
    ]
