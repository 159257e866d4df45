"""What the words of a file mean, in French and English; what nobody knows stays unknown."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.domain import editions
from licensing.domain.cells import RowRejected, day, identifier
from licensing.domain.country_names import country_code
from licensing.domain.facts import Facts
from licensing.domain.families import Families
from licensing.domain.judging import Judged, judge
from licensing.domain.shapes import find_header
from licensing.domain.vocabulary import program_in_product, program_of, right_in_product, right_of, sector_of, status_of

FAMILIES = Families(Facts(editions.read_files()))


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Annulées", "gone"),
        ("Résiliée", "gone"),
        ("Rendu au fournisseur", "gone"),
        ("Non active", "gone"),
        ("Inactif", "gone"),
        ("Terminated", "gone"),
        ("Migré vers CSP", "gone"),
        ("Échue", "ended"),
        ("Expired", "ended"),
        ("Non renouvelée", "ended"),
        ("Clôturé", "ended"),
        ("Expire bientôt", "live"),
        ("EN VIGUEUR", "live"),
        ("Actives", "live"),
        ("In use", "live"),
        ("Suspendue", "unknown"),
        ("Plus active", "gone"),
        ("N’est plus valide", "gone"),
        ("No longer active", "gone"),
        ("Nicht mehr gültig", "gone"),
        ("Storniert", "gone"),
        ("Won’t renew", "ended"),
        ("Ne sera plus reconduit", "ended"),
        ("Wird nicht verlängert", "ended"),
        ("Abgelaufen", "ended"),
        ("Never expires", "live"),
        ("N’expire pas", "live"),
        ("Non échue", "live"),
        ("Aktiv", "live"),
        ("Never activated", "unknown"),
        ("Jamais activée", "unknown"),
        ("À activer", "unknown"),
        ("Pas encore active", "unknown"),
        ("Not cancelled", "unknown"),
        ("zzz", "unknown"),
        ("En attente d’activation", "unknown"),
        ("", ""),
        ("-", ""),
    ],
)
def test_a_status_is_read_by_the_stem_of_its_word(words: str, status: str) -> None:
    assert status_of(words) == status


@pytest.mark.parametrize(
    ("words", "program"),
    [
        ("OLP NL Gov", "open"),
        ("Licence Open", "open"),
        ("Microsoft Open Business", "open"),
        ("Open Value Organisation", "open_value"),
        ("OV", "open_value"),
        ("Open Value Subscription Education", "open_value_subscription"),
        ("OVS", "open_value_subscription"),
        ("Abonnement Open Value", "open_value_subscription"),
        ("Contrat d’entreprise Microsoft", "enterprise_agreement"),
        ("Enterprise Agreement Subscription", "enterprise_agreement"),
        ("EA", "enterprise_agreement"),
        ("Server and Cloud Enrollment", "enterprise_agreement"),
        ("Select Plus", "select_plus"),
        ("MPSA", "mpsa"),
        ("Contrat Produits et Services Microsoft", "mpsa"),
        ("Campus & School", "campus"),
        ("SPLA 2024", "spla"),
        ("OEM", "oem"),
        ("Préinstallé", "oem"),
        ("Boîte", "fpp"),
        ("Retail", "fpp"),
        ("CSP NCE", "csp"),
        ("Cloud Solution Provider", "csp"),
        ("Action Pack", "partner_benefit"),
        ("Web Direct", "direct"),
        ("Contrat 12", "unknown"),
        ("Open Value / Open License", "unknown"),
        ("non Open", "unknown"),
        ("Pas Open Value", "unknown"),
        ("hors OLP", "unknown"),
        ("OLP ou OEM", "unknown"),
        ("Open + Enterprise Agreement", "unknown"),
        ("OV (anciennement OLP)", "unknown"),
        ("Open Value oder Select Plus", "unknown"),
        ("Open License (OLP)", "open"),
        ("Open Value, OV", "open_value"),
        ("OLP/L&SA", "open"),
        ("Select / Enterprise Agreement", "select_plus"),
        ("Volume", "unknown"),
        ("", ""),
    ],
)
def test_a_programme_is_read_with_the_longer_name_first(words: str, program: str) -> None:
    assert program_of(words) == program


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("L&SA", "with_sa"),
        ("Licence/Software Assurance", "with_sa"),
        ("Avec SA", "with_sa"),
        ("Incluse", "with_sa"),
        ("Licence", "without_sa"),
        ("Hors SA", "without_sa"),
        ("SA expirée", "without_sa"),
        ("ohne SA", "without_sa"),
        ("Nein", "without_sa"),
        ("Enthalten", "with_sa"),
        ("Ja", "with_sa"),
        ("None", "without_sa"),
        ("Licence d’abonnement", "subscription"),
        ("Subscription License", "subscription"),
        ("Grant", "grant"),
        ("Octroi", "grant"),
        ("40", "unknown"),
        ("peut-être", "unknown"),
        ("", ""),
    ],
)
def test_a_type_says_what_right_a_line_gives(words: str, right: str) -> None:
    assert right_of(words) == right


@pytest.mark.parametrize(
    ("product", "right"),
    [
        ("SQL Svr Standard Core SA OLP 2Lic NL", "with_sa"),
        ("Windows Server Lic/SA Pack OLP NL", "with_sa"),
        ("Project Standard avec Software Assurance", "with_sa"),
        ("Visio Pro (L&SA)", "with_sa"),
        ("Project Pro sans SA", "without_sa"),
        ("Visio Standard (no Software Assurance)", "without_sa"),
        ("Windows Server w/o SA", "without_sa"),
        ("Exchange Server ohne SA", "without_sa"),
        ("Office Std, SA expirée", "without_sa"),
        ("Visio Std Lic only", "without_sa"),
        ("Office Standard 2019 OLP NL", ""),
        ("Sage 100", ""),
        ("SQL Server 2022 Standard, 1 year subscription", "subscription"),
        ("Abonnement Windows Server 2022", "subscription"),
        ("RDS CAL SubsVL", "subscription"),
        ("SharePoint Server Subscription Edition", ""),
        ("Visual Studio Enterprise subscription", ""),
        ("VSProwMSDN ALNG LicSAPk OLP NL", "with_sa"),
    ],
)
def test_a_product_s_name_says_whether_assurance_is_included(product: str, right: str) -> None:
    assert right_in_product(product) == right


@pytest.mark.parametrize(
    ("words", "sector"),
    [
        ("Gemeinnützig", "nonprofit"),
        ("Öffentliche Verwaltung", "government"),
        ("Hochschule", "education"),
        ("Universités", "education"),
        ("Enseignement public", "education"),
        ("Collectivité territoriale", "government"),
        ("Non gouvernemental", "nonprofit"),
        ("Associatif", "nonprofit"),
        ("PME", "commercial"),
        ("Not government", ""),
        ("Pas éducation", ""),
        ("Commercial / Éducation", ""),
        ("Mairie ou association", ""),
        ("Not for profit", "nonprofit"),
        ("Écoles et universités", "education"),
        ("Privé", "commercial"),
        ("zzz", ""),
    ],
)
def test_a_sector_is_read_by_the_stem_of_its_word(words: str, sector: str) -> None:
    assert sector_of(words) == sector


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Luxembourg", "LU"),
        ("ALLEMAGNE", "DE"),
        ("Deutschland", "DE"),
        ("Spain", "ES"),
        ("Pays-Bas", "NL"),
        ("The Netherlands", "NL"),
        ("Royaume Uni", "GB"),
        ("CHE", "CH"),
        ("Suisse (CH)", "CH"),
        ("Liège, Belgique", "BE"),
        ("La Réunion", "RE"),
        ("Cote d'Ivoire", "CI"),
        ("République tchèque", "CZ"),
        ("fr", "FR"),
        ("Atlantis", ""),
        ("France / Belgique", ""),
        ("Lyon", ""),
        ("", ""),
    ],
)
def test_a_country_is_read_by_name_or_code_in_both_languages(words: str, code: str) -> None:
    assert country_code(words) == code


@pytest.mark.parametrize(
    ("product", "family", "online"),
    [
        ("Dynamics 365 Business Central on-premises", "on_premises_other", False),
        ("Dynamics 365 Business Central sur site", "on_premises_other", False),
        ("Power BI Report Server", "on_premises_other", False),
        ("Dynamics 365 Finance (OnPrem)", "on_premises_other", False),
        ("Dynamics 365 Business Central Essentials", "dynamics_365", True),
        ("Office Professionnel Plus 2019", "office", False),
        ("Windows Serveur 2019 Standard", "windows_server", False),
        ("Exchange Server on-premises", "exchange_server", False),
        ("Exchange Online Plan 1", "office_365", True),
        ("CAL Utilisateur Windows Server", "windows_server_cal", False),
        ("Dynamics 365 Business Central Server", "on_premises_other", False),
        ("Serveur Dynamics 365 Sales Server", "on_premises_other", False),
        ("Windows 11 Enterprise E3", "online_other", True),
        ("Windows 10 Enterprise LTSC", "windows_client", False),
        ("Exchange Online Archiving for Exchange Server", "office_365", True),
        ("Office Famille et Petite Entreprise 2021", "office", False),
        ("Office Std", "office", False),
        ("Project Pro 2019", "project", False),
    ],
)
def test_a_product_is_found_in_french_and_on_premises_comes_before_its_name(
    product: str, family: str, online: bool
) -> None:
    assert FAMILIES.find(product) == (family, online)


@pytest.mark.parametrize("product", ["Windows 11 Pro OEM", "Office 2021 FPP", "Windows Server 2022 ROK", "Visio 2019"])
def test_a_product_may_name_its_programme(product: str) -> None:
    assert bool(program_in_product(product)) is not product.startswith("Visio")


@given(st.text(max_size=40))
def test_every_text_has_an_answer(words: str) -> None:
    assert status_of(words) is not None
    assert program_of(words) is not None
    assert right_of(words) is not None
    assert isinstance(country_code(words), str)


@pytest.mark.parametrize("cell", ["1,23457E+11", "1E-05", "9.87E+15", 1.5e21, dt.date(2026, 1, 2), "123457000000"])
def test_a_number_that_a_spreadsheet_destroyed_is_refused(cell: Any) -> None:
    with pytest.raises(RowRejected, match="number_damaged"):
        identifier(cell)


@pytest.mark.parametrize("cell", ["'0012345", '="0012345"', "’0012345", "0012345"])
def test_what_guards_a_number_from_a_spreadsheet_is_no_part_of_it(cell: str) -> None:
    assert identifier(cell) == "0012345"


@pytest.mark.parametrize("cell", ["00012345", 12345.0, "V1234567", "12345600", "ZZE-001"])
def test_a_number_as_people_write_it_is_kept(cell: Any) -> None:
    assert identifier(cell)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("30/06/98", "date_two_digits"),
        ("28-02-09", "date_two_digits"),
        ("03/04/2027", "date_order"),
        ("30/06/2026 - 31/12/2026", "date_unreadable"),
        ("01.07.2026 bis 30.06.2027", "date_unreadable"),
        ("31/12/2026, à confirmer", "date_unreadable"),
    ],
)
def test_a_date_with_two_readings_is_refused(cell: str, why: str) -> None:
    with pytest.raises(RowRejected, match=why):
        day(cell, day_first=None)


@pytest.mark.parametrize("cell", ["31/12/9999", "9999-12-31", "2099-12-31", dt.date(2999, 1, 1)])
def test_a_date_for_ever_is_no_date(cell: Any) -> None:
    assert day(cell, day_first=True) is None


def judged(*rows: list[Any], hidden: tuple[int, ...] = (), **mapping: Any) -> Judged:
    header = find_header(rows)
    assert header is not None
    fields = {str(index): name for index, name in header.fields.items()}
    told = {"header": header.row, "fields": fields, "customer": "Exemple", **mapping}
    return judge(rows, told, FAMILIES, hidden=hidden)


def lines(found: Judged) -> list[tuple[str, int, bool | None]]:
    return [(item.product, item.quantity, item.has_sa) for item in found.items]


def reasons(found: Judged) -> dict[str, int]:
    return dict(Counter(reason for _no, reason, _cells in found.rejected))


@pytest.mark.parametrize("cell", ["-", "#", "N/A", "n.d.", "aucun", "keine", "  "])
def test_a_sign_for_no_number_is_no_number(cell: str) -> None:
    assert identifier(cell) == ""


@pytest.mark.parametrize(
    ("quantities", "read"),
    [
        (["5,000", "12,000"], []),
        (["3.000", "", "7.000"], []),
        (["1,000"], []),
        (["5,000", "12"], [5000, 12]),
        (["1,000", "1,250"], [1000, 1250]),
        (["2,000.0", "3,000"], [2000, 3000]),
    ],
)
def test_quantities_that_may_have_decimals_are_refused_as_a_column(quantities: list[str], read: list[int]) -> None:
    found = judged(["Produit", "Quantité"], *(["Visio", quantity] for quantity in quantities))

    assert [item.quantity for item in found.items] == read
    assert "quantity_separator" in reasons(found) or read


@pytest.mark.parametrize("status", ["Expirée", "Ended", "Abgelaufen"])
def test_assurance_that_the_file_says_has_ended_is_warned_of(status: str) -> None:
    rows = [["SQL Server SA", 4, status, "31/12/2031"], ["Visio sans SA", 4, status, "31/12/2031"]]

    found = judged(["Produit", "Quantité", "Statut", "Date de fin"], *rows)

    assert [item.warnings for item in found.items] == [["says_ended"], []]


@pytest.mark.parametrize(
    ("head", "row", "parts"),
    [
        (
            ["Product", "Quantity", "Type", "Active SA quantity"],
            ["SQL Server", 30, "License", 12],
            [(12, True), (18, False)],
        ),
        (["Produit", "Quantité", "SA"], ["Visio 2019", "50", "20"], [(20, True), (30, False)]),
        (["Produit", "Quantité", "Quantité SA active"], ["Windows Server", 7, 7], [(7, True)]),
        (["Produit", "Quantité", "Quantité SA active"], ["Windows Server", 7, 0], [(7, False)]),
    ],
)
def test_only_the_part_under_assurance_is_under_assurance(
    head: list[str], row: list[Any], parts: list[tuple[int, bool]]
) -> None:
    found = judged(head, row)

    assert [(item.quantity, item.has_sa) for item in found.items] == parts
    assert (found.accepted, found.rows) == (1, 1)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["Visio", 3, ""], ["Visio Pro", 4, ""], ["Total Visio", 7, ""]], {"total": 1}),
        ([["Visio", 3, ""], ["Visio 2019 Total", 3, ""], ["Grand Total", 3, ""]], {"total": 2}),
        ([["Visio", 3, ""], ["Somme", 4, ""]], {"total_differs": 1}),
        ([["Total Commander", 3, "V123"], ["Total Commander", 3, "V124"]], {}),
        ([["Visio", 3, ""], ["SOUS-TOTAL", "", ""]], {"total": 1}),
        ([["Visio", 3, ""], ["Gesamtsumme", 3, ""]], {"total": 1}),
        ([["Visio", 3, ""], ["Totals:", 3, ""], ["Project", 2, ""], ["S/Total", 2, ""]], {"total": 2}),
    ],
)
def test_sums_are_no_licences(rows: list[list[Any]], said: dict[str, int]) -> None:
    assert reasons(judged(["Produit", "Quantité", "N° de licence"], *rows)) == said


@pytest.mark.parametrize(
    ("rows", "hidden", "said"),
    [
        ([["Visio", 3], ["Project", 4], ["Total", 7]], [3], {"hidden": 1, "total_with_hidden": 1}),
        ([["Visio", 3], ["Project", 4], ["Total", 3]], [3], {"hidden": 1, "total": 1}),
        ([["Visio", 3], ["Project", 4], ["Total", 9]], [3], {"hidden": 1, "total_differs": 1}),
        ([["A", 1], ["B", 2], ["Total", 3], ["C", 4], ["D", 5], ["Total", 9]], [3, 5],
         {"hidden": 2, "total_with_hidden": 2}),
        ([["A", 1], ["Total", 1], ["B", 2], ["Grand total", 3]], [3], {"hidden": 1, "total": 1}),
    ],
)  # fmt: skip
def test_a_sum_of_rows_of_which_some_are_hidden_says_so(
    rows: list[list[Any]], hidden: list[int], said: dict[str, int]
) -> None:
    head = ["Produit", "Quantité"]
    mapping = {"header": 0, "fields": {"0": "product", "1": "quantity"}, "customer": "Nord"}

    assert reasons(judge([head, *rows], mapping, FAMILIES, hidden=hidden)) == said


def test_a_customer_may_be_called_total() -> None:
    rows = [["Total", "Visio", 5], ["Total", "Project 2019", 5], ["Total Énergies", "Office 365 E3", 10]]

    assert judged(["Client", "Produit", "Quantité"], *rows, ["Total général", "", 20]).accepted == 3


@pytest.mark.parametrize(
    ("product", "version", "kind"),
    [("Windows 10 Enterprise", "LTSC*", ""), ("Office*", "2019", ""), ("Windows 11", "", "Octroi")],
)
def test_a_grant_is_recognised_wherever_it_is_marked(product: str, version: str, kind: str) -> None:
    found = judged(["Product", "Version", "Type", "Quantity"], [product, version, kind, 25])

    assert reasons(found) == {"grant": 1}


def test_all_columns_of_dates_decide_the_order_of_day_and_month() -> None:
    head = ["Produit", "Quantité", "Date de fin", "Facturé le"]

    found = judged(head, ["Office 365", 1, "3/4/2027", "12/30/2026"], ["Office 365", 2, "5/6/2027", "11/2/2026"])

    assert [item.end_on for item in found.items] == [dt.date(2027, 3, 4), dt.date(2027, 5, 6)]


def test_a_column_that_contradicts_itself_has_no_ambiguous_dates() -> None:
    head = ["Produit", "Quantité", "Date de fin"]

    found = judged(head, ["A", 1, "31/12/2026"], ["B", 1, "12/30/2026"], ["C", 1, "03/04/2027"], day_first=True)

    assert (found.accepted, reasons(found)) == (2, {"date_order": 1})


@pytest.mark.parametrize(
    ("product", "assurance", "program", "has_sa", "warnings"),
    [
        ("Office Std SA OLP NL", "", "Open", True, []),
        ("Office Std SA OLP NL", "oui", "Open", True, []),
        ("Office Std SA OLP NL", "non", "Open", None, ["sa_differs"]),
        ("Visio Pro sans SA", "Yes", "", None, ["sa_differs"]),
        ("Project Pro 2019", "no", "Open Value", None, ["sa_differs"]),
        ("Project Pro 2019", "", "Open Value", True, []),
        ("Visio Pro ohne SA", "", "", False, []),
        ("Logiciel Dupont SA", "", "", None, ["unknown_product"]),
    ],
)
def test_a_line_that_contradicts_itself_about_assurance_is_asked(
    product: str, assurance: str, program: str, has_sa: bool | None, warnings: list[str]
) -> None:
    [item] = judged(["Produit", "Quantité", "SA", "Programme"], [product, 4, assurance, program]).items

    assert (item.has_sa, item.warnings) == (has_sa, warnings)


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#VALEUR!", "#WERT!", "#DIV/0!", "#NOM?", "########"])
@pytest.mark.parametrize("column", [0, 1, 2, 3])
def test_what_a_spreadsheet_could_not_compute_is_no_value(error: str, column: int) -> None:
    row: list[Any] = ["Office 365 E3", 4, "Open", "0012345"]
    row[column] = error

    assert reasons(judged(["Produit", "Quantité", "Programme", "N° de licence"], row)) == {"cell_error": 1}


def test_an_answer_about_a_word_counts_for_all_its_rows() -> None:
    head = ["Produit", "Quantité", "Programme", "Statut", "Pays"]
    row = ["Visio", 1, "Contrat 12", "Bleu", "Nulle part"]
    answers = {"program": {"contrat 12": "open"}, "status": {"bleu": "live"}, "country": {"nulle part": "LU"}}

    assert judged(head, row).accepted == 0
    assert [item.country for item in judged(head, row, row, answers=answers).items] == ["LU", "LU"]
