"""Cells as people write them: numbers, days, names; and rows that are rejected with their reason."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.domain import editions
from licensing.domain.cells import Cell, RowRejected, day, day_first_of, text, whole
from licensing.domain.facts import Facts
from licensing.domain.families import Families
from licensing.domain.rows import Reading, customer_key, read_row
from licensing.domain.shapes import find_header
from licensing.domain.vocabulary import sector_of, sector_of_program
from portal.tables.headers import plain
from tests.licensing import files

FAMILIES = Families(Facts(editions.read_files()))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12 500,0", 12500), ("12\u00a0500", 12500), ("12\u202f500,00", 12500), ("1,250", 1250), ("1.250", 1250),
        ("1.250,0", 1250),
        ("1,250.0", 1250), ("12'500", 12500), ("1.000.000", 1000000), (7.0, 7), (7, 7), ("007", 7), ("+5", 5),
    ],
)  # fmt: skip
def test_quantities_in_every_spelling(written: Cell, meant: int) -> None:
    assert whole(written) == meant


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("0", "quantity_zero"), (0.0, "quantity_zero"), ("-3", "quantity_negative"), (-3, "quantity_negative"),
        ("(12)", "quantity_negative"), ("7-", "quantity_negative"), ("−4", "quantity_negative"),
        (1e9, "quantity_too_large"), ("1e9", "quantity_too_large"), ("1000000000", "quantity_too_large"),
        ("2,5", "quantity_not_whole"),
        ("0,005", "quantity_not_whole"), ("0.125", "quantity_not_whole"),
        ("ten", "quantity_unreadable"), ("=cmd|'/c calc'!A1", "quantity_unreadable"),
        ("", "no_quantity"), (None, "no_quantity"), (True, "quantity_unreadable"), ("1,25,0", "quantity_unreadable"),
        (float("nan"), "quantity_unreadable"), (float("inf"), "quantity_unreadable"),
    ],
)  # fmt: skip
def test_quantities_that_are_none(written: Cell, reason: str) -> None:
    with pytest.raises(RowRejected, match=reason):
        whole(written)


@given(st.text(max_size=30) | st.floats() | st.integers())
def test_any_cell_is_a_quantity_or_a_reason(written: str | float | int) -> None:
    try:
        assert 0 < whole(written) <= 1_000_000
    except RowRejected as refusal:
        assert refusal.reason


_WORDS = st.lists(
    st.sampled_from(["décembre", "May", "5", "12", "31", "2027", "²²²²²", "١٢", "99999", "/", "1er", "-", ":", "é"]),
    max_size=5,
)


@given(_WORDS.map(" ".join) | st.text(max_size=20) | st.floats() | st.integers(), st.booleans())
def test_any_cell_is_a_day_or_a_reason(written: str | float | int, first: bool) -> None:
    try:
        found = day(written, day_first=first)
        assert found is None or 1990 <= found.year <= 2100
    except RowRejected as refusal:
        assert refusal.reason in ("date_unreadable", "date_two_digits")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("31/12/2026", dt.date(2026, 12, 31)), ("2026-12-31", dt.date(2026, 12, 31)),
        ("2026/12/31", dt.date(2026, 12, 31)),
        ("12/31/2026", dt.date(2026, 12, 31)), ("03/04/2026", dt.date(2026, 4, 3)), ("31.12.26", dt.date(2026, 12, 31)),
        ("31 décembre 2026", dt.date(2026, 12, 31)), ("31-déc.-26", dt.date(2026, 12, 31)),
        ("31-Dec-2026", dt.date(2026, 12, 31)),
        ("Dec 31, 2026", dt.date(2026, 12, 31)), ("1er janvier 2027", dt.date(2027, 1, 1)),
        (44561.0, dt.date(2021, 12, 31)),
        ("44561", dt.date(2021, 12, 31)), ("29/02/2028", dt.date(2028, 2, 29)),
        ("2026-12-31 00:00:00", dt.date(2026, 12, 31)),
        (dt.datetime(2026, 12, 31, tzinfo=dt.UTC), dt.date(2026, 12, 31)), ("1/1/1900", None), (dt.date(1900, 1, 1),
        None), ("", None),
        (1.0, None), (None, None),
        ("N/A", None), ("n/a", None), ("-", None), ("–", None), (" -- ", None), ("perpetual", None),
        ("Perpétuelle", None), ("None", None), ("Aucune", None), ("illimitée", None), ("Unlimited", None),
        ("unbefristet", None), ("01/01/0001", None), ("0001-01-01 00:00:00", None), ("00/00/0000", None),
        ("20261231", dt.date(2026, 12, 31)), (20261231.0, dt.date(2026, 12, 31)),
        ("31. Dezember 2026", dt.date(2026, 12, 31)), ("1. März 2027", dt.date(2027, 3, 1)),
        ("31/12/2026 23:59", dt.date(2026, 12, 31)), ("12/31/2026 12:00:00 AM", dt.date(2026, 12, 31)),
        ("2026-12-31T23:59:59.000Z", dt.date(2026, 12, 31)),
    ],
)  # fmt: skip
def test_days_in_every_spelling(written: Cell, meant: dt.date | None) -> None:
    assert day(written, day_first=True) == meant


def test_the_order_of_day_and_month_is_the_column_s() -> None:
    assert day("03/04/2026", day_first=False) == dt.date(2026, 3, 4)
    assert day_first_of(["03/04/2026", "31/12/2026"]) is True
    assert day_first_of(["03/04/2026", "12/31/2026"]) is False
    assert day_first_of(["03/04/2026", "01/02/2026"]) is None
    assert day_first_of(["31/12/2026", "12/31/2026"]) is None


@pytest.mark.parametrize(
    "written",
    [
        "29/02/2027",
        "31/04/2026",
        "soon",
        "perpetual 2027",
        "31/12/2101",
        "99/99/9999",
        "1/1/1850",
        "01/02/0026",
        "20261331",
        1e6,
        "0/0/0",
    ],
)
def test_days_that_are_none(written: Cell) -> None:
    with pytest.raises(RowRejected, match="date_unreadable"):
        day(written, day_first=True)


@given(st.text(max_size=30))
def test_any_text_is_a_day_or_a_reason(written: str) -> None:
    try:
        found = day(written, day_first=True)
    except RowRejected:
        return
    assert found is None or 1990 <= found.year <= 2100


def test_texts_keep_their_zeros_and_numbers_lose_their_point() -> None:
    assert (text("00123456"), text(90123456.0), text(1.5)) == ("00123456", "90123456", "1.5")


@pytest.mark.parametrize(
    "spelling", ["Dupont", "DUPONT S.A.R.L.", "Dupont  sarl", "dupont, SARL", "Dúpont", "SARL Dupont"]
)
def test_a_customer_spelled_in_many_ways_is_one(spelling: str) -> None:
    assert customer_key(spelling) == "dupont"


def test_a_name_that_is_only_a_legal_form_is_kept() -> None:
    assert customer_key("SAS") == "sas"


@pytest.mark.parametrize(
    ("product", "family"),
    [
        ("Windows Server 2019 Standard Core 2 Lic", "windows_server"), ("Microsoft® SQL Server 2019 Standard",
        "sql_server"),
        ("Dynamics 365 Operations Server", "d365_operations_server"), ("Dynamics 365 Sales", "dynamics_365"),
        ("SYSTEM  CENTER Datacenter", "system_center"), ("Système", ""), ("Office 365 E3", "office_365"),
        ("OFFICE STANDARD 2019", "office"), ("Visual Studio Pro", "visual_studio_pro"), ("Get Genuine Windows", "ggwa"),
        ("Azure DevOps Server 2020", "azure_devops_server"), ("WinSvrSTDCore ALNG LicSAPk MVL 2Lic", "windows_server"),
        ("Windows Server CAL", "windows_server_cal"),
    ],
)  # fmt: skip
def test_products_find_their_family(product: str, family: str) -> None:
    assert FAMILIES.find(product)[0] == family


@given(st.sampled_from(["Dynamics 365 Operations Server", "Dynamics 365 Sales", "Exchange Server", "Système Center"]))
def test_15_case_accents_and_spaces_do_not_change_the_family(product: str) -> None:
    assert FAMILIES.find(product.upper().replace(" ", "   ")) == FAMILIES.find(product)
    assert plain(product) == plain(product.upper())


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Open Academic", "education"), ("OLP GOV", "government"), ("Charity", "nonprofit"), ("Secteur public",
        "government"),
        ("Open License", ""), ("", ""), ("Commercial", "commercial"),
    ],
)  # fmt: skip
def test_sectors_are_found_in_programmes(words: str, found: str) -> None:
    assert (sector_of(words) or sector_of_program(words)) == found


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (files.CONTRACT_HEADERS.split(";"), {"license_number", "customer", "country", "program", "end_on", "status"}),
        (files.SUMMARY.split(","), {"product", "version", "sa", "quantity", "sa_quantity"}),
        (files.STATEMENT, {"product", "version", "quantity", "sa_quantity", "country"}),
        (
            files.HOME_MADE.split(";"),
            {"customer", "authorization_number", "license_number", "product", "quantity", "sa", "end_on", "country"},
        ),
        (
            files.FLAT.split(","),
            {
                "customer", "authorization_number", "license_number", "start_on", "end_on", "part_number", "product",
                "version",
                "program", "country", "status", "quantity",
            },
        ),
        (
            ["Reseller order number", "Ordered on", "Part number", "Product description", "Quantity", "Country",
            "License ID"],
            {"start_on", "part_number", "product", "quantity", "country", "license_number"},
        ),
        (files.FRENCH_CONTRACTS.split(";"), {"license_number", "customer", "country", "program", "end_on", "status"}),
        (files.FRENCH_SUMMARY.split(";"), {"product", "version", "sa", "quantity", "sa_quantity"}),
        (
            files.OTHER_DATA.split(","),
            {"product", "version", "customer", "program", "start_on", "end_on", "quantity"},
        ),
        (files.LICENSE_AGREEMENT, {"program", "license_number", "customer"}),
    ],
)  # fmt: skip
def test_every_documented_shape_is_recognised(header: list[str], known: set[str]) -> None:
    found = find_header([["A title"], [], header, ["x"] * len(header)])

    assert found is not None
    assert (found.row, set(found.fields.values())) == (2, known)


def test_the_order_of_columns_does_not_change_the_shape() -> None:
    titles = files.HOME_MADE.split(";")

    one, other = find_header([titles]), find_header([titles[::-1]])

    assert one is not None
    assert other is not None
    assert one.shape == other.shape


def row(**cells: Cell) -> list[Cell]:
    return [cells.get(name, "") for name in ("customer", "product", "quantity", "end_on", "sa", "status", "program")]


READING = Reading(dict(enumerate(("customer", "product", "quantity", "end_on", "sa", "status", "program"))))


def test_a_row_becomes_an_item() -> None:
    item = read_row(
        row(customer="Dupont", product="SQL Server L&SA", quantity="5", end_on="31/12/2026", program="OLP Academic"),
        7, READING, FAMILIES,
    )  # fmt: skip

    assert (item.customer, item.family, item.quantity, item.has_sa) == ("Dupont", "sql_server", 5, True)
    assert (item.end_on, item.sector, item.row_no) == (dt.date(2026, 12, 31), "education", 7)


@pytest.mark.parametrize(
    ("kind", "active", "has_sa"),
    [
        ("License", "4", True), ("License", "0", False), ("License", "", False), ("", "0", False), ("", "4", True),
        ("L&SA", "0", False), ("L&SA", "", True), ("", "", None),
    ],
)  # fmt: skip
def test_what_is_under_assurance_counts_whatever_the_type(kind: str, active: str, has_sa: bool | None) -> None:
    summary = Reading(dict(enumerate(("product", "quantity", "sa", "sa_quantity"))), "Dupont")

    assert read_row(["SQL Server", "12", kind, active], 2, summary, FAMILIES).has_sa is has_sa


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"product": "Office", "quantity": 1}, "no_customer"),
        ({"customer": "Dupont", "quantity": 1}, "no_product"),
        ({"customer": "Dupont", "product": "Office"}, "no_quantity"),
        ({"customer": "Dupont", "product": "Office", "quantity": 1, "end_on": "31/02/2026"}, "date_unreadable"),
        ({"customer": "Dupont", "product": "Office", "quantity": 1, "status": "Returned"}, "returned"),
        ({"customer": "Dupont", "product": "Office *", "quantity": 1}, "grant"),
        ({"customer": "...", "product": "Office", "quantity": 1}, "no_customer"),
    ],
)
def test_a_row_is_rejected_with_its_reason(cells: dict[str, Cell], reason: str) -> None:
    with pytest.raises(RowRejected) as refusal:
        read_row(row(**cells), 1, READING, FAMILIES)

    assert refusal.value.reason == reason


def test_a_formula_in_a_csv_is_only_a_text() -> None:
    item = read_row(row(customer="=cmd|'/c calc'!A1", product="Office", quantity=1), 1, READING, FAMILIES)

    assert item.customer == "=cmd|'/c calc'!A1"
