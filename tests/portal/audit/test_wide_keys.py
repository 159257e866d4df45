"""Keys are counted in 64 bits: no table of ours ends at 2,147,483,647, and the seals hold while one gets wider."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from onboarding.models import Enrollment
from portal.audit import detaching, registry, sealing, verifying
from portal.partitions import catalog, widening
from portal.partitions.catalog import execute, rows_of, value_of
from tests.builders import NOW, make_submitted
from tests.portal.audit.test_detaching import CHECKS, _as_before, detach, first_label, old, years_later

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["_as_before", "old"]
LAST_OF_32_BITS = 2**31 - 1
HISTORIES = [trail.table for trail in registry.TRAILS.values() if trail.key == "pgh_id"]
# The column of each primary key that is counted, of tables and of partitions, and the sequences that count.
_KEYS = """
SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
WHERE i.indisprimary AND c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%s)
UNION ALL
SELECT s.sequencename, s.data_type::text FROM pg_sequences AS s
JOIN pg_class AS c ON c.relname = s.sequencename JOIN pg_depend AS d ON d.objid = c.oid AND d.deptype IN ('a', 'i')
WHERE d.refobjid::regclass::text = ANY(%s)
"""


def our_tables() -> list[str]:
    tables = [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.split(".")[0] in ("api", "licensing", "onboarding", "portal") and not model._meta.proxy
    ]
    parts = catalog.all_partitions(tables)
    return [*tables, *(part.name for found in parts.values() for part in found)]


def test_no_key_of_ours_ends_at_32_bits() -> None:
    tables = our_tables()
    found = rows_of(_KEYS, tables, tables)

    assert len(found) > 100
    assert [name for name, kind in found if kind in ("smallint", "integer")] == []


@pytest.fixture
def narrow(histories: Enrollment) -> Iterator[Enrollment]:
    """Histories as a deployment of the release before has them: sealed, with keys of 32 bits."""
    before = {table: value_of("SELECT nextval(pg_get_serial_sequence(%s, 'pgh_id'))", table) for table in HISTORIES}
    for table in HISTORIES:
        execute("ALTER TABLE {table} ALTER COLUMN pgh_id TYPE integer", table__=table)
    yield histories
    for table, last in before.items():
        widening.widen(table, "pgh_id")
        value_of("SELECT setval(pg_get_serial_sequence(%s, 'pgh_id'), %s)", table, last + 1000)


def migrate() -> None:
    """Run the two migrations, as a deployment of the release before does."""
    loader = MigrationLoader(connection, replace_migrations=False)
    for app, name in (("onboarding", "0110_wide_history_keys"), ("partners", "0087_wide_history_keys")):
        before = loader.project_state((app, name), at_end=False)
        with connection.schema_editor(atomic=False) as editor:
            loader.disk_migrations[app, name].apply(before, editor)


def test_seals_hold_before_and_after(narrow: Enrollment) -> None:
    before = verifying.verify(now=NOW)

    for _time in range(2):
        migrate()

    after = verifying.verify(now=NOW, expected=before.chain)
    assert {widening.type_of(table, "pgh_id") for table in HISTORIES} == {"bigint"}
    assert (after.faults, after.rows, after.chain) == ([], before.rows, before.chain)
    assert len(HISTORIES) == 5


def test_history_goes_on_after_the_last_key_of_32_bits(narrow: Enrollment) -> None:
    migrate()
    for table in HISTORIES:
        value_of("SELECT setval(pg_get_serial_sequence(%s, 'pgh_id'), %s)", table, LAST_OF_32_BITS)

    Enrollment.objects.filter(pk=narrow.pk).update(contact_phone="+33 1 99 99 99 99")
    make_submitted()
    narrow.partner.city = "Nantes"
    narrow.partner.save(update_fields=["city"])
    for _time in range(2):
        sealing.run(NOW)

    newest = {table: value_of("SELECT max(pgh_id) FROM {table}", table__=table) for table in HISTORIES}
    assert sum(key > LAST_OF_32_BITS for key in newest.values()) >= 3
    report = verifying.verify(now=NOW)
    assert (report.faults, report.unsealed) == ([], 0)


def test_month_that_was_away_meanwhile_comes_back(old: Enrollment) -> None:
    label = first_label(CHECKS)
    detached = detach(CHECKS)
    execute("ALTER TABLE {name} ALTER COLUMN pgh_id TYPE integer", name=detached.name)

    number = detaching.attach(CHECKS, label, now=years_later())

    assert number == detached.rows > 0
    assert widening.type_of(detached.name, "pgh_id") == "bigint"
    assert verifying.verify(now=NOW).faults == []
