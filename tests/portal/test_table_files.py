"""Tables to take away, as French and British spreadsheets read them."""

import datetime as dt
import io

import openpyxl
import pytest

from portal.tables import writing

EVIL = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", " =1", "\u00a0-1"]


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("fr", "Nom;Jour;Part\r\nA, b;03/04/2031;1,5\r\n;31/12/2031;-7\r\n"),
        ("en", 'Nom,Jour,Part\r\n"A, b",03/04/2031,1.5\r\n,31/12/2031,-7\r\n'),
    ],
)
def test_days_and_decimals_are_written_as_in_the_reader_s_language(language: str, written: str) -> None:
    rows: list[list[object]] = [["A, b", dt.date(2031, 4, 3), 1.5], [None, dt.date(2031, 12, 31), -7]]

    content = b"".join(writing.delimited(["Nom", "Jour", "Part"], rows, language=language))

    assert content == b"\xef\xbb\xbf" + written.encode()


@pytest.mark.parametrize("evil", EVIL)
def test_no_text_begins_a_formula_and_no_number_becomes_a_text(evil: str) -> None:
    content = b"".join(writing.delimited([evil], [[evil, -7, "a=1"]], language="en")).decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(writing.workbook([("A", ["Head"], [[evil, -7, "a=1"]])])))

    harmless = content.split(",")[0].splitlines()
    assert [text.strip('"').startswith("'") for text in harmless] == [True, True]
    assert content.endswith(",-7,a=1\r\n")
    [cells] = book["A"].iter_rows(min_row=2, values_only=True)
    assert (str(cells[0])[0], cells[1:]) == ("'", (-7, "a=1"))
