"""Migrations: a squashed one ends as those that it replaces, and none breaks the programs of the release before."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser import PostgresqlAnalyser, analyse_sql_statements

ROOT = Path(__file__).resolve().parents[1]
# Apps whose code is in this repository, by their labels.
OURS = {one.label for one in apps.get_app_configs() if (ROOT / one.name.partition(".")[0]).is_dir()}

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


@pytest.mark.faults
@pytest.mark.long
def test_both_ways_end_in_one_schema() -> None:
    squashed = _shape_after("squashed", "manage.py", "migrate", "--verbosity", "0")
    one_by_one = {row for row in _shape_after("one_by_one", "-c", ONE_BY_ONE) if row[1] != LEFT_OVER}

    assert len(squashed) > 1000
    assert sorted(squashed - one_by_one) == []
    assert sorted(one_by_one - squashed) == []


def newer_than_the_squashed() -> list[migrations.Migration]:
    """Return the migrations that a deployment of the first release has not run yet."""
    loader = MigrationLoader(None, replace_migrations=False)
    ours = {key: one for key, one in loader.disk_migrations.items() if key[0] in OURS}
    replaced = {key for one in ours.values() for key in one.replaces}
    return [one for key, one in sorted(ours.items()) if key not in replaced and not one.replaces]


def test_every_folder_of_migrations_belongs_to_an_app_that_is_judged() -> None:
    folders = {*ROOT.glob("*/migrations"), *ROOT.glob("portal/*/migrations")}

    assert folders == {Path(apps.get_app_config(label).path) / "migrations" for label in OURS} & folders
    assert {one.app_label for one in newer_than_the_squashed()} >= {"api", "audit", "privacy"}


@pytest.mark.django_db(transaction=True)  # as a deploy runs them: an index is built beside those who write
def test_no_migration_breaks_programs_that_run_while_it_does() -> None:
    """They insert rows without new columns, and read and write the tables whose indexes are built."""
    linter = MigrationLinter(str(ROOT), no_cache=True, no_output=True, include_apps=list(OURS))
    newer = newer_than_the_squashed()

    for migration in newer:
        linter.lint_migration(migration)

    assert len(newer) >= 5
    assert linter.nb_erroneous == 0
    assert [f"{one.app_label}.{one.name}: {model}" for one in newer for model in locked_by(one)] == []


BROKEN_OFF = "UPDATE pg_index SET indisvalid = false FROM pg_class WHERE oid = indexrelid AND relname = ANY(%s)"
WHOLE = "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indisvalid AND relname = ANY(%s)"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "broken", "gone"),
    [
        ("0101_pipeline_view_indexes", "pipeline_due", "pipeline_reason"),
        ("0103_check_due_first", "check_due_first", ""),
        ("0105_enrollment_came_lately", "enrollment_submitted", "enrollment_became_ready"),
        ("0107_search_exactly", "search_mail_domain", "search_website"),
        ("0108_pipeline_filters", "pipeline_drafts", "pipeline_country_turn"),
    ],
)
def test_index_whose_building_broke_off_is_built_when_the_migration_is_repeated(
    name: str, broken: str, gone: str
) -> None:
    """It was kept up to date and used by nobody, or the second try failed over it, or over those before it."""
    loader = MigrationLoader(connection, replace_migrations=False)
    before = loader.project_state(("onboarding", name), at_end=False)
    names = [each for each in (broken, gone) if each]
    with connection.cursor() as cursor:
        cursor.execute(BROKEN_OFF, [[broken]])
        if gone:
            cursor.execute(f"DROP INDEX {gone}")

    with connection.schema_editor(atomic=False) as editor:
        loader.disk_migrations["onboarding", name].apply(before, editor)

    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS pipeline_kind")  # which the last of them removes
        cursor.execute(WHOLE, [names])
        assert {found for (found,) in cursor.fetchall()} == {*names}


def locked_by(migration: migrations.Migration) -> list[str]:
    """Return the models of older tables whose index locks them, or is not built twice: use ``BuildIndex``."""
    operations = [one for operation in migration.operations for one in _each(operation)]
    made = {operation.name.lower() for operation in operations if isinstance(operation, migrations.CreateModel)}
    return [
        operation.model_name
        for operation in operations
        if type(operation) in (migrations.AddIndex, AddIndexConcurrently) and operation.model_name.lower() not in made
    ]


def _each(operation: migrations.operations.base.Operation) -> Iterator[migrations.operations.base.Operation]:
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        for one in operation.database_operations:
            yield from _each(one)
    else:
        yield operation


@pytest.mark.parametrize(
    ("operation", "is_told"),
    [
        (migrations.AddField("check", "planted", models.IntegerField(default=1)), True),
        (migrations.RemoveField("check", "note"), True),
        (migrations.RenameField("enrollment", "tenant", "directory"), True),
        (migrations.AddField("check", "planted", models.IntegerField(db_default=1)), False),
        (migrations.AddField("check", "planted", models.IntegerField(null=True)), False),
    ],
    ids=["not null without db_default", "removed", "renamed", "db_default", "null"],
)
@pytest.mark.django_db
def test_planted_migrations_are_judged(operation: migrations.operations.base.Operation, is_told: bool) -> None:
    before = MigrationLoader(connection).project_state()
    after = before.clone()
    operation.state_forwards("onboarding", after)

    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        operation.database_forwards("onboarding", editor, before, after)
    errors, _ignored, _warnings = analyse_sql_statements(PostgresqlAnalyser, editor.collected_sql, [])

    assert bool(errors) is is_told


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
