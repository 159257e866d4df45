"""Advice knows today: before, in the window, just after and long after; no day that has passed is advice."""

import datetime as dt
import itertools
import re

import pytest
from django.test import Client
from django.utils import timezone, translation

from licensing.domain import plans, timing, transfer
from licensing.domain.decision import Case, decide
from licensing.domain.facts import Facts
from licensing.domain.timing import Phase
from licensing.enums import Action, Need, Outcome, Sector, Status, Tenant, Transaction
from licensing.models import Customer, Line, PlanLine
from licensing.views import plan_presenters, public
from portal.partners.models import Partner

TODAY = dt.date(2026, 11, 29)  # a Sunday
EXPIRIES = {
    Phase.BEFORE: (120, 40), Phase.WINDOW: (6, 3, 1, 0), Phase.JUST_AFTER: (-1, -29), Phase.LONG_AFTER: (-91, -1400),
}  # fmt: skip
CELLS = [
    (need, sector, tenant, phase, days)
    for need, sector, tenant in itertools.product((Need.ONLINE, Need.SA_RENEWAL), Sector, Tenant)
    for phase, offsets in EXPIRIES.items()
    for days in offsets
]


def case_of(need: Need, sector: Sector, tenant: Tenant, expiry: dt.date) -> Case:
    return Case(
        need=need, transaction=Transaction.RENEWAL, sector=sector, product="sql_server", order_on=TODAY, quantity=5,
        starts_asked=True, ready=True, covered=True, tenant=tenant, ended=timing.ended(need, expiry, today=TODAY),
    )  # fmt: skip


@pytest.mark.parametrize(("need", "sector", "tenant", "phase", "days"), CELLS)
def test_every_combination_has_one_phase_one_outcome_and_no_past_day(
    facts: Facts, need: Need, sector: Sector, tenant: Tenant, phase: Phase, days: int
) -> None:
    expiry = TODAY + dt.timedelta(days=days)
    dates = transfer.dates(expiry, country="FR", leads=transfer.leads(facts, on=TODAY))

    found = decide(case_of(need, sector, tenant, expiry), facts)
    with translation.override("en"):
        said = public._days(facts, found, expiry, "FR", TODAY)

    assert timing.phase(need, dates, today=TODAY) == phase
    assert found.rule
    assert found.outcome != Outcome.ASK
    shown = [
        dt.datetime.strptime(written, "%d %B %Y").replace(tzinfo=dt.UTC).date()
        for _label, text in said
        for written in re.findall(r"\d{1,2} [A-Z]\w+ \d{4}", text.replace("\u00a0", " "))
    ]
    assert [day for day in shown if day < TODAY] == []
    if phase in (Phase.JUST_AFTER, Phase.LONG_AFTER):
        assert said == []
        assert found.status != Status.DECIDED


def test_assurance_that_lapsed_long_ago_is_not_renewed(facts: Facts) -> None:
    lapsed = [dt.date(2023, 2, 28), dt.date(2019, 6, 30), TODAY - dt.timedelta(days=91)]

    found = [decide(case_of(Need.SA_RENEWAL, Sector.COMMERCIAL, Tenant.OURS, day), facts) for day in lapsed]

    assert [(one.outcome, one.rule) for one in found] == [(Outcome.ASK_BDM, "R16")] * 3


@pytest.mark.parametrize(("days", "note"), [(-5, "M_service_ended"), (-31, "M_service_gone"), (-900, "M_service_gone")])
def test_a_service_that_ended_is_said_to_be_gone_first(facts: Facts, days: int, note: str) -> None:
    expiry = TODAY + dt.timedelta(days=days)

    found = decide(case_of(Need.ONLINE, Sector.COMMERCIAL, Tenant.OUTSIDE, expiry), facts)

    assert found.notes[0].key == note


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("days", "action", "has_day"),
    [(2, Action.OPEN_VALUE, True), (-10, Action.ASK_BDM, True), (-400, Action.ASK_BDM, False)],
)
def test_a_plan_has_no_day_that_has_passed(partner: Partner, days: int, action: str, has_day: bool) -> None:
    customer = Customer.objects.create(partner=partner, name="Nord", key="nord", sector="commercial")
    end = TODAY + dt.timedelta(days=days)
    Line.objects.create(
        customer=customer, identity="1", product="SQL Server", family="sql_server", has_sa=True, quantity=5, row_no=2,
        end_on=end,
    )  # fmt: skip

    plans.make(partner=partner, customers=[customer.pk], today=TODAY, now=timezone.now())

    row = PlanLine.objects.get()
    assert (row.action, row.act_on is not None, row.expires_on) == (action, has_day, end)
    if days < 0:
        assert (row.order_from, row.order_to, row.transfer_on, row.rather_on) == (None, None, None, None)
        assert row.act_on in (TODAY, None)


@pytest.mark.django_db
def test_a_working_day_that_has_passed_is_no_advice(partner: Partner) -> None:
    customer = Customer.objects.create(partner=partner, name="Nord", key="nord", sector="commercial")
    Line.objects.create(
        customer=customer, identity="1", product="Office 365", family="office_365", online=True, quantity=5, row_no=2,
        end_on=TODAY + dt.timedelta(days=1),
    )  # fmt: skip
    # The plan is of Thursday; it is read on Sunday, the day of the transfer.
    plans.make(partner=partner, customers=[customer.pk], today=dt.date(2026, 11, 26), now=timezone.now())

    with translation.override("en"):
        early, late = (
            [next(iter(plan_presenters.lines(PlanLine.objects.all(), partner=partner, today=day)))["warnings"][0]]
            for day in (dt.date(2026, 11, 26), TODAY)
        )

    assert "27 November" in early[0].replace("\u00a0", " ")
    assert "27 November" not in late[0].replace("\u00a0", " ")
    assert "today" in late[0]


# --- the aid's two halves ---------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_neither_half_of_the_aid_loses_what_is_typed_in_the_other(client: Client) -> None:
    page = client.get("/licensing/advice/").content.decode()
    form = page[page.index('<form class="with-aside') : page.index("</form>", page.index('<form class="with-aside'))]

    typed = {"asked": "need", "need": Need.ONLINE, "expires_on": "2031-05-31", "country": "BE", "tenant": Tenant.OURS}
    after = client.get("/licensing/advice/", typed).content.decode()
    beside = client.get("/licensing/advice/", {**typed, "need": "", "later": "1"})

    assert all(f'name="{name}"' in form for name in ("need", "expires_on", "country", "tenant", "order_on"))
    assert 'value="2031-05-31"' in after
    assert f'name="need" value="{Need.ONLINE}"' in after
    assert beside.context["form"].errors == {}
    assert 'value="2031-05-31"' in beside.content.decode()


@pytest.mark.django_db
def test_the_day_of_a_return_counts_from_the_order_that_is_advised(client: Client) -> None:
    asked = {"need": "online_service", "transaction": "renewal", "sector": "commercial", "expires_on": "2031-05-31"}

    context = client.get("/licensing/advice/", asked).context

    labels = [label for label, _when in context["days"]]
    assert [one["label"] for one in context["answer"]["dates"]] == []
    assert any("annuler" in str(label) or "cancel" in str(label) for label in labels)
