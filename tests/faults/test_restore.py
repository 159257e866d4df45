"""F32: the database is lost; its backup is restored and put to work."""

import pytest
from django.db import connection

from portal.backup import drill, programs
from tests.faults.harness import Stage

pytestmark = [pytest.mark.faults, pytest.mark.long]


def test_f32_restored_backup_resumes_what_was_due(stage: Stage) -> None:
    """The database is dropped with all its work due; a backup is restored, and two workers take it up"""
    backup = drill.take(stage.folder / "backup")
    due = sum(backup.original.due.values())
    assert due > 100  # the whole load
    _lose_and_restore(stage, backup)

    stage.start("beat")
    stage.celery(concurrency=2)
    stage.loop()

    # Each of them was asked or sent once, and nothing else: a repeated one is not allowed here.
    stage.check(note=f"{due} rows were due in the backup")


def _lose_and_restore(stage: Stage, backup: drill.Backup) -> None:
    connection.close()
    stage.cluster.drop(stage.database)
    stage.cluster.run(f'CREATE DATABASE "{stage.database}" TEMPLATE template0')
    program = programs.find("pg_restore", at_least=18)
    url = stage.cluster.url(stage.database)
    programs.run(
        program, "--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={url}", str(backup.dump), parameters={},
    )  # fmt: skip
