"""Licences at risk, on the reseller's home and on the BDM's file."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from licensing.domain import plans, queries, readiness
from licensing.enums import Action
from licensing.models import Customer, Line, PlanLine
from onboarding.domain.enrollment import lifecycle
from onboarding.enums import Authority, CheckState, EnrollmentState, Kind, Source
from onboarding.models import Enrollment, PipelineEntry
from portal.partners.models import Partner
from tests.builders import check_of
from tests.portal.people import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def expiring(enrollment: Enrollment) -> Customer:
    """A customer of the enrollment's partner, whose 40 licences expire tomorrow."""
    partner = enrollment.partner
    customer = Customer.objects.create(partner=partner, name="Client Caché", key="client cache", sector="commercial")
    today = timezone.localdate()
    Line.objects.create(
        customer=customer, identity="1", product="Office 365", family="office_365", online=True, quantity=40, row_no=2,
        end_on=today + dt.timedelta(days=1),
    )  # fmt: skip
    plans.make(partner=partner, customers=[customer.pk], today=today, now=timezone.now())
    return customer


def test_the_reseller_s_home_says_how_many_and_where_to_look(
    as_reseller: Client, expiring: Customer, enrollment: Enrollment
) -> None:
    html = as_reseller.get("/home/").content.decode()

    assert "1 client risque de perdre 40 licences" in html
    assert f"/licensing/{expiring.partner_id}/?only=risk&amp;country=FR" in html


def _also(partner: Partner, name: str, *, days: int, product: str = "Microsoft 365", country: str = "") -> Customer:
    other = Customer.objects.create(
        partner=partner, name=name, key=name.casefold(), sector="commercial", country=country
    )
    Line.objects.create(
        customer=other, identity=name, product=product, family="office_365", online=True, quantity=7, row_no=3,
        end_on=timezone.localdate() + dt.timedelta(days=days),
    )  # fmt: skip
    return other


def test_the_home_lists_what_expires_first_with_what_to_do(as_reseller: Client, expiring: Customer) -> None:
    partner = expiring.partner
    others = [_also(partner, f"Atelier {number}", days=2 + number) for number in range(6)]
    abroad = _also(partner, "Étranger", days=1, country="BE")
    everybody = [expiring, *others, abroad]
    plans.make(partner=partner, customers=[one.pk for one in everybody], today=timezone.localdate(), now=timezone.now())

    shown = page(as_reseller.get("/home/"))
    rows = [" ".join(row.text.split()) for row in shown.all("tr")][1:]

    assert len(rows) == readiness.SHOWN_LINES
    assert [name for row in rows for name in ("Client Caché", "Atelier 0", "Atelier 3", "Étranger") if name in row] == [
        "Client Caché", "Atelier 0", "Atelier 3",
    ]  # fmt: skip
    assert all(fact in rows[0] for fact in ("Office 365", "40", str(Action.CSP_ONLINE.label)))


def test_lines_of_several_enrollments_take_one_query(expiring: Customer, enrollment: Enrollment) -> None:
    partner, today, now = expiring.partner, timezone.localdate(), timezone.now()
    abroad = _also(partner, "Buitenland", days=3, country="BE")
    plans.make(partner=partner, customers=[expiring.pk, abroad.pk], today=today, now=now)
    second = lifecycle.start(partner=partner, country="BE", by=enrollment.created_by, now=now)
    found = readiness.enrollments_at_risk([enrollment, second], today=today, now=now)

    with CaptureQueriesContext(connection) as captured:
        lines = readiness.first_lines(found, today=today)

    assert len(captured) == 1
    assert {pk: [line.name for line in some] for pk, some in lines.items()} == {
        enrollment.pk: ["Client Caché"], second.pk: ["Buitenland"],
    }  # fmt: skip


def test_the_bdm_s_file_says_how_many_and_names_nobody(
    as_bdm: Client, expiring: Customer, enrollment: Enrollment
) -> None:
    html = as_bdm.get(f"/desk/{enrollment.pk}/").content.decode()

    assert "1 client risque de perdre 40 licences" in html
    assert "Client Caché" not in html


def test_an_unanswered_sector_makes_nothing_safe(expiring: Customer, enrollment: Enrollment) -> None:
    Customer.objects.update(sector="")
    today, now = timezone.localdate(), timezone.now()
    plans.make(partner=expiring.partner, customers=[expiring.pk], today=today, now=now)

    [found] = readiness.enrollments_at_risk([enrollment], today=today, now=now)

    assert PlanLine.objects.get(plan__is_current=True).action == Action.ANSWER
    assert (found.risk.customers, found.risk.quantity) == (1, 40)


@pytest.mark.parametrize(
    ("customer", "line", "action"),
    [
        ({"sector": "government"}, {}, Action.ASK_BDM),  # a person decides whether CSP may serve it
        ({}, {"product": "Logiciel Fictif", "family": "", "online": False}, Action.ANSWER),  # it ends: a service?
    ],
)
def test_what_a_person_or_an_answer_decides_makes_nothing_safe(
    expiring: Customer, enrollment: Enrollment, customer: dict[str, str], line: dict[str, object], action: Action
) -> None:
    Customer.objects.update(**customer)
    Line.objects.update(**line)
    today, now = timezone.localdate(), timezone.now()
    plans.make(partner=expiring.partner, customers=[expiring.pk], today=today, now=now)

    [found] = readiness.enrollments_at_risk([enrollment], today=today, now=now)

    row = PlanLine.objects.get(plan__is_current=True)
    assert (row.action, row.expires_on) == (action, today + dt.timedelta(days=1))
    assert (found.risk.customers, found.risk.quantity) == (1, 40)


def test_the_estate_lists_the_customers_that_must_move(
    as_reseller: Client, expiring: Customer, enrollment: Enrollment
) -> None:
    today = timezone.localdate()
    for number, (name, online, end_on) in enumerate(
        [("Expiré", True, -1), ("Plus Tard", True, 168), ("Sans Échéance", False, None), ("À Temps", True, 167)]
    ):
        other = Customer.objects.create(partner=expiring.partner, name=name, key=name.casefold(), sector="commercial")
        Line.objects.create(
            customer=other, identity=f"o{number}", product="Office", family="office_365" if online else "office",
            online=online, quantity=1, row_no=3, has_sa=False,
            end_on=None if end_on is None else today + dt.timedelta(days=end_on),
        )  # fmt: skip
    everybody = Customer.objects.values_list("pk", flat=True)
    plans.make(partner=expiring.partner, customers=everybody, today=today, now=timezone.now())

    rows = queries.customers(expiring.partner, today=today, only="moves")
    html = as_reseller.get(f"/licensing/{expiring.partner_id}/?only=moves").content.decode()

    assert [one.name for one in rows] == ["Client Caché", "À Temps"]
    assert '<option value="moves" selected>' in html


def test_filter_that_nobody_knows_shows_a_sentence_and_no_customer(expiring: Customer, as_reseller: Client) -> None:
    html = as_reseller.get(f"/licensing/{expiring.partner_id}/?only=bogus").content.decode()

    assert "Cette adresse nomme un filtre qui n’existe pas." in html
    assert f"/licensing/{expiring.partner_id}/customers/" not in html


def test_who_is_ready_has_no_risk(expiring: Customer, enrollment: Enrollment) -> None:
    enrollment.state = EnrollmentState.READY

    assert readiness.enrollments_at_risk([enrollment], today=timezone.localdate(), now=timezone.now()) == []


def test_another_country_s_customer_is_not_this_enrollment_s(expiring: Customer, enrollment: Enrollment) -> None:
    Customer.objects.update(country="BE")

    assert readiness.enrollments_at_risk([enrollment], today=timezone.localdate(), now=timezone.now()) == []


def test_a_refused_file_endangers_everything(expiring: Customer, enrollment: Enrollment) -> None:
    check = check_of(enrollment, Kind.LEGAL_ENTITY, Authority.MICROSOFT)
    waits = {"state": CheckState.IN_PROGRESS, "reason": "with_microsoft", "turn": "microsoft"}
    refused = {"state": CheckState.REFUSED, "reason": "", "turn": "nobody", "settled_at": timezone.now()}
    for values in (waits, refused):
        type(check).objects.filter(pk=check.pk).update(source=Source.BDM, turn_since=timezone.now(), **values)

    [found] = readiness.enrollments_at_risk([enrollment], today=timezone.localdate(), now=timezone.now())

    assert (found.ready.half_on, found.risk.likely_customers) == (None, 1)


def test_the_home_costs_the_same_for_one_line_and_for_many(as_reseller: Client, expiring: Customer) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_reseller.get("/home/").status_code == 200
        return len(captured)

    one = cost()
    Line.objects.bulk_create(
        Line(
            customer=expiring, identity=f"more {n}", product="Office 365", family="office_365", online=True, quantity=1,
            row_no=n, end_on=timezone.localdate() + dt.timedelta(days=2),
        )
        for n in range(500)
    )  # fmt: skip
    plans.make(partner=expiring.partner, customers=[expiring.pk], today=timezone.localdate(), now=timezone.now())

    assert (one, cost()) == (HOME, HOME)


HOME = 8  # the page's budget, with what the partner is still getting


def line_of(customer: Customer, days: int, **more: object) -> Line:
    given = {"product": "Office 365", "family": "office_365", "online": True, "quantity": 7, "row_no": 2, **more}
    end_on = timezone.localdate() + dt.timedelta(days=days)
    return Line.objects.create(customer=customer, identity=f"{customer.pk} {days}", end_on=end_on, **given)


def plan(customer: Customer) -> None:
    plans.make(
        partner=customer.partner, customers=[customer.pk], today=timezone.localdate(), now=timezone.now()
    )  # fmt: skip


@pytest.fixture
def others(expiring: Customer) -> list[Customer]:
    """Customers beside the one at risk: of another country, without a country, far from their end."""
    made = []
    for name, country, days in (("Belge", "BE", 2), ("Sans pays", "", 3), ("Loin", "FR", 300)):
        customer = Customer.objects.create(
            partner=expiring.partner, name=name, key=name.lower(), sector="commercial", country=country
        )
        line_of(customer, days)
        plan(customer)
        made.append(customer)
    return made


def test_the_sentence_leads_to_exactly_its_customers(
    as_reseller: Client, expiring: Customer, others: list[Customer], enrollment: Enrollment
) -> None:
    today, now = timezone.localdate(), timezone.now()
    [found] = readiness.enrollments_at_risk([enrollment], today=today, now=now)
    html = as_reseller.get("/home/").content.decode()
    place = f"/licensing/{expiring.partner_id}/?only=risk&amp;country={enrollment.country_id}"

    page = as_reseller.get(place.replace("&amp;", "&"))

    listed = {one["row"].name for one in page.context["customers"]}
    assert place in html
    assert listed == {"Client Caché", "Sans pays"}
    assert len(listed) == found.risk.customers
    assert all(one["risk"] for one in page.context["customers"])
    assert as_reseller.get(f"/licensing/{expiring.partner_id}/", {"only": "risk", "country": "\0"}).status_code == 200


def test_each_counter_leads_to_the_lines_that_it_counts(
    as_reseller: Client, expiring: Customer, others: list[Customer]
) -> None:
    partner, today = expiring.partner, timezone.localdate()
    counts = queries.overview(partner, today=today)
    html = as_reseller.get(f"/licensing/{partner.pk}/").content.decode()

    due = {name: queries.customers(partner, today=today, only=name).count() for name in queries.DUE}

    # A day that has passed is still to do: the three that end in some days count within every period.
    assert dict(counts.due) == {30: 3, 60: 3, 90: 3}
    assert due == {"due": 3, "due60": 3, "due90": 3}
    assert all(f"?only={name}#customers-title" in html for name in ("risk", "overdue", *queries.DUE, "questions"))
    assert f"?only={Action.CSP_ONLINE}#customers-title" in html


def test_what_was_ordered_is_not_to_do(expiring: Customer) -> None:
    today = timezone.localdate()
    assert queries.overview(expiring.partner, today=today).due[0] == (30, 1)

    Line.objects.update(ordered_on=today)

    assert queries.overview(expiring.partner, today=today).due[0] == (30, 0)


def test_the_list_names_product_quantity_expiry_and_action(
    as_reseller: Client, expiring: Customer, enrollment: Enrollment
) -> None:
    html = as_reseller.get(f"/licensing/{expiring.partner_id}/").content.decode()

    assert "40 × Office 365" in html
    assert str(Action.CSP_ONLINE.label) in html
    assert "à risque" in html


def test_the_desk_is_told_how_many_licences_are_at_risk(
    expiring: Customer, others: list[Customer], enrollment: Enrollment
) -> None:
    PipelineEntry.objects.get_or_create(pk=enrollment.pk)

    for _night in range(2):
        assert readiness.tell_the_desk(timezone.now()) == 1
    assert PipelineEntry.objects.get(pk=enrollment.pk).licences_at_risk == 47

    Customer.objects.all().delete()
    assert readiness.tell_the_desk(timezone.now()) == 0
    assert PipelineEntry.objects.get(pk=enrollment.pk).licences_at_risk == 0
