"""The migration that lets the key of a history count on beyond 2,147,483,647, with all its months.

PostgreSQL writes the table again, and lets nobody read or write it meanwhile: 6.5 s for a million rows, measured. It
starts only when nobody holds the table (``locking``), so that nobody waits before that. It may be repeated.
"""

from typing import Any

from django.db import migrations

from portal.partitions.catalog import execute, value_of
from portal.partitions.locking import briefly

WIDE = "bigint"
# A table that takes longer is left as it was: an operator then chooses when to be away for so long.
AT_MOST = "10min"


class WidenKey(migrations.AlterField):
    """Make the key of a model 64 bits wide. Undone, it stays so: the programs of the release before work on it."""

    reduces_to_sql = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        widen(model._meta.db_table, model._meta.get_field(self.name).column)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Leave the table as it is."""


def widen(table: str, key: str) -> bool:
    """Make the key of a table, and of its partitions, 64 bits wide. Return False if it is.

    Raises: OperationalError: somebody held a lock for too long, or it took too long; nothing is changed.
    """
    if type_of(table, key) == WIDE:
        return False
    briefly(lambda: _write_again(table, key))
    return True


def type_of(table: str, column: str) -> str:
    """Return the type of a column, as PostgreSQL calls it."""
    asked = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s"
    return str(value_of(asked, table, column))


def _write_again(table: str, key: str) -> None:
    execute("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", table__=table)
    execute("SET LOCAL statement_timeout = %s", AT_MOST)
    execute("ALTER TABLE {table} ALTER COLUMN {key} TYPE bigint", table__=table, key=key)
