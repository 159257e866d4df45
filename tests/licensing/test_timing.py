"""Advice knows today: before, in the window, just after and long after; no day that has passed is advice."""

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone, translation

from licensing.domain import plans, timing
from licensing.domain.decision import RULES, Decision, Rule, decide
from licensing.domain.facts import Facts
from licensing.domain.schedule import Deed, Schedule, schedule, sources
from licensing.domain.timing import Phase
from licensing.domain.world import Case, MissingAnswer, World
from licensing.enums import Action, Kind, Need, Outcome, Programme, RunsOn, Sector, Status, Tenant, Transaction
from licensing.models import Customer, Line, PlanLine
from licensing.views import plan_presenters, public, schedule_presenters
from portal.partners.models import Partner

TODAY = dt.date(2026, 11, 29)  # a Sunday
# Days from today to the end of the right.
EXPIRIES = {
    Phase.BEFORE: (120, 41), Phase.WINDOW: (6, 3, 1, 0), Phase.JUST_AFTER: (-1, -29), Phase.LONG_AFTER: (-91, -1400),
}  # fmt: skip


def case_of(need: Need, sector: Sector, tenant: Tenant, expiry: dt.date) -> Case:
    return Case(
        need=need, transaction=Transaction.RENEWAL, sector=sector, product="sql_server", order_on=TODAY, quantity=5,
        starts_asked=True, ready=True, covered=True, tenant=tenant, ended=timing.ended(need, expiry, today=TODAY),
    )  # fmt: skip


def every_case(need: Need, facts: Facts, today: dt.date) -> Iterator[Case]:
    """Every combination of the aid's answers that this need is asked."""
    is_licence = need in (Need.NO_SA, Need.WITH_SA, Need.SA_RENEWAL)
    products = [fact.key for fact in facts.of(Kind.FAMILY)] if is_licence else [None]
    bought = (dt.date(2021, 12, 15), dt.date(2019, 5, 2), dt.date(2012, 1, 3), dt.date(2023, 4, 5))
    for transaction, sector, product, tenant, runs_on, quantity, token in itertools.product(
        Transaction,
        Sector,
        products,
        Tenant if need in (Need.ONLINE, Need.TOKEN) else [Tenant.UNKNOWN],
        RunsOn if need == Need.NO_SA else [RunsOn.OWN],
        (4, 5) if need != Need.NO_SA else (5,),
        bought if need == Need.TOKEN else [None],
    ):
        yield Case(
            need=need, transaction=transaction, sector=sector, product=product, order_on=today, quantity=quantity,
            starts_asked=True, ready=True, covered=True, tenant=tenant, runs_on=runs_on, token_bought_on=token,
        )  # fmt: skip


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("need", Need)
def test_combinations_have_one_outcome_and_no_past_day(facts: Facts, need: Need, phase: Phase) -> None:
    assert check_every_case(facts, need, phase, today=TODAY, every=5) >= 3


# The last half year of Open License, its last day and the first one after, the public sector in the new commerce, a
# leap day, and years after every token.
OTHER_DAYS = [
    dt.date(2021, 7, 1), dt.date(2021, 12, 31), dt.date(2022, 1, 1), dt.date(2024, 8, 1), dt.date(2028, 2, 29),
    dt.date(2031, 2, 28),
]  # fmt: skip


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("need", [Need.ONLINE, Need.TOKEN])
@pytest.mark.parametrize("today", [OTHER_DAYS[0], OTHER_DAYS[-1]])
def test_services_and_tokens_have_one_outcome_on_other_days(
    facts: Facts, need: Need, phase: Phase, today: dt.date
) -> None:
    assert check_every_case(facts, need, phase, today=today, every=5) >= 3


@pytest.mark.long
@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("need", Need)
@pytest.mark.parametrize("today", [TODAY, *OTHER_DAYS])
def test_every_combination_has_one_outcome_and_no_past_day(
    facts: Facts, need: Need, phase: Phase, today: dt.date
) -> None:
    assert check_every_case(facts, need, phase, today=today) >= 16


def check_every_case(facts: Facts, need: Need, phase: Phase, *, today: dt.date, every: int = 1) -> int:
    """Check each combination of answers on that day, or each fifth; return how many there were."""
    count = 0
    cases = itertools.product(every_case(need, facts, today), EXPIRIES[phase])
    for case, days in itertools.islice(cases, 0, None, every):
        expiry = today + dt.timedelta(days=days)
        case = replace(case, ended=timing.ended(need, expiry, today=today, facts=facts))
        found = decide(case, facts)
        plan = public._schedule(facts, found, expiry, "FR", today, case.sector or "")
        count += 1

        assert found.rule != "R99", case
        assert next(rule.number for rule in RULES if holds(rule, case, facts)) == found.rule
        assert found.outcome != Outcome.ASK, case
        assert [day for _deadline, day in found.dates if day < today] == [], case
        if plan:
            check_days(plan, found, facts, phase, need, today)
    return count


def holds(rule: Rule, case: Case, facts: Facts) -> bool:
    try:
        return rule.holds(World(case, facts))
    except MissingAnswer:
        return False


def check_days(plan: Schedule, found: Decision, facts: Facts, phase: Phase, need: Need, today: dt.date) -> None:
    """Hold all days of one plan against each other: none has passed, and they come in their order."""
    names = ("authorise_by", "order_from", "order_to", "transfer_on", "return_until", "keys_until")
    given = {name: day for name in names if (day := getattr(plan, name))}
    assert [day for day in given.values() if day < today] == []
    ordered = [given[name] for name in ("authorise_by", "order_from", "order_to", "transfer_on") if name in given]
    assert ordered == sorted(ordered)
    if plan.return_until and plan.order_from:
        assert plan.return_until > plan.order_from
    if plan.expiry and plan.expiry >= today and plan.order_from:
        is_moved = found.outcome == Outcome.CSP_ONLINE
        assert plan.overlap_max == ((plan.expiry - plan.order_from).days if is_moved else 0)
    if need in (Need.ONLINE, Need.SA_RENEWAL) and need.value == _NEED_OF[found.outcome]:
        assert (plan.phase == phase) or phase in (Phase.BEFORE, Phase.WINDOW)
    if phase == Phase.LONG_AFTER and found.outcome == Outcome.CSP_ONLINE:
        assert given == {}
        assert found.status != Status.DECIDED
    with translation.override("en"):
        said = schedule_presenters.days(facts, Programme(found.outcome), plan, today=today)
    shown = [day for one in said for day in days_in(str(one["when"]))]
    assert [day for day in shown if day < today] == []
    assert all(one["sources"] for one in said)


_NEED_OF = {Outcome.CSP_ONLINE: Need.ONLINE, Outcome.OPEN_VALUE: Need.SA_RENEWAL}


def days_in(text: str) -> list[dt.date]:
    return [
        dt.datetime.strptime(written, "%d %B %Y").replace(tzinfo=dt.UTC).date()
        for written in re.findall(r"\d{1,2} [A-Z]\w+ \d{4}", text.replace("\u00a0", " "))
    ]


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("country", ["FR", "BE", "AE"])
def test_each_day_stands_in_exactly_one_phase(facts: Facts, phase: Phase, country: str) -> None:
    for days in EXPIRIES[phase]:
        expiry = TODAY + dt.timedelta(days=days)
        plan = schedule(
            Programme.CSP_ONLINE, facts, today=TODAY, expiry=expiry, country=country, sector="commercial",
            is_transfer=True,
        )  # fmt: skip

        assert plan.phase == phase


@pytest.mark.parametrize("days", [45, 20, 8, 3, 0])
def test_assurance_is_renewed_by_its_own_lead_time(facts: Facts, days: int) -> None:
    expiry = TODAY + dt.timedelta(days=days)

    plan = schedule(Programme.OPEN_VALUE, facts, today=TODAY, expiry=expiry, country="FR")
    origins = {fact.source.code for fact in sources(Deed.ORDER, Programme.OPEN_VALUE, facts, on=TODAY)}

    assert plan.order_from == max(TODAY, expiry - dt.timedelta(days=30))
    assert plan.order_to == max(TODAY, expiry - dt.timedelta(days=7))
    assert (plan.authorise_by, plan.transfer_on, plan.overlap_max, plan.return_until) == (None, None, 0, None)
    assert origins == {"PTSA"}
    assert {one.source.code for one in sources(Deed.ORDER, Programme.CSP_ONLINE, facts, on=TODAY)} == {"guide"}
    assert {one.source.code for one in sources(Deed.AUTHORISE, Programme.CSP_ONLINE, facts, on=TODAY)} == {"IMA1"}


@pytest.mark.parametrize(("sector", "expected"), [("commercial", 7), ("nonprofit", 7)])
def test_a_return_counts_from_the_order_and_not_from_today(facts: Facts, sector: str, expected: int) -> None:
    expiry = TODAY + dt.timedelta(days=200)

    plan = schedule(Programme.CSP_ONLINE, facts, today=TODAY, expiry=expiry, country="FR", sector=sector)

    assert plan.order_from
    assert plan.return_until == plan.order_from + dt.timedelta(days=expected - 1)


def test_assurance_that_lapsed_long_ago_is_not_renewed(facts: Facts) -> None:
    lapsed = [dt.date(2023, 2, 28), dt.date(2019, 6, 30), TODAY - dt.timedelta(days=91)]

    found = [decide(case_of(Need.SA_RENEWAL, Sector.COMMERCIAL, Tenant.OURS, day), facts) for day in lapsed]

    assert [(one.outcome, one.rule) for one in found] == [(Outcome.ASK_BDM, "R16")] * 3


@pytest.mark.parametrize(("days", "note"), [(-5, "M_service_ended"), (-31, "M_service_gone"), (-900, "M_service_gone")])
def test_a_service_that_ended_is_said_to_be_gone_first(facts: Facts, days: int, note: str) -> None:
    expiry = TODAY + dt.timedelta(days=days)

    found = decide(case_of(Need.ONLINE, Sector.COMMERCIAL, Tenant.OUTSIDE, expiry), facts)

    assert found.notes[0].key == note
    # Nothing in the answer or its sources speaks of what runs on, and what is gone is not transferred.
    said = [facts.sentence(found.rule, one, on=TODAY) for one in ("fr", "en")]
    said += [fact.fr + fact.en for fact in found.cites]
    assert not any("donnée n’est perdue" in text or "No data is lost" in text for text in said)
    assert ("transfer" in [step.code for step in found.steps]) == (note == "M_service_ended")


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


@pytest.mark.django_db
@pytest.mark.parametrize(("later", "action"), [(5, Action.ASK_BDM), (60, Action.ASK_BDM), (200, Action.ASK_BDM)])
def test_a_plan_whose_end_has_passed_since_is_planned_again(partner: Partner, later: int, action: str) -> None:
    customer = Customer.objects.create(partner=partner, name="Nord", key="nord", sector="commercial")
    end = TODAY + dt.timedelta(days=2)
    Line.objects.create(
        customer=customer, identity="1", product="SQL Server", family="sql_server", has_sa=True, quantity=5, row_no=2,
        end_on=end,
    )  # fmt: skip
    plans.make(partner=partner, customers=[customer.pk], today=TODAY, now=timezone.now())
    then = dt.datetime.combine(end + dt.timedelta(days=later), dt.time(9), tzinfo=dt.UTC)

    made = [plans.renew_outdated(then) for _ in range(2)]

    row = PlanLine.objects.get(plan__is_current=True)
    assert (made, row.action, row.act_on is None) == ([1, 0], action, later > 90)


@pytest.mark.django_db
def test_a_plan_of_yesterday_shows_no_day_that_has_passed(partner: Partner) -> None:
    customer = Customer.objects.create(partner=partner, name="Nord", key="nord", sector="commercial")
    Line.objects.create(
        customer=customer, identity="1", product="Office 365", family="office_365", online=True, quantity=5, row_no=2,
        end_on=dt.date(2027, 3, 31),
    )  # fmt: skip
    plans.make(partner=partner, customers=[customer.pk], today=TODAY, now=timezone.now())
    row = PlanLine.objects.get()

    for day in (dt.date(2027, 3, 19), dt.date(2027, 3, 27), dt.date(2027, 3, 31), dt.date(2027, 4, 1)):
        days = plan_presenters.plan_days(row, today=day)
        given = [one for one in (days.authorise_by, days.order_from, days.order_to, days.transfer_on) if one]
        assert [one for one in given if one < day] == []
        assert bool(given) == (day <= dt.date(2027, 3, 31))


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

    labels = [one["label"] for one in context["days"]]
    assert [one["label"] for one in context["answer"]["dates"]] == []
    assert any("annuler" in str(label) or "cancel" in str(label) for label in labels)
