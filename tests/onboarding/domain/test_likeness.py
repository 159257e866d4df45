"""The pairs on which the numbers were found, and made-up ones of the same shape. Source: [name-pairs]."""

import pytest

from onboarding.domain.checks.fuzzy_match import (
    Address,
    Similarity,
    Zone,
    compare_addresses,
    compare_names,
    normalise_name,
)

SAME, SIMILAR, DIFFERENT = Zone.SAME, Zone.SIMILAR, Zone.DIFFERENT


@pytest.mark.parametrize(
    ("typed", "seen", "zone"),
    [
        ("Nuages d'Exemple", "NUAGES D'EXEMPLE", SAME),
        ("Société Générale d'Exemple", "SOCIETE GENERALE D EXEMPLE", SAME),
        ("SARL Dupont", "Dupont", SAME),
        ("Dupont S.A.R.L.", "DUPONT", SAME),
        ("Dupont S. A. R. L.", "DUPONT", SAME),
        ("Dupont, société par actions simplifiée", "DUPONT SAS", SAME),
        ("Müller GmbH & Co. KG", "MULLER", SAME),
        ("Wolke UG (haftungsbeschränkt)", "Wolke", SAME),
        ("Esempio S.p.A.", "ESEMPIO", SAME),
        ("Przyklad Sp. z o.o.", "PRZYKLAD", SAME),
        ("Contoh Sdn Bhd", "Contoh", SAME),
        ("Cœur & Réseaux", "COEUR ET RESEAUX", SAME),
        ("Straße Systeme", "STRASSE SYSTEME", SAME),
        ("InfoServices", "Info Services", SAME),
        ("Conseil Dupont", "Dupont Conseil", SAME),
        ("L'Atelier du Nuage", "ATELIER DU NUAGE", SAME),
        ("Müller", "Mueller", SAME),
        ("ABC Consulting", "ABD Consulting", SIMILAR),
        ("Alpha Systems", "Alpha System", SIMILAR),
        ("Groupe Exemple Distribution Informatique 2000", "Groupe Exemple Distribution Informatique 2001", SIMILAR),
        ("Agence 1 23", "Agence 12 3", SIMILAR),
        ("Cloud", "Cloud Computing Partners International", DIFFERENT),
        ("Cloud Co", "Cloud", DIFFERENT),
        ("Martin Informatique", "Martin Informatique Services", DIFFERENT),
        ("Orange Business", "Orange", DIFFERENT),
        ("Bureau Vallée Cloud", "Bureau Vallée", DIFFERENT),
        ("SFE", "Société Fictive d'Exemple", DIFFERENT),
        ("", "Dupont", DIFFERENT),
    ],
)
def test_compare_names_puts_each_pair_in_its_zone(typed: str, seen: str, zone: Zone) -> None:
    assert compare_names(typed, seen).zone is zone
    assert compare_names(seen, typed).zone is zone


def test_compare_names_is_never_sure_of_one_word_more() -> None:
    assert compare_names("Nord Telecom", "Nord Telecom Sud").zone is not SAME


def test_compare_names_scores_exact_names_at_100() -> None:
    assert compare_names("Nuages SAS", "NUAGES") == Similarity(SAME, 100.0)


@pytest.mark.parametrize("name", ["SA", "SAS SARL", "Le", "AB Consulting", "Cloud Co"])
def test_normalise_name_leaves_something(name: str) -> None:
    assert normalise_name(name)


def address(street: str, postal_code: str = "75002", city: str = "Paris", country: str = "FR") -> Address:
    return Address(street, postal_code, city, country)


@pytest.mark.parametrize(
    ("typed", "seen", "zone"),
    [
        (address("12 av. de l'Essai"), address("12 AVENUE DE L'ESSAI"), SAME),
        (address("12 bd du Test"), address("12 BOULEVARD DU TEST", city="PARIS 2"), SAME),
        (address("12bis rue du Test"), address("12 BIS RUE DU TEST"), SAME),
        (address("rue du Test"), address("12 RUE DU TEST"), SAME),
        (address("12 rue du Test, BP 40"), address("12 RUE DU TEST"), SAME),
        (address("12 rue du Test", "42000", "St-Etienne"), address("12 RUE DU TEST", "42 000", "SAINT ETIENNE"), SAME),
        (address("12 rue du Test"), address("14 RUE DU TEST"), SIMILAR),
        (address("12 rue du Test"), address("12 bis rue du Test"), SIMILAR),
        (address("12 rue du Test"), address(""), SIMILAR),
        (address("12 rue du Test"), address("12 RUE DU TEST", city="LYON"), SIMILAR),
        (address("12 rue du Test", "75380", "Paris Cedex 08"), address("12 RUE DU TEST", "75008"), SIMILAR),
        (address("12 rue du Test"), address("3 PLACE DES MODELES"), DIFFERENT),
        (address("12 rue du Test"), address("12 RUE DU TEST", "69002", "LYON"), DIFFERENT),
        (address("12 rue du Test"), address("12 RUE DU TEST", country="BE"), DIFFERENT),
    ],
)
def test_compare_addresses_puts_each_pair_in_its_zone(typed: Address, seen: Address, zone: Zone) -> None:
    assert compare_addresses(typed, seen).zone is zone
    assert compare_addresses(seen, typed).zone is zone


# (typed, seen, whether they are one company): the 21 pairs, nine of them not, that the numbers were found on.
PAIRS = [
    ("Müller", "Mueller", True),
    ("InfoServices", "Info Services", True),
    ("Société Fictive d'Exemple", "SOCIETE FICTIVE D EXEMPLE", True),
    ("SARL Dupont Exemple", "Dupont Exemple", True),
    ("Dupont Exemple S.A.S.", "DUPONT EXEMPLE", True),
    ("Nuages & Réseaux", "NUAGES ET RESEAUX", True),
    ("Exemple Conseil", "CONSEIL EXEMPLE", True),
    ("Wolke Beispiel GmbH & Co. KG", "WOLKE BEISPIEL", True),
    ("Esempio S.p.A.", "ESEMPIO", True),
    ("Cœur d'Exemple", "COEUR D'EXEMPLE", True),
    ("L'Atelier d'Exemple", "ATELIER D EXEMPLE", True),
    ("SFE", "Société Fictive d'Exemple", True),
    ("Cloud", "Cloud Computing Partners International", False),
    ("Martin Informatique", "Martin Informatique Services", False),
    ("Orange Business", "Orange", False),
    ("Nord Telecom", "Nord Telecom Sud", False),
    ("Bureau Vallée Cloud", "Bureau Vallée", False),
    ("ABC Consulting", "ABD Consulting", False),
    ("Alpha Systems", "Alpha System", False),
    ("Distri Exemple 2000", "Distri Exemple 2001", False),
    ("Brume Exemple", "Brise Exemple", False),
]
ACRONYM = ("SFE", "Société Fictive d'Exemple")  # no spelling tells it: its trade name does, or a person


@pytest.mark.parametrize(("typed", "seen", "is_one"), PAIRS)
def test_no_pair_of_two_companies_is_the_same_and_none_of_one_is_different(typed: str, seen: str, is_one: bool) -> None:
    zone = compare_names(typed, seen).zone

    assert zone is not (DIFFERENT if is_one and (typed, seen) != ACRONYM else SAME)


def test_there_are_21_pairs_nine_of_which_are_two_companies() -> None:
    assert (len(PAIRS), sum(not is_one for *_names, is_one in PAIRS)) == (21, 9)


@pytest.mark.parametrize(
    ("typed", "seen", "zone"),
    [
        ("4 quai Imaginaire", "C/O FIDUCIAIRE FICTIVE, 4 QUAI IMAGINAIRE", Zone.SAME),
        ("4 quai Imaginaire", "4 quai Imaginaire\nEntrée C, 2e étage", Zone.SAME),
        ("Bâtiment C3, 4 quai Imaginaire", "4 quai Imaginaire", Zone.SAME),
        # Another number, and a line that stands in many addresses, prove nothing.
        ("4 quai Imaginaire", "C/O FIDUCIAIRE FICTIVE, 6 QUAI IMAGINAIRE", Zone.DIFFERENT),
        ("Hall 3, 4 quai Imaginaire", "Hall 3, 9 chemin Supposé", Zone.DIFFERENT),
        ("4, quai Imaginaire", "6, quai Imaginaire", Zone.SIMILAR),
    ],
)
def test_one_line_of_an_address_may_be_the_street(typed: str, seen: str, zone: Zone) -> None:
    found = compare_addresses(Address(typed, "69002", "Lyon", "FR"), Address(seen, "69002", "LYON", "FR"))

    assert found.zone is zone


@pytest.mark.parametrize("missing", ["typed", "seen"])
@pytest.mark.parametrize(("town", "zone"), [("Lyon", Zone.SIMILAR), ("Lille", Zone.DIFFERENT)])
def test_a_postal_code_that_was_not_given_is_no_other_one(missing: str, town: str, zone: Zone) -> None:
    codes = {"typed": "69002", "seen": "69002"} | {missing: ""}
    typed = Address("4 quai Imaginaire", codes["typed"], "Lyon", "FR")

    assert compare_addresses(typed, Address("4 quai Imaginaire", codes["seen"], town, "FR")).zone is zone
