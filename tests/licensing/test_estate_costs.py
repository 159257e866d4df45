"""The estate's pages cost the same queries for one line and for five thousand."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from licensing.domain import plans
from licensing.models import Customer, Line
from portal.partners.models import Partner
from tests.builders import NOW

pytestmark = pytest.mark.django_db

OVERVIEW, CUSTOMER, CALENDAR = 11, 14, 7


def holdings(partner: Partner, customers: int, lines: int) -> Customer:
    made = Customer.objects.bulk_create(
        Customer(partner=partner, name=f"Client {n}", key=f"client {n}", sector="commercial") for n in range(customers)
    )
    Line.objects.bulk_create(
        Line(
            customer=made[n % customers], identity=f"{n}", product=f"Office 365 {n}", family="office_365", online=True,
            quantity=3, end_on=dt.date(2031, 3, 31), row_no=n,
        )
        for n in range(lines)
    )  # fmt: skip
    plans.make(partner=partner, customers=[one.pk for one in made], today=NOW.date(), now=NOW)
    return made[0]


def cost(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    assert response.status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    ("customers", "lines"),
    [
        (1, 1),
        (100, 500),
        pytest.param(1, 5000, marks=pytest.mark.long),
        pytest.param(1000, 5000, marks=pytest.mark.long),
    ],
)
def test_pages_cost_the_same_for_one_line_and_for_many(
    as_reseller: Client,
    partner: Partner,
    customers: int,
    lines: int,
) -> None:
    customer = holdings(partner, customers, lines)
    as_reseller.get("/licensing/calendar/")  # the facts are read once a process

    costs = [
        cost(as_reseller, place)
        for place in (f"/licensing/{partner.pk}/", customer.get_absolute_url(), f"/licensing/{partner.pk}/plan.ics")
    ]

    assert costs == [OVERVIEW, CUSTOMER, CALENDAR]
