"""Read and judge one row of a file: an item, or why it is rejected. Pure.

Source: [MSIAM] (1 January 1900 is no date), [VL2] (a quantity of 0 is no right), [SAM360] (states of an agreement).
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from licensing.domain.facts import Facts
from licensing.enums import Kind, Sector
from portal.tables.headers import plain
from portal.tables.reading import MergedCell
from portal.text import one_line

Cell = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
MOST = 1_000_000  # licences in one line; more is a mistake
NO_DATE = dt.date(1900, 1, 1)  # Microsoft's exports write it for "no date"
_EXCEL_DAY_0 = dt.date(1899, 12, 30)
_UNDATED = {"n a", "na", "none", "aucun", "aucune", "perpetual", "perpetuel", "perpetuelle", "sans objet"}
_DASHES = set("-–—")
_LEGAL_FORMS = {
    "sarl", "sas", "sasu", "sa", "eurl", "sci", "snc", "scop", "gmbh", "ag", "ltd", "limited", "llc", "inc", "plc",
    "bv", "nv",
    "srl", "spa", "sprl", "kg", "co", "corp", "scs", "sca", "ets", "etablissements",
}  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january", "fevrier fevr fev february feb", "mars mar march", "avril avr april apr",
            "mai may",
            "juin june jun", "juillet juil july jul", "aout august aug", "septembre sept sep september",
            "octobre oct october", "novembre nov november", "decembre dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_YES = {
    "yes",
    "oui",
    "y",
    "o",
    "true",
    "vrai",
    "1",
    "x",
    "sa",
    "l sa",
    "lsa",
    "lic sa",
    "sa only",
    "with sa",
    "avec sa",
}
_NO = {"no", "non", "n", "false", "faux", "0", "license", "licence", "lic", "without sa", "sans sa", "l"}
_GONE = {"returned", "out of scope", "outofscope", "cancelled", "canceled", "annule", "rendu", "retourne"}
_IN_CSP = {"csp", "microsoft csp", "cloud solution provider", "microsoft cloud solution provider", "csp nce", "nce"}
_SECTORS = {
    Sector.EDUCATION: {
        "education",
        "edu",
        "academic",
        "enseignement",
        "academique",
        "school",
        "olp academic",
        "student",
    },
    Sector.GOVERNMENT: {"government", "gov", "gouvernement", "public", "secteur public", "administration"},
    Sector.NONPROFIT: {"nonprofit", "non profit", "npo", "charity", "chr", "association", "non lucratif"},
    Sector.COMMERCIAL: {"commercial", "corporate", "com", "entreprise"},
}


class RowRejected(Exception):
    """The row is not imported; ``reason`` is a code for which the page has a text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Item:
    """The content of an accepted row. Texts are as typed, trimmed; None means that the file has no value."""

    row_no: int
    customer: str
    product: str
    quantity: int
    family: str = ""
    online: bool = False
    part_number: str = ""
    authorization_number: str = ""
    license_number: str = ""
    program: str = ""
    has_sa: bool | None = None
    start_on: dt.date | None = None
    end_on: dt.date | None = None
    sa_end_on: dt.date | None = None
    token_bought_on: dt.date | None = None
    sector: str = ""
    country: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def customer_key(self) -> str:
        return customer_key(self.customer)

    @property
    def identity(self) -> str:
        """Return what identifies a line of a customer: number, part number or product, and end date."""
        number, what, sa, token = stem(self)
        return hashlib.sha256("\n".join([number, what, str(self.end_on or ""), sa, token]).encode()).hexdigest()


class Named(Protocol):
    """The fields by which a row or a line is identified."""

    @property
    def product(self) -> str: ...
    @property
    def part_number(self) -> str: ...
    @property
    def authorization_number(self) -> str: ...
    @property
    def license_number(self) -> str: ...
    @property
    def has_sa(self) -> bool | None: ...
    @property
    def token_bought_on(self) -> dt.date | None: ...


def stem(one: Named) -> tuple[str, str, str, str]:
    """Return the identity without the end, which stays when a line is renewed."""
    number = one.authorization_number or one.license_number
    what = one.part_number or plain(one.product)
    return plain(number), plain(what), str(bool(one.has_sa)), str(one.token_bought_on or "")


@dataclass(frozen=True)
class Reading:
    """How to read a file's rows: column -> field, one customer for all, the order of day and month.

    ``day_first`` is for the date fields that ``told`` does not name: what a column's own values show comes first.
    """

    fields: dict[int, str]
    customer: str = ""
    day_first: bool = True
    told: Mapping[str, bool] = field(default_factory=dict)

    def is_day_first(self, name: str) -> bool:
        return self.told.get(name, self.day_first)

    @property
    def is_contracts(self) -> bool:
        """Return True for a list of agreements with their ends, which names no products (Microsoft's "Contracts")."""
        return is_contracts(self.fields.values())


def is_contracts(fields: Iterable[str]) -> bool:
    names = set(fields)
    return {"license_number", "end_on"} <= names and not names & {"product", "part_number", "quantity"}


def _refuse_what_is_no_licence(texts: dict[str, str]) -> None:
    if plain(texts.get("status", "")) in _GONE:
        raise RowRejected("returned")
    if plain(texts.get("program", "")) in _IN_CSP:
        raise RowRejected("already_csp")


def _refuse_what_has_no_name(product: str, texts: dict[str, str]) -> None:
    if not product and not texts.get("part_number"):
        raise RowRejected("no_product")
    if product.endswith("*"):
        raise RowRejected("grant")


def read_row(cells: Sequence[Cell], row_no: int, reading: Reading, families: "Families") -> Item:
    """Return the row as an item.

    Raises:
        RowRejected: with the code of its reason.
    """
    said = {name: cells[index] for index, name in reading.fields.items() if index < len(cells)}
    texts = {name: text(value) for name, value in said.items()}
    _refuse_what_is_no_licence(texts)
    usage = plain(texts.get("country", ""))
    customer = texts.get("customer") or reading.customer
    if not customer_key(customer):
        raise RowRejected("no_customer")
    if reading.is_contracts:
        return _contract(said, texts, row_no, customer, reading)
    product = " ".join(filter(None, [texts.get("product", ""), texts.get("version", "")]))
    _refuse_what_has_no_name(product, texts)
    item = Item(
        row_no=row_no,
        customer=customer[:200],
        product=(product or texts.get("part_number", ""))[:300],
        quantity=whole(said.get("quantity")),
        part_number=texts.get("part_number", "")[:60],
        authorization_number=texts.get("authorization_number", "")[:60],
        license_number=texts.get("license_number", "")[:60],
        program=texts.get("program", "")[:100],
        country=usage.upper() if len(usage) == 2 else "",
    )
    item.family, item.online = families.find(item.product)
    for name in ("start_on", "end_on", "sa_end_on", "token_bought_on"):
        setattr(item, name, day(said.get(name), day_first=reading.is_day_first(name)))
    item.has_sa = _has_sa(said, texts, item)
    if item.has_sa is None and not item.online and "open value" in plain(item.program):
        item.has_sa = True  # Open Value includes it. Source: [guide] part 1.
    item.sector = sector(texts.get("sector", "")) or sector(item.program)
    if not item.family:
        item.warnings.append("unknown_product")
    if item.start_on and item.end_on and item.end_on < item.start_on:
        raise RowRejected("ends_before_start")
    return item


def _contract(said: dict[str, Cell], texts: dict[str, str], row_no: int, customer: str, reading: Reading) -> Item:
    number = texts.get("license_number", "")[:60]
    end_on = day(said.get("end_on"), day_first=reading.is_day_first("end_on"))
    if not number:
        raise RowRejected("no_number")
    if end_on is None:
        raise RowRejected("no_end")
    program = texts.get("program", "")[:100]
    return Item(
        row_no=row_no, customer=customer[:200], product="", quantity=0, license_number=number, program=program,
        end_on=end_on, sector=sector(program),
    )  # fmt: skip


def _has_sa(said: dict[str, Cell], texts: dict[str, str], item: Item) -> bool | None:
    """Return whether a row has Software Assurance: by its own field, by a quantity, or by the product's description.

    Microsoft's summary has a type beside the quantity under assurance: of type "License", some may be.
    """
    answer = plain(texts.get("sa", ""))
    if answer in _YES:
        return True
    if text(said.get("sa_quantity")):
        return (number(said.get("sa_quantity")) or 0) > 0
    if answer in _NO:
        return False
    words = set(plain(item.product).split())
    if (
        words & {"lsa", "licsapk", "sapk"}
        or "l sa" in plain(item.product)
        or "software assurance" in plain(item.product)
    ):
        return True
    return None


# --- cells ------------------------------------------------------------------------------------------------------
def text(value: Cell) -> str:
    """Return the cell's text as people see it: a whole number without ".0", a text unchanged (with leading zeros)."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return one_line(str(value))


_NUMBER = re.compile(r"^[+-]?(\d{1,3}(?P<sep>[.,])\d{3}((?P=sep)\d{3})*|\d+)([.,]\d+)?$")


def number(value: Cell) -> float | None:
    """Return the number in "12 500,0", "1,250", "1.250,00", 1250.0; None where there is none.

    One separator before exactly three digits separates thousands, because licences are whole.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    bare = re.sub(r"[\s\u00a0\u202f'’]", "", str(value))
    if re.fullmatch(r"[+-]?\d+([.,]\d+)?e[+]?\d{1,3}", bare, re.I):
        return float(bare.replace(",", "."))
    if not _NUMBER.match(bare):
        return None
    last = max(bare.rfind("."), bare.rfind(","))
    other = bare.replace(",", "").replace(".", "")
    if last < 0:
        return float(other)
    decimals = bare[last + 1 :]
    one_kind = bare.count(bare[last]) == len(re.findall(r"[.,]", bare))
    if len(decimals) == 3 and one_kind:
        return float(other)
    whole_part = re.sub(r"[.,]", "", bare[:last])
    return float(f"{whole_part}.{decimals}")


def whole(value: Cell) -> int:
    """Return a quantity of licences.

    Raises:
        RowRejected: it is missing, no number, not whole, zero, negative or above ``MOST``.
    """
    if text(value) == "":
        raise RowRejected("no_quantity")
    if isinstance(value, MergedCell):
        raise RowRejected("quantity_merged")
    found = number(value)
    if found is None or found != found or found in (float("inf"), float("-inf")):
        raise RowRejected("quantity_unreadable")
    if found == 0:
        raise RowRejected("quantity_zero")
    if found < 0:
        raise RowRejected("quantity_negative")
    if found > MOST:
        raise RowRejected("quantity_too_large")
    if found != int(found):
        raise RowRejected("quantity_not_whole")
    return int(found)


_NUMERIC_DATE = re.compile(r"^(\d{1,4})[/.\- ](\d{1,2})[/.\- ](\d{1,4})(?:[T ].*)?$")


def day(value: Cell, *, day_first: bool) -> dt.date | None:
    """Return a day in any usual spelling; None for an empty cell, for 1 January 1900, and for "N/A" and the like.

    Raises:
        RowRejected: the value is no day between 1990 and 2100.
    """
    if value is None or value == "" or (isinstance(value, str) and _is_undated(value.strip())):
        return None
    found = _day(value, day_first)
    if found is not None and _EXCEL_DAY_0 <= found <= NO_DATE:
        return None
    if found is None or not 1990 <= found.year <= 2100:
        raise RowRejected("date_unreadable")
    return found


def _is_undated(words: str) -> bool:
    return bool(words) and (set(words) <= _DASHES or plain(words) in _UNDATED)


def _day(value: Cell, day_first: bool) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _EXCEL_DAY_0 + dt.timedelta(days=int(value)) if 0 < value < 80_000 else None
    words = text(value)
    if words.isascii() and words.isdigit() and len(words) == 5:
        return _EXCEL_DAY_0 + dt.timedelta(days=int(words))
    return _spelled_day(words, day_first)


@lru_cache(maxsize=4096)
def _spelled_day(words: str, day_first: bool) -> dt.date | None:
    numeric = _NUMERIC_DATE.match(words)
    if numeric:
        one, two, three = (int(part) for part in numeric.groups())
        if len(numeric[1]) == 4:
            return _date(one, two, three)
        year = three + 2000 if three < 100 else three
        if one > 12 or two > 12:
            return _date(year, two, one) if one > 12 else _date(year, one, two)
        return _date(year, two, one) if day_first else _date(year, one, two)
    parts = plain(words).replace("1er", "1").split()
    named = [part for part in parts if part in _MONTHS]
    numbers = [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= 4]
    if len(named) == 1 and len(numbers) == 2:
        day_, year = numbers if numbers[0] <= 31 else reversed(numbers)
        return _date(year + 2000 if year < 100 else year, _MONTHS[named[0]], day_)
    return None


def _date(year: int, month: int, day_: int) -> dt.date | None:
    try:
        return dt.date(year, month, day_)
    except ValueError:
        return None


def day_first_of(values: Iterable[Cell]) -> bool | None:
    """Return True when a column writes the day before the month, which any number above 12 shows; None if none does.

    A column with both orders stays undecided; its unambiguous cells are still read correctly.
    """
    first = second = False
    for value in values:
        numeric = _NUMERIC_DATE.match(value.strip()) if isinstance(value, str) else None
        if numeric and len(numeric[1]) <= 2:
            first |= int(numeric[1]) > 12
            second |= int(numeric[2]) > 12
    return first if first != second else None


def customer_key(name: str) -> str:
    """Return one key for all spellings of a customer: "Dupont S.A.R.L.", "DUPONT Sarl", "Dupont"."""
    words = re.sub(r"\b(?:[a-zA-Z]\.){2,}", lambda dotted: dotted[0].replace(".", ""), name)
    kept = plain(words).split()
    bare = [word for word in kept if word not in _LEGAL_FORMS]
    return " ".join(bare or kept)[:200]


def sector(words: str) -> str:
    """Return the sector named in a cell or in a programme's name ("Open Academic", "OLP GOV")."""
    found = plain(words)
    for name, known in _SECTORS.items():
        if found in known or set(found.split()) & (
            known - {"public", "association", "com", "corporate", "administration"}
        ):
            return str(name)
    return ""


class Families:
    """Finds the family of a product's text: the longest alias found as whole words wins."""

    def __init__(self, facts: Facts) -> None:
        found: dict[str, tuple[str, bool]] = {}
        for fact in facts.of(Kind.FAMILY):
            for alias in fact.value.get("aliases", ()):
                found[plain(alias)] = (fact.key, fact.value.get("delivery") == "online")
        self._aliases = sorted(found.items(), key=lambda one: (-len(one[0]), one[0]))
        self._known: dict[str, tuple[str, bool]] = {}

    def find(self, product: str) -> tuple[str, bool]:
        """Return the family's key, '' where none fits, and whether it is an online service."""
        words = f" {plain(product)} "
        if words not in self._known:
            hit = next((family for alias, family in self._aliases if f" {alias} " in words), ("", False))
            self._known[words] = hit
        return self._known[words]
