"""The registers' twins answer in every shape of the real ones; what a person types is recognised in each."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from onboarding.connectors.dun_bradstreet import DunBradstreet
from onboarding.connectors.registers.gleif import Gleif
from onboarding.connectors.registers.recherche_entreprises import RechercheEntreprises
from onboarding.connectors.registers.vies import Vies
from onboarding.domain.checks.finding import Outcome
from onboarding.domain.kinds.subjects import CompanySubject
from onboarding.sandbox import dun_bradstreet as dnb_twin
from onboarding.sandbox import gleif as gleif_twin
from onboarding.sandbox.servers import Sandbox
from tests.onboarding.connectors.conftest import NOW
from tests.onboarding.connectors.test_registers import CLOUD

pytestmark = pytest.mark.django_db
Sim = Callable[..., Any]

SIRENE = [
    CompanySubject("Répétition Fictive SAS", "999 000 110", "7 bis bd du Général Fictif", "54000", "Nancy", "FR"),
    CompanySubject("Modèle Plaisant SA", "999000128", "12 ter chemin de la Croix St-Jean", "42000", "St-Étienne", "FR"),
    CompanySubject("SARL Zone Modèle", "999000136", "Z.A. des Grands Modèles", "44800", "Saint-Herblain", "FR"),
    CompanySubject("Quatrième Modèle", "999000144", "3 quater imp. du Mal Fictif", "F-71100", "Chalon-sur-Saône", "FR"),
]
VIES = [
    CompanySubject("Mgła Wzorcowa Sp. z o.o.", "PL 999-000-00-08", "ul. Wzorcowa 3", "00001", "Warszawa", "PL"),
    CompanySubject("Brume Modèle Sàrl", "LU 99900064", "3 avenue du Modèle", "1234", "Luxembourg", "LU"),
    CompanySubject("Nebbia Modello S.r.l.", "IT 99900000011", "Via del Modello 12", "00100", "Roma", "IT"),
    CompanySubject("Udu Näidis OÜ", "EE999000001", "Naidise tn 5", "10111", "Tallinn", "EE"),
    CompanySubject("Taage Eksempel ApS", "DK 99 90 00 08", "Moenstervej 4", "DK-2100", "København Ø", "DK"),
    CompanySubject("Köd Minta Kft.", "HU99900009", "Minta utca 9", "H-1011", "Budapest", "HU"),
    CompanySubject("Dimma Modell AB", "SE999000000301", "Modellgatan 2", "SE-111 22", "Stockholm", "SE"),
    CompanySubject("Ομίχλη Υπόδειγμα Ε.Π.Ε.", "EL999000006", "Υποδείγματος 3", "104 31", "Αθήνα", "GR"),
    CompanySubject("Mist Sample Northern Ltd", "XI 999 000 005", "5 Sample Road", "BT1 1ZZ", "Belfast", "GB"),
]
GLEIF = [
    CompanySubject("Mgla Wzorcowa spółka z o.o.", "0000999001", "Wzorcowa 3", "PL-00001", "Warszawa", "PL"),
    CompanySubject("OÜ Udu Näidis", "99900001", "Näidise tn 5", "EE-10111", "Tallinn", "EE"),
    CompanySubject("Aktiebolaget Dimma Modell", "999000-0003", "Modellgatan 2", "S-11122", "Stockholm", "SE"),
]


@pytest.mark.parametrize("subject", SIRENE, ids=lambda subject: subject.legal_name)
def test_sirene_s_spelling_is_recognised(sandbox: Sandbox, subject: CompanySubject) -> None:
    found = RechercheEntreprises().look(subject, now=NOW)

    assert (found.outcome, found.reason) == (Outcome.GOOD, ""), found.evidence


@pytest.mark.parametrize("subject", VIES, ids=lambda subject: subject.legal_name)
def test_the_member_states_spelling_is_recognised(sandbox: Sandbox, subject: CompanySubject) -> None:
    found = Vies().look(subject, now=NOW)

    assert (found.outcome, found.reason) == (Outcome.GOOD, ""), found.evidence


@pytest.mark.parametrize("subject", GLEIF, ids=lambda subject: subject.legal_name)
def test_gleif_s_spelling_is_recognised(sandbox: Sandbox, subject: CompanySubject) -> None:
    found = Gleif().look(subject, now=NOW)

    assert (found.outcome, found.reason) == (Outcome.GOOD, ""), found.evidence


@pytest.mark.parametrize("shape", gleif_twin.SHAPES)
@pytest.mark.parametrize("subject", GLEIF, ids=lambda subject: subject.legal_name)
def test_gleif_s_shapes_of_an_address_are_the_same_address(
    sandbox: Sandbox, sim: Sim, subject: CompanySubject, shape: str
) -> None:
    sim("POST", "faults", service="gleif", kind=shape, times=9)

    found = Gleif().look(subject, now=NOW)

    # Without a postal code nothing proves the place: a person decides, and nobody is refused.
    expected = (Outcome.UNDECIDED, "address_similar") if shape == "no_postal_code" else (Outcome.GOOD, "")
    assert (found.outcome, found.reason) == expected, found.evidence


@pytest.mark.parametrize("shape", dnb_twin.SHAPES)
@pytest.mark.parametrize("duns", ["999000114", ""], ids=["by number", "by name"])
def test_dnb_s_shapes_of_a_company_are_the_same_company(sandbox: Sandbox, sim: Sim, duns: str, shape: str) -> None:
    sim("POST", "faults", service="dnb", kind=shape, times=9)

    found = DunBradstreet().look(dataclasses.replace(CLOUD, duns=duns), now=NOW)

    assert (found.outcome, found.reason) == (Outcome.GOOD, ""), found.evidence
    assert found.evidence["registration_number"] != "FR00000000000"


def test_what_the_register_wrote_is_what_is_taken_over(sandbox: Sandbox) -> None:
    spelled = [Vies().look(subject, now=NOW).evidence["take_over"]["postal_code"] for subject in VIES[:7]]

    assert spelled == ["00-001", "1234", "00100", "10111", "2100", "1011", "111 22"]


@pytest.mark.parametrize("postal_code", ["F-54000", "FR 54000", "54 000"])
def test_sirene_finds_by_name_whatever_stands_around_the_postal_code(sandbox: Sandbox, postal_code: str) -> None:
    typed = CompanySubject("Répétition Fictive", "", "7 bis bd du Gal Fictif", postal_code, "Nancy", "FR")

    assert RechercheEntreprises().look(typed, now=NOW).outcome is Outcome.GOOD
