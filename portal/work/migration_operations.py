"""Migration operations of ours: names that change in Django's state only, and many tables or indexes at once.

A renamed table or column keeps its old name there (``db_table``, ``db_column``), so that processes from before
and after a deploy read and write the same rows. Content types and permissions follow the model's new name, because
Django finds ``RenameModel`` by its class.
"""

from typing import Any

from django.db import migrations
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
