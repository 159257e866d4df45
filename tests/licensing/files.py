"""Files of every known shape, made from their documented headers. Source: [VL1], [VL2], [FLX], [SAM360], [MSIAM]."""

import datetime as dt
import io
import zipfile
from typing import Any
from xml.sax.saxutils import escape

import openpyxl

from licensing.domain.estate_review import letters

CONTRACT_HEADERS = "License ID;Organization;Location;Parent Program;End date;Status;Volume licensing roles"
FRENCH_CONTRACTS = (
    "ID de licence;Organisation;Emplacement;Programme parent;Date de fin;Statut;Rôles de licence en volume"
)
FRENCH_SUMMARY = "Famille de produits;Version;Pool de produits;Type;Quantité effective;Quantité SA active"
OTHER_DATA = (
    "Licensing Product Family Name,Licensing Product Version Name,Customer Name on License Document,Row Type,"
    "License Document Start Date,License Document End Date,Effective License Quantity"
)
LICENSE_AGREEMENT = [
    "License Program", "License Agreement Type", "Agreement type", "License/Enrollment/Customer number",
    "Customer Name on Agreement",
]  # fmt: skip
SUMMARY = "Product family,Version,Product pool,Type,Effective quantity,Active SA quantity"
OLD_SUMMARY = "Product family,Version,Product pool,Unresolved Quantity,Effective quantity,Active SA quantity"
STATEMENT = [
    "Product Pool", "License Product Family", "License Version", "Effective License Quantity",
    "Upgrade License Quantity",
    "Upgrade License Quantity (w/ Maintenance)", "Active SA Quantity", "Country of Usage", "Expiring SA 0 - 12 Months",
]  # fmt: skip
HOME_MADE = "Client;N° d'autorisation;N° de licence;Produit;Quantité;SA;Date de fin;Pays;Contact"
FLAT = (
    "Customer_Name_on_Agreement,Reseller_Name,Authorization_Agreement_Number,License_Enrollment_Customer_Number,"
    "Agreement_Start_Date,Agreement_End_Date,Part_Number,Product_Family,License_Version,License_Program,"
    "Country_of_Usage,Agreement_Status,Quantity"
)


def workbook(*sheets: tuple[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name in hidden:
            sheet.sheet_state = "hidden"
    return saved(book)


def foreign_workbook(rows: list[list[Any]], *, prefix: str = "", inline: bool = True, places: bool = True) -> bytes:
    """A workbook as programs other than Excel write it: a namespace with a prefix, texts inside cells or shared, cells
    without their places, days as bare numbers.
    """
    mark, texts = f"{prefix}:" if prefix else "", []
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = []
        for column, value in enumerate(row):
            place = f' r="{letters(column)}{number}"' if places else ""
            if value is None:
                cells.append("" if places else f"<{mark}c/>")
            elif isinstance(value, dt.date):
                cells.append(f"<{mark}c{place}><{mark}v>{(value - dt.date(1899, 12, 30)).days}</{mark}v></{mark}c>")
            elif isinstance(value, int | float):
                cells.append(f"<{mark}c{place}><{mark}v>{value}</{mark}v></{mark}c>")
            elif inline:
                body = f"<{mark}is><{mark}t>{escape(value)}</{mark}t></{mark}is>"
                cells.append(f'<{mark}c{place} t="inlineStr">{body}</{mark}c>')
            else:
                texts.append(escape(value))
                cells.append(f'<{mark}c{place} t="s"><{mark}v>{len(texts) - 1}</{mark}v></{mark}c>')
        lines.append(f"<{mark}row>{''.join(cells)}</{mark}row>")
    space = f'xmlns{":" if prefix else ""}{prefix}="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    sheet = f"<{mark}worksheet {space}><{mark}sheetData>{''.join(lines)}</{mark}sheetData></{mark}worksheet>"
    shared = "".join(f"<{mark}si><{mark}t>{text}</{mark}t></{mark}si>" for text in texts)
    return _package(
        sheet,
        f'<{mark}workbook {space} xmlns:r="{_OFFICE}"><{mark}sheets><{mark}sheet name="Plan" sheetId="1" r:id="r1"/>'
        f"</{mark}sheets></{mark}workbook>",
        f"<{mark}sst {space}>{shared}</{mark}sst>",
    )


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def _package(sheet: str, book: str, shared: str) -> bytes:
    links = f'<Relationships xmlns="{_PACKAGE}/relationships">'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'{links}<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/_rels/workbook.xml.rels": f'{links}<Relationship Id="r1" Type="{_OFFICE}/worksheet" '
        f'Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{_OFFICE}/sharedStrings" '
        'Target="sharedStrings.xml"/></Relationships>',
        "xl/workbook.xml": book,
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": shared,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')
    return out.getvalue()


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_of(header: str, *rows: str, encoding: str = "utf-8", newline: str = "\r\n") -> bytes:
    return newline.join([header, *rows, ""]).encode(encoding)
