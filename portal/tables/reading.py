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
from itertools import islice
from typing import Any

import python_calamine as calamine

if __name__ == "__main__":  # the child process finds its neighbour beside it, and never imports the whole portal
    from hidden_rows import hidden_rows  # type: ignore[import-not-found]
else:
    from portal.tables.hidden_rows import hidden_rows

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
    numbers of rows (from 1) that a filter or a person hid.
    """

    name: str
    rows: list[list[Any]] = field(default_factory=list)
    hidden: bool = False
    height: int = 0
    hidden_rows: list[int] = field(default_factory=list)


def read(content: bytes, name: str, *, sheet: str = "", first: int = 0) -> list[Sheet]:
    """Return all sheets, or only ``sheet``; with ``first``, only that many rows of each.

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
        sheets = [Sheet("", list(_delimited(content, first)))]
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
        rows_hidden = hidden_rows(content)
        for meta in book.sheets_metadata:
            if meta.typ == calamine.SheetTypeEnum.WorkSheet and wanted in ("", meta.name):
                hidden = meta.visible != calamine.SheetVisibleEnum.Visible
                cells = book.get_sheet_by_name(meta.name)
                height = cells.end[0] + 1 if cells.end else 0
                yield Sheet(meta.name, _cells(cells, first), hidden, height, rows_hidden.get(meta.name, []))
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
def _delimited(content: bytes, first: int) -> Iterator[list[Any]]:
    text = decoded(content)
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


def decoded(content: bytes) -> str:
    """Return the text of UTF-8 or UTF-16, with or without BOM, else of a code page that Excel writes.

    Raises:
        Unreadable: the bytes are not text.
    """
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            try:
                return content.decode(name)
            except UnicodeDecodeError as error:
                raise Unreadable("broken") from error
    head = content[:2000]
    if head.count(0) > len(head) // 4:
        name = "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
        try:
            return content.decode(name)
        except UnicodeDecodeError as error:
            raise Unreadable("not_a_table") from error
    if 0 in head or sum(byte < 9 for byte in head) > 2:
        raise Unreadable("not_a_table")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return max((content.decode(name, "replace") for name in _code_pages(content)), key=_likeness)


# Excel's "CSV", its "CSV (MS-DOS)" and its "CSV (Macintosh)", whose lines end otherwise. The first of equals counts.
_CODE_PAGES = ("cp1252", "cp850", "mac_roman")
_LOWER = frozenset("àâäçéèêëîïôöùûüÿœæñáíóúß")
_UPPER = frozenset("ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŒÆÑÁÍÓÚÅØ")
_BETWEEN_WORDS = frozenset("°“”«»–—€\u00a0\u202f")


def _code_pages(content: bytes) -> tuple[str, ...]:
    is_macintosh = b"\r" in content and b"\n" not in content
    return ("cp1252", "mac_roman") if is_macintosh else _CODE_PAGES


def _likeness(text: str) -> int:
    """Return how much the letters beyond ASCII look like a Western language's: frequent ones, in words of one case."""
    found = 0
    for place in islice(re.finditer(r"[^\x00-\x7f]", text), 5000):
        at, letter = place.start(), place[0]
        before, after = text[at - 1 : at] or " ", text[at + 1 : at + 2] or " "
        if letter in _LOWER:
            found += -2 if after.isupper() else 2 if before.isalpha() else 1
        elif letter in _UPPER:
            found += -2 if before.islower() else 1
        elif letter == "’":
            found += 1
        else:
            found += 1 if letter in _BETWEEN_WORDS and not (before.isalpha() and after.isalpha()) else -2
    return found


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


def to_json(sheets: Iterable[Sheet]) -> str:
    found = [
        {
            "name": one.name,
            "hidden": one.hidden,
            "height": one.height,
            "hidden_rows": one.hidden_rows,
            "rows": list(map(_row, one.rows)),
        }
        for one in sheets
    ]
    return json.dumps(found, default=_spelled, separators=(",", ":"))


if __name__ == "__main__":
    import resource

    _name, _sheet, _first, _memory = sys.argv[1:5]
    resource.setrlimit(resource.RLIMIT_AS, (int(_memory), int(_memory)))
    try:
        _out = to_json(read(sys.stdin.buffer.read(), _name, sheet=_sheet, first=int(_first)))
    except Unreadable as _refused:
        sys.stdout.write(json.dumps({"refused": _refused.reason}))
    except (MemoryError, RecursionError):
        sys.stdout.write(json.dumps({"refused": "bomb"}))
    else:
        sys.stdout.write(_out)
