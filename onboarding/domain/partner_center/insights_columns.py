"""The columns and values of an Insights export: guesses in English and French, and reading one row. Pure.

Microsoft documents neither titles nor values of the file, so a BDM confirms the guesses once for each shape. Source:
[ms-insights] (what it contains), [ms-verification] (values that Microsoft shows elsewhere).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from onboarding.enums import Meaning
from portal.tables import headers
from portal.tables.headers import HEADER_WITHIN, Header, plain
from portal.text import one_line

FIELDS = ("name", "number", "vetting", "agreement", "region")
NAMES: dict[str, tuple[str, ...]] = {
    "name": (
        "reseller name", "reseller", "partner name", "indirect reseller", "indirect reseller name", "company name",
        "partner", "nom du revendeur", "revendeur", "nom du partenaire", "revendeur indirect", "raison sociale",
    ),
    "number": (
        "partnerid", "partner id", "mpn id", "mpnid", "mpn", "pla", "pla id", "partner location id", "location id",
        "location mpn id", "reseller mpn id", "reseller partner id", "partner id pla", "mpn id partner id",
        "id partenaire", "id mpn", "identifiant partenaire", "identifiant mpn", "numero mpn", "id du partenaire",
        "id d emplacement", "id de l emplacement",
    ),
    "vetting": (
        "vetting status", "vetting", "vetting state", "verification status", "account verification status",
        "enrollment status", "enrolment status", "statut de verification", "etat de verification",
        "etat de la verification", "statut de la verification", "verification", "validation", "statut de validation",
    ),
    "agreement": (
        "mpa status", "mpa", "mpa signed status", "mpa signed", "agreement status", "microsoft partner agreement",
        "mpa acceptance status", "statut mpa", "etat mpa", "statut du mpa", "etat du mpa", "mpa signe",
        "contrat de partenaire microsoft", "contrat partenaire microsoft",
    ),
    "region": ("region", "country", "market", "country region", "reseller region", "reseller country", "pays",
               "pays region", "marche"),
}  # fmt: skip
# Microsoft enrols a location of a company; a file may have the company's own number beside the location's.
_OF_LOCATION = {
    name.replace(" ", "")
    for name in (
        "pla", "pla id", "partner location id", "location id", "location mpn id", "partner id pla", "id d emplacement",
        "id de l emplacement",
    )
}  # fmt: skip
_BY_NAME = {name: field for field, names in NAMES.items() for name in names}
_VETTING: dict[str, Meaning] = {
    **dict.fromkeys(
        ("pending", "in progress", "in review", "under review", "submitted", "en attente", "en cours",
         "en cours de verification", "en cours d examen"),
        Meaning.PENDING,
    ),
    **dict.fromkeys(
        ("authorized", "authorised", "accepted", "approved", "passed", "verified", "active", "completed", "autorise",
         "accepte", "approuve", "verifie", "valide"),
        Meaning.AUTHORIZED,
    ),
    **dict.fromkeys(
        ("rejected", "declined", "failed", "action required", "not authorized", "refuse", "rejete", "echec",
         "action requise"),
        Meaning.REJECTED,
    ),
    **dict.fromkeys(("none", "n a", "na", "not started", "aucun", "aucune", "non commence", "unknown"), Meaning.IGNORE),
}  # fmt: skip
_AGREEMENT: dict[str, Meaning] = {
    **dict.fromkeys(("signed", "yes", "true", "accepted", "complete", "completed", "oui", "vrai", "signe", "accepte",
                     "1"), Meaning.SIGNED),
    **dict.fromkeys(("not signed", "unsigned", "no", "false", "pending", "not accepted", "non", "faux", "non signe",
                     "en attente", "0"), Meaning.UNSIGNED),
    **dict.fromkeys(("none", "n a", "na", "unknown", "aucun"), Meaning.IGNORE),
}  # fmt: skip
MEANINGS: dict[str, tuple[Meaning, ...]] = {
    "vetting": (Meaning.PENDING, Meaning.AUTHORIZED, Meaning.REJECTED, Meaning.IGNORE),
    "agreement": (Meaning.SIGNED, Meaning.UNSIGNED, Meaning.IGNORE),
}
_GUESSES = {"vetting": _VETTING, "agreement": _AGREEMENT}


def guess(field: str, value: str) -> Meaning | None:
    """Return what a value probably means; None where a person must decide."""
    return _GUESSES[field].get(plain(value))


def find_header(rows: Sequence[Sequence[object]]) -> Header | None:
    """Return the header, which may span two rows: then "Vetting" above "status" reads "Vetting status"."""
    found = headers.find_header(rows, _BY_NAME)
    best = found and _by_location(found)
    for number in range(min(len(rows), HEADER_WITHIN) - 1):
        joined = joined_header(rows, number + 1)
        if len(joined.fields) >= 2 and (best is None or len(joined.fields) > len(best.fields)):
            best = joined
    return best


def header_at(rows: Sequence[Sequence[object]], number: int) -> Header:
    """Return the header in that row, or in it and the one above where that names more."""
    alone = _by_location(headers.read_header(number, rows[number], _BY_NAME))
    joined = joined_header(rows, number) if number else alone
    return joined if len(joined.fields) > len(alone.fields) else alone


def joined_header(rows: Sequence[Sequence[object]], number: int) -> Header:
    above, below = rows[number - 1], rows[number]
    width = max(len(above), len(below))
    pairs = [(_at(above, index), _at(below, index)) for index in range(width)]
    titles = [below if above == below or not above else f"{above} {below}".strip() for above, below in pairs]
    # A value is no title: under "Status" a cell "Pending" makes no title of "Status Pending".
    return _by_location(headers.read_header(number, titles, _BY_NAME))


def _by_location(header: Header) -> Header:
    """Return the header with the location's number in the place of the company's, where the file has both."""
    named = [index for index, title in enumerate(header.titles) if plain(title).replace(" ", "") in _OF_LOCATION]
    if not named or any(header.fields.get(index) == "number" for index in named):
        return header
    others = {index: field for index, field in header.fields.items() if field != "number" and index != named[0]}
    return replace(header, fields={**others, named[0]: "number"})


def _at(row: Sequence[object], index: int) -> str:
    return text(row[index]) if index < len(row) else ""


def text(cell: object) -> str:
    """Return the text that a person sees; a whole number without decimals, a day as 2026-11-23."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return "" if cell is None else one_line(str(cell))


@dataclass(frozen=True)
class ExportRow:
    """One row under the titles; ``wrong`` is why it cannot be read."""

    row_no: int
    number: str
    name: str
    vetting: str
    agreement: str
    wrong: str = ""


def read_row(cells: Sequence[object], row_no: int, fields: Mapping[str, int], titles: Sequence[str]) -> ExportRow:
    """Return the row. ``fields``: name of a field -> its column.

    ``row_no`` counts from 1, as a spreadsheet shows it.
    """
    said = {field: _at(cells, index) for field, index in fields.items()}
    # Excel shows long numbers as "4 391 001", and some people add what they are: "MPN 4391001".
    number = said.get("number", "")
    digits = "".join(number.split()).removeprefix("MPN").lstrip("0")
    wrong = ""
    if [plain(text(cell)) for cell in cells if text(cell)] == [plain(title) for title in titles if title]:
        wrong = "titles_again"
    elif not number:
        wrong = "no_number"
    elif not digits.isascii() or not digits.isdigit() or len(digits) > 20:
        wrong = "number_unreadable"
    row = ExportRow(
        row_no,
        number[:40] if wrong else digits,
        said.get("name", "")[:200],
        said.get("vetting", "")[:80],
        said.get("agreement", "")[:80],
        wrong,
    )
    return row
