"""Several reads in one query: the rows are those that each queryset returns by itself."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.models import Check, Enrollment, Event, Message
from portal import together
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.geo.models import Country
from portal.partners.models import Membership, Partner
from tests.builders import make_bdm, make_submitted

pytestmark = pytest.mark.django_db


def plain(rows: QuerySet[Any, Any]) -> list[Any]:
    """Return every value of the rows, and those of the rows that were joined to them."""
    return [row if not hasattr(row, "__dict__") else _values(row) for row in rows]


def _values(row: Any, levels: int = 3) -> dict[str, Any]:
    found = {name: value for name, value in vars(row).items() if not name.startswith("_")}
    if not levels:
        return found
    # A one-to-one row leads back to where it came from.
    joined = row._state.fields_cache
    return found | {name: _values(other, levels - 1) if other else None for name, other in joined.items()}


def every() -> list[QuerySet[Any, Any]]:
    is_member = Exists(Membership.objects.filter(partner=OuterRef("partner")))
    return [
        Check.objects.order_by("-id"),
        Event.objects.select_related("actor", "enrollment__partner").order_by("id"),
        Enrollment.objects.select_related("partner", "country", "clock").annotate(told=is_member),
        Bdm.objects.who_see("FR"),
        Bdm.objects.with_country_codes(),
        User.objects.annotate(companies=Count("memberships"), name_of=Coalesce("name", Value("–"))).order_by("pk")[:2],
        Country.objects.filter(pk__in=["FR", "DE", "MC"]).order_by("-pk"),
        Partner.objects.annotate(people=ArrayAgg("memberships__user_id"), since=F("created_at")),
        Membership.objects.values_list("role", "since", "partner__name"),
        Event.objects.values("kind", "data").order_by("id"),
        Partner.objects.values_list("pk", flat=True),
        Partner.objects.order_by("-memberships__user__email", "pk").distinct().values_list("name"),
        Message.objects.all(),
        User.objects.none(),
        User.objects.filter(pk__in=[]),
        Check.objects.annotate(n=Value(1.5)).filter(kind="nothing"),
    ]


@pytest.fixture
def some() -> None:
    make_bdm("FR", "DE")
    make_bdm(lead=True)
    make_submitted()
    data = {"a": [1, 2.5, None], "é": {"b": "0012"}, "big": 2**60}
    Event.objects.create(enrollment=make_submitted(), at=timezone.now(), kind="answered", data=data)


@pytest.mark.usefixtures("some")
def test_together_the_rows_are_those_of_each_queryset() -> None:
    alone, shared = every(), every()
    expected = [plain(rows) for rows in alone]

    with CaptureQueriesContext(connection) as captured:
        together.read(*shared)
        found = [plain(rows) for rows in shared]

    assert len(captured) == 1
    assert sum(map(bool, expected)) > 9
    assert found == expected


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("number", range(len(every())))
def test_each_queryset_is_read_by_itself_as_well(number: int) -> None:
    rows = every()[number]

    together.read(rows)

    assert plain(rows) == plain(every()[number])


@pytest.mark.usefixtures("some")
def test_what_is_prefetched_and_filtered_afterwards_works_as_ever() -> None:
    enrollments = Enrollment.objects.prefetch_related("checks").order_by("pk")

    together.read(enrollments)

    with CaptureQueriesContext(connection) as captured:
        pairs = [(check.enrollment_id, check.kind) for one in enrollments for check in one.checks.all()]
    assert len(pairs) > 20 and len(captured) == 0
    assert enrollments.filter(pk=enrollments[0].pk).count() == 1
    assert list(enrollments.all()) == list(enrollments)


@pytest.mark.usefixtures("some")
def test_read_rows_stay_as_they_are_and_a_new_queryset_sees_what_changed() -> None:
    [before] = Partner.objects.order_by("pk")[:1]
    rows, later = Partner.objects.filter(pk=before.pk), Partner.objects.filter(pk=before.pk)
    together.read(rows)
    Partner.objects.filter(pk=before.pk).update(name="Anders")

    with CaptureQueriesContext(connection) as captured:
        together.read(rows, later)

    assert len(captured) == 1
    assert ([one.name for one in rows], [one.name for one in later]) == ([before.name], ["Anders"])


@pytest.mark.usefixtures("some")
def test_what_refers_to_rows_is_read_with_one_query_for_all_of_them() -> None:
    rows = list(Enrollment.objects.order_by("pk"))
    expected = [[one.pk for one in row.checks.all()] for row in rows]

    with CaptureQueriesContext(connection) as captured:
        together.prefetch(rows, "checks", "preparations", "events")
        found = [[one.pk for one in row.checks.all()] for row in rows]
        counts = [(len(row.preparations.all()), row.events.count() > 0) for row in rows]
        owners = {one.enrollment is row for row in rows for one in row.checks.all()}

    assert len(captured) == 1
    assert (found, owners, len(rows)) == (expected, {True}, 2)
    assert counts == [(0, True), (0, True)]


def test_nothing_to_read_makes_no_query() -> None:
    with CaptureQueriesContext(connection) as captured:
        together.read()
        together.read(User.objects.none())
        together.prefetch([], "checks")

    assert len(captured) == 0


@pytest.mark.usefixtures("some")
def test_moments_are_of_the_zone_that_the_database_returns() -> None:
    rows = Event.objects.order_by("id")

    together.read(rows)

    assert {one.at.tzinfo for one in rows} == {dt.UTC}
