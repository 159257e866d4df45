"""After a test that commits, put back the rows that the session began with.

Django empties all tables after such a test and makes rights and content types again; then countries and facts had to be
loaded again: 1.2 s. Here only tables that have rows are emptied, and the rows of the beginning are copied back.
"""

import io
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

_emptied_by_django = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
_beginning: dict[str, bytes] = {}


def keep(*, again: Callable[[], None]) -> None:
    """Keep the rows that are there now: every test that commits ends with them.

    ``again`` makes them where the account may not switch triggers off.
    """
    with connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        if cursor.fetchone() == ("on",):
            _beginning.update({table: _copied(cursor, table) for table in _filled(cursor)})

    def teardown(case: TransactionTestCase) -> None:
        if _beginning:
            put_back()
        else:
            _emptied_by_django(case)
            again()

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[attr-defined]


def put_back() -> None:
    """Empty every table that has rows, and write those of the beginning."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # neither triggers nor foreign keys act
        for table in _filled(cursor):
            cursor.execute(f'DELETE FROM "{table}"')
        for table, rows in _beginning.items():
            cursor.copy_expert(f'COPY "{table}" FROM STDIN (FORMAT binary)', io.BytesIO(rows))


def _filled(cursor: Any) -> list[str]:
    tables = sorted(set(connection.introspection.table_names(cursor)) - {"django_migrations"})
    asked = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in tables)
    cursor.execute(" UNION ALL ".join(asked))
    return [table for (table,) in cursor.fetchall()]


def _copied(cursor: Any, table: str) -> bytes:
    rows = io.BytesIO()
    cursor.copy_expert(f'COPY "{table}" TO STDOUT (FORMAT binary)', rows)
    return rows.getvalue()
