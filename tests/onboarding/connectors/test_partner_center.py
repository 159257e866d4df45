"""Partner Center's client against its twin, over real HTTP."""

import datetime as dt
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from onboarding.connectors import partner_center_lists, partner_center_tokens
from onboarding.connectors.base import PermanentError, QueueRefusedError, TemporaryError
from onboarding.connectors.partner_center import Agreement, Location, MpnProfile, Relationship
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.kinds.subjects import AgreementSubject, MpnSubject, RelationshipSubject
from onboarding.sandbox.servers import Sandbox
from tests.onboarding.connectors.conftest import NOW

pytestmark = pytest.mark.django_db

TENANT = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
Sim = Callable[..., Any]


def profile(mpn_id: str = "1234567", name: str = "Nuages d'Exemple") -> Finding:
    return MpnProfile().look(MpnSubject(mpn_id, name), now=NOW)


def location(mpn_id: str = "1234567") -> Finding:
    return Location().look(AgreementSubject(mpn_id, "EU"), now=NOW)


def agreement(mpn_id: str = "1234567") -> Finding:
    return Agreement().look(AgreementSubject(mpn_id, "EU"), now=NOW)


def relationship(mpn_id: str = "1234567", tenant: str = TENANT, country: str = "FR") -> Finding:
    return Relationship().look(RelationshipSubject(mpn_id, tenant, country, "EU"), now=NOW)


def said(finding: Finding) -> Finding:
    """Without the ids of the question, which are others each time."""
    ids = ("correlation_id", "request_id")
    return replace(finding, evidence={k: v for k, v in finding.evidence.items() if k not in ids})


def brief(finding: Finding) -> tuple[Outcome, str]:
    return finding.outcome, finding.reason


def enrol(sim: Sim, mpn_id: str = "1234567", *, until: str = "accept_link", **facts: str) -> None:
    """Play the reseller up to one of the deeds."""
    for do in ("enrol", "sign_agreement", "accept_link"):
        if do == "sign_agreement":
            sim("POST", "clock", advance_hours=24 * 130)
        sim("POST", "resellers", mpn_id=mpn_id, do=do, **facts)
        if do == until:
            return


def test_mpn_profile_tells_the_partner_name_beside_the_typed_one(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "resellers", mpn_id="1234567", name="NUAGES D'EXEMPLE SAS")

    found = profile()

    assert said(found) == Finding(
        Outcome.GOOD,
        NOW,
        evidence={"mpn_id": "1234567", "partner_name": "NUAGES D'EXEMPLE SAS", "name_zone": "same"},
    )


def test_ids_of_the_question_are_kept_for_microsofts_support(sandbox: Sandbox) -> None:
    for found in (profile(), location(), agreement()):
        assert len(found.evidence["correlation_id"]) == len(found.evidence["request_id"]) == 36


@pytest.mark.parametrize("theirs", ["VOISIN D'EXEMPLE", "Brumes et Vallées SARL", "Nuages Ailleurs Conseil"])
def test_id_of_another_company_is_a_question(sandbox: Sandbox, sim: Sim, theirs: str) -> None:
    sim("POST", "resellers", mpn_id="1234567", name=theirs)

    found = profile(name="Tout autre chose")
    place = Location().look(AgreementSubject("1234567", "EU", "Tout autre chose"), now=NOW)

    assert (brief(found), brief(place)) == ((Outcome.BAD, "mpn_of_another"), (Outcome.BAD, "location_of_another"))
    for one in (found, place):
        assert (one.evidence["partner_name"], one.evidence["company_name"]) == (theirs, "Tout autre chose")


@pytest.mark.parametrize("theirs", ["TOUTE AUTRE CHOSE", "Tout autres choses SAS", "Tout, autre chose (SARL)"])
def test_id_under_a_like_name_passes_and_shows_both(sandbox: Sandbox, sim: Sim, theirs: str) -> None:
    sim("POST", "resellers", mpn_id="1234567", name=theirs)

    found = profile(name="Tout autre chose")
    place = Location().look(AgreementSubject("1234567", "EU", "Tout autre chose"), now=NOW)

    assert (brief(found), brief(place)) == ((Outcome.GOOD, ""), (Outcome.GOOD, ""))
    assert found.evidence["partner_name"] == theirs


@pytest.mark.parametrize("mpn_id", ["1234404", "1234", "123456789"])
def test_mpn_profile_says_unknown(sandbox: Sandbox, mpn_id: str) -> None:
    assert brief(profile(mpn_id)) == (Outcome.BAD, "mpn_unknown")


@pytest.mark.parametrize("kind", ["pascal_case", "code_as_string"])
@pytest.mark.parametrize("mpn_id", ["1234567", "1234404"])
def test_answers_are_read_however_they_are_spelled(sandbox: Sandbox, sim: Sim, kind: str, mpn_id: str) -> None:
    plain = profile(mpn_id)
    sim("POST", "faults", service="partner_center", kind=kind, times=1)

    assert said(profile(mpn_id)) == said(plain)


def test_mpn_profile_bears_a_missing_name(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "faults", service="partner_center", kind="missing_fields", times=1)

    assert said(profile()).evidence == {"mpn_id": "1234567", "partner_name": "", "name_zone": ""}


@pytest.mark.parametrize(
    ("mpn_id", "outcome", "reason"),
    [
        ("1234404", Outcome.BAD, "location_unknown"),
        ("1234599", Outcome.BAD, "location_unknown"),
        ("1234974", Outcome.BAD, "region_differs"),
        ("1234567", Outcome.GOOD, ""),
    ],
)
def test_location_says_what_kind_of_id_it_is(sandbox: Sandbox, mpn_id: str, outcome: Outcome, reason: str) -> None:
    assert brief(location(mpn_id)) == (outcome, reason)


def test_location_and_agreement_follow_the_reseller_up_the_ladder(sandbox: Sandbox, sim: Sim) -> None:
    seen = []
    for until in ("", "enrol", "sign_agreement"):
        if until == "enrol":
            enrol(sim, until="enrol")
        if until == "sign_agreement":
            sim("POST", "clock", advance_hours=24 * 130)
            sim("POST", "resellers", mpn_id="1234567", do="sign_agreement")
        seen.append((location().evidence["agreement"], *brief(agreement())))

    assert seen == [
        ("not_enrolled", Outcome.UNDECIDED, "not_enrolled_yet"),
        ("unsigned", Outcome.BAD, "agreement_unsigned"),
        ("signed", Outcome.GOOD, ""),
    ]


@pytest.mark.parametrize(("mpn_id", "reason"), [("1234404", "location_unknown"), ("1234974", "region_differs")])
def test_agreement_says_when_the_id_is_no_location_of_ours(sandbox: Sandbox, mpn_id: str, reason: str) -> None:
    assert brief(agreement(mpn_id)) == (Outcome.BAD, reason)


def test_relationship_waits_for_the_reseller_to_accept(sandbox: Sandbox, sim: Sim) -> None:
    enrol(sim, until="sign_agreement", tenant=TENANT)
    before = relationship()

    sim("POST", "resellers", mpn_id="1234567", do="accept_link")

    assert brief(before) == (Outcome.UNDECIDED, "not_accepted_yet")
    assert relationship() == Finding(
        Outcome.GOOD,
        NOW,
        evidence={
            "compared_by": ["tenant", "mpn_id", "country"],
            "tenant_compared": True,
            "seen": [{"tenant": TENANT, "mpn_id": "1234567", "country": "FR", "state": "Active"}],
        },
    )


def test_relationship_is_lost_when_the_link_is_removed(sandbox: Sandbox, sim: Sim) -> None:
    enrol(sim, tenant=TENANT)
    sim("POST", "resellers", mpn_id="1234567", do="remove_link")

    assert brief(relationship()) == (Outcome.UNDECIDED, "not_accepted_yet")


@pytest.mark.parametrize(
    ("asked", "outcome", "reason"),
    [
        ({"mpn_id": "7654321"}, Outcome.BAD, "relationship_other_location"),
        ({"country": "BE"}, Outcome.BAD, "relationship_other_country"),
        ({"tenant": TENANT.upper()}, Outcome.GOOD, ""),
        ({"tenant": "ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee"}, Outcome.BAD, "relationship_other_tenant"),
        ({"tenant": "nuages.onmicrosoft.com"}, Outcome.GOOD, ""),
        ({"tenant": "nuages.onmicrosoft.com", "country": "BE"}, Outcome.BAD, "relationship_other_country"),
        ({"tenant": "nuages.onmicrosoft.com", "mpn_id": "7654321"}, Outcome.UNDECIDED, "not_accepted_yet"),
    ],
)
def test_relationship_compares_tenant_location_and_country(
    sandbox: Sandbox, sim: Sim, asked: dict[str, str], outcome: Outcome, reason: str
) -> None:
    enrol(sim, tenant=TENANT)

    found = relationship(**asked)

    assert brief(found) == (outcome, reason)
    assert found.evidence["tenant_compared"] == ("onmicrosoft" not in asked.get("tenant", ""))
    assert "Voisin" not in str(found.evidence) and "4391507" not in str(found.evidence)


def test_relationship_in_an_unknown_state_gives_no_right_and_is_kept_as_it_came(sandbox: Sandbox, sim: Sim) -> None:
    enrol(sim, tenant=TENANT)
    sim("POST", "faults", service="partner_center", kind="unknown_state", times=1)

    found = relationship()

    assert brief(found) == (Outcome.UNDECIDED, "not_accepted_yet")
    assert found.evidence["seen"][0]["state"] == "Suspended"


def test_throttling_says_until_when(sandbox: Sandbox) -> None:
    waits = []
    for _ in range(2):
        with pytest.raises(TemporaryError) as caught:
            profile("1234429")
        waits.append(caught.value.retry_at)

    assert waits == [NOW + dt.timedelta(seconds=3)] * 2
    assert brief(profile("1234429")) == (Outcome.GOOD, "")


def test_a_failing_server_is_temporary(sandbox: Sandbox) -> None:
    for _ in range(3):
        with pytest.raises(TemporaryError):
            location("1234500")

    assert brief(location("1234500")) == (Outcome.GOOD, "")


@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "429", "html"])
@pytest.mark.parametrize("service", ["partner_center", "login"])
def test_trouble_of_either_server_is_temporary(sandbox: Sandbox, sim: Sim, service: str, kind: str) -> None:
    sim("POST", "faults", service=service, kind=kind, times=1)

    with pytest.raises(TemporaryError):
        profile()


def test_a_lost_answer_is_asked_for_again_under_the_same_number(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "faults", service="partner_center", kind="drop", times=1)

    assert brief(profile()) == (Outcome.GOOD, "")
    assert [call["path"] for call in sim("GET", "calls")["calls"]].count("/v1/profiles/mpn") == 2


def test_nobody_listening_is_temporary(sandbox: Sandbox, settings: Any) -> None:
    settings.PARTNER_CENTER_URL = "http://127.0.0.1:9"
    settings.OUTBOUND_ALLOW = [*settings.OUTBOUND_ALLOW, "127.0.0.1:9"]

    with pytest.raises(TemporaryError):
        profile()


def test_a_refused_token_is_renewed_once(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "faults", service="partner_center", kind="401", times=1)

    assert brief(profile()) == (Outcome.GOOD, "")
    assert [call["service"] for call in sim("GET", "calls")["calls"]] == ["login", "partner_center"] * 2


def test_a_token_refused_twice_is_permanent(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "faults", service="partner_center", kind="401", times=2)

    with pytest.raises(PermanentError, match="800001"):
        profile()


def test_a_forbidden_call_is_permanent(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "faults", service="partner_center", kind="403", times=1)

    with pytest.raises(PermanentError, match="900329"):
        relationship()


def test_a_refused_sign_in_is_permanent_and_names_no_secret(sandbox: Sandbox, settings: Any) -> None:
    settings.PARTNER_CENTER_REFRESH_TOKEN = "expired-token"

    with pytest.raises(PermanentError, match="invalid_grant") as caught:
        profile()

    assert "expired-token" not in str(caught.value) and "made-up-secret" not in str(caught.value)


def test_missing_credentials_are_permanent(sandbox: Sandbox, settings: Any) -> None:
    settings.PARTNER_CENTER_REFRESH_TOKEN = ""

    with pytest.raises(PermanentError):
        profile()


def test_a_token_is_used_again(sandbox: Sandbox, sim: Sim) -> None:
    profile()
    location()
    agreement()

    assert [call["service"] for call in sim("GET", "calls")["calls"]].count("login") == 1


def test_an_address_that_is_not_allowed_is_permanent(sandbox: Sandbox, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []

    with pytest.raises(PermanentError, match="Refused"):
        profile()


# --- each promise, of the twin and, where there are credentials, of the real service ----------------------------------

REAL = os.environ.get("REAL_PARTNER_CENTER") == "1"
real = pytest.param("real", marks=pytest.mark.skipif(not REAL, reason="REAL_PARTNER_CENTER=1 asks the real service"))


@dataclass(frozen=True)
class Known:
    """What may be asked about: an ID that exists, one that is authorised, one that does not exist."""

    mpn_id: str
    location: str
    unknown: str = "1404"


@pytest.fixture(params=["twin", real])
def known(request: pytest.FixtureRequest) -> Known:
    """``REAL_PARTNER_CENTER_MPN`` and ``_LOCATION`` name a reseller of the real account."""
    if request.param == "twin":
        request.getfixturevalue("sandbox")
        enrol(request.getfixturevalue("sim"), tenant=TENANT, name="Nuages d'Exemple")
        return Known("1234567", "1234567")
    settings = request.getfixturevalue("settings")
    partner_center_tokens.TOKENS.forget()
    settings.PARTNER_CENTER_URL = os.environ["PARTNER_CENTER_URL"]
    return Known(os.environ["REAL_PARTNER_CENTER_MPN"], os.environ["REAL_PARTNER_CENTER_LOCATION"])


class TestPromiseOfTheMpnProfile:
    def test_known_id_has_a_partner_name(self, known: Known) -> None:
        found = profile(known.mpn_id)

        assert brief(found) == (Outcome.GOOD, "")
        assert found.evidence["partner_name"]

    def test_unknown_id_is_an_answer(self, known: Known) -> None:
        assert brief(profile(known.unknown)) == (Outcome.BAD, "mpn_unknown")


class TestPromiseOfTheAgreementStatus:
    def test_signed_agreement_is_good(self, known: Known) -> None:
        assert brief(agreement(known.location)) == (Outcome.GOOD, "")

    def test_unknown_location_is_an_answer(self, known: Known) -> None:
        assert brief(agreement(known.unknown)) == (Outcome.BAD, "location_unknown")


class TestPromiseOfTheResellerList:
    def test_each_line_has_a_tenant_and_a_state(self, known: Known) -> None:
        seen = partner_center_lists.read_resellers("", now=NOW)

        assert known.location in {line.mpn_id for line in seen}
        assert all(line.tenant and line.state for line in seen)


class TestPromiseOfValidateResellers:
    def test_each_is_answered_for(self, known: Known) -> None:
        first, second = partner_center_lists.validate_resellers([known.location, known.unknown], "", now=NOW)

        assert (first.mpn_id, first.valid, first.code) == (known.location, True, "")
        assert (second.mpn_id, second.valid, bool(second.code)) == (known.unknown, False, True)


class TestPromiseOfTheActivityLog:
    def test_records_are_of_the_days_asked_for(self, known: Known) -> None:
        until = dt.datetime.now(dt.UTC).date()
        since = until - dt.timedelta(days=1)

        records = partner_center_lists.read_activity("", since=since, until=until, now=NOW)

        assert all(since <= record.at.date() <= until for record in records)


class TestPromiseOfTheCountryRules:
    def test_france_has_a_postal_code_of_five_digits(self, known: Known) -> None:
        rules = partner_center_lists.read_country_rules("FR", "", now=NOW)

        assert rules is not None
        assert re.search(rules["postalcoderegex"], "75001")
        assert not re.search(rules["postalcoderegex"], "7500")


# --- what the twin can be told to do ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["half", "timeout"])
def test_answers_that_do_not_end_are_temporary(
    sandbox: Sandbox, sim: Sim, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(partner_center_lists, "LIST_SECONDS", 0.3)
    enrol(sim, tenant=TENANT)
    sim("POST", "faults", service="partner_center", kind=kind, times=2)

    with pytest.raises(TemporaryError):
        partner_center_lists.read_resellers("", now=NOW)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("redirect", PermanentError), ("huge", TemporaryError), ("retryable", TemporaryError), ("html", TemporaryError)],
)
def test_answers_that_are_none_do_no_harm(sandbox: Sandbox, sim: Sim, kind: str, error: type[Exception]) -> None:
    sim("POST", "faults", service="partner_center", kind=kind, times=1)

    with pytest.raises(error):
        partner_center_lists.read_resellers("", now=NOW)


def test_wrong_audience_is_a_refused_sign_in(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "faults", service="partner_center", kind="audience", times=2)

    with pytest.raises(QueueRefusedError):
        profile("1234567")


def test_activity_log_is_read_to_its_end_and_keeps_nobody_s_name(sandbox: Sandbox, sim: Sim) -> None:
    enrol(sim, tenant=TENANT)
    for _ in range(15):
        sim("POST", "resellers", mpn_id="1234567", do="remove_link")
        sim("POST", "resellers", mpn_id="1234567", do="accept_link")
    today = dt.datetime.now(dt.UTC).date()

    records = partner_center_lists.read_activity("", since=today, until=today, now=NOW)

    assert len(records) == 32
    assert records[0].operation == "create_partner_relationship"
    assert records[0].names >= {"1234567", TENANT}
    assert "somebody" not in str(records)


def test_activity_log_that_is_closed_is_an_answer(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "sign-in", close=True)

    with pytest.raises(partner_center_lists.ActivityClosedError, match="900329"):
        partner_center_lists.read_activity("", since=NOW.date(), until=NOW.date(), now=NOW)


def test_validateresellers_keeps_codes_and_texts_as_they_came(sandbox: Sandbox, sim: Sim) -> None:
    enrol(sim, tenant=TENANT)
    sim("POST", "resellers", mpn_id="1234567", do="suspend")

    told = partner_center_lists.validate_resellers(["1234567", "7654321", "1234404"], "", now=NOW)

    assert [(v.valid, v.code) for v in told] == [(False, "900999"), (False, "900154"), (False, "900400")]
    assert all("Made up" in v.text for v in told)


def test_validateresellers_answered_late_is_asked_once(sandbox: Sandbox, sim: Sim) -> None:
    enrol(sim, tenant=TENANT)
    sim("POST", "faults", service="partner_center", kind="drop", times=1)

    [told] = partner_center_lists.validate_resellers(["1234567"], "", now=NOW)

    assert told.valid
    assert [c["path"] for c in sim("GET", "calls")["calls"]].count("/v1/partners/validateresellers") == 2


def test_country_that_microsoft_does_not_know_has_no_rules(sandbox: Sandbox) -> None:
    assert partner_center_lists.read_country_rules("1x", "", now=NOW) is None


@pytest.mark.parametrize("name", ["brumes.onmicrosoft.com", "BRUMES.onmicrosoft.com", "brumesnord.onmicrosoft.com"])
def test_relationship_looks_a_typed_tenant_up(sandbox: Sandbox, sim: Sim, name: str) -> None:
    enrol(sim, tenant=name.lower())

    found = relationship(tenant=name)

    assert brief(found) == (Outcome.GOOD, "")
    assert (found.evidence["tenant_compared"], found.evidence["tenant_lookup"]) == (True, "found")


@pytest.mark.parametrize(
    "tenant", ["0a0a0a0a-bbbb-4ccc-8ddd-eeeeeeeeeeee", "brumes.onmicrosoft.com", "brouillard.onmicrosoft.com"]
)
def test_link_from_another_tenant_has_a_reason_of_its_own(sandbox: Sandbox, sim: Sim, tenant: str) -> None:
    enrol(sim, tenant=TENANT)
    sim("POST", "resellers", mpn_id="7654321", tenant=tenant)

    found = relationship(tenant=tenant)

    assert brief(found) == (Outcome.BAD, "relationship_other_tenant")


@pytest.mark.parametrize("fault", ["503", "html", "429"])
def test_relationship_says_that_a_tenant_could_not_be_looked_up(sandbox: Sandbox, sim: Sim, fault: str) -> None:
    enrol(sim, tenant="brumes.onmicrosoft.com")
    relationship(tenant=TENANT)  # so that an access token is at hand, and the fault meets the look-up
    sim("POST", "faults", service="login", kind=fault, times=1)

    found = relationship(tenant="brumes.onmicrosoft.com")

    assert (brief(found), found.evidence["tenant_lookup"]) == ((Outcome.GOOD, ""), "no_answer")
