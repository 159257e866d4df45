"""A spreadsheet of former resellers: which column is which, by their words, and what is the matter with a row."""

import pytest

from onboarding.domain.campaigns import reading
from portal.tables.reading import Sheet

COUNTRIES = reading.countries_by_name(
    {"FR": ("France", "France"), "BE": ("Belgique", "Belgium"), "GB": ("Royaume-Uni", "United Kingdom")}
)
TITLES = ["Société", "Pays", "Courriel"]


def rows(*lines: list[object]) -> list[reading.ReadRow]:
    return reading.read_rows([Sheet("", [list(line) for line in lines])], COUNTRIES)


@pytest.mark.parametrize(
    ("titles", "fields"),
    [
        (
            ["N° client IMOnline", "Raison sociale", "Pays", "ID MPN", "Contact", "E-mail du contact"],
            ["imonline", "name", "country", "mpn_id", "contact_name", "email"],
        ),
        (
            ["IMOnline number", "Name", "Country", "MPN ID", "Contact e-mail", "Contact name"],
            ["imonline", "name", "country", "mpn_id", "email", "contact_name"],
        ),
        (
            ["Customer No.", "Company", "COUNTRY CODE", "Partner ID", "First name", "Last name", "EMAIL"],
            ["imonline", "name", "country", "mpn_id", "contact_first", "contact_last", "email"],
        ),
        (
            ["Revendeur", "Numéro de compte", "Prénom", "Nom de famille", "Adresse de messagerie", "pays"],
            ["name", "imonline", "contact_first", "contact_last", "email", "country"],
        ),
        (["customer_name", "customer_number", "e-Mail"], ["name", "imonline", "email"]),
        (["Domaine de mail", "Téléphone", "Ville"], []),
    ],
)
def test_columns_are_known_by_their_words(titles: list[str], fields: list[str]) -> None:
    found = reading.columns_of(titles)

    assert [name for name, _index in sorted(found.items(), key=lambda item: item[1])] == fields


def test_row_is_cleaned() -> None:
    [row] = rows(
        ["Liste 2021", None, None, None, None],
        ["Company", "Country", "E-mail", "MPN ID", "IMOnline"],
        ["  Nuages\u00a0d'Exemple ", "belgium", "Lou <LOU@Nuages.example>", 4391600.0, "20-222 222"],
    )

    assert row == reading.ReadRow(
        3, "Nuages d'Exemple", "BE", "belgium", "20-222222", "4391600", "lou@nuages.example", ""
    )


@pytest.mark.parametrize(
    ("cells", "faults"),
    [
        (["Acme", "France", "a@acme.fr"], []),
        (["", "FR", "a@acme.fr"], ["no_name"]),
        (["=HYPERLINK(1)", "FR", "a@acme.fr"], ["formula"]),
        (["Voir www.mechant.example", "FR", "a@acme.fr"], ["link_in_name"]),
        (["mechant.com SARL", "FR", "a@acme.fr"], ["link_in_name"]),
        (["Acme", "Frankreich", "a@acme.fr"], ["unknown_country"]),
        (["Acme", "", ""], ["no_country", "no_email"]),
        (["Acme", "uk", "not an address"], ["bad_email"]),
        (["Acme", "GB", "x@tenant.onmicrosoft.com"], ["bad_email"]),
        (["A.B.C. S.A.R.L.", "Royaume-Uni", "mailto:a@acme.fr"], []),
    ],
)
def test_faults_are_told_and_the_row_is_kept(cells: list[object], faults: list[str]) -> None:
    [row] = rows(TITLES, cells)

    assert row.faults == faults


@pytest.mark.parametrize(
    ("titles", "missing"),
    [
        (["a", "b"], ["name", "country", "email"]),
        (["Société", "Ville"], ["country", "email"]),
        ([], [*reading.REQUIRED]),
    ],
)
def test_wrong_titles_name_what_is_missing(titles: list[object], missing: list[str]) -> None:
    with pytest.raises(reading.ColumnsMissingInFileError) as told:
        rows(titles, ["Acme", "FR"])

    assert told.value.missing == missing


def test_nothing_under_the_titles_and_too_much() -> None:
    with pytest.raises(reading.NoRowsError):
        rows(TITLES, ["", None, " "])
    with pytest.raises(reading.TooManyRowsError):
        rows(TITLES, *[["Acme", "FR", "a@acme.fr"]] * (reading.MOST_ROWS + 1))


def test_hidden_rows_and_sheets_are_left_out() -> None:
    hidden = Sheet("a", [TITLES, ["Geheim", "FR", "x@a.fr"]], hidden=True)
    shown = Sheet("b", [TITLES, ["Acme", "FR", "a@acme.fr"], ["Weg", "FR", "w@acme.fr"]], hidden_rows=[3])

    assert [row.name for row in reading.read_rows([hidden, shown], COUNTRIES)] == ["Acme"]


@pytest.mark.parametrize("text", ["http://a", "voir a.com/b", "www.x", "lou@nuages.example", "Shop.FR", "//evil"])
def test_link_in_a_text_is_seen(text: str) -> None:
    assert reading.has_link(text)


@pytest.mark.parametrize("text", ["Bonjour,\nà bientôt.", "S.A.S. Dupont", "3.5 jours", "Fin.Du mois", "A/B"])
def test_plain_words_are_no_link(text: str) -> None:
    assert not reading.has_link(text)
