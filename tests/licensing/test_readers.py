"""Files as they come: every dialect, every trap, and what must not kill the worker."""

import datetime as dt
import io
import zipfile

import openpyxl
import pytest
import xlwt

from portal.tables import reading, subprocess_reader
from portal.tables.hidden_parts import hidden_parts
from portal.tables.reading import Unreadable, read
from tests.licensing import files

pytestmark = pytest.mark.usefixtures("readers")

ROWS = ("Société Été;0001;Office;5", "Dupont;0002;Visio;12 500,0")
HEAD = "Client;N° de licence;Produit;Quantité"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_csv_in_every_encoding(encoding: str) -> None:
    [sheet] = read(files.csv_of(HEAD, *ROWS, encoding=encoding), "parc.csv")

    assert sheet.rows[:2] == [HEAD.split(";"), ["Société Été", "0001", "Office", "5"]]


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac_roman"])
@pytest.mark.parametrize(
    "name",
    ["Boulangerie Été", "Crème Brûlée & Cie", "ÉCOLE DE COMMERCE", "École Française", "Müller Straßenbau", "GRÜNE WEGE",
     "Où ça ? À côté", "L’Hôtel-Dieu", "Peña Señor"],
)  # fmt: skip
def test_csv_in_every_code_page_that_excel_writes(encoding: str, name: str) -> None:
    written = name.replace("’", "'") if encoding == "cp850" else name

    newline = "\r" if encoding == "mac_roman" else "\r\n"
    content = files.csv_of("Client;Product;Quantity", f"{written};Visio;3", encoding=encoding, newline=newline)

    [sheet] = read(content, "parc.csv")

    assert sheet.rows[1][0] == written


@pytest.mark.parametrize(
    "rows",
    [
        ['Nord;1;"Office 365 E3;5', "Sud;2;Visio;6", "Est;3;Visio;7"],
        ['Nord;1;"Office;5', "Sud;2;Visio;6", 'Est;3;Ecran 24";7'],
        ['"Nord;1;Office;5', "Sud;2;Visio;6"],
    ],
)
def test_a_quotation_mark_that_nothing_closes_swallows_no_rows(rows: list[str]) -> None:
    assert refused(files.csv_of(HEAD, *rows), "parc.csv") == "quote_open"


def test_a_cell_of_several_lines_is_one_cell() -> None:
    [sheet] = read(files.csv_of(HEAD, '"Nord\n1; rue du Port\nLille";1;"Office ""365""";5'), "parc.csv")

    assert sheet.rows[1] == ["Nord\n1; rue du Port\nLille", "1", 'Office "365"', "5"]


@pytest.mark.parametrize("mark", [";", ",", "\t"])
@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_csv_with_every_separator(mark: str, newline: str) -> None:
    rows = [line.replace(";", mark) for line in ("Dupont, Marie;1;Office;5", "Dupont;2;Visio;6")]
    quoted = rows[0] if mark != "," else '"Dupont, Marie",1,Office,5'

    [sheet] = read(files.csv_of(HEAD.replace(";", mark), quoted, rows[1], newline=newline), "parc.csv")

    assert sheet.rows[1:3] == [["Dupont, Marie", "1", "Office", "5"], ["Dupont", "2", "Visio", "6"]]


def test_excel_s_separator_line_is_obeyed() -> None:
    [sheet] = read(b"sep=;\r\na,b;c\r\n1;2\r\n", "x.csv")

    assert sheet.rows[0] == ["a,b", "c"]


def test_workbook_keeps_texts_dates_and_row_numbers() -> None:
    content = files.workbook(("Parc", [[], ["Client", "Fin", "N°"], ["Dupont", dt.date(2026, 12, 31), "00123"]]))

    [sheet] = read(content, "parc.xlsx")

    assert sheet.rows[1:] == [["Client", "Fin", "N°"], ["Dupont", dt.date(2026, 12, 31), "00123"]]


def test_an_open_document_is_read() -> None:
    cells = [["Client", "Quantité"], ["Dupont", 5], ["Été", 7]]
    rows = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in cells)

    [sheet] = subprocess_reader.read(an_open_document(rows), "parc.ods")

    assert sheet.rows == [["Client", "Quantité"], ["Dupont", 5.0], ["Été", 7.0]]
    assert sheet.hidden_rows == []


def an_open_document(rows: str) -> bytes:
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="Parc">{rows}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", ODS_MANIFEST)
        archive.writestr("content.xml", content)

    return out.getvalue()


@pytest.mark.parametrize(
    ("shape", "hidden"),
    [
        ("{0}{1}{2}{3}", []),
        ('{0}<table:table-row table:visibility="filter">{c1}</table:table-row>{2}{3}', [2]),
        ('{0}{1}<table:table-row table:visibility="collapse">{c2}</table:table-row>{3}', [3]),
        ('{0}<table:table-row-group table:display="false">{1}{2}</table:table-row-group>{3}', [2, 3]),
        (
            '{0}{1}<table:table-row table:visibility="filter" table:number-rows-repeated="3">{c2}</table:table-row>{3}',
            [3, 4, 5],
        ),
    ],
)
def test_hidden_rows_of_an_open_document_are_told(shape: str, hidden: list[int]) -> None:
    cells = ["".join(map(_ods_cell, row)) for row in (["Client", "N"], ["A", 5], ["B", 7], ["C", 9])]
    rows = [f"<table:table-row>{one}</table:table-row>" for one in cells]

    [sheet] = subprocess_reader.read(an_open_document(shape.format(*rows, c1=cells[1], c2=cells[2])), "parc.ods")

    assert sheet.hidden_rows == hidden


@pytest.mark.parametrize(("count", "hidden"), [(3, [2]), (40, [5, 6, 39]), (4000, [3, 1999, 3500]), (5, [])])
def test_hidden_rows_of_an_old_excel_file_are_told(count: int, hidden: list[int]) -> None:
    book = xlwt.Workbook()
    other, sheet = book.add_sheet("Autre"), book.add_sheet("Parc été")
    other.write(0, 0, "x")
    other.row(0).hidden = True
    for number in range(count):
        sheet.write(number, 0, f"Client {number}")
        sheet.row(number).hidden = number + 1 in hidden
    out = io.BytesIO()
    book.save(out)

    found = {one.name: one.hidden_rows for one in subprocess_reader.read(out.getvalue(), "parc.xls")}

    assert found == {"Autre": [1], "Parc été": hidden}


@pytest.mark.parametrize("damage", [slice(0, 600), slice(0, 2000), slice(500, 700)])
def test_a_damaged_old_file_hides_nothing_and_breaks_nothing(damage: slice) -> None:
    book = xlwt.Workbook()
    book.add_sheet("Parc").write(0, 0, "Client")
    out = io.BytesIO()
    book.save(out)

    assert hidden_parts(out.getvalue()[damage]) == {}


@pytest.mark.parametrize("hidden", [[], [1], [0, 2], [1, 2, 3]])
def test_hidden_columns_are_told_in_every_kind_of_workbook(hidden: list[int]) -> None:
    book, old = openpyxl.Workbook(), xlwt.Workbook()
    new_sheet, old_sheet = book.create_sheet("Parc"), old.add_sheet("Parc")
    for column in range(5):
        new_sheet.cell(1, column + 1, f"Title {column}")
        old_sheet.write(0, column, f"Title {column}")
        new_sheet.column_dimensions["ABCDE"[column]].hidden = column in hidden
        old_sheet.col(column).hidden = column in hidden
    out = io.BytesIO()
    old.save(out)
    is_hidden = ' table:visibility="collapse"'
    columns = "".join(f"<table:table-column{is_hidden if column in hidden else ''}/>" for column in range(5))
    row = "".join(_ods_cell(f"Title {column}") for column in range(5))
    opened = an_open_document(f"{columns}<table:table-row>{row}</table:table-row>")

    for content, name in ((files.saved(book), "x.xlsx"), (out.getvalue(), "x.xls"), (opened, "x.ods")):
        [sheet] = subprocess_reader.read(content, name, sheet="Parc")
        assert (name, sheet.hidden_columns, sheet.hidden_rows) == (name, hidden, [])


ODS_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/" '
    'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)


def _ods_cell(value: str | int) -> str:
    kind = (
        f'office:value-type="float" office:value="{value}"' if isinstance(value, int) else 'office:value-type="string"'
    )
    return f"<table:table-cell {kind}><text:p>{value}</text:p></table:table-cell>"


def test_an_old_excel_file_is_read() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Parc")
    style = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for number, row in enumerate([["Client", "N°", "Fin"], ["Été", "00123", dt.date(2026, 12, 31)]]):
        for column, value in enumerate(row):
            sheet.write(number, column, value, *([style] if isinstance(value, dt.date) else []))
    out = io.BytesIO()
    book.save(out)

    [found] = subprocess_reader.read(out.getvalue(), "parc.xls")

    assert found.rows == [["Client", "N°", "Fin"], ["Été", "00123", dt.date(2026, 12, 31)]]


def test_merged_cells_say_everywhere_what_the_first_says() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (["Client", "Produit"], ["Dupont", "Office"], [None, "Visio"], ["Martin", "Word"]):
        sheet.append(line)  # type: ignore[attr-defined]
    sheet.merge_cells("A2:A3")  # type: ignore[attr-defined]

    [found] = read(files.saved(book), "x.xlsx")

    assert [row[0] for row in found.rows] == ["Client", "Dupont", "Dupont", "Martin"]


def test_two_sheets_are_both_seen_and_the_hidden_one_is_said() -> None:
    content = files.workbook(("One", [["a", "b"]]), ("Two", [["c"]]), hidden=("Two",))

    assert [(s.name, s.hidden) for s in read(content, "x.xlsx")] == [("One", False), ("Two", True)]
    assert [s.name for s in read(content, "x.xlsx", sheet="Two")] == ["Two"]


def test_hidden_rows_are_rows() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for n in range(5):
        sheet.append([f"row {n}"])  # type: ignore[attr-defined]
    sheet.row_dimensions[3].hidden = True  # type: ignore[attr-defined]

    assert len(read(files.saved(book), "x.xlsx")[0].rows) == 5


def refused(content: bytes, name: str = "x.xlsx") -> str:
    """The reason, which must be the same in the child process."""
    with pytest.raises(Unreadable) as here:
        read(content, name)
    with pytest.raises(Unreadable) as there:
        subprocess_reader.read(content, name)
    assert here.value.reason == there.value.reason
    return here.value.reason


def test_empty_files_are_refused() -> None:
    assert refused(b"", "x.csv") == refused(b"\r\n \r\n", "x.csv") == refused(files.workbook(("A", []))) == "empty"


def test_macros_are_refused_by_name_and_by_content() -> None:
    content = files.workbook(("A", [["x"]]))
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")

    assert (refused(content, "x.xlsm"), refused(out.getvalue())) == ("macros", "macros")


def test_a_password_is_said() -> None:
    content = b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600

    assert refused(content) == "password"


def test_broken_and_foreign_files_are_refused() -> None:
    content = files.workbook(("A", [["x"]]))
    assert refused(content[: len(content) // 2]) == "broken"
    assert refused(b"%PDF-1.7\n\x00\x01\x02\x00\x03" * 50, "x.pdf") == "document"
    assert refused(b"\xd0\xcf\x11\xe0" + b"\0" * 2000, "x.xls") == "broken"


def test_too_big_too_long_too_many() -> None:
    assert refused(b"a;b\n" * (11 * 1024 * 1024 // 4), "x.csv") == "too_big"
    assert refused(b"a;b\n" * 60_000, "x.csv") == "too_many_rows"
    assert refused(files.workbook(*((f"S{n}", [["x"]]) for n in range(31)))) == "too_many_sheets"


def test_a_zip_bomb_does_not_go_off() -> None:
    bomb = _with_member("xl/media/zeros", b"\0" * (300 * 1024 * 1024))
    assert len(bomb) < reading.MAX_BYTES

    assert refused(bomb) == "bomb"


def test_a_bomb_that_lies_about_its_size_does_not_go_off() -> None:
    bomb = bytearray(_with_member("xl/media/zeros", b"\0" * (300 * 1024 * 1024)))
    place = bomb.rindex(b"PK\x01\x02")
    bomb[place + 24 : place + 28] = (100).to_bytes(4, "little")

    assert refused(bytes(bomb)) == "bomb"


def _with_member(name: str, content: bytes) -> bytes:
    out = io.BytesIO(files.workbook(("A", [["x"]])))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def test_a_lone_cell_at_the_end_of_a_sheet_takes_no_memory() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "Client"  # type: ignore[index]
    sheet["XFD1048576"] = "x"  # type: ignore[index]

    assert refused(files.saved(book)) in {"too_many_rows", "too_many_columns"}


def test_rows_that_only_have_a_format_are_no_rows() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["A2"] = "Client", "Dupont"  # type: ignore[index]
    sheet["A200000"].number_format = "0.00"  # type: ignore[index]

    [found] = subprocess_reader.read(files.saved(book), "x.xlsx")

    assert found.rows == [["Client"], ["Dupont"]]


def test_what_kills_the_child_is_only_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess_reader, "MEMORY", 90 * 1024 * 1024)
    rows = [[f"{n} {c} {'long ' * 400}" for c in range(10)] for n in range(4_000)]

    with pytest.raises(Unreadable, match="bomb"):
        subprocess_reader.read(files.workbook(("A", rows)), "x.xlsx")
