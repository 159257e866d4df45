"""Legal forms: each one of the countries' own lists is recognised in its spelling, and two forms are never one."""

import pytest

from onboarding.domain.checks import legal_forms
from onboarding.domain.checks.fuzzy_match import Address, NameNote, Zone, compare_addresses, compare_names
from onboarding.domain.checks.legal_forms import parse

SAME, SIMILAR, DIFFERENT = Zone.SAME, Zone.SIMILAR, Zone.DIFFERENT
ROWS = legal_forms.table()
NAME = "Brumes Nord"


def _spellings() -> list[tuple[str, str]]:
    """Return every spelling of the table with its country, but for ordinary words."""
    found = {(row.country, spelling) for row in ROWS for spelling in row.spellings}
    return sorted(pair for pair in found if _is_a_form(pair[1]))


def test_the_table_covers_the_countries_that_registers_are_asked_for() -> None:
    countries = {row.country for row in ROWS}

    assert {"FR", "BE", "LU", "DE", "PL", "CZ", "IT", "ES", "GB", "IE", "SE", "GR", "BG", "CH", "US"} <= countries
    assert len(ROWS) > 3000


def test_every_form_of_the_table_is_recognised_in_its_own_country() -> None:
    unknown = [
        (country, spelling)
        for country, spelling in _spellings()
        if len(spelling.split()) < legal_forms._LONGEST and not parse(f"{NAME} {spelling}", country).forms
    ]

    assert unknown == []


def test_written_out_and_abbreviated_forms_of_the_table_are_one() -> None:
    """Two spellings of a line are one form, unless the line has abbreviations of forms that we keep apart."""
    apart = [
        (row.country, row.name, spelling)
        for row in ROWS
        if row.country in _ASKED and _is_a_form(row.name) and len(row.name.split()) < 12
        for spelling in row.spellings
        if _is_a_form(spelling)
        and compare_names(f"{NAME} {row.name}", f"{NAME} {spelling}".upper(), row.country).zone is DIFFERENT
    ]

    assert apart == []


def _is_a_form(spelling: str) -> bool:
    return legal_forms.joined(spelling) not in {"", *legal_forms._WORDS}


_ASKED = {
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT",
    "NL", "PL", "PT", "RO", "SE", "SI", "GB", "NO", "LI", "US", "AU", "SG",
}  # fmt: skip


def _groups() -> list[tuple[str, tuple[str, ...]]]:
    return [(country, group) for country, groups in legal_forms.SPELLINGS.items() for group in groups]


@pytest.mark.parametrize(("country", "group"), _groups())
def test_the_spellings_of_a_form_are_one_before_and_after_the_name(country: str, group: tuple[str, ...]) -> None:
    first, *others = group
    for other in (*others, first.upper(), ".".join(first) + "." if first.isupper() and first.isalpha() else first):
        compared = compare_names(f"{NAME} {first}", f"{NAME}, {other}", country)
        assert (compared.zone, compared.note) == (SAME, NameNote.NONE), other


@pytest.mark.parametrize(
    ("typed", "seen", "country"),
    [
        ("Mgła Północna sp. z o.o.", "MGLA POLNOCNA SPÓŁKA Z OGRANICZONĄ ODPOWIEDZIALNOŚCIĄ", "PL"),
        ("Brouillard S.à r.l.", "BROUILLARD SARL", "LU"),
        ("Mlha spol. s r. o.", "MLHA SPOLEČNOST S RUČENÍM OMEZENÝM", "CZ"),
        ("UAB Rūkas", "RUKAS, UŽDAROJI AKCINĖ BENDROVĖ", "LT"),
        ("Udu OÜ", "OSAÜHING UDU", "EE"),
        ("Aktiebolaget Dimma", "DIMMA AB", "SE"),
        ("Taage Søndergård ApS", "TAAGE SOENDERGAARD ANPARTSSELSKAB", "DK"),
        ("Sumu Oy", "SUMU OSAKEYHTIÖ", "FI"),
        ("Köd Kft.", "KÖD KORLÁTOLT FELELŐSSÉGŰ TÁRSASÁG", "HU"),
        ("Magla d.o.o.", "MAGLA DRUŠTVO S OGRANIČENOM ODGOVORNOŠĆU", "HR"),
        ("Nebel GmbH und Co. KG", "NEBEL GMBH & CO KG", "DE"),
        ("Niebla S.L.", "NIEBLA SOCIEDAD LIMITADA", "ES"),
        ("Ομίχλη Ε.Π.Ε.", "ΟΜΙΧΛΗ ΕΤΑΙΡΕΙΑ ΠΕΡΙΟΡΙΣΜΕΝΗΣ ΕΥΘΥΝΗΣ", "GR"),
        ("Мъгла ООД", "МЪГЛА ДРУЖЕСТВО С ОГРАНИЧЕНА ОТГОВОРНОСТ", "BG"),
        ("Mist Ltd.", "MIST LIMITED", "GB"),
        ("SCI des Brumes", "SOCIETE CIVILE IMMOBILIERE DES BRUMES", "FR"),
        ("Ångström Åkeri AB", "ANGSTROEM AAKERI AB", "SE"),
        ("Nevel B.V.", "NEVEL BESLOTEN VENNOOTSCHAP", "NL"),
        ("Brume SRL", "BRUME BV", "BE"),
    ],
)
def test_forms_and_letters_of_every_country_are_one(typed: str, seen: str, country: str) -> None:
    for place in (country, ""):
        assert compare_names(typed, seen, place).zone is SAME, place
        assert compare_names(seen, typed, place).zone is SAME, place


@pytest.mark.parametrize(
    ("typed", "seen", "country"),
    [
        ("Nebel AG", "NEBEL GMBH", "DE"),
        ("Brume SARL", "BRUME SAS", "FR"),
        ("Brume SAS", "BRUME SASU", "FR"),
        ("Mist Ltd", "MIST PLC", "GB"),
        ("Nebbia srl", "NEBBIA SPA", "IT"),
        ("Mgła sp. z o.o.", "MGŁA SPÓŁKA AKCYJNA", "PL"),
        ("Nevel BV", "NEVEL NV", "NL"),
        ("Nebel GmbH", "NEBEL GMBH & CO. KG", "DE"),
        ("Mist LLC", "MIST INC.", "US"),
    ],
)
def test_two_legal_forms_are_never_one_company(typed: str, seen: str, country: str) -> None:
    for place in (country, ""):
        compared = compare_names(typed, seen, place)
        assert (compared.zone, compared.note) == (SIMILAR, NameNote.FORMS_DIFFER)


@pytest.mark.parametrize(
    ("typed", "seen", "country"),
    [("Nebel", "NEBEL GMBH", "DE"), ("Brume", "SARL BRUME", "FR"), ("Mgła", "MGŁA S.A.", "PL")],
)
def test_a_form_that_only_one_has_is_said(typed: str, seen: str, country: str) -> None:
    compared = compare_names(typed, seen, country)

    assert (compared.zone, compared.note) == (SAME, NameNote.FORM_MISSING)


@pytest.mark.parametrize(
    ("typed", "seen"), [("Brume Association", "Brume"), ("Mist Company", "Mist"), ("Nord Coop", "Nord")]
)
def test_a_word_that_is_part_of_the_name_is_not_left_out(typed: str, seen: str) -> None:
    for place in ("FR", "GB", ""):
        assert compare_names(typed, seen, place).zone is not SAME


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        (("7 ter rue du Puits", "54000", "Nancy", "FR"), ("7 T RUE DU PUITS", "54000", "NANCY", "FR")),
        (("3 quater allée Foch", "54000", "Nancy", "FR"), ("3 Q ALL FOCH", "54000", "NANCY", "FR")),
        (("9 place du Maréchal Juin", "54000", "Nancy", "FR"), ("9 PL DU MAL JUIN", "54000", "NANCY", "FR")),
        (("9 chemin Saint-Jean", "83000", "Saint-Tropez", "FR"), ("9 CHE ST JEAN", "83000", "ST TROPEZ", "FR")),
        (("1 rond-point Nord", "54000", "Nancy", "FR"), ("1 RPT NORD", "54000", "NANCY", "FR")),
        (("8 Parkstr.", "A-1010", "Wien", "AT"), ("PARKSTRASSE 8", "1010", "WIEN", "AT")),
        (("Brīvības iela 5", "LV-1010", "Rīga", "LV"), ("BRIVIBAS IELA 5", "1010", "RIGA", "LV")),
        (("Storgatan 2", "SE-111 22", "Malmö", "SE"), ("STORGATAN 2", "S-11122", "MALMOE", "SE")),
        (("Rua Um 4", "1000-001", "Lisboa", "PT"), ("RUA UM 4", "P 1000001", "LISBOA", "PT")),
        (("1 rue Un", "1234", "Luxembourg", "LU"), ("1 RUE UN", "L - 1234", "LUXEMBOURG", "LU")),
    ],
)
def test_addresses_survive_abbreviations_and_letters_of_countries(
    typed: tuple[str, str, str, str], seen: tuple[str, str, str, str]
) -> None:
    assert compare_addresses(Address(*typed), Address(*seen)).zone is SAME
    assert compare_addresses(Address(*seen), Address(*typed)).zone is SAME


def test_letters_that_are_part_of_a_postal_code_count() -> None:
    one, other = Address("1 High St", "E1 6AN", "London", "GB"), Address("1 High St", "W1 6AN", "London", "GB")

    assert compare_addresses(one, other).zone is DIFFERENT


@pytest.mark.parametrize("name", ["Agence AB", "Groupe AS", "Studio OY", "Atelier NV"])
def test_a_short_form_of_another_country_may_be_a_word_of_the_name(name: str) -> None:
    assert compare_names(name, name.split()[0], "FR").zone is not SAME
