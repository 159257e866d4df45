"""Read a file's bytes as sheets of cells: XLSX, XLS, ODS by python-calamine, CSV by the standard library.

Run as a program (``subprocess_reader`` does so) it reads standard input and writes JSON, so that a file made to exhaust
memory or time ends only a child process. The module does not use Django.
"""

import csv
import datetime as dt
import io
import json
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import python_calamine as calamine

if __name__ == "__main__":  # the child process finds its neighbours beside it, and never imports the whole portal
    from code_pages import NotTextError, decoded  # type: ignore[import-not-found]
    from hidden_parts import HiddenParts, hidden_parts  # type: ignore[import-not-found]
else:
    from portal.tables.code_pages import NotTextError, decoded
    from portal.tables.hidden_parts import HiddenParts, hidden_parts

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 50_000  # under the header, in one sheet
MAX_SHEETS = 30
MAX_COLUMNS = 200
MAX_UNPACKED = 250 * 1024 * 1024
_SPARE_ROWS = 100  # above and around the header
_OLE, _ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"


class Unreadable(Exception):
    """The whole file is refused; ``reason`` is the code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MergedCell(float):
    """A number that a merged range repeats: a licence number, or a quantity that must not count twice."""


@dataclass
class Sheet:
    """A sheet. ``rows`` start with its first row, including empty ones, so that row numbers match the file.

    ``height`` counts the rows down to the last filled one, including those that were not read. ``hidden_rows`` are
    numbers of rows (from 1) that a filter or a person hid, ``hidden_columns`` of columns (from 0). ``code_page`` is the
    one that was guessed for a text that does not name its own.
    """

    name: str
    rows: list[list[Any]] = field(default_factory=list)
    hidden: bool = False
    height: int = 0
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    code_page: str = ""


def read(content: bytes, name: str, *, sheet: str = "", first: int = 0, country: str = "") -> list[Sheet]:
    """Return all sheets, or only ``sheet``; with ``first``, only that many rows of each.

    ``country`` (ISO 3166-1 alpha-2) is where the file comes from, for a text that does not name its code page.

    Raises:
        Unreadable: with the code of its reason.
    """
    if not content.strip():
        raise Unreadable("empty")
    if len(content) > MAX_BYTES:
        raise Unreadable("too_big")
    if content.startswith(_ZIP) or content.startswith(_OLE):
        sheets = list(_workbook(content, name, sheet, first))
    else:
        _refuse_other_kinds(content)
        sheets = [_delimited(content, first, country)]
        if max(len(row) for row in sheets[0].rows or [[]]) == 1:
            raise Unreadable("not_a_table")
    if not any(_is_filled(row) for one in sheets for row in one.rows):
        raise Unreadable("empty")
    return sheets


def _is_filled(row: list[Any]) -> bool:
    return any(cell not in ("", None) for cell in row)


# --- workbooks --------------------------------------------------------------------------------------------------
def _workbook(content: bytes, name: str, wanted: str, first: int) -> Iterator[Sheet]:
    if name.lower().endswith((".xlsm", ".xltm", ".xlam")):
        raise Unreadable("macros")
    if content.startswith(_ZIP):
        _check_zip(content)
    elif "EncryptedPackage".encode("utf-16-le") in content:
        raise Unreadable("password")
    try:
        book = calamine.load_workbook(io.BytesIO(content))
        if len(book.sheet_names) > MAX_SHEETS:
            raise Unreadable("too_many_sheets")
        hides = hidden_parts(content)
        for meta in book.sheets_metadata:
            if meta.typ == calamine.SheetTypeEnum.WorkSheet and wanted in ("", meta.name):
                hidden = meta.visible != calamine.SheetVisibleEnum.Visible
                cells = book.get_sheet_by_name(meta.name)
                height = cells.end[0] + 1 if cells.end else 0
                inside = hides.get(meta.name, HiddenParts())
                yield Sheet(meta.name, _cells(cells, first), hidden, height, inside.rows, inside.columns)
    except calamine.PasswordError as error:
        raise Unreadable("password") from error
    except (calamine.CalamineError, calamine.XmlError, calamine.ZipError, zipfile.BadZipFile, ValueError) as error:
        raise Unreadable("broken") from error


def _cells(sheet: "calamine.CalamineSheet", first: int) -> list[list[Any]]:
    if sheet.total_height > MAX_ROWS + _SPARE_ROWS:
        raise Unreadable("too_many_rows")
    if sheet.total_width > MAX_COLUMNS:
        raise Unreadable("too_many_columns")
    rows = sheet.to_python(skip_empty_area=False, nrows=first or None)
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        # Every cell of a merged range has the value of its first cell.
        first_cell = rows[top][left] if top < len(rows) else ""
        said: Any = first_cell
        if isinstance(first_cell, int | float) and not isinstance(first_cell, bool):
            said = MergedCell(first_cell)
        for row in rows[top : bottom + 1]:
            row[left : right + 1] = [said] * len(row[left : right + 1])
        if top < len(rows):
            rows[top][left] = first_cell
    return rows


# A cell with a format only is closed at once and is empty.
_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]+)(\d+)"[^>]*(?<!/)>')


def _check_zip(content: bytes) -> None:
    """Refuse macros, zip bombs, and a lone cell at the end of a sheet, before anything is unpacked into memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, struct.error) as error:
        raise Unreadable("broken") from error
    if any(member.filename.lower().endswith("vbaproject.bin") for member in members):
        raise Unreadable("macros")
    left = MAX_UNPACKED
    for member in members:
        rest = b""
        for part in _unpacked(content, member, left):
            left -= len(part)
            if "worksheets/" in member.filename:
                rest = _check_places(rest + part)


def _unpacked(content: bytes, member: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """Yield the member's real content, whatever size its directory claims."""
    start = member.header_offset
    if len(content) < start + 30:
        raise Unreadable("broken")
    name_length, extra_length = struct.unpack("<HH", content[start + 26 : start + 30])
    start += 30 + name_length + extra_length
    packed = content[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        yield packed
        return
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise Unreadable("broken")
    machine = zlib.decompressobj(-15)
    try:
        while packed and not machine.eof:
            part = machine.decompress(packed, 1 << 20)
            most -= len(part)
            if most < 0:
                raise Unreadable("bomb")
            yield part
            packed = machine.unconsumed_tail
    except zlib.error as error:
        raise Unreadable("broken") from error


def _check_places(part: bytes) -> bytes:
    for column, row in _CELL.findall(part):
        if int(row) > MAX_ROWS + _SPARE_ROWS:
            raise Unreadable("too_many_rows")
        if len(column) > 2:
            raise Unreadable("too_many_columns")
    return part[-200:]


# --- delimited text ---------------------------------------------------------------------------------------------
def _delimited(content: bytes, first: int, country: str) -> Sheet:
    try:
        found = decoded(content, country=country)
    except NotTextError as error:
        raise Unreadable("broken" if error.is_damaged else "not_a_table") from error
    return Sheet("", list(_rows_of(found.text, first)), code_page=found.guessed)


def _rows_of(text: str, first: int) -> Iterator[list[Any]]:
    separator, text = _separator(text)
    usual = max(_score(text[:20_000], separator)[1] - 1, text.lstrip().partition("\n")[0].count(separator))
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator)):
            if first and number >= first:
                return
            if number > MAX_ROWS + _SPARE_ROWS:
                raise Unreadable("too_many_rows")
            if len(row) > MAX_COLUMNS:
                raise Unreadable("too_many_columns")
            # A quotation mark that nothing closes makes one cell of the rows below it.
            if any("\n" in cell and _holds_row(cell, separator, usual) for cell in row):
                raise Unreadable("quote_open")
            yield [cell.strip() for cell in row]
    except csv.Error as error:
        raise Unreadable("broken") from error


def _holds_row(cell: str, separator: str, usual: int) -> bool:
    """Return True for a cell of several lines of which a later one has as many separators as a row."""
    return usual > 0 and any(line.count(separator) >= usual for line in cell.split("\n")[1:])


_BEGINNINGS = (
    (re.compile(rb"<\?xml[^>]*>\s*(<\?mso[^>]*>\s*)?<(\w+:)?workbook", re.I), "xml_table"),
    (re.compile(rb"<|mime-version:|content-type:", re.I), "web_page"),
    (re.compile(rb"%pdf|\{\\rtf", re.I), "document"),
    (re.compile(rb"[{\[]"), "not_a_table"),
)


def _refuse_other_kinds(content: bytes) -> None:
    """Refuse web pages, documents and texts that bear the name of a spreadsheet.

    Raises:
        Unreadable: with the code of what the content is.
    """
    start = content[:2000].removeprefix(b"\xef\xbb\xbf")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = start.decode("utf-16", "replace").encode()
    for beginning, reason in _BEGINNINGS:
        if beginning.match(start.lstrip()):
            raise Unreadable(reason)


def _separator(text: str) -> tuple[str, str]:
    """Return the separator, and the text without Excel's "sep=;" line."""
    head, _, rest = text.partition("\n")
    if head.strip().lower().startswith("sep=") and len(head.strip()) == 5:
        return head.strip()[4], rest
    sample = text[:20_000]
    return max(";\t,|", key=lambda mark: _score(sample, mark)), text


def _score(sample: str, mark: str) -> tuple[int, int]:
    """Return how many rows have the commonest number of columns, if that is more than one; then how many columns."""
    try:
        rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=mark) if row]
    except csv.Error:
        return (0, 0)
    counts = [len(row) for row in rows[:50]]
    usual = max(set(counts), key=counts.count, default=1)
    return (counts.count(usual) if usual > 1 else 0, usual)


# --- as a program -----------------------------------------------------------------------------------------------
def _spelled(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date):
        return {"day": value.isoformat()}
    return str(value)


def _row(row: list[Any]) -> list[Any]:
    if MergedCell not in set(map(type, row)):
        return row
    return [{"again": float(cell)} if type(cell) is MergedCell else cell for cell in row]


def lines(sheets: Iterable[Sheet]) -> Iterator[str]:
    """Return JSON by the line: of each sheet what it is, with the number of its rows, and then one line a row.

    Neither this process nor the reader ever holds the text of a whole sheet beside its cells.
    """
    for one in sheets:
        yield _line({**vars(one), "rows": len(one.rows)})
        yield from map(_line, map(_row, one.rows))


def _line(value: Any) -> str:
    return json.dumps(value, default=_spelled, separators=(",", ":")) + "\n"


def answer(content: bytes, name: str, *, sheet: str, first: int, country: str) -> Iterator[str]:
    """Return the lines of a file's sheets, at last or instead one with the reason why it is refused."""
    try:
        yield from lines(read(content, name, sheet=sheet, first=first, country=country))
    except Unreadable as refused:
        yield _line({"refused": refused.reason})
    except (MemoryError, RecursionError):
        yield "\n" + _line({"refused": "bomb"})


if __name__ == "__main__":
    import resource

    _name, _sheet, _first, _country, _memory = sys.argv[1:6]
    resource.setrlimit(resource.RLIMIT_AS, (int(_memory), int(_memory)))
    _lines = answer(sys.stdin.buffer.read(), _name, sheet=_sheet, first=int(_first), country=_country)
    sys.stdout.writelines(_lines)
