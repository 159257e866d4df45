"""Read the rows of a spreadsheet of former Open resellers: find its columns by their words, and clean every cell. Pure.

Titles may be French or English, in any order; ``_COLUMNS`` lists the beginnings of words by which each is known.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from onboarding import identifiers
from portal.tables.headers import HEADER_WITHIN, plain
from portal.tables.reading import Sheet
from portal.text import bare_address, one_line

MOST_ROWS = 20_000
REQUIRED = ("name", "country", "email")
# The first line that fits a title names its column. Each line: the field, one of these beginnings of words, and none
# of those.
_COLUMNS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("email", ("mail", "email", "courriel", "messagerie"), ("domain",)),
    ("mpn_id", ("mpn", "mpnid", "maicpp", "mcpp", "partnerid"), ()),
    ("country", ("pays", "country", "countries"), ()),
    ("contact_first", ("prenom", "firstname", "first", "givenname"), ()),
    ("contact_last", ("lastname", "last", "surname", "familyname"), ()),
    ("contact_name", ("contact", "interlocuteur", "personne", "person", "responsable"), ()),
    ("imonline", ("imonline", "client", "customer", "compte", "account"), ("nom", "name")),
    (
        "name",
        ("societe", "entreprise", "company", "raison", "revendeur", "reseller", "partenaire", "partner", "nom", "name",
         "organisation", "organization", "client", "customer"),
        (),
    ),
)  # fmt: skip
_SPELLED = {"e mail": "email", "im online": "imonline", "partner id": "partnerid", "id partenaire": "partnerid",
            "given name": "givenname", "family name": "familyname", "nom de famille": "lastname"}  # fmt: skip
# How people write countries besides their names and codes.
_ALSO = {"uk": "GB", "great britain": "GB", "england": "GB", "angleterre": "GB", "holland": "NL", "hollande": "NL",
         "czech republic": "CZ", "republique tcheque": "CZ"}  # fmt: skip
_LINK = re.compile(
    r"https?:|www\.|//|@|\w\.[a-z]{2,}/|\b[\w-]{2,}\.(?:com|net|org|io|eu|fr|de|be|ch|uk|info|biz|shop|site|online|app|dev|me|ly|co)\b",
    re.I,
)


class ColumnsMissingInFileError(Exception):
    """``missing`` names the columns of ``REQUIRED`` that no title names."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class NoRowsError(Exception):
    """There is nothing under the titles."""


class TooManyRowsError(Exception):
    """There are more than ``MOST_ROWS`` rows."""


@dataclass
class ReadRow:
    """One row, cleaned; ``number`` is the file's. ``country`` is a code or empty. ``faults`` are codes of sentences."""

    number: int
    name: str = ""
    country: str = ""
    country_typed: str = ""
    imonline: str = ""
    mpn_id: str = ""
    email: str = ""
    contact_name: str = ""
    faults: list[str] = field(default_factory=list)


def has_link(text: str) -> bool:
    """Return whether a mail program could make a link of a part of the text."""
    return bool(_LINK.search(text))


def countries_by_name(countries: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the code of each country by its plain names and its code. ``countries``: code -> names."""
    found = {plain(name): code for code, names in countries.items() for name in (*names, code)}
    return found | {name: code for name, code in _ALSO.items() if code in countries}


def read_rows(sheets: Sequence[Sheet], countries: Mapping[str, str]) -> list[ReadRow]:
    """Return the filled rows of the sheet whose titles fit best. ``countries``: ``countries_by_name``.

    Raises: ColumnsMissingInFileError, NoRowsError, TooManyRowsError.
    """
    best, columns, at = _best_sheet(sheets)
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise ColumnsMissingInFileError(missing)
    filled = [
        (number, cells)
        for number, cells in enumerate(best.rows[at + 1 :], at + 2)
        if any(text_of(cell) for cell in cells) and number not in best.hidden_rows
    ]
    if not filled:
        raise NoRowsError
    if len(filled) > MOST_ROWS:
        raise TooManyRowsError
    return [_read(number, cells, columns, countries) for number, cells in filled]


def _best_sheet(sheets: Sequence[Sheet]) -> tuple[Sheet, dict[str, int], int]:
    best, columns, at = sheets[0], dict[str, int](), 0
    for sheet in sheets:
        for number, row in enumerate(sheet.rows[:HEADER_WITHIN]):
            found = columns_of([text_of(cell) for cell in row])
            if len(found) > len(columns) and not sheet.hidden:
                best, columns, at = sheet, found, number
    return best, columns, at


def columns_of(titles: Sequence[str]) -> dict[str, int]:
    """Return the column of each field that the titles name, each field once."""
    found: dict[str, int] = {}
    for index, title in enumerate(titles):
        name = _field_of(title, found)
        if name:
            found[name] = index
    return found


def _field_of(title: str, taken: Mapping[str, int]) -> str:
    if len(title) > 60:  # a sentence, not a title
        return ""
    words = plain(title)
    for spelled, joined in _SPELLED.items():
        words = words.replace(spelled, joined)
    each = words.split()
    for name, beginnings, but in _COLUMNS:
        if name in taken or any(word.startswith(but) for word in each if but):
            continue
        if any(word.startswith(beginnings) for word in each):
            return name
    return ""


def text_of(cell: Any) -> str:
    """Return a cell as text: a number without decimals as digits."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return one_line(str(cell))


def _read(number: int, cells: Sequence[Any], columns: Mapping[str, int], countries: Mapping[str, str]) -> ReadRow:
    def cell(name: str) -> str:
        index = columns.get(name)
        return text_of(cells[index]) if index is not None and index < len(cells) else ""

    row = ReadRow(number, name=cell("name")[:200], country_typed=cell("country")[:100])
    contact = " ".join(filter(None, [cell("contact_first"), cell("contact_last") or cell("contact_name")]))
    row.contact_name = "" if has_link(contact) else contact[:100]
    row.country = countries.get(plain(row.country_typed), "")
    row.email, bad_email = _email(cell("email"))
    row.mpn_id, bad_mpn = _number(cell("mpn_id"), identifiers.mpn_id)
    row.imonline, bad_imonline = _number(cell("imonline"), identifiers.customer_number)
    told = {
        "no_name": not row.name,
        "formula": row.name.startswith(("=", "+", "\t")),
        "link_in_name": has_link(row.name),
        "no_country": not row.country_typed,
        "unknown_country": bool(row.country_typed) and not row.country,
        "no_email": not row.email,
        "bad_email": bad_email,
        "bad_mpn": bad_mpn,
        "bad_imonline": bad_imonline,
    }
    row.faults = [code for code, is_so in told.items() if is_so]
    return row


def _email(typed: str) -> tuple[str, bool]:
    """Return the address in lower case, and whether it cannot be one; then it is kept as typed."""
    bare = bare_address(typed)
    if not bare:
        return "", False
    try:
        return identifiers.mail_address(bare).lower(), False
    except ValueError:
        return bare[:254], True


def _number(typed: str, rule: Any) -> tuple[str, bool]:
    """Return the number's normal form, and whether it has none; then it is kept as typed."""
    if not typed:
        return "", False
    try:
        return rule(typed), False
    except ValueError:
        return typed[:40], True
