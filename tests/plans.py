"""What PostgreSQL would do if there were a million rows, asked in a test that has a few."""

from django.db import connection, models


def expect_many(*tables: type[models.Model], rows: int = 1_000_000) -> None:
    """Have PostgreSQL plan as if each of its pages of these tables held so many rows, until the test is undone.

    It multiplies the rows of a page, as it counted them last, with the pages that there are. Without this a test sees
    the plan for three rows, for which any index is as good as another.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_class SET relpages = 1, reltuples = %s"
            " WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s)",
            [rows, [table._meta.db_table for table in tables]],
        )
        assert cursor.rowcount == len(tables)
