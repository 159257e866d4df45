"""Migration operations that rename in Django's state only.

The table, or the column, keeps its old name (``db_table``, ``db_column``), so that processes from before and after a
deploy read and write the same rows. Content types and permissions follow the model's new name, because Django finds
``RenameModel`` by its class.
"""

from typing import Any

from django.db import migrations


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
