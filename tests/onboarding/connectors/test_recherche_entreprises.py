"""The French register's client against its twin, over real HTTP."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from onboarding.connectors.base import PermanentError, TemporaryError
from onboarding.connectors.registers.recherche_entreprises import RechercheEntreprises
from onboarding.domain.checks.finding import CANNOT_TELL, Finding, Outcome
from onboarding.domain.kinds.subjects import CompanySubject
from onboarding.sandbox.servers import Sandbox
from tests.onboarding.connectors.conftest import NOW

NUAGES = CompanySubject("Nuages d'Exemple SAS", "999 000 003", "12, rue du Test", "75002", "Paris", "FR")
FICTIF = CompanySubject("Fictif System", "999000011", "3 place des Modèles", "69002", "Lyon", "FR")


def look(subject: CompanySubject = NUAGES, **changed: str) -> Finding:
    return RechercheEntreprises().look(CompanySubject(**{**vars(subject), **changed}), now=NOW)


def test_look_finds_a_living_company_and_shows_both_sides(sandbox: Sandbox) -> None:
    assert look() == Finding(
        Outcome.GOOD,
        NOW,
        evidence={
            "register": "recherche-entreprises.api.gouv.fr",
            "registration_number": "999000003",
            "status": "active",
            "fields": [
                {
                    "field": "name",
                    "typed": "Nuages d'Exemple SAS",
                    "seen": "NUAGES D'EXEMPLE",
                    "zone": "same",
                    "score": 100.0,
                    "note": "form_missing",
                },
                {
                    "field": "address",
                    "typed": "12, rue du Test, 75002 Paris",
                    "seen": "12 RUE DU TEST, 75002 PARIS",
                    "zone": "same",
                    "score": 100.0,
                },
            ],
            "take_over": {
                "legal_name": "NUAGES D'EXEMPLE",
                "registration_number": "999000003",
                "street": "12 RUE DU TEST",
                "postal_code": "75002",
                "city": "PARIS",
            },
        },
    )


@pytest.mark.parametrize(
    ("subject", "changed", "outcome", "reason"),
    [
        (NUAGES, {"registration_number": ""}, Outcome.GOOD, ""),
        (NUAGES, {"registration_number": "99900000399999"}, Outcome.BAD, "company_not_found"),
        (NUAGES, {"registration_number": "FR12999000003"}, Outcome.GOOD, ""),
        (NUAGES, {"legal_name": "Brumes d'Ailleurs"}, Outcome.BAD, "name_differs"),
        (NUAGES, {"street": "14 rue du Test"}, Outcome.UNDECIDED, "address_similar"),
        (NUAGES, {"street": "8 quai des Modèles"}, Outcome.BAD, "address_differs"),
        (NUAGES, {"postal_code": "69002", "city": "Lyon"}, Outcome.BAD, "address_differs"),
        (NUAGES, {"registration_number": "999000094"}, Outcome.BAD, "company_not_found"),
        (NUAGES, {"registration_number": "", "legal_name": "Inconnue"}, Outcome.BAD, "company_not_found"),
        (NUAGES, {"registration_number": "", "legal_name": "A"}, Outcome.BAD, "company_not_found"),
        (NUAGES, {"registration_number": "999000029"}, Outcome.BAD, "name_differs"),
        (NUAGES, {"country": "BE"}, Outcome.UNDECIDED, CANNOT_TELL),
        (FICTIF, {}, Outcome.GOOD, ""),
        (FICTIF, {"registration_number": ""}, Outcome.UNDECIDED, "name_similar"),
        (FICTIF, {"registration_number": "999000037"}, Outcome.BAD, "company_ceased"),
        (
            FICTIF,
            {"legal_name": "Homonyme Exemple", "registration_number": "", "postal_code": "44000", "city": "Nantes"},
            Outcome.UNDECIDED,
            "company_ambiguous",
        ),
    ],
)
def test_look_gives_each_case_its_one_answer(
    sandbox: Sandbox, subject: CompanySubject, changed: dict[str, str], outcome: Outcome, reason: str
) -> None:
    found = look(subject, **changed)

    assert (found.outcome, found.reason) == (outcome, reason)


def test_look_accepts_the_seats_siret(sandbox: Sandbox) -> None:
    siret = next(company.siret for company in sandbox.world.companies() if company.siren == "999000003")

    assert look(registration_number=siret).evidence["registration_number"] == siret


def test_look_shows_the_candidates_when_there_are_several(sandbox: Sandbox) -> None:
    found = look(legal_name="Homonyme Exemple", registration_number="", postal_code="44000", city="Nantes")

    assert found.evidence["candidates"] == [
        {"registration_number": "999000045", "name": "HOMONYME EXEMPLE"},
        {"registration_number": "999000052", "name": "HOMONYME EXEMPLE"},
    ]


def test_a_register_that_is_down_is_temporary(sandbox: Sandbox) -> None:
    slow = CompanySubject("Registre Lent", "999000060", "1 rue de la Panne", "59000", "Lille", "FR")
    for _ in range(3):
        with pytest.raises(TemporaryError):
            look(slow)

    assert look(slow).outcome is Outcome.GOOD


@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "html"])
def test_trouble_is_temporary(sandbox: Sandbox, sim: Callable[..., Any], kind: str) -> None:
    sim("POST", "faults", service="register", kind=kind, times=1)

    with pytest.raises(TemporaryError):
        look()


def test_throttling_says_until_when(sandbox: Sandbox, sim: Callable[..., Any]) -> None:
    sim("POST", "faults", service="register", kind="429", times=1)

    with pytest.raises(TemporaryError) as caught:
        look()

    assert caught.value.retry_at == NOW + dt.timedelta(seconds=3)


def test_an_address_that_is_not_allowed_is_permanent(sandbox: Sandbox, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []

    with pytest.raises(PermanentError):
        look()
