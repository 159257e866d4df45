"""Which rows and columns of a workbook are hidden, by sheet, in XLSX, ODS and XLS: calamine does not tell them. Pure.

A workbook that cannot be understood here has no hidden parts: whether it can be read is decided elsewhere.
"""

import html
import io
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST = 60_000  # rows that are told of one sheet; more than may be read
MOST_COLUMNS = 300  # of one sheet; more than may be read
_ZIP = b"PK"
_OLE = b"\xd0\xcf\x11\xe0"


@dataclass
class HiddenParts:
    """The hidden rows of a sheet, counted from 1 as a spreadsheet shows them, and its hidden columns, from 0."""

    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)


def hidden_parts(content: bytes) -> dict[str, HiddenParts]:
    """Return what is hidden, by the sheet's name."""
    if content.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if "content.xml" in archive.namelist():
                return _of_ods(archive.read("content.xml"))
            return _of_xlsx(archive)
    try:
        return dict(_of_xls(_Compound(content).stream("Workbook", "Book"))) if content.startswith(_OLE) else {}
    except (struct.error, IndexError, KeyError, StopIteration):
        return {}


# --- XLSX -------------------------------------------------------------------------------------------------------
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_ROW_NO = re.compile(rb'\br="(\d+)"')
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_IS_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b([^>]*)>")
_ATTRIBUTE = re.compile(rb'([\w:-]+)="([^"]*)"')
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b([^>]*)>")


def _of_xlsx(archive: zipfile.ZipFile) -> dict[str, HiddenParts]:
    names = set(archive.namelist())
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return {}
    targets = {}
    for relation in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels")):
        said = _attributes(relation)
        targets[said.get("Id", "")] = "/".join(["xl", said.get("Target", "")]).replace("xl//xl/", "xl/")
    found = {}
    for sheet in _SHEET.findall(archive.read("xl/workbook.xml")):
        said = _attributes(sheet)
        member = targets.get(next((said[key] for key in said if key.endswith(":id")), ""), "")
        if member in names:
            found[said.get("name", "")] = _hidden_in(archive.read(member))
    return found


def _attributes(tag: bytes) -> dict[str, str]:
    return {name.decode(): html.unescape(value.decode("utf-8", "replace")) for name, value in _ATTRIBUTE.findall(tag)}


def _hidden_in(sheet: bytes) -> HiddenParts:
    found, number = HiddenParts(), 0
    for row in _ROW.findall(sheet):
        said = _ROW_NO.search(row)
        number = int(said[1]) if said else number + 1
        if _IS_HIDDEN.search(row):
            found.rows.append(number)
    for column in _COLUMN.findall(sheet):
        if _IS_HIDDEN.search(column):
            span = _attributes(column)
            found.columns += _columns(_count(span.get("min", "")) - 1, _count(span.get("max", "")) - 1)
    return found


def _columns(first: int, last: int) -> range:
    return range(first, min(last + 1, MOST_COLUMNS))


# --- ODS --------------------------------------------------------------------------------------------------------
_TAG = re.compile(rb"<(/?)table:(table|table-(?:row|column)|table-(?:row|column)-group)(\s[^>]*?)?/?>")


def _of_ods(content: bytes) -> dict[str, HiddenParts]:
    """Rows and columns say so themselves ("collapse", "filter"), or belong to a group that is folded."""
    found: dict[str, HiddenParts] = {}
    hidden = HiddenParts()
    row = column = 0
    groups = [False]
    for closes, tag, attributes in _TAG.findall(content):
        said = _attributes(attributes)
        if tag.endswith(b"-group"):
            if closes:
                groups = groups[:-1] or [False]
            else:
                groups.append(groups[-1] or said.get("table:display") == "false")
        elif closes:
            continue
        elif tag == b"table":
            row = column = 0
            hidden = found.setdefault(said.get("table:name", ""), HiddenParts())
        else:
            is_hidden = groups[-1] or said.get("table:visibility", "visible") != "visible"
            if tag == b"table-row":
                repeated = _count(said.get("table:number-rows-repeated", ""))
                hidden.rows += range(row + 1, min(row + repeated, MOST) + 1) if is_hidden else ()
                row += repeated
            else:
                repeated = _count(said.get("table:number-columns-repeated", ""))
                hidden.columns += _columns(column, column + repeated - 1) if is_hidden else ()
                column += repeated
    return found


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1


# --- XLS --------------------------------------------------------------------------------------------------------
# Source: [ms-cfb] (the container), [ms-xls] (the records).
_FREE = 0xFFFFFFFA  # sector numbers from here on are marks, not sectors
_SMALL = 4096  # bytes: shorter streams are stored in the container's own small sectors


class _Compound:
    """A compound file: a file system of sectors, of which one stream is the workbook."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = 1 << struct.unpack_from("<H", content, 30)[0]
        self.small_size = 1 << struct.unpack_from("<H", content, 32)[0]
        self.table = self._allocation()
        directory_at, small_at = struct.unpack_from("<I", content, 48)[0], struct.unpack_from("<I", content, 60)[0]
        directory = self._chain(directory_at)
        self.entries = dict(self._entries(directory))
        small_table = self._chain(small_at) if small_at < _FREE else b""
        self.small_table = struct.unpack(f"<{len(small_table) // 4}I", small_table)

    def stream(self, *names: str) -> bytes:
        start, size = next(self.entries[name] for name in names if name in self.entries)
        if size >= _SMALL:
            return self._chain(start)[:size]
        root = self._chain(self.entries["Root Entry"][0])
        parts: list[bytes] = []
        sector = start
        while sector < _FREE and len(parts) * self.small_size < size:
            parts.append(root[sector * self.small_size : (sector + 1) * self.small_size])
            sector = self.small_table[sector]
        return b"".join(parts)[:size]

    def _allocation(self) -> tuple[int, ...]:
        sectors = [one for one in struct.unpack_from("<109I", self.content, 76) if one < _FREE]
        following, count = struct.unpack_from("<2I", self.content, 68)
        for _index in range(count):
            block = struct.unpack(f"<{self.size // 4}I", self._sector(following))
            sectors += [one for one in block[:-1] if one < _FREE]
            following = block[-1]
        table = b"".join(self._sector(one) for one in sectors)
        return struct.unpack(f"<{len(table) // 4}I", table)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self.size
        part = self.content[start : start + self.size]
        return part.ljust(self.size, b"\0")

    def _chain(self, sector: int) -> bytes:
        parts: list[bytes] = []
        most = len(self.table)
        while sector < _FREE and len(parts) <= most:
            parts.append(self._sector(sector))
            sector = self.table[sector]
        return b"".join(parts)

    def _entries(self, directory: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
        for at in range(0, len(directory), 128):
            length = struct.unpack_from("<H", directory, at + 64)[0]
            name = directory[at : at + max(length - 2, 0)].decode("utf-16-le", "replace")
            yield name, struct.unpack_from("<2I", directory, at + 116)


_BOUND_SHEET, _COLUMN_RECORD, _ROW_RECORD, _END = 0x85, 0x7D, 0x208, 0x0A
_IS_HIDDEN_ROW, _IS_HIDDEN_COLUMN = 0x20, 0x01


def _of_xls(book: bytes) -> Iterator[tuple[str, HiddenParts]]:
    sheets = []
    for kind, body in _records(book, 0):
        if kind == _BOUND_SHEET:
            start, length, is_wide = struct.unpack_from("<I", body)[0], body[6], body[7] & 1
            name = body[8 : 8 + length * (2 if is_wide else 1)].decode("utf-16-le" if is_wide else "latin-1", "replace")
            sheets.append((name, start))
    for name, start in sheets:
        found = HiddenParts()
        for kind, body in _records(book, start):
            if kind == _ROW_RECORD and struct.unpack_from("<H", body, 12)[0] & _IS_HIDDEN_ROW:
                found.rows.append(struct.unpack_from("<H", body)[0] + 1)
            elif kind == _COLUMN_RECORD and struct.unpack_from("<H", body, 8)[0] & _IS_HIDDEN_COLUMN:
                found.columns += _columns(*struct.unpack_from("<2H", body))
        yield name, found


def _records(book: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of one part of the workbook, until its end."""
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<2H", book, at)
        if kind == _END:
            return
        yield kind, book[at + 4 : at + 4 + length]
        at += 4 + length
