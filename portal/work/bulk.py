"""Write different values into many rows with one statement: like ``bulk_update``, at a tenth of its cost."""

from collections.abc import Sequence

from django.db import connection, models


def update(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write ``fields`` of each row (all of one model), found by primary key. Nothing else is written or checked."""
    if not rows:
        return
    meta = rows[0]._meta
    columns = [meta.pk, *(meta.get_field(name) for name in fields)]
    # The first line of VALUES carries the types; untyped NULLs would be text.
    typed = ", ".join(f"%s::{column.db_type(connection)}" for column in columns)  # type: ignore[union-attr]
    plain = ", ".join(["%s"] * len(columns))
    lines = ", ".join([f"({typed})", *[f"({plain})"] * (len(rows) - 1)])
    names = [str(column.column) for column in columns]  # type: ignore[union-attr]
    statement = "UPDATE {table} AS row SET {sets} FROM (VALUES {lines}) AS new ({names}) WHERE row.{key} = new.{key}"
    values = [
        column.get_db_prep_save(getattr(row, column.attname), connection)  # type: ignore[union-attr]
        for row in rows
        for column in columns
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            statement.format(
                table=meta.db_table,
                sets=", ".join(f"{name} = new.{name}" for name in names[1:]),
                lines=lines,
                names=", ".join(names),
                key=names[0],
            ),
            values,
        )
