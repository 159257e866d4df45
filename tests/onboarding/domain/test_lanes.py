"""Who is asked about a company, who is asked next, and what becomes of the word of each."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onboarding.domain.checks import recording, requeueing, routing, starting, writer
from onboarding.domain.checks.finding import CANNOT_TELL, Finding, Outcome
from onboarding.domain.kinds.subjects import CompanySubject
from onboarding.enums import Authority, CheckState, Kind
from onboarding.models import Check, Enrollment
from onboarding.work import checks as work
from portal.accounts.models import User
from portal.partners.models import Partner
from portal.work import kinds
from portal.work.claims import claim_due, database_now
from tests.builders import MARKETPLACE, NOW, check_of, fill, make_submitted

LEGAL = (Kind.LEGAL_ENTITY, Authority.PORTAL)
SAID = {"register": "VIES", "why": "withheld"}


@pytest.fixture(autouse=True)
def services(settings: Any) -> None:
    settings.RECHERCHE_ENTREPRISES_URL = settings.VIES_URL = settings.GLEIF_URL = "http://register.test"
    settings.DNB_URL = settings.CMP_KEY = ""


@pytest.mark.parametrize(
    ("country", "queues"),
    [
        ("FR", ("recherche_entreprises", "desk")),
        ("RE", ("recherche_entreprises", "desk")),
        ("BE", ("vies", "gleif", "desk")),
        ("GR", ("vies", "gleif", "desk")),
        ("GB", ("vies", "gleif", "desk")),  # VIES knows Northern Ireland's numbers
        ("MC", ("vies", "gleif", "desk")),
        ("CH", ("gleif", "desk")),
    ],
)
def test_lanes_of_a_country_in_their_order(country: str, queues: tuple[str, ...], settings: Any) -> None:
    assert routing.queues_of(*LEGAL, country) == queues

    settings.DNB_URL = "http://dnb.test"
    assert routing.queues_of(*LEGAL, country) == ("dun_bradstreet", *queues)


def test_lanes_of_one_country_can_be_chosen_and_what_has_no_address_is_left_out(settings: Any) -> None:
    settings.REGISTERS = {**settings.REGISTERS, "BE": ("gleif", "dun_bradstreet", "vies")}

    assert routing.queues_of(*LEGAL, "BE") == ("gleif", "vies", "desk")
    settings.GLEIF_URL = settings.VIES_URL = ""
    assert routing.queues_of(*LEGAL, "BE") == ("desk",)


def test_every_lane_has_a_connector_a_budget_and_a_pace(settings: Any) -> None:
    queues = {queue for country in ("FR", "BE", "JP") for queue in routing.queues_of(*LEGAL, country)} | {"marketplace"}

    assert queues - {"desk"} <= set(work.queues()) & set(kinds.rates())


def test_digest_of_a_company_without_a_number_is_what_it_was() -> None:
    """Else every company's check would start again with the release that looks at D-U-N-S numbers."""
    subject = CompanySubject("Exemple", "999000011", "1 rue des Essais", "75001", "Paris", "FR")

    assert repr(subject) == (
        "CompanySubject(legal_name='Exemple', registration_number='999000011', street='1 rue des Essais', "
        "postal_code='75001', city='Paris', country='FR')"
    )


# --- with rows ------------------------------------------------------------------------------------------------------


def belgian() -> Enrollment:
    """Submitted, its register check due since ``NOW``."""
    enrollment = make_submitted()
    Partner.objects.filter(pk=enrollment.partner_id).update(country="BE")
    enrollment = Enrollment.objects.get(pk=enrollment.pk)
    starting.follow_answers(enrollment, now=NOW, actor=None)
    return enrollment


def answer(queue: str, finding: Finding, *, now: dt.datetime = NOW) -> bool:
    [claim] = claim_due(Check, queue=queue, limit=1, now=now)
    return recording.record(claim=claim, finding=finding, now=now)


def cannot_tell(**said: str) -> Finding:
    return Finding(Outcome.UNDECIDED, NOW, reason=CANNOT_TELL, evidence={**SAID, **said})


def state_of(enrollment: Enrollment) -> tuple[str, str, str, Any]:
    check = check_of(enrollment, *LEGAL)
    return check.queue, check.state, check.reason, check.next_check_at


@pytest.mark.django_db
def test_who_cannot_tell_passes_the_question_on_at_once() -> None:
    enrollment = belgian()

    answer("vies", cannot_tell())

    assert state_of(enrollment) == ("gleif", CheckState.IN_PROGRESS, "looking", NOW)
    check = check_of(enrollment, *LEGAL)
    assert check.evidence == {"said": [{**SAID, "lane": "vies", "seen_at": NOW.isoformat()}]}
    assert (check.turn, check.attempt, check.errors, check.lease_until) == ("nobody", 0, 0, None)


@pytest.mark.django_db
def test_after_the_last_register_a_person_looks_and_sees_what_each_said() -> None:
    enrollment = belgian()

    answer("vies", cannot_tell())
    answer("gleif", cannot_tell(register="GLEIF"))

    assert state_of(enrollment) == ("desk", CheckState.IN_PROGRESS, "desk_must_look", None)
    check = check_of(enrollment, *LEGAL)
    assert [word["register"] for word in check.evidence["said"]] == ["VIES", "GLEIF"]
    assert check.turn == "ingram"
    assert enrollment.events.filter(kind="check_waiting", check_kind=Kind.LEGAL_ENTITY).count() == 1


@pytest.mark.django_db
def test_verdict_of_the_next_one_keeps_the_word_of_the_one_before() -> None:
    enrollment = belgian()
    answer("vies", cannot_tell())

    answer("gleif", Finding(Outcome.GOOD, NOW, evidence={"register": "GLEIF", "status": "active"}))

    check = check_of(enrollment, *LEGAL)
    assert (check.state, check.queue, check.evidence["status"]) == (CheckState.PASSED, "gleif", "active")
    assert [word["lane"] for word in check.evidence["said"]] == ["vies"]


@pytest.mark.django_db
def test_stale_worker_does_not_pass_the_question_on() -> None:
    enrollment = belgian()
    [claim] = claim_due(Check, queue="vies", limit=1, now=NOW)
    Check.objects.filter(pk=claim.pk).update(**writer.new_claim())

    assert recording.record(claim=claim, finding=cannot_tell(), now=NOW) is False
    assert state_of(enrollment)[0] == "vies"


@pytest.mark.django_db
def test_changed_answers_begin_with_the_first_register_again() -> None:
    enrollment = belgian()
    answer("vies", cannot_tell())
    answer("gleif", cannot_tell())

    company = {
        "legal_name": "VOORBEELD NV", "registration_number": "0999000030", "duns": "", "street": "Teststraat 12",
        "postal_code": "1000", "city": "Brussel", "website": "", "mail_domain": "exemple-informatique.example",
    }  # fmt: skip
    fill(enrollment, "company", company)

    check = check_of(enrollment, *LEGAL)
    assert (check.queue, check.reason, check.evidence) == ("vies", "looking", {})


@pytest.mark.django_db
def test_answers_that_pass_on_cost_as_many_queries_for_many_as_for_one() -> None:
    costs = []
    for count in (1, 3):
        for _ in range(count):
            belgian()
        held = claim_due(Check, queue="vies", limit=count, now=NOW)
        with CaptureQueriesContext(connection) as captured:
            recording.record_all([(claim, cannot_tell()) for claim in held], now=NOW)
        costs.append(len(captured))

    assert costs[0] == costs[1]


@pytest.mark.django_db
def test_lane_taken_out_of_the_settings_passes_its_checks_on(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    enrollment = belgian()
    settings.VIES_URL = ""
    monkeypatch.setattr(work, "queues", lambda: ("vies",))

    work.look_once()

    queue, state, reason, _due = state_of(enrollment)
    assert (queue, state, reason) == ("gleif", CheckState.IN_PROGRESS, "looking")
    assert check_of(enrollment, *LEGAL).evidence["said"][0]["why"] == "no_longer_asked"


@pytest.mark.django_db
def test_lane_that_no_version_knows_loses_nothing() -> None:
    known, unknown = belgian(), belgian()
    Partner.objects.filter(pk=unknown.partner_id).update(country="AQ")
    rows = Check.objects.filter(kind=Kind.LEGAL_ENTITY, authority=Authority.PORTAL)
    rows.update(queue="register")
    now = database_now()

    requeueing.leave_lost_queues(now)
    requeueing.leave_lost_queues(now)

    assert state_of(known) == ("vies", CheckState.IN_PROGRESS, "looking", now)
    assert state_of(unknown) == ("gleif", CheckState.IN_PROGRESS, "looking", now)


@pytest.mark.django_db
def test_lane_that_no_version_knows_goes_to_the_desk_where_there_is_no_other(settings: Any) -> None:
    settings.VIES_URL = settings.GLEIF_URL = ""
    enrollment = belgian()
    Check.objects.filter(queue="vies").update(queue="register")

    requeueing.leave_lost_queues(database_now())

    assert state_of(enrollment) == ("desk", CheckState.IN_PROGRESS, "desk_must_look", None)


@pytest.mark.django_db
def test_duns_is_looked_at_only_where_somebody_knows_it(settings: Any) -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, *LEGAL)
    today = NOW.date()

    assert routing.subject_of(check, checks={}, today=today).duns == ""
    settings.DNB_URL = "http://dnb.test"
    assert routing.subject_of(check, checks={}, today=today).duns == "150483782"


@pytest.mark.django_db
def test_marketplace_is_asked_where_there_is_a_key_else_a_person(settings: Any) -> None:
    by_hand = fill(make_submitted(), "marketplace", MARKETPLACE)
    settings.CMP_KEY = "made-up"
    by_api = fill(make_submitted(), "marketplace", MARKETPLACE)

    pair = (Kind.MARKETPLACE, Authority.INGRAM)
    assert [check_of(file, *pair).reason for file in (by_hand, by_api)] == ["desk_must_look", "looking"]
    check = check_of(by_api, *pair)
    assert (check.queue, routing.subject_for_look(check, now=NOW).region) == ("marketplace", "eu")


# --- on the page ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_page_tells_who_was_asked_and_why_he_could_not_tell() -> None:
    enrollment = belgian()
    seen = {"field": "name", "typed": "Wolken", "seen": "WOLKEN NV", "zone": "different", "score": 60.0}
    answer("vies", cannot_tell())
    answer("gleif", cannot_tell(register="GLEIF", why="not_sure", fields=[seen]))
    owner, client = enrollment.created_by, Client()
    User.objects.filter(pk=owner.pk).update(language="en-gb")
    client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")

    page = client.get(enrollment.get_absolute_url()).content.decode()

    assert "VIES (European Commission)</strong> withholds the name or the address" in page
    assert "GLEIF</strong> has a company of this name at another place" in page
    assert "WOLKEN" in page
