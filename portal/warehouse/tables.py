"""Which tables and columns the warehouse gets: keys, states, days and countries, and no personal data."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import models

# What a column is called in the manifest, by the field's class. First match wins.
_TYPES: tuple[tuple["type[models.Field[Any, Any]]", str], ...] = (
    (models.UUIDField, "uuid"),
    (models.DateTimeField, "timestamp"),
    (models.DateField, "date"),
    (models.BooleanField, "boolean"),
    (models.IntegerField, "integer"),
    (models.CharField, "text"),
)


@dataclass(frozen=True)
class Column:
    name: str
    type: str


@dataclass(frozen=True)
class Table:
    """A table of the export. ``fields`` are those of the model; a foreign key is exported as the key it holds."""

    name: str
    model: type[models.Model]
    fields: tuple[str, ...]

    def columns(self) -> list[Column]:
        return [Column(self._field(name).attname, _type_of(self._field(name))) for name in self.fields]

    def _field(self, name: str) -> Any:
        return self.model._meta.get_field(name)


TABLES: dict[str, Table] = {}


def add(name: str, model: type[models.Model], fields: str) -> None:
    """Register a table, when its app is ready. Raises: ImproperlyConfigured: another has its name."""
    if name in TABLES:
        raise ImproperlyConfigured(f"The warehouse has a table {name} already.")
    TABLES[name] = Table(name, model, tuple(fields.split()))


def _type_of(field: Any) -> str:
    while field.remote_field is not None:
        field = field.target_field
    for kind, name in _TYPES:
        if isinstance(field, kind):
            return name
    raise ImproperlyConfigured(f"The warehouse has no type for {field}.")
