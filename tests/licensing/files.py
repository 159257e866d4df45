"""Files of every known shape, made from their documented headers. Source: [VL1], [VL2], [FLX], [SAM360], [MSIAM]."""

import io
from typing import Any

import openpyxl

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


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_of(header: str, *rows: str, encoding: str = "utf-8", newline: str = "\r\n") -> bytes:
    return newline.join([header, *rows, ""]).encode(encoding)
