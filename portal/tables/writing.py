"""Write rows as a file: XLSX with several sheets, or CSV for the Excel of a language."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from portal.tables.formula_escape import escape_formula
from portal.wording import has_decimal_comma, short_day

Row = Sequence[object]


def workbook(sheets: Iterable[tuple[str, Sequence[str], Iterable[Row]]]) -> bytes:
    """Return a workbook with each sheet's name, headings and rows."""
    book, out = openpyxl.Workbook(write_only=True), io.BytesIO()
    try:
        for name, heads, rows in sheets:
            _write(book.create_sheet(name[:31]), heads, rows)
        book.save(out)
    except BaseException:
        _leave(book)
        raise
    return out.getvalue()


def _write(sheet: WriteOnlyWorksheet, heads: Sequence[str], rows: Iterable[Row]) -> None:
    sheet.freeze_panes = "A2"
    cells = [WriteOnlyCell(sheet, value=head) for head in heads]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)
    for row in rows:
        sheet.append([_value(value) for value in row])


def _leave(book: openpyxl.Workbook) -> None:
    """Close an unfinished workbook. openpyxl removes its temporary files only when it saves."""
    for sheet in book.worksheets:
        with suppress(Exception):
            sheet.close()
        with suppress(Exception):
            sheet._writer.cleanup()


def delimited(heads: Sequence[str], rows: Iterable[Row], *, language: str) -> Iterator[bytes]:
    """Yield CSV in UTF-8 with BOM: ``;`` where decimals have a comma, else ``,``; days as the language writes them."""
    out, comma, day = io.StringIO(), has_decimal_comma(language), short_day(language)
    writer = csv.writer(out, delimiter=";" if comma else ",")
    out.write("\ufeff")
    for row in (heads, *rows) if not isinstance(rows, Iterator) else _chain(heads, rows):
        writer.writerow([_written(_value(value), comma=comma, day=day) for value in row])
        if out.tell() > 60_000:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _chain(heads: Sequence[str], rows: Iterator[Row]) -> Iterator[Row]:
    yield heads
    yield from rows


def _written(value: object, *, comma: bool, day: str) -> object:
    if isinstance(value, dt.date):
        return value.strftime(day)
    if isinstance(value, float) and comma:
        return str(value).replace(".", ",")
    return value


def _value(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, int | float | dt.date):
        return value
    return escape_formula(str(value))
