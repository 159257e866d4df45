"""Files as customers send them, each with the values that must be read from it."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from licensing.domain import editions
from licensing.domain.facts import Facts
from licensing.domain.families import Families
from licensing.domain.judging import Judged, judge
from licensing.domain.shapes import find_header
from portal.tables import reading

FAMILIES = Families(Facts(editions.read_files()))
CASES = Path(__file__).parent / "cases"


def read(name: str, **mapping: Any) -> Judged:
    [sheet] = reading.read((CASES / name).read_bytes(), name)
    header = find_header(sheet.rows)
    assert header is not None
    fields = {str(index): field for index, field in header.fields.items()}
    told = {"header": header.row, "fields": fields, "customer": "Exemple", **mapping}
    return judge(sheet.rows, told, FAMILIES, hidden=sheet.hidden_rows)


CASE_VALUES: list[tuple[str, list[tuple[str, int, bool | None, str]], list[tuple[int, str]]]] = [
    (
        "license-summary.csv",
        [
            ("Windows Server - Standard 2022", 16, False, ""),
            ("SQL Server Standard Core 2019", 8, True, ""),
            ("Office Professional Plus 2021", 40, True, ""),
            ("Office Professional Plus 2021", 80, False, ""),
        ],
        [(5, "quantity_zero"), (6, "grant")],
    ),
    (
        "totals.xlsx",
        [
            ("Office 365 E3", 10, None, "2026-12-31"),
            ("Windows Server 2019 Standard", 4, False, ""),
            ("SQL Server 2019 Standard", 6, False, ""),
        ],
        [(7, "total"), (10, "total"), (11, "total"), (12, "total")],
    ),
    (
        "filtered.xlsx",
        [("Office 365 E3", 5, None, "2026-12-31"), ("Visio 2019", 2, False, "")],
        [(3, "hidden")],
    ),
    (
        "numbers-with-zeros.csv",
        [("Office 365 E3", 5, None, "2026-12-31"), ("Visio 2019", 2, False, "")],
        [],
    ),
    (
        "numbers-after-excel.xlsx",
        [("Office 365 E3", 5, None, "2026-12-31"), ("Visio 2019", 2, False, "")],
        [],
    ),
    ("reconciliation.csv", [], [(2, "already_csp"), (3, "already_csp")]),
]


@pytest.mark.parametrize(("name", "values", "rejected"), CASE_VALUES, ids=[name for name, *_rest in CASE_VALUES])
def test_a_file_is_read_with_the_right_values(
    name: str, values: list[tuple[str, int, bool | None, str]], rejected: list[tuple[int, str]]
) -> None:
    found = read(name)

    assert [(i.product, i.quantity, i.has_sa, str(i.end_on or "")) for i in found.items] == values
    assert [(number, reason) for number, reason, _cells in found.rejected] == rejected


def test_numbers_are_equal_before_and_after_excel() -> None:
    before, after = read("numbers-with-zeros.csv"), read("numbers-after-excel.xlsx")

    assert [item.identity for item in before.items] == [item.identity for item in after.items]


def test_hidden_rows_come_in_when_a_person_wants_them() -> None:
    assert [item.quantity for item in read("filtered.xlsx", with_hidden=True).items] == [5, 99, 2]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html><table><tr><td>Produit</td></tr></table></html>", "web_page"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html><p>x, y</p>", "web_page"),
        (b"MIME-Version: 1.0\nX: a,b", "web_page"),
        ("<html>é,</html>".encode("utf-16"), "web_page"),
        (b"%PDF-1.7 a,b", "document"),
        (b"{\\rtf1 a;b}", "document"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook>', "xml_table"),
        (b'[{"a": 1, "b": 2}]', "not_a_table"),
        ("Bonjour,\nvoici nos licences.".replace(",", "").encode(), "not_a_table"),
    ],
)
def test_what_is_no_table_is_refused_by_its_own_name(content: bytes, reason: str) -> None:
    with pytest.raises(reading.Unreadable, match=reason):
        reading.read(content, "parc.xls")


def test_rows_hidden_by_a_filter_are_found_in_any_sheet() -> None:
    book, out = openpyxl.Workbook(), io.BytesIO()
    second = book.create_sheet("Été & co")
    for number in range(1, 6):
        second.append([number, "x"])
    for number in (2, 5):
        second.row_dimensions[number].hidden = True
    book.active.append(["a", "b"])  # type: ignore[union-attr]
    book.save(out)

    sheets = reading.read(out.getvalue(), "a.xlsx")

    assert [(sheet.name, sheet.hidden_rows) for sheet in sheets] == [("Sheet", []), ("Été & co", [2, 5])]
