"""One promise, kept by every register: against its twin always, against the real service where we are told to."""

import dataclasses
import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from onboarding.connectors.base import Connector, PermanentError, QueueRefusedError, TemporaryError
from onboarding.connectors.dun_bradstreet import ERRORS, DunBradstreet, Trouble
from onboarding.connectors.registers import vies
from onboarding.connectors.registers.gleif import Gleif
from onboarding.connectors.registers.recherche_entreprises import RechercheEntreprises
from onboarding.connectors.registers.vies import Vies
from onboarding.domain.checks.finding import CANNOT_TELL, Finding, Outcome
from onboarding.domain.kinds.subjects import CompanySubject
from onboarding.sandbox.records import Company
from onboarding.sandbox.servers import Sandbox
from tests.onboarding.connectors.conftest import NOW

Sim = Callable[..., Any]

NUAGES = CompanySubject("Nuages d'Exemple SAS", "999 000 003", "12, rue du Test", "75002", "Paris", "FR")
ATELIER = CompanySubject("Atelier Fini", "999000037", "8 quai du Passé", "33000", "Bordeaux", "FR")
WOLKEN = CompanySubject("Wolken Voorbeeld BV", "BE 0999.000.030", "Teststraat 12", "1000", "Brussel", "BE")
GESTOPT = CompanySubject("Gestopt Voorbeeld", "BE0999000129", "Teststraat 14", "1000", "Brussel", "BE")
WOLKE = CompanySubject("Wolke Beispiel GmbH", "DE999000009", "Teststraße 12", "10115", "Berlin", "DE")
CLOUD = CompanySubject("Cloud Sample Ltd", "09990001", "12 Test Street", "ZZ1 1ZZ", "London", "GB")
NOBODY = "Zxqv Nowhere Known"


@dataclass(frozen=True)
class Register:
    """What this register makes of a company that it knows, and of the others; ``Verdict`` is (outcome, reason)."""

    name: str  # the sandbox's service
    connector: Connector[CompanySubject]
    known: CompanySubject
    unknown: CompanySubject
    unknown_is: tuple[Outcome, str]
    ceased: CompanySubject
    ceased_is: tuple[Outcome, str]
    other_name_is: tuple[Outcome, str]


def as_other(subject: CompanySubject, **changed: str) -> CompanySubject:
    return dataclasses.replace(subject, **changed)


REGISTERS = (
    Register(
        "register", RechercheEntreprises(),
        known=NUAGES,
        unknown=as_other(NUAGES, registration_number="999000094"),
        unknown_is=(Outcome.BAD, "company_not_found"),
        ceased=ATELIER,
        ceased_is=(Outcome.BAD, "company_ceased"),
        other_name_is=(Outcome.BAD, "name_differs"),
    ),
    Register(
        "vies", Vies(),
        known=WOLKEN,
        unknown=as_other(WOLKEN, registration_number="BE0999000426"),
        unknown_is=(Outcome.BAD, "company_not_found"),
        ceased=GESTOPT,
        ceased_is=(Outcome.BAD, "company_not_found"),  # all that VIES tells is that the number is not valid
        other_name_is=(Outcome.BAD, "name_differs"),
    ),
    Register(
        "gleif", Gleif(),
        known=WOLKEN,
        unknown=as_other(WOLKEN, legal_name=NOBODY, registration_number="BE0999000426"),
        unknown_is=(Outcome.UNDECIDED, CANNOT_TELL),  # most companies have no LEI
        ceased=GESTOPT,
        ceased_is=(Outcome.BAD, "company_ceased"),
        other_name_is=(Outcome.BAD, "name_differs"),
    ),
    Register(
        "dnb", DunBradstreet(),
        known=as_other(CLOUD, duns="999000114"),
        unknown=as_other(CLOUD, duns="999000999"),
        unknown_is=(Outcome.BAD, "duns_unknown"),
        ceased=as_other(GESTOPT, duns="999000130"),
        ceased_is=(Outcome.BAD, "company_ceased"),
        other_name_is=(Outcome.BAD, "duns_differs"),
    ),
)  # fmt: skip


class Contract:
    """``register`` comes from the classes below: in front of its twin, or of the real service."""

    @staticmethod
    def look(register: Register, subject: CompanySubject, **changed: str) -> Finding:
        return register.connector.look(as_other(subject, **changed), now=NOW)

    def verdict(self, register: Register, subject: CompanySubject, **changed: str) -> tuple[Outcome, str]:
        found = self.look(register, subject, **changed)
        return found.outcome, found.reason

    def test_finds_a_known_company_and_shows_both_sides(self, register: Register) -> None:
        found = self.look(register, register.known)

        assert (found.outcome, found.reason) == (Outcome.GOOD, "")
        assert [field["zone"] for field in found.evidence["fields"]] == ["same", "same"]
        assert found.evidence["status"] == "active"

    def test_says_what_its_silence_means(self, register: Register) -> None:
        assert self.verdict(register, register.unknown) == register.unknown_is

    def test_never_finds_a_company_that_has_ceased_to_be_good(self, register: Register) -> None:
        assert self.verdict(register, register.ceased) == register.ceased_is

    def test_tells_another_name_from_this_one(self, register: Register) -> None:
        assert self.verdict(register, register.known, legal_name=NOBODY) == register.other_name_is


@pytest.fixture(params=REGISTERS, ids=lambda register: register.name)
def twin(request: pytest.FixtureRequest, sandbox: Sandbox) -> Any:
    return request.param


class TestTwin(Contract):
    @pytest.fixture
    def register(self, twin: Register) -> Register:
        return twin

    @pytest.mark.parametrize("kind", ["429", "500", "502", "503", "504", "html", "broken"])
    def test_an_outage_is_temporary(self, register: Register, sim: Sim, kind: str) -> None:
        sim("POST", "faults", service=register.name, kind=kind, times=9)

        with pytest.raises(TemporaryError) as caught:
            self.look(register, register.known)

        assert caught.value.retry_at == (NOW + dt.timedelta(seconds=3) if kind == "429" else None)

    @pytest.mark.parametrize("kind", ["nonsense", "huge", "endless", "redirect", "half"])
    def test_what_is_no_answer_is_never_a_verdict(self, register: Register, sim: Sim, kind: str) -> None:
        sim("POST", "faults", service=register.name, kind=kind, times=9)

        with pytest.raises((TemporaryError, PermanentError)):
            self.look(register, register.known)

    @pytest.mark.parametrize("kind", ["401", "403"])
    def test_refused_credentials_rest_the_lane(self, register: Register, sim: Sim, kind: str) -> None:
        sim("POST", "faults", service=register.name, kind=kind, times=9)

        with pytest.raises(QueueRefusedError):
            self.look(register, register.known)

    @pytest.mark.parametrize("kind", ["other_case", "code_as_string", pytest.param("slow", marks=pytest.mark.long)])
    def test_another_spelling_of_the_answer_is_the_same_answer(self, register: Register, sim: Sim, kind: str) -> None:
        sim("POST", "faults", service=register.name, kind=kind, times=9)

        assert self.verdict(register, register.known) == (Outcome.GOOD, "")
        assert self.verdict(register, register.unknown) == register.unknown_is

    def test_a_word_that_nobody_documented_is_for_a_person(self, register: Register, sim: Sim) -> None:
        if register.name == "vies":
            pytest.skip("VIES tells yes or no, no word that could be new")
        sim("POST", "faults", service=register.name, kind="unknown_word", times=9)

        assert self.verdict(register, register.known) == (Outcome.UNDECIDED, "desk_must_look")

    @pytest.mark.parametrize(
        ("spelled", "goes"),
        [
            ("{form} {name}", True),
            ("{name}, {form}", True),
            ("{accents}", True),
            ("{name} International", False),
            ("{first}", False),
            ("{initials}", False),
        ],
    )
    def test_spelling_of_a_name_decides_only_where_it_says_another_one(
        self, register: Register, sandbox: Sandbox, spelled: str, goes: bool
    ) -> None:
        known = register.known
        named = as_other(known, legal_name="Brume Exemple Systemes")
        facts: dict[str, Any] = next(
            dataclasses.asdict(company)
            for company in sandbox.world.companies()
            if company.duns == known.duns != "" or (not known.duns and company.postal_code == known.postal_code)
        )
        sandbox.world.add_company(Company(**{**facts, "name": "BRUME EXEMPLE SYSTEMES"}))
        words = {
            "form": {"FR": "SAS", "BE": "BV", "GB": "Limited"}[known.country],
            "name": "Brume Exemple Systemes",
            "accents": "Brume Exemple Systèmes",
            "first": "Brume",
            "initials": "BES",
        }
        if "{form} " in spelled and known.country != "FR":
            pytest.skip("only French legal forms are written before the name")

        found = self.look(register, named, legal_name=spelled.format(**words))

        assert (found.outcome is Outcome.GOOD) is goes
        assert goes or found.reason in ("name_differs", "duns_differs", CANNOT_TELL)


# --- VIES -----------------------------------------------------------------------------------------------------------


def look_in_vies(subject: CompanySubject = WOLKEN, **changed: str) -> Finding:
    return Vies().look(as_other(subject, **changed), now=NOW)


@pytest.mark.parametrize(
    "code",
    ["MS_UNAVAILABLE", "MS_MAX_CONCURRENT_REQ", "GLOBAL_MAX_CONCURRENT_REQ", "SERVICE_UNAVAILABLE", "TIMEOUT"],
)
def test_vies_outage_is_never_invalid(sandbox: Sandbox, sim: Sim, code: str) -> None:
    sim("POST", "faults", service="vies", kind=code, times=1)

    with pytest.raises(TemporaryError, match=code):
        look_in_vies()


def test_vies_blocking_us_rests_the_lane(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "faults", service="vies", kind="IP_BLOCKED", times=1)

    with pytest.raises(QueueRefusedError):
        look_in_vies()


def test_vies_invalid_input_is_final(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "faults", service="vies", kind="INVALID_INPUT", times=1)

    assert look_in_vies().reason == "company_not_found"


@pytest.mark.parametrize(
    ("subject", "changed"),
    [
        (WOLKE, {}),  # the name is withheld
        (WOLKEN, {"registration_number": ""}),
        (WOLKEN, {"registration_number": "0999000426"}),  # a national number: not every company trades in the Union
        (WOLKE, {"registration_number": "HRB 99900"}),
        (CLOUD, {}),
    ],
)
def test_vies_cannot_tell(sandbox: Sandbox, subject: CompanySubject, changed: dict[str, str]) -> None:
    found = look_in_vies(subject, **changed)

    assert (found.outcome, found.reason, found.evidence["register"]) == (Outcome.UNDECIDED, CANNOT_TELL, "VIES")


def test_what_is_withheld_is_shown_neither_as_like_nor_as_unlike(sandbox: Sandbox) -> None:
    assert look_in_vies(WOLKE).evidence["fields"] == []


def test_both_sides_are_shown_as_they_were_written(sandbox: Sandbox) -> None:
    address = look_in_dnb().evidence["fields"][1]

    assert (address["typed"], address["seen"]) == (
        "12 Test Street, ZZ1 1ZZ London", "12 TEST STREET, ZZ1 1ZZ LONDON",
    )  # fmt: skip


def test_vies_is_asked_about_greece_as_el_and_letters_of_another_script_prove_nothing(sandbox: Sandbox) -> None:
    sandbox.world.add_company(
        Company("999000006", "ΣΥΝΝΕΦΑ ΔΟΚΙΜΗΣ", "ΟΔΟΣ ΔΟΚΙΜΗΣ 12", "10431", "ΑΘΗΝΑ", country="GR", vat="EL999000006")
    )
    greek = CompanySubject("Synnefa Dokimis", "GR999000006", "Odos Dokimis 12", "10431", "Athina", "GR")

    found = look_in_vies(greek)

    assert (found.reason, found.evidence["vat_number"]) == (CANNOT_TELL, "EL999000006")


@pytest.mark.parametrize(
    ("block", "parts"),
    [
        ("Teststraat 00012\n1012AB AMSTERDAM", ("Teststraat 12", "1012AB", "AMSTERDAM")),
        ("VIA DEL TEST 1 \n00100 ROMA RM\n", ("VIA DEL TEST 1", "00100", "ROMA RM")),
        ("12, RUE DU TEST\nL-1234 LUXEMBOURG", ("12, RUE DU TEST", "1234", "LUXEMBOURG")),
        ("UL. TESTOWA 1\n00-001 WARSZAWA", ("UL. TESTOWA 1", "00-001", "WARSZAWA")),
        ("Testovací 1\n110 00 Praha 1", ("Testovací 1", "110 00", "Praha 1")),
        ("RUE DU TEST 12, 1000 BRUXELLES", ("RUE DU TEST 12", "1000", "BRUXELLES")),
        ("1 TEST QUAY, DUBLIN", ("", "", "")),
        ("", ("", "", "")),
    ],
)
def test_vies_address_block_is_read_as_its_state_writes_it(block: str, parts: tuple[str, str, str]) -> None:
    address = vies._address(block, "XX")

    assert (address.street, address.postal_code, address.city) == parts


# --- GLEIF ----------------------------------------------------------------------------------------------------------


def test_gleif_finds_by_name_where_the_numbers_are_of_another_sort(sandbox: Sandbox) -> None:
    found = Gleif().look(WOLKE, now=NOW)

    assert (found.outcome, found.evidence["registration_number"]) == (Outcome.GOOD, "HRB 99900")


@pytest.mark.parametrize(
    "changed",
    [
        {"registration_number": "", "street": "8 Anderswo", "postal_code": "99999"},  # another company of that name
        {"registration_number": "HRB 77777"},
        {"registration_number": "", "country": "AT"},
    ],
)
def test_gleif_cannot_tell_from_a_name_alone(sandbox: Sandbox, changed: dict[str, str]) -> None:
    assert Gleif().look(as_other(WOLKE, **changed), now=NOW).reason == CANNOT_TELL


# --- Dun & Bradstreet -----------------------------------------------------------------------------------------------


def look_in_dnb(subject: CompanySubject = CLOUD, **changed: str) -> Finding:
    return DunBradstreet().look(as_other(subject, **changed), now=NOW)


@pytest.mark.parametrize(
    ("changed", "outcome", "reason"),
    [
        ({}, Outcome.GOOD, ""),
        ({"registration_number": ""}, Outcome.GOOD, ""),
        ({"registration_number": "", "street": "8 Elsewhere Road"}, Outcome.UNDECIDED, "address_similar"),
        ({"registration_number": "", "legal_name": "Cloud Samples"}, Outcome.UNDECIDED, "name_similar"),
        ({"registration_number": "", "legal_name": NOBODY}, Outcome.UNDECIDED, CANNOT_TELL),
        ({"legal_name": NOBODY}, Outcome.UNDECIDED, "name_similar"),  # sure of the number, not of the name
        ({"duns": "999000122"}, Outcome.BAD, "duns_differs"),
        ({"duns": "999000114", "street": "8 Elsewhere Road"}, Outcome.BAD, "address_differs"),
    ],
)
def test_dnb_gives_each_case_its_one_answer(
    sandbox: Sandbox, changed: dict[str, str], outcome: Outcome, reason: str
) -> None:
    found = look_in_dnb(**changed)

    assert (found.outcome, found.reason) == (outcome, reason)


def test_dnb_shows_whose_number_it_is_and_offers_nothing_to_take_over(sandbox: Sandbox) -> None:
    evidence = look_in_dnb(duns="999000122").evidence

    assert evidence["fields"][0]["seen"] == "QUITE ANOTHER SAMPLE LIMITED"
    assert evidence["take_over"] == {}


def test_dnb_two_sure_candidates_are_for_a_person(sandbox: Sandbox) -> None:
    sandbox.world.add_company(
        Company("x", "CLOUD SAMPLE", "12 TEST STREET", "ZZ1 1ZZ", "LONDON", country="GB", duns="999000148")
    )

    found = look_in_dnb(registration_number="")

    assert (found.reason, found.evidence["duns"]) == ("company_ambiguous", ["999000114", "999000148"])


def test_dnb_token_is_used_again_and_renewed_once(sandbox: Sandbox, sim: Sim) -> None:
    def sign_ins() -> int:
        return sum(call.service == "dnb_login" for call in sandbox.world.calls())

    look_in_dnb()
    look_in_dnb()
    assert sign_ins() == 1

    sim("POST", "faults", service="dnb", kind="00040", times=1)
    assert look_in_dnb().outcome is Outcome.GOOD
    assert sign_ins() == 2

    sim("POST", "faults", service="dnb", kind="00040", times=2)
    with pytest.raises(QueueRefusedError):
        look_in_dnb()


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("00041", QueueRefusedError),
        ("00004", QueueRefusedError),
        ("00045", TemporaryError),
        ("00034", TemporaryError),
        ("05006", TemporaryError),
        ("05001", PermanentError),
        ("00003", PermanentError),
        ("99999", PermanentError),  # in no list
    ],
)
def test_dnb_error_code_decides_before_the_status(
    sandbox: Sandbox, sim: Sim, code: str, error: type[Exception]
) -> None:
    look_in_dnb()
    sim("POST", "faults", service="dnb", kind=code, times=1)

    with pytest.raises(error) as caught:
        look_in_dnb()

    assert type(caught.value) is error


def test_dnb_quota_begins_anew_at_midnight_utc(sandbox: Sandbox, sim: Sim) -> None:
    sim("POST", "faults", service="dnb", kind="00050", times=1)

    with pytest.raises(TemporaryError) as caught:
        look_in_dnb()

    assert caught.value.retry_at == dt.datetime(2026, 11, 24, 0, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(("code", "reason"), [("20505", "duns_unknown"), ("10505", "duns_differs")])
def test_dnb_codes_about_the_number_are_answers(sandbox: Sandbox, sim: Sim, code: str, reason: str) -> None:
    sim("POST", "faults", service="dnb", kind=code, times=1)

    assert look_in_dnb(duns="999000114").reason == reason


@pytest.mark.parametrize("missing", ["DNB_KEY", "DNB_SECRET"])
def test_dnb_without_credentials_rests_the_lane(sandbox: Sandbox, settings: Any, missing: str) -> None:
    setattr(settings, missing, "")

    with pytest.raises(QueueRefusedError):
        look_in_dnb()


def test_dnb_error_table_has_each_code_once_and_in_full() -> None:
    assert all(len(code) == 5 and code.isdecimal() for code in ERRORS)
    assert ERRORS["00007"] is Trouble.OURS
    assert ERRORS["40002"] is Trouble.NO_DATA
    assert len(ERRORS) == 2 + 7 + 1 + 7 + 21 + 7 + 3 + 9 + 1 + 6 + 1


# --- the real services ----------------------------------------------------------------------------------------------
# Institutions whose entries are public and stay; nothing about them is ours to say but that they exist.
INSEE = CompanySubject("Institut national de la statistique et des études économiques", "120027016",
                       "88 avenue Verdier", "92120", "Montrouge", "FR")  # fmt: skip
GLEIF_ITSELF = CompanySubject("Global Legal Entity Identifier Foundation", "CHE-200.595.965",
                              "St. Alban-Vorstadt 5", "4052", "Basel", "CH")  # fmt: skip
NATIONAL_BANK = CompanySubject("Nationale Bank van België", "BE0203201340",
                               "Boulevard de Berlaimont 14", "1000", "Bruxelles", "BE")  # fmt: skip
# D&B's own sample company.
GORMAN = CompanySubject("Gorman Manufacturing Company, Inc.", "", "492 Koller Street", "94110", "San Francisco", "US",
                        "804735132")  # fmt: skip


@dataclass(frozen=True)
class Real:
    register: str
    needs: tuple[str, ...]
    known: CompanySubject


REAL = (
    Real("register", ("REAL_RECHERCHE_ENTREPRISES",), INSEE),
    Real("vies", ("REAL_VIES",), NATIONAL_BANK),
    Real("gleif", ("REAL_GLEIF",), GLEIF_ITSELF),
    Real("dnb", ("DNB_URL", "DNB_KEY", "DNB_SECRET"), GORMAN),
)


@pytest.mark.parametrize("real", REAL, ids=lambda real: real.register)
class TestRealService(Contract):
    """Run these where the network and the contract allow it. No company there is known to have ceased."""

    @pytest.fixture
    def register(self, real: Real) -> Register:
        if missing := [name for name in real.needs if not os.environ.get(name)]:
            pytest.skip(f"asks the real service: set {', '.join(missing)} in the environment")
        like = next(register for register in REGISTERS if register.name == real.register)
        return dataclasses.replace(like, known=real.known)

    test_never_finds_a_company_that_has_ceased_to_be_good = None  # type: ignore[assignment]
