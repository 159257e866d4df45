"""A test that commits leaves the tables as it found them."""

import pytest
from django.db import connection

from portal.geo.models import Country
from tests import tables
from tests.builders import make_bdm, make_submitted

pytestmark = pytest.mark.django_db(transaction=True)


def rows() -> dict[str, list[str]]:
    found = {}
    with connection.cursor() as cursor:
        for table in tables._filled(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            found[table] = sorted(row for (row,) in cursor.fetchall())
    return found


def test_what_a_test_commits_goes_and_what_it_deletes_comes_back() -> None:
    before = rows()
    make_submitted()
    make_bdm("FR")
    Country.objects.filter(pk="FR").update(name_en="Gaul")
    during = rows()

    tables.put_back()

    assert len(during) > len(before) > 10
    assert during["places_country"] != before["places_country"]
    assert rows() == before
