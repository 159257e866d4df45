"""Migration operations of ours: names that change in Django's state only, many tables or indexes at once, and indexes
that are built beside those who write, as often as it takes.

A renamed table or column keeps its old name there (``db_table``, ``db_column``), so that processes from before
and after a deploy read and write the same rows. Content types and permissions follow the model's new name, because
Django finds ``RenameModel`` by its class.
"""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.backends.ddl_references import Statement
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class RenameModelOnly(migrations.RenameModel):
    """Rename a model and leave its table alone."""

    def database_forwards(self, *args: Any, **kwargs: Any) -> None:
        pass

    def database_backwards(self, *args: Any, **kwargs: Any) -> None:
        pass


class RenameFieldOnly(migrations.RenameField):
    """Rename a field and leave its column alone."""

    def database_forwards(self, *args: Any, **kwargs: Any) -> None:
        pass

    def database_backwards(self, *args: Any, **kwargs: Any) -> None:
        pass


class CreateTogether(migrations.SeparateDatabaseAndState):
    """Create whole models and their triggers, or many indexes, with one rendering of Django's state.

    Django renders all models again after each operation: with a hundred models that is most of the time that a new
    database takes. Each model is given as it ends (fields, indexes, constraints), so nothing in between matters.
    """

    serialization_expand_args = ["operations"]

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations
        super().__init__(operations, operations)

    def deconstruct(self) -> Any:
        return self.__class__.__name__, [], {"operations": self.operations}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)
        super().state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create {len(self.operations)} models, triggers or indexes"


class BuildIndex(AddIndexConcurrently):
    """Build an index beside those who write, in a migration with ``atomic = False``. It may be repeated.

    A try that breaks off, behind a long transaction or killed, leaves an index that is kept up to date and used by
    nobody. It is dropped; one that is whole stays. So the migration goes on where it ended.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._ensure_not_in_transaction(schema_editor)
        if not is_built(schema_editor, self.index.name):
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class BuildIndexes(migrations.RunSQL):
    """Build indexes that Django cannot describe, by their names: "table (columns) …". As ``BuildIndex`` does."""

    def __init__(self, indexes: dict[str, str]) -> None:
        self.indexes = indexes
        super().__init__(
            [f"CREATE INDEX CONCURRENTLY {name} ON {what}" for name, what in indexes.items()],
            [f"DROP INDEX CONCURRENTLY IF EXISTS {name}" for name in indexes],
        )

    def deconstruct(self) -> Any:
        return self.__class__.__name__, [], {"indexes": self.indexes}

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for name, statement in zip(self.indexes, self.sql, strict=True):
            if not is_built(schema_editor, name):
                schema_editor.execute(statement, params=None)


def is_built(schema_editor: Any, name: str) -> bool:
    """Return whether there is a whole index of this name; one that broke off is dropped."""
    if schema_editor.collect_sql:
        return False  # somebody reads what a new database gets
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE relnamespace = current_schema()::regnamespace AND relname = %s",
            [name],
        )
        found = cursor.fetchone()
    if found == (False,):
        drop = Statement("DROP INDEX CONCURRENTLY %(name)s", name=schema_editor.quote_name(name))
        schema_editor.execute(drop)
    return bool(found == (True,))
