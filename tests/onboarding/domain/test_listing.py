"""A page of the desk costs what the first one does, wherever it stands in the queue."""

from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onboarding.domain.desk import listing
from onboarding.domain.desk.listing import SORTS, Filters, Scope
from onboarding.models import PipelineEntry
from portal.coverage.models import Bdm
from tests.bench import desk_world
from tests.builders import NOW, make_bdm

pytestmark = pytest.mark.django_db
SIZE = 10


def test_postgresql_expects_rows_beyond_a_position_in_the_middle() -> None:
    """Most enrollments are ready and share a rank. Where none is expected beyond it, all are read and sorted."""
    desk_world.fill(2000)
    lead, bdm = make_bdm(lead=True), make_bdm("FR")

    for who, view, sort, way in product((lead, bdm), ("all", "ready"), SORTS, ("after", "before")):
        expected = _expected(_page(who, Filters(view=view, sort=sort), way))
        assert expected >= SIZE, (expected, who.is_lead, view, sort, way)


def test_page_from_which_all_rows_have_moved_on_is_the_first_one() -> None:
    """Somebody who works through the last page comes back to it: the view is not empty."""
    desk_world.fill(20)
    lead, view = make_bdm(lead=True), Filters(view="all")
    rows = PipelineEntry.objects.order_by(*listing._COLUMNS["urgency"])
    ends = {"after": rows.last(), "before": rows.first()}
    scope = Scope(None, ())
    first = listing.page(lead, view, scope=scope, now=NOW, size=SIZE)

    for way, row in ends.items():
        assert row is not None
        position = listing._position(row, listing._COLUMNS["urgency"])
        assert listing.page(lead, view, scope=scope, now=NOW, size=SIZE, **{way: position}) == first
    assert len(first.rows) == SIZE and first.after and not first.before


def _page(bdm: Bdm, filters: Filters, way: str) -> str:
    """Ask for a page beside the middle of a view. Return its statement."""
    countries = None if bdm.is_lead else ["FR"]
    columns = listing._COLUMNS[filters.sort]
    rows = PipelineEntry.objects.filter(views__contains=["ready"], country="FR").order_by(*columns)
    position = listing._position(rows[rows.count() // 2], columns)
    with CaptureQueriesContext(connection) as captured:
        page = listing.page(bdm, filters, scope=Scope(countries, ()), now=NOW, size=SIZE, **{way: position})
    assert len(page.rows) == SIZE
    return str(captured[-1]["sql"])


def _expected(sql: str) -> int:
    """Return how many rows of the queue the plan expects to read."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        [plan] = cursor.fetchone()[0]
    return max(_of_queue(plan["Plan"]))


def _of_queue(node: dict[str, Any]) -> list[int]:
    own = [node["Plan Rows"]] if node.get("Relation Name") == PipelineEntry._meta.db_table else []
    return [*own, *(number for child in node.get("Plans", ()) for number in _of_queue(child))]
