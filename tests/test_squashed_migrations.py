"""A new database ends the same by the squashed migrations as by those that they replace."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [pytest.mark.faults, pytest.mark.long]

ONE_BY_ONE = """
import django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
executor = MigrationExecutor(connection)
executor.loader = MigrationLoader(connection, replace_migrations=False)
executor.migrate([leaf for leaf in executor.loader.graph.leaf_nodes() if "_squashed_" not in leaf[1]])
"""
# Django's names hold a hash over table and columns: what they name is compared.
SHAPE = r"""
SELECT 'column', table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, column_default)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass::text, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', tablename, regexp_replace(indexdef, '_[0-9a-f]{8}', '')
FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, pg_get_triggerdef(t.oid)
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = tgrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT tgisinternal
UNION ALL SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""
# Its trigger went when the table was renamed; the function stayed, and nothing calls it.
LEFT_OVER = "pgtrigger_strike_append_only_4985f"


def test_both_ways_end_in_one_schema() -> None:
    squashed = _shape_after("squashed", "manage.py", "migrate", "--verbosity", "0")
    one_by_one = {row for row in _shape_after("one_by_one", "-c", ONE_BY_ONE) if row[1] != LEFT_OVER}

    assert len(squashed) > 1000
    assert sorted(squashed - one_by_one) == []
    assert sorted(one_by_one - squashed) == []


def _shape_after(name: str, *program: str) -> set[tuple[str, str, str]]:
    address = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
    _execute(os.environ["DATABASE_URL"], f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    subprocess.run(
        [sys.executable, *program], cwd=ROOT, env={**os.environ, "DATABASE_URL": address}, check=True, timeout=300
    )
    return set(_execute(address, SHAPE))


def _execute(address: str, *statements: str) -> list[tuple[str, str, str]]:
    connection = psycopg2.connect(address)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
