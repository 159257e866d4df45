"""The coming months are made in time, and what is missing is told."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from onboarding.models import Event
from portal import readiness
from portal.partitions import catalog, months, registry
from portal.partitions.catalog import execute, value_of
from portal.work import periodic
from portal.work.loop import do_once
from portal.work.models import PeriodicJob
from tests.builders import make_enrollment

pytestmark = pytest.mark.django_db

TABLE = Event._meta.db_table
PARIS = dt.timezone(dt.timedelta(hours=1))


def labels() -> list[str]:
    return [part.label for part in catalog.partitions(TABLE)]


def in_months(number: int) -> dt.datetime:
    return months.next_month(timezone.now(), number)


@pytest.mark.parametrize(
    ("at", "number", "found"),
    [
        (dt.datetime(2026, 11, 30, 23, tzinfo=dt.UTC), 1, dt.datetime(2026, 12, 1, tzinfo=dt.UTC)),
        (dt.datetime(2026, 12, 1, tzinfo=dt.UTC), 1, dt.datetime(2027, 1, 1, tzinfo=dt.UTC)),
        (dt.datetime(2026, 1, 31, tzinfo=dt.UTC), 14, dt.datetime(2027, 3, 1, tzinfo=dt.UTC)),
        (dt.datetime(2026, 2, 1, 0, 30, tzinfo=PARIS), 1, dt.datetime(2026, 2, 1, tzinfo=dt.UTC)),
    ],
)
def test_next_month(at: dt.datetime, number: int, found: dt.datetime) -> None:
    assert months.next_month(at, number) == found


def test_migrations_leave_every_table_with_this_and_the_next_months() -> None:
    found = list(months.missing(timezone.now()))

    assert {table for table, _number, _over in found} == {
        "onboarding_event", "onboarding_checkhistory", "audit_stafflook", "api_apicall",
    }  # fmt: skip
    assert [(number, over) for _table, number, over in found] == [(0, False)] * 4


def test_job_makes_the_coming_months_once() -> None:
    later = in_months(4)

    assert months.prepare_all(later) > 0
    assert months.prepare_all(later) == 0

    begins = [part.since for part in catalog.partitions(TABLE)[1:]]
    assert begins == [months.next_month(begins[0], number) for number in range(len(begins))]
    assert begins[-1] == months.next_month(later, months.AHEAD + 1)


def test_worker_makes_the_coming_months() -> None:
    """A worker tells the histories why, in each statement of a job."""
    forget_months()
    PeriodicJob.objects.update(next_check_at=None)
    PeriodicJob.objects.filter(name="months").update(next_check_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))

    do_once(periodic.KIND)

    assert PeriodicJob.objects.get(name="months").errors == 0
    assert catalog.partitions(TABLE)[-1].since == in_months(months.AHEAD + 1)


def forget_months() -> dt.datetime:
    """Leave only the partition of what was before, and the one without an end. Return where that begins."""
    for part in catalog.partitions(TABLE)[1:]:
        execute("DROP TABLE {name}", name=part.name)
    upto = catalog.partitions(TABLE)[0].upto
    assert upto is not None
    months.create(TABLE, f"{TABLE}_later")
    months.attach(catalog.Partition(TABLE, f"{TABLE}_later", upto, None))
    return upto


def test_rows_that_overflowed_stay_where_they_are() -> None:
    enrollment = make_enrollment()
    at = in_months(7)
    event = Event.objects.create(enrollment=enrollment, at=at, kind="reminded")
    begin = catalog.partitions(TABLE)[-1].since
    assert begin is not None
    connection.check_constraints()  # as at the end of the transaction that wrote it

    months.prepare(TABLE, "at", now=at)

    place = value_of("SELECT tableoid::regclass::text FROM onboarding_event WHERE id = %s", event.pk)
    assert place == f"{TABLE}_{begin:%Y_%m}"
    [part] = [part for part in catalog.partitions(TABLE) if part.name == place]
    assert (part.since, part.upto) == (begin, months.next_month(at))
    assert not catalog.has_rows(f"{TABLE}_later")


def test_table_that_a_deploy_has_not_cut_yet_is_left_alone() -> None:
    execute("CREATE TABLE uncut (id bigint, at timestamptz)")

    assert months.prepare("uncut", "at", now=timezone.now()) == []


def test_one_table_that_fails_keeps_no_other_from_its_months() -> None:
    first = next(iter(registry.tables())).table
    name = f"{first}_{in_months(3):%Y_%m}"
    execute("CREATE TABLE {name} (id bigint)", name=name)  # stands where the month should

    with pytest.raises(Exception, match=name):
        months.prepare_all(in_months(1))

    missing = {table for table, number, _over in months.missing(in_months(2)) if number}
    assert missing == {first}


def test_missing_month_is_told_before_it_begins() -> None:
    upto = forget_months()

    said = {table: number for table, number, _over in months.missing(upto)}

    assert said[TABLE] == 2
    assert {table: number for table, number, _over in months.missing(upto - dt.timedelta(days=3))}[TABLE] == 1


def test_rows_that_overflow_are_told(client: Client) -> None:
    before = gauge(client, "portal_months_overflow")
    Event.objects.create(enrollment=make_enrollment(), at=in_months(40), kind="reminded")

    assert (before, gauge(client, "portal_months_overflow")) == ("0.0", "1.0")
    assert "months" in {gap.code for gap in readiness.gaps()}


def gauge(client: Client, name: str) -> str:
    lines = client.get("/metrics").content.decode().splitlines()
    return next(line.split()[-1] for line in lines if line.startswith(f'{name}{{table="{TABLE}"'))
