"""Several small reads in one query: a page that shows ten things of one file asks the database once for most of them.

Every part stays an ordinary queryset at its own place, with its own conditions; only the round trip is shared. Nothing
is kept beyond the querysets themselves, so the next page reads what is true then.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import QuerySet


class _Part:
    """One queryset with its compiler, which knows its columns once it has made the SQL."""

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        self.rows, self.sql = rows, ""
        self.params: Sequence[Any] = ()
        self.compiler: Any = rows.query.get_compiler(rows.db)
        try:
            sql, self.params = self.compiler.as_sql()
        except EmptyResultSet:
            return
        # Columns of joined tables share their names; here each has its number. Those that only sort stand at the end.
        extra = self.compiler.pre_sql_setup()[0] if self.compiler.has_extra_select else ()
        count = self.compiler.col_count
        values = ", ".join(f"c{number}" for number in range(count))
        names = ", ".join(f"c{number}" for number in range(count + len(extra)))
        # An aggregate takes the rows of a sorted subquery in their order.
        self.sql = f"(SELECT jsonb_agg(jsonb_build_array({values})) FROM ({sql}) AS part({names}))"  # noqa: S608

    def fill(self, answer: Sequence[Sequence[Any]]) -> None:
        """Let the queryset make its objects of these rows, as it does of those of a query of its own."""
        fields = [column[0].output_field for column in self.compiler.select]
        native = [tuple(map(_native, fields, row)) for row in answer]
        self.compiler.execute_sql = lambda *args, **kwargs: [native]
        query: Any = self.rows.query
        query.get_compiler = lambda *args, **kwargs: self.compiler
        try:
            len(self.rows)
        finally:
            del query.get_compiler


def read(*querysets: QuerySet[Any, Any]) -> None:
    """Evaluate these querysets of one database with one query; what each prefetches is queried afterwards, as ever.

    One that is evaluated already is left as it is. Rows travel as JSON, so a binary column is refused (TypeError).
    """
    parts = [_Part(rows) for rows in querysets if rows._result_cache is None]
    asked = [part for part in parts if part.sql]
    if not asked:
        return
    with connections[asked[0].rows.db].cursor() as cursor:
        params = [value for part in asked for value in part.params]
        cursor.execute("SELECT " + ", ".join(part.sql for part in asked), params)
        [answers] = cursor.fetchall()
    for part, answer in zip(asked, answers, strict=True):
        part.fill(json.loads(answer, parse_float=Decimal) if answer else [])


def keep(row: models.Model, name: str, rows: QuerySet[Any, Any]) -> None:
    """Let ``row.<name>.all()`` return these rows, which were read, as if they had been prefetched."""
    row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = rows


def prefetch(rows: Sequence[models.Model], *names: str) -> None:
    """Read what refers to these rows of one model with one query, for ``row.<name>.all()`` of each."""
    if not rows:
        return
    relations: list[Any] = [rows[0]._meta.get_field(name) for name in names]
    found = [one.related_model._default_manager.filter(**{f"{one.field.name}__in": rows}) for one in relations]
    read(*found)
    for name, relation, children in zip(names, relations, found, strict=True):
        of: dict[Any, list[Any]] = {}
        for child in children:
            of.setdefault(getattr(child, relation.field.attname), []).append(child)
        for row in rows:
            own = getattr(row, name).all()
            own._result_cache = of.get(row.pk, [])
            for child in own:
                setattr(child, relation.field.name, row)
            keep(row, name, own)


def _native(field: Any, value: Any) -> Any:
    """Return the value as the database's driver would have: Django's converters come after."""
    if value is None:
        return None
    if isinstance(field, models.BinaryField):
        raise TypeError(f"{field} is binary: read it by itself")
    if isinstance(field, models.JSONField):
        return json.dumps(value, default=float)
    if isinstance(field, ArrayField):
        return [_native(field.base_field, one) for one in value]
    return field.to_python(value)
