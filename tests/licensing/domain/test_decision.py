"""The decision aid: the whole table, cell by cell, and what must hold whatever is asked."""

import datetime as dt
import itertools
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from licensing.domain import checklist, editions, transfer
from licensing.domain.decision import RULES, Decision, asks, decide
from licensing.domain.facts import DatedFact, Facts
from licensing.domain.families import Families
from licensing.domain.timing import Phase
from licensing.domain.world import OPEN_CLOSED, OTHER, Case
from licensing.enums import Kind, Need, Outcome, Programme, RunsOn, Sector, Status, Tenant, Transaction

FACTS = Facts(editions.read_files(), edition=1)
# A day in the middle of each period; the borders are tested below.
PERIODS = {"B": dt.date(2020, 10, 15), "C": dt.date(2021, 4, 15), "D": dt.date(2021, 9, 15), "E": dt.date(2026, 11, 23)}
PRODUCTS = {"general": "windows_server", "late": "ggwa", "excluded": "system_center", "new_sku": "new_since_july_2021"}

# The table unrolled by hand from [guide] parts 1 and 3: need, product -> sector -> the four periods.
EXPECTED = {
    (Need.NO_SA, "general"): {
        "commercial": "ask csp csp csp", "education": "open open csp csp", "government": "open open ask ask",
    },
    (Need.NO_SA, "late"): {
        "commercial": "open open csp csp", "education": "open open csp csp", "government": "open open ask ask",
    },
    (Need.NO_SA, "excluded"): dict.fromkeys(("commercial", "education", "government"), "open open open ov"),
    (Need.NO_SA, "new_sku"): {"commercial": "- - csp csp", "education": "- - csp csp", "government": "- - ask ask"},
    **{
        (need, product): {
            "commercial": "ov ov ov ov" if product != "new_sku" else "- - ov ov",
            "education": "open open ov ov" if product != "new_sku" else "- - ov ov",
            "government": "ov ov ov ov" if product != "new_sku" else "- - ov ov",
        }
        for need in (Need.WITH_SA, Need.SA_RENEWAL)
        for product in PRODUCTS
    },
    (Need.ONLINE, ""): {
        "commercial": "online online online online", "education": "online online online online",
        "government": "ask ask ask ask",
    },
    (Need.TOKEN, ""): dict.fromkeys(("commercial", "education", "government"), "token token token token"),
}  # fmt: skip
WORDS = {
    "ask": Outcome.ASK_BDM, "csp": Outcome.CSP_PERPETUAL, "open": Outcome.OPEN_LICENSE, "ov": Outcome.OPEN_VALUE,
    "online": Outcome.CSP_ONLINE, "token": Outcome.ACTIVATE_TOKEN,
}  # fmt: skip


def cells() -> list[tuple[Case, Outcome]]:
    found = []
    for (need, product), by_sector in EXPECTED.items():
        for sector in Sector:
            words = by_sector["education" if sector == Sector.NONPROFIT else sector].split()
            for (_name, on), word in zip(PERIODS.items(), words, strict=True):
                if word == "-":
                    continue
                case = Case(
                    need=need, transaction=Transaction.NEW, sector=sector, product=PRODUCTS.get(product), order_on=on,
                    token_bought_on=min(on, dt.date(2021, 12, 15)) if need == Need.TOKEN else None, quantity=10,
                    runs_on=RunsOn.OWN,
                )  # fmt: skip
                found.append((case, WORDS[word]))
    return found


def test_the_table_answers_each_of_the_200_cells_as_the_page_says() -> None:
    table = cells()

    wrong = [(case, decide(case, FACTS).outcome) for case, word in table if decide(case, FACTS).outcome != word]

    assert len(table) == 200
    assert wrong == []


def test_a_product_that_csp_does_not_sell_leads_to_open_value_and_the_contact() -> None:
    found = decide(a_case(product="system_center"), FACTS)

    assert (found.outcome, found.status, found.rule) == (Outcome.OPEN_VALUE, Status.ASK_BDM, "R08")


@pytest.mark.parametrize(
    ("day", "rule"),
    [
        (dt.date(2020, 6, 30), "R13"),
        (dt.date(2020, 7, 1), "R14"),
        (dt.date(2021, 1, 18), "R14"),
        (dt.date(2021, 1, 19), "R15"),
        (dt.date(2022, 1, 1), "R15"),
    ],
)
def test_commercial_licences_change_on_these_days(day: dt.date, rule: str) -> None:
    assert decide(a_case(order_on=day), FACTS).rule == rule


def test_a_perpetual_licence_is_kept() -> None:
    for transaction in (Transaction.RENEWAL, Transaction.TRANSFER):
        found = decide(Case(need=Need.NO_SA, transaction=transaction, order_on=TODAY), FACTS)
        assert (found.outcome, found.rule) == (Outcome.KEEP, "R03")


@pytest.mark.parametrize(
    ("bought", "rule"),
    [(dt.date(2021, 12, 31), "R01"), (dt.date(2021, 11, 22), "R02"), (dt.date(2015, 1, 1), "R05")],
)
def test_a_token_is_activated_asked_about_or_lost(bought: dt.date, rule: str) -> None:
    on = dt.date(2026, 11, 23) if rule != "R05" else dt.date(2027, 1, 1)
    case = Case(need=Need.TOKEN, token_bought_on=bought, sector=Sector.COMMERCIAL, order_on=on)

    assert decide(case, FACTS).rule == rule


def test_one_is_asked_only_what_the_table_needs() -> None:
    def questions(**answers: object) -> list[str]:
        full = Case(
            transaction=Transaction.NEW, sector=Sector.COMMERCIAL, product="office", order_on=TODAY, quantity=3,
            starts_asked=True, token_bought_on=TODAY,
        )  # fmt: skip
        return asks(replace(full, **answers), FACTS)  # type: ignore[arg-type]

    assert questions(need=Need.TOKEN) == ["need", "token_bought_on"]
    assert questions(need=Need.NO_SA, transaction=Transaction.RENEWAL) == ["need", "transaction"]
    assert questions(need=Need.ONLINE) == ["need", "sector"]
    assert questions(need=Need.NO_SA) == ["need", "transaction", "product", "sector"]
    assert questions(need=Need.WITH_SA) == ["need", "sector", "quantity", "starts"]
    assert questions(need=Need.WITH_SA, quantity=5) == ["need", "sector", "quantity"]


def test_the_time_to_cancel_is_the_one_of_the_day() -> None:
    def days(on: dt.date) -> list[int | None]:
        found = decide(Case(need=Need.ONLINE, sector=Sector.COMMERCIAL, order_on=on), FACTS)
        return [note.days for note in found.notes if note.key.startswith("M_online_cancel")]

    assert [days(dt.date(2021, 9, 1)), days(dt.date(2022, 2, 1)), days(TODAY)] == [[None], [3], [7]]


@pytest.mark.parametrize("sector", Sector)
@pytest.mark.parametrize("product", ["exchange_server", "sharepoint_server"])
def test_what_no_licence_alone_covers_is_not_decided_as_one(product: str, sector: Sector) -> None:
    found = decide(a_case(product=product, sector=sector), FACTS)

    assert (found.outcome, found.status, found.rule) == (Outcome.OPEN_VALUE, Status.WITH_CONDITIONS, "R18")
    assert found.notes[0].key == "M_needs_sa"
    assert {fact.source.code for fact in found.notes[0].cites} <= {"TCEX", "SPSE"}
    [perpetual] = [one for one in found.others if one.programme == Programme.CSP_PERPETUAL]
    assert (perpetual.key, perpetual.possible) == ("N_needs_sa", False)


@pytest.mark.parametrize("product", ["sql_server", "windows_server"])
@pytest.mark.parametrize(
    ("runs_on", "outcome", "status", "note"),
    [
        (RunsOn.OWN, Outcome.CSP_PERPETUAL, Status.DECIDED, "M_own_servers"),
        (RunsOn.UNKNOWN, Outcome.CSP_PERPETUAL, Status.WITH_CONDITIONS, "M_where_unknown"),
        (RunsOn.ELSEWHERE, Outcome.OPEN_VALUE, Status.WITH_CONDITIONS, "M_needs_sa"),
    ],
)
def test_where_server_software_runs_decides(
    product: str, runs_on: RunsOn, outcome: Outcome, status: Status, note: str
) -> None:
    found = decide(a_case(product=product, runs_on=runs_on, ready=True), FACTS)

    assert (found.outcome, found.status, found.notes[0].key) == (outcome, status, note)
    assert decide(a_case(product=product), FACTS).question == "runs_on"
    # Before the rule was made nobody is asked.
    assert decide(a_case(product=product, order_on=dt.date(2021, 9, 1)), FACTS).rule == "R15"


@pytest.mark.parametrize("sector", Sector)
def test_an_unknown_product_is_nothing_that_we_decide(sector: Sector) -> None:
    alone, with_sa = (decide(a_case(need=n, product="other", sector=sector), FACTS) for n in (Need.NO_SA, Need.WITH_SA))

    assert (alone.outcome, alone.status, alone.rule) == (Outcome.ASK_BDM, Status.ASK_BDM, "R20")
    # Software Assurance is Microsoft's own, and Open Value sells it for all products.
    assert (with_sa.outcome, with_sa.status) == (Outcome.OPEN_VALUE, Status.WITH_CONDITIONS)


@pytest.mark.parametrize("need", [Need.NO_SA, Need.WITH_SA, Need.SA_RENEWAL, Need.ONLINE])
@pytest.mark.parametrize("transaction", Transaction)
def test_software_of_another_maker_is_none_of_our_business(need: Need, transaction: Transaction) -> None:
    found = decide(a_case(need=need, transaction=transaction, product="other_maker"), FACTS)

    assert (found.outcome, found.rule) == (Outcome.ASK_BDM, "R22")
    assert {one.possible for one in found.others} == {False}


@pytest.mark.parametrize(
    ("written", "family"),
    [
        ("Adobe Photoshop CC", "other_maker"), ("VMware vSphere 7 Standard", "other_maker"),
        ("Acronis Backup for Windows Server", "other_maker"), ("Kaspersky for Exchange Server", "other_maker"),
        ("SAP Business One, SQL Server edition", "other_maker"), ("Logiciel Maison 2.0", ""),
        ("SharePoint Server 2019 Std CAL", "sharepoint_server"), ("SQL Server 2022 Standard Core", "sql_server"),
        ("BizTalk Server 2020", "biztalk_server"),
    ],
)  # fmt: skip
def test_a_name_that_holds_a_product_of_microsofts_is_not_microsofts(written: str, family: str) -> None:
    assert Families(FACTS).find(written) == (family, False)


@pytest.mark.parametrize("bought", [dt.date(2022, 1, 1), dt.date(2024, 6, 30), dt.date(2026, 11, 24)])
def test_a_token_that_open_license_cannot_have_sold_is_a_question_for_a_person(bought: dt.date) -> None:
    found = decide(Case(need=Need.TOKEN, token_bought_on=bought, sector=Sector.COMMERCIAL, order_on=TODAY), FACTS)

    assert (found.outcome, found.rule, found.dates) == (Outcome.ASK_BDM, "R21", ())


@pytest.mark.parametrize("sector", Sector)
def test_open_value_is_possible_for_online_services_as_our_own_table_says(sector: Sector) -> None:
    found = decide(a_case(need=Need.ONLINE, sector=sector), FACTS)

    [value] = [one for one in found.others if one.programme == Programme.OPEN_VALUE]
    assert (value.key, value.possible) == ("N_open_value_online", True)
    assert "OSA" in {fact.source.code for fact in value.cites}


@pytest.mark.parametrize(
    ("sector", "on", "days"),
    [
        (Sector.COMMERCIAL, dt.date(2022, 1, 11), 3),
        (Sector.EDUCATION, dt.date(2022, 1, 11), None),
        (Sector.NONPROFIT, dt.date(2023, 12, 1), None),
        (Sector.EDUCATION, dt.date(2024, 5, 1), 7),
        (Sector.NONPROFIT, dt.date(2026, 11, 23), 7),
    ],
)
def test_the_time_to_cancel_is_the_one_of_the_sector(sector: Sector, on: dt.date, days: int | None) -> None:
    found = decide(a_case(need=Need.ONLINE, sector=sector, order_on=on), FACTS)

    [note] = [one for one in found.notes if one.key.startswith("M_online_cancel")]
    assert note.days == days
    assert note.cites
    assert [day for _deadline, day in found.dates] == ([on + dt.timedelta(days=days - 1)] if days else [])


# What an event of the calendar tells without deciding anything that the aid answers.
TELLS_ONLY = {
    "open_end_announced", "open_end_announced_public", "nce_only", "nce_public", "download_5_days", "vlsc_closed",
    "sql_mobility",
}  # fmt: skip


@pytest.mark.parametrize("event", FACTS.of(Kind.EVENT), ids=lambda fact: fact.key)
def test_each_date_of_the_calendar_changes_an_answer_or_only_tells(event: DatedFact) -> None:
    """The rules read the dates that the calendar shows: an answer differs from the day before."""
    assert event.start
    eve = event.start - dt.timedelta(days=1)

    changes = [
        case
        for need, sector, product in itertools.product(Need, Sector, [*FAMILIES, OTHER])
        for case in [a_case(need=need, sector=sector, product=product, runs_on=RunsOn.ELSEWHERE, token_bought_on=eve)]
        if _answer(replace(case, order_on=eve)) != _answer(replace(case, order_on=event.start))
    ]

    assert bool(changes) != (event.key in TELLS_ONLY)


def _answer(case: Case) -> tuple[object, ...]:
    found = decide(case, FACTS)
    cancels = [(note.key, note.days) for note in found.notes if "cancel" in note.key or "return" in note.key]
    return found.outcome, found.status, found.rule, cancels, [(one.key, one.possible) for one in found.others]


def test_each_border_of_a_rule_is_a_date_of_the_calendar() -> None:
    told = {fact.start for fact in FACTS.of(Kind.EVENT)}

    borders = {
        (fact.kind, fact.key, day)
        for fact in FACTS.every
        if fact.kind in (Kind.SECTOR, Kind.PRODUCT, Kind.NUMBER, Kind.CELL, Kind.PROGRAMME)
        for day in (fact.start, fact.end)
        if day and day not in told
    }

    assert borders == set()


# --- what must hold whatever is asked ---------------------------------------------------------------------------
TODAY = dt.date(2026, 11, 23)
FAMILIES = [fact.key for fact in FACTS.of(Kind.FAMILY)]
EXCLUDED = {"d365_operations_server", "system_center", "azure_devops_server"}
days = st.dates(dt.date(2000, 3, 1), dt.date(2100, 12, 31))
maybe = lambda one: st.none() | one  # noqa: E731
cases = st.builds(
    Case,
    need=st.sampled_from(Need), transaction=st.sampled_from(Transaction), sector=st.sampled_from(Sector),
    product=st.sampled_from(FAMILIES), order_on=days, token_bought_on=days, quantity=st.integers(1, 10**9),
    starts=maybe(st.booleans()), starts_asked=st.just(True), ready=maybe(st.booleans()),
    imonline=maybe(st.booleans()), tenant=st.sampled_from(Tenant), runs_on=st.sampled_from(RunsOn),
)  # fmt: skip
partial = st.builds(
    Case,
    need=maybe(st.sampled_from(Need)), transaction=maybe(st.sampled_from(Transaction)),
    sector=maybe(st.sampled_from(Sector)), product=maybe(st.sampled_from(FAMILIES) | st.text(max_size=20)),
    order_on=maybe(days), token_bought_on=maybe(days), quantity=maybe(st.integers(-10, 10**9)),
    starts=maybe(st.booleans()), starts_asked=st.booleans(), ready=maybe(st.booleans()),
)  # fmt: skip
always = settings(max_examples=50, deadline=None)


def a_case(**answers: object) -> Case:
    usual = Case(
        need=Need.NO_SA, transaction=Transaction.NEW, sector=Sector.COMMERCIAL, product="office", order_on=TODAY,
        quantity=10,
    )  # fmt: skip
    return replace(usual, **answers)  # type: ignore[arg-type]


def possible(found: Decision) -> set[str]:
    return {other.programme for other in found.others if other.possible} | {str(found.outcome)}


@always
@given(cases)
def test_1_open_license_is_over(case: Case) -> None:
    found = decide(case, FACTS)
    if case.order_on and case.order_on >= OPEN_CLOSED:
        assert found.outcome != Outcome.OPEN_LICENSE
        assert Programme.OPEN_LICENSE not in possible(found)


@always
@given(cases)
def test_2_software_assurance_never_leads_to_csp(case: Case) -> None:
    if case.need in (Need.WITH_SA, Need.SA_RENEWAL):
        assert decide(case, FACTS).outcome not in (Outcome.CSP_PERPETUAL, Outcome.CSP_ONLINE)


@always
@given(cases, st.sampled_from(sorted(EXCLUDED)))
def test_3_what_csp_does_not_sell_is_never_recommended_there(case: Case, product: str) -> None:
    if case.need != Need.ONLINE:
        assert decide(replace(case, product=product), FACTS).outcome != Outcome.CSP_PERPETUAL


@always
@given(cases)
def test_4_government_in_csp_is_never_simply_decided(case: Case) -> None:
    found = decide(replace(case, sector=Sector.GOVERNMENT), FACTS)
    if found.outcome in (Outcome.CSP_ONLINE, Outcome.CSP_PERPETUAL):
        assert found.status != Status.DECIDED


@always
@given(partial)
@example(Case(need=Need.NO_SA, transaction=Transaction.NEW, product="system_center", order_on=dt.date(2000, 3, 1)))
def test_5_every_case_has_one_outcome_and_the_unknown_is_asked(case: Case) -> None:
    found = decide(case, FACTS)

    assert isinstance(found.outcome, Outcome)
    assert (found.outcome == Outcome.ASK) == bool(found.question)
    if case.need is None or case.order_on is None:
        assert found.outcome == Outcome.ASK
    if found.question:
        assert getattr(case, found.question) is None


@always
@given(cases)
def test_6_the_same_question_has_the_same_answer(case: Case) -> None:
    again = Facts(reversed(FACTS.every), edition=1)

    assert decide(case, FACTS) == decide(case, FACTS)
    assert decide(case, again) == decide(case, FACTS)


@always
@given(days, st.sampled_from(["FR", "BE", "GB", "AE", "ZZ"]))
def test_7_the_days_of_a_transfer_are_in_order(expiry: dt.date, country: str) -> None:
    found = transfer.dates(expiry, country=country)

    assert found.transfer_on == expiry - dt.timedelta(days=1)
    assert found.authorise_by <= found.order_from <= found.order_to <= found.transfer_on < expiry


@pytest.mark.parametrize(
    ("leads", "days", "overlap"),
    [
        (transfer.Leads(), (19, 26, 29, 30), (2, 5)),
        (transfer.Leads(request=1, order_min=1, order_max=10, authorise=2), (18, 21, 30, 30), (1, 10)),
        # Asked for earlier than ordered by its own lead: the order comes no later than the transfer.
        (transfer.Leads(request=5, order_min=2, order_max=7, authorise=1), (23, 24, 26, 26), (5, 7)),
        (transfer.Leads(request=6, order_min=2, order_max=4, authorise=0), (25, 25, 25, 25), (6, 6)),
    ],
)
def test_leads_move_the_days_and_what_is_paid_twice(
    leads: transfer.Leads, days: tuple[int, ...], overlap: tuple[int, int]
) -> None:
    found = transfer.dates(dt.date(2027, 3, 31), country="FR", leads=leads)

    counted = (found.authorise_by, found.order_from, found.order_to, found.transfer_on)
    assert tuple(day.day for day in counted) == days
    assert (found.overlap_min, found.overlap_max) == overlap


def test_leads_are_the_ones_of_the_facts() -> None:
    amounts = {"transfer.request_lead": 3, "transfer.order_lead_min": 4, "transfer.order_lead_max": 9}
    amounts["transfer.authorise_lead"] = 7
    changed = [replace(one, value={"amount": amounts[one.key]}) for one in FACTS.every if one.key in amounts]

    found = transfer.leads(Facts(changed), on=TODAY)

    assert found == transfer.Leads(request=3, order_min=4, order_max=9, authorise=7)
    assert transfer.leads(Facts([]), on=TODAY) == transfer.Leads(request=1, order_min=2, order_max=5, authorise=5)


@pytest.mark.parametrize(
    ("expiry", "rather_on", "more"),
    [
        (dt.date(2027, 3, 31), None, 0),  # asked for on a Tuesday
        (dt.date(2027, 3, 30), dt.date(2027, 3, 26), 3),  # on Easter Monday
        (dt.date(2027, 3, 29), dt.date(2027, 3, 26), 2),  # on Easter Sunday
    ],
)
def test_a_transfer_on_a_day_off_has_a_working_day_before_it(
    expiry: dt.date, rather_on: dt.date | None, more: int
) -> None:
    found = transfer.dates(expiry, country="FR")

    assert (found.rather_on, found.rather_overlap) == (rather_on, more)


@always
@given(cases, st.integers(1, 10**9))
def test_8_quantity_changes_conditions_only(case: Case, quantity: int) -> None:
    one, other = decide(case, FACTS), decide(replace(case, quantity=quantity), FACTS)

    assert one.outcome == other.outcome
    if decide(replace(case, quantity=1), FACTS).outcome in (Outcome.CSP_ONLINE, Outcome.CSP_PERPETUAL):
        assert one.blocked == other.blocked


@always
@given(cases, days, days)
def test_9_an_answer_never_moves_back_to_open_license(case: Case, one: dt.date, other: dt.date) -> None:
    early, late = sorted([one, other])
    before, after = decide(replace(case, order_on=early), FACTS), decide(replace(case, order_on=late), FACTS)

    if before.outcome != Outcome.OPEN_LICENSE and before.outcome != Outcome.ACTIVATE_TOKEN:
        assert after.outcome != Outcome.OPEN_LICENSE


@always
@given(cases)
def test_r26_a_country_that_nobody_covers_adds_a_condition_and_changes_no_programme(case: Case) -> None:
    covered, alone, unknown = (decide(replace(case, covered=state), FACTS) for state in (True, False, None))

    assert (covered.outcome, covered.rule, covered.notes) == (unknown.outcome, unknown.rule, unknown.notes)
    assert (alone.outcome, alone.rule) == (covered.outcome, covered.rule)
    added = [note.key for note in alone.notes if note not in covered.notes]
    assert added == (["M_not_covered"] if covered.outcome.value in Programme.values else [])


@always
@given(cases)
def test_10_readiness_changes_only_what_blocks(case: Case) -> None:
    ready, not_ready = (decide(replace(case, ready=state), FACTS) for state in (True, False))

    assert (ready.outcome, ready.rule) == (not_ready.outcome, not_ready.rule)
    assert ready.blocked == ()


@always
@given(cases, st.sampled_from(Tenant), maybe(st.booleans()))
def test_tenant_and_accounts_change_the_way_and_never_the_answer(
    case: Case, tenant: Tenant, imonline: bool | None
) -> None:
    one, other = decide(case, FACTS), decide(replace(case, tenant=tenant, imonline=imonline), FACTS)

    assert (one.outcome, one.rule, one.blocked, one.others) == (other.outcome, other.rule, other.blocked, other.others)
    assert (other.scenario, bool(other.steps)) == (
        (checklist.scenario(tenant), True) if other.outcome == Outcome.CSP_ONLINE else (0, False)
    )


@pytest.mark.parametrize(
    ("tenant", "scenario", "codes"),
    [
        (Tenant.NONE, 1, "create mca order gdap check"),
        (Tenant.OURS, 1, "mca order gdap check"),
        (Tenant.OUTSIDE, 2, "authorise mca tenant domain order transfer gdap check"),
        (Tenant.UNKNOWN, 2, "authorise mca tenant domain order transfer gdap check"),
        (Tenant.OTHER_PARTNER, 2, "other_partner authorise mca tenant domain order transfer gdap check"),
    ],
)
def test_the_tenant_chooses_the_scenario_and_its_steps(tenant: Tenant, scenario: int, codes: str) -> None:
    found = decide(a_case(need=Need.ONLINE, tenant=tenant), FACTS)

    assert (found.scenario, " ".join(step.code for step in found.steps)) == (scenario, codes)
    # Another partner's subscriptions are a condition of the answer.
    assert ("M_other_partner" in [note.key for note in found.notes]) == (tenant == Tenant.OTHER_PARTNER)


def test_open_value_is_ordered_in_imonline_whoever_is_ready_in_csp() -> None:
    def notes(imonline: bool | None) -> list[tuple[str, str]]:
        found = decide(a_case(need=Need.WITH_SA, ready=False, imonline=imonline), FACTS)
        return [(note.key, note.level) for note in found.notes if "imonline" in note.key or note.level == "blocked"]

    assert notes(None) == notes(True) == [("M_imonline", "warning")]
    assert notes(False) == [("M_no_imonline", "condition")]


@always
@given(cases)
def test_11_open_value_stays_possible_with_and_without_assurance(case: Case) -> None:
    new = replace(case, transaction=Transaction.NEW)
    without, with_sa = (decide(replace(new, need=need), FACTS) for need in (Need.NO_SA, Need.WITH_SA))

    assert (Programme.OPEN_VALUE in possible(without)) == (Programme.OPEN_VALUE in possible(with_sa))


@always
@given(cases)
def test_12_every_answer_has_its_sources_and_its_words(case: Case) -> None:
    found = decide(case, FACTS)

    assert found.cites
    assert all(fact.holds(case.order_on) for fact in found.cites if case.order_on)
    keys = [found.rule, *(note.key for note in found.notes), *(other.key for other in found.others)]
    assert [
        key for key, language in itertools.product(keys, ("fr", "en")) if not FACTS.sentence(key, language, on=TODAY)
    ] == []


@always
@given(st.sampled_from(Programme), days, st.integers(0, 100), st.integers(0, 100), st.booleans())
def test_13_a_return_is_worth_less_the_later_it_comes(
    programme: Programme, ordered_on: dt.date, one: int, other: int, whole: bool
) -> None:
    early, late = sorted([one, other])

    def credit(after: int) -> bool:
        returned_on = ordered_on + dt.timedelta(days=after)
        return transfer.gives_credit(programme, FACTS, ordered_on=ordered_on, returned_on=returned_on, whole=whole)

    assert credit(early) >= credit(late)
    if not whole or programme == Programme.OPEN_VALUE:
        assert not credit(early)


def test_every_rule_is_reached() -> None:
    reached = {decide(case, FACTS).rule for case, _ in cells()} | {
        decide(a_case(order_on=dt.date(2020, 1, 1)), FACTS).rule,
        decide(a_case(transaction=Transaction.RENEWAL), FACTS).rule,
        decide(Case(need=Need.TOKEN, token_bought_on=dt.date(2021, 11, 22), order_on=TODAY), FACTS).rule,
        *(
            decide(a_case(need=need, ended=ended), FACTS).rule
            for need in (Need.SA_RENEWAL, Need.ONLINE)
            for ended in Phase
        ),
        *(decide(a_case(product=name), FACTS).rule for name in ("exchange_server", "other", "other_maker")),
        decide(a_case(product="sql_server", runs_on=RunsOn.ELSEWHERE), FACTS).rule,
        decide(Case(need=Need.TOKEN, token_bought_on=dt.date(2022, 1, 1), order_on=TODAY), FACTS).rule,
    }

    # R99 answers only where an edition's facts leave a hole.
    assert {rule.number for rule in RULES} - reached == {"R99"}


def test_a_hole_in_the_facts_leads_to_the_contact_and_not_to_open_license() -> None:
    holed = Facts([fact for fact in FACTS.every if fact.kind != Kind.SECTOR], edition=1)

    assert decide(a_case(need=Need.WITH_SA), holed).outcome == Outcome.ASK_BDM


def test_readings_of_one_thing_never_overlap_but_in_a_conflict() -> None:
    for fact in FACTS.every:
        assert fact.rank == 0 or fact.conflict


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_fact_says_where_it_comes_from(language: str) -> None:
    assert [fact for fact in FACTS.every if not fact.citation(language)] == []
    assert {fact.conflict for fact in FACTS.every if fact.conflict} <= {f.key for f in FACTS.of(Kind.CONFLICT)}
