"""A deploy: the programs of the release before go on working on the tables of this one."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.faults, pytest.mark.long]

# Its tests write by every form and every worker's answer. Those that empty all tables at the end cannot: they do not
# know the new ones, so their TRUNCATE cascades here.
PLUGIN = """
from django.core.management import call_command
from django.core.management.commands import flush
from django.db.backends.postgresql.operations import DatabaseOperations

own = DatabaseOperations.sql_flush
DatabaseOperations.sql_flush = lambda self, *a, allow_cascade=False, **k: own(self, *a, allow_cascade=True, **k)
"""


def released_before() -> str:
    """Return the commit of the newest release in CHANGELOG.md."""
    found = re.search(r"^## [\d.]+, .*\(([0-9a-f]{7,40})\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert found, "CHANGELOG.md names no released commit"
    return found[1]


def test_programs_of_the_release_before_write_on_the_new_tables(tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    archive = subprocess.run(["git", "archive", released_before()], cwd=ROOT, capture_output=True)
    if archive.returncode:
        pytest.skip("this clone has no history")
    subprocess.run(["tar", "-x", "-C", before], input=archive.stdout, check=True)
    (tmp_path / "cascading_flush.py").write_text(PLUGIN)

    output, failed = _run(
        before, _migrated_for("test_deploy", by=ROOT), ["tests/onboarding/views", "tests/portal/test_partners.py"]
    )

    assert re.search(r"(\d+) passed", output), output[-3000:]
    # A test that fails on its own tables too (the day it counts on has passed) says nothing about the new ones.
    if failed:
        _output, anyway = _run(before, _migrated_for("test_deploy", by=before), failed)
        assert set(failed) <= set(anyway), output[-3000:]


def _run(before: Path, database: str, tests: list[str]) -> tuple[str, list[str]]:
    """Return what pytest printed, and the tests that failed."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rfE", "-o", "addopts=-p tests.servers --strict-markers", "--reuse-db",
         "-p", "no:cacheprovider", "-p", "cascading_flush", "-m", "not long and not faults and not e2e", *tests],
        cwd=before, capture_output=True, text=True, timeout=900,
        env={**os.environ, "DATABASE_URL": database, "PYTHONPATH": str(before.parent), "COLUMNS": "400"},
    )  # fmt: skip
    assert run.returncode in (0, 1), run.stdout[-3000:] + run.stderr[-3000:]
    failed = re.findall(r"^(?:FAILED|ERROR) (tests/\S+?::.*?)(?: - .*)?$", run.stdout, re.MULTILINE)
    assert bool(failed) == bool(run.returncode), run.stdout[-3000:]
    return run.stdout, failed


def _migrated_for(name: str, *, by: Path) -> str:
    """Return the address under which pytest-django finds ``test_<name>``, migrated by the programs of a folder."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        for database in (name, f"test_{name}"):
            cursor.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {database}")
    connection.close()
    address = urlunsplit(parts._replace(path=f"/test_{name}"))
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=by, env={**os.environ, "DATABASE_URL": address}, check=True,
    )  # fmt: skip
    return urlunsplit(parts._replace(path=f"/{name}"))
