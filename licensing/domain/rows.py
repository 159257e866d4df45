"""Read and judge one row of a file: an item, or why it is rejected. Pure.

Every recognised column decides something: its words are read by ``vocabulary``, its numbers and days by ``cells``.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from licensing.domain import vocabulary
from licensing.domain.cells import (
    Cell,
    RowRejected,
    day,
    identifier,
    is_error,
    is_for_ever,
    number,
    number_key,
    text,
    whole,
)
from licensing.domain.country_names import country_code
from licensing.domain.families import Families
from licensing.domain.vocabulary import LineProgram, LineStatus, Right
from licensing.enums import Sector
from portal.tables.headers import plain

_LEGAL_FORMS = {
    "sarl", "sas", "sasu", "sa", "eurl", "sci", "snc", "scop", "gmbh", "ag", "ltd", "limited", "llc", "inc", "plc",
    "bv", "nv",
    "srl", "spa", "sprl", "kg", "co", "corp", "scs", "sca", "ets", "etablissements",
}  # fmt: skip
_AND = {"et", "and", "und"}  # "&" in words
_CSP_PART = re.compile(r"(CFQ7TT|DG7GMG|DZH318Z)", re.I)  # how part numbers of the new commerce begin


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
        return identity_of(self, self.end_on)


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
    what = number_key(one.part_number) or plain(one.product)
    return (
        number_key(one.authorization_number or one.license_number),
        what,
        str(bool(one.has_sa)),
        str(one.token_bought_on or ""),
    )


def identity_of(one: Named, end_on: dt.date | None) -> str:
    number_, what, sa, token = stem(one)
    return hashlib.sha256("\n".join([number_, what, str(end_on or ""), sa, token]).encode()).hexdigest()


@dataclass(frozen=True)
class Reading:
    """How to read a file's rows: column -> field, one customer for all, the order of day and month.

    ``day_first`` is for the date fields that ``told`` does not name: what a column's own values show comes first. In
    both None means: not known. ``answers`` has a person's answers about words that the tables do not know: field ->
    the word as ``plain`` -> its value.
    """

    fields: dict[int, str]
    customer: str = ""
    day_first: bool | None = True
    told: Mapping[str, bool | None] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def answer(self, name: str, words: str) -> str:
        return self.answers.get(name, {}).get(plain(words), "")

    def is_day_first(self, name: str) -> bool | None:
        return self.told.get(name, self.day_first)

    @property
    def is_contracts(self) -> bool:
        """Return True for a list of agreements with their ends, which names no products (Microsoft's "Contracts")."""
        return is_contracts(self.fields.values())


def is_contracts(fields: Iterable[str]) -> bool:
    names = set(fields)
    return {"license_number", "end_on"} <= names and not names & {"product", "part_number", "quantity"}


def read_row(cells: Sequence[Cell], row_no: int, reading: Reading, families: Families) -> Item:
    """Return the row as one item, with all its licences; ``read_items`` parts those under Software Assurance.

    Raises:
        RowRejected: with the code of its reason.
    """
    return _read(cells, row_no, reading, families)[0]


def read_items(cells: Sequence[Cell], row_no: int, reading: Reading, families: Families) -> list[Item]:
    """Return the row's items: two where only a part of its licences is under Software Assurance.

    Raises:
        RowRejected: with the code of its reason.
    """
    item, under_sa = _read(cells, row_no, reading, families)
    if not 0 < under_sa < item.quantity or item.online:
        return [item]
    rest = replace(item, quantity=item.quantity - under_sa, has_sa=False, sa_end_on=None, warnings=[*item.warnings])
    return [replace(item, quantity=under_sa, has_sa=True), rest]


def _read(cells: Sequence[Cell], row_no: int, reading: Reading, families: Families) -> tuple[Item, int]:
    """Return the row's item, and how many of its licences are under Software Assurance (0: not said)."""
    said = {name: cells[index] for index, name in reading.fields.items() if index < len(cells)}
    texts = {name: text(value) for name, value in said.items()}
    if any(map(is_error, texts.values())):
        raise RowRejected("cell_error")
    status = _status(texts, reading)
    program = _program(texts, reading)
    customer = texts.get("customer") or reading.customer
    if not customer_key(customer):
        raise RowRejected("no_customer")
    if reading.is_contracts:
        return _contract(said, texts, row_no, customer, reading), 0
    product = " ".join(filter(None, [texts.get("product", ""), texts.get("version", "")]))
    right = _right(texts, reading)
    _refuse_what_is_no_licence(product, texts, right)
    item = Item(
        row_no=row_no,
        customer=customer[:200],
        product=(product or texts.get("part_number", ""))[:300],
        quantity=whole(said.get("quantity")),
        part_number=identifier(said.get("part_number")),
        authorization_number=identifier(said.get("authorization_number")),
        license_number=identifier(said.get("license_number")),
        program=texts.get("program", "")[:100],
        country=_country(texts, reading),
    )
    _find_family(item, families, right)
    if status == LineStatus.ENDED and item.online:
        raise RowRejected("ended")
    _read_days(item, said, reading)
    under_sa = _read_assurance(item, said, texts, right, program)
    if status == LineStatus.ENDED and item.has_sa:
        item.warnings.append("says_ended")
    item.sector = _sector(texts, reading, item)
    return item, under_sa


def _status(texts: dict[str, str], reading: Reading) -> LineStatus:
    words = texts.get("status", "")
    found = vocabulary.status_of(words)
    if found == LineStatus.UNKNOWN:
        found = LineStatus(reading.answer("status", words) or LineStatus.UNKNOWN)
    if found == LineStatus.GONE:
        raise RowRejected("returned")
    if found == LineStatus.UNKNOWN:
        raise RowRejected("status_unknown")
    return found


def _program(texts: dict[str, str], reading: Reading) -> LineProgram:
    """Return Open or Open Value, or NOT_SAID: lines of other programmes are set apart, each with its own reason."""
    words = texts.get("program", "")
    found = vocabulary.program_of(words)
    if found == LineProgram.UNKNOWN:
        found = LineProgram(reading.answer("program", words) or LineProgram.UNKNOWN)
    hint = vocabulary.program_in_product(texts.get("product", ""))
    if found in vocabulary.PLANNED and hint:
        found = hint
    if found in vocabulary.PLANNED and _CSP_PART.match(texts.get("part_number", "")):
        found = LineProgram.CSP
    if found == LineProgram.CSP:
        raise RowRejected("already_csp")
    if found not in vocabulary.PLANNED:
        raise RowRejected(f"program_{found.value}")
    return found


def _right(texts: dict[str, str], reading: Reading) -> Right:
    words = texts.get("sa", "")
    found = vocabulary.right_of(words)
    return Right(reading.answer("sa", words) or found) if found == Right.UNKNOWN else found


def _refuse_what_is_no_licence(product: str, texts: dict[str, str], right: Right) -> None:
    if not product and not texts.get("part_number"):
        raise RowRejected("no_product")
    # Microsoft's exports mark a grant with an asterisk at the product or its version, or by its type.
    marked = (texts.get(name, "") for name in ("product", "version", "sa", "program", "part_number"))
    if right == Right.GRANT or any(value.rstrip(" )").endswith("*") for value in marked):
        raise RowRejected("grant")


def _country(texts: dict[str, str], reading: Reading) -> str:
    words = texts.get("country", "")
    if not words or plain(words) == "all countries":
        return ""
    code = country_code(words) or reading.answer("country", words)
    if len(code) != 2:
        raise RowRejected("country_unknown")
    return code


def _find_family(item: Item, families: Families, right: Right) -> None:
    item.family, item.online = families.find(item.product)
    # Server software is sold as a subscription too, with an end. Source: [PCSUB].
    if Right.SUBSCRIPTION in (right, vocabulary.right_in_product(item.product)):
        item.online = True
    if not item.family:
        item.warnings.append("unknown_product")


def _read_days(item: Item, said: dict[str, Cell], reading: Reading) -> None:
    for name in ("start_on", "end_on", "sa_end_on", "token_bought_on"):
        setattr(item, name, day(said.get(name), day_first=reading.is_day_first(name)))
    if any(is_for_ever(said.get(name)) for name in ("end_on", "sa_end_on")):
        item.warnings.append("no_end")
    if item.start_on and item.end_on and item.end_on < item.start_on:
        raise RowRejected("ends_before_start")


def _read_assurance(
    item: Item, said: dict[str, Cell], texts: dict[str, str], right: Right, program: LineProgram
) -> int:
    """Set whether the item has Software Assurance, and return for how many of its licences (0: for all, or none).

    Microsoft's summary has a type beside the quantity under assurance; the quantity counts, because it is what is
    active.
    """
    if item.online:
        item.has_sa = {Right.WITH_SA: True, Right.WITHOUT_SA: False}.get(right)
        return 0
    under_sa = _under_sa(said, texts, right)
    if under_sa is not None:
        if under_sa > item.quantity:
            raise RowRejected("sa_exceeds")
        item.has_sa = under_sa > 0
        if right == Right.WITH_SA and not under_sa:
            item.warnings.append("sa_lapsed")
        return under_sa
    if right == Right.UNKNOWN:
        item.warnings.append("unknown_sa")
    _weigh_assurance(item, right, program)
    return 0


def _weigh_assurance(item: Item, right: Right, program: LineProgram) -> None:
    """Set whether the item has Software Assurance, by its column, its product's name and its programme.

    Where they contradict each other nothing is set, so that a person is asked.
    """
    has = {Right.WITH_SA: True, Right.WITHOUT_SA: False}
    column, name = has.get(right), has.get(vocabulary.right_in_product(item.product))
    if name and not item.family and not _names_assurance(item.product):
        name = None  # "SA" is also the end of a company's name
    # Open Value includes it. Source: [guide] part 1.
    program_says = True if program == LineProgram.OPEN_VALUE else None
    opinions = {column, name, program_says} - {None}
    if len(opinions) > 1:
        item.warnings.append("sa_differs")
        return
    item.has_sa = next(iter(opinions), None)


def _under_sa(said: dict[str, Cell], texts: dict[str, str], right: Right) -> int | None:
    """Return the quantity under Software Assurance; None where neither its column nor that of SA has a number."""
    cell = said.get("sa_quantity")
    if texts.get("sa_quantity", "") == "":
        # A column titled "SA" may hold a quantity; 0 and 1 are also used for no and yes.
        cell = said.get("sa")
        if right != Right.UNKNOWN or (number(cell) or 0) < 2:
            return None
    found = number(cell)
    if found is None or found < 0 or found != int(found):
        raise RowRejected("sa_unreadable")
    return int(found)


def _names_assurance(product: str) -> bool:
    words = plain(product)
    return bool(set(words.split()) & {"lsa", "licsapk", "sapk"}) or "l sa" in words or "software assurance" in words


def _sector(texts: dict[str, str], reading: Reading, item: Item) -> str:
    words = texts.get("sector", "")
    answer = reading.answer("sector", words)
    found = vocabulary.sector_of(words) or (answer if answer in Sector.values else "")
    if plain(words) and not found:
        item.warnings.append("unknown_sector")
    return found or vocabulary.sector_of_program(item.program)


def _contract(said: dict[str, Cell], texts: dict[str, str], row_no: int, customer: str, reading: Reading) -> Item:
    number_ = identifier(said.get("license_number"))
    end_on = day(said.get("end_on"), day_first=reading.is_day_first("end_on"))
    if not number_:
        raise RowRejected("no_number")
    if end_on is None:
        raise RowRejected("no_end")
    program = texts.get("program", "")[:100]
    return Item(
        row_no=row_no, customer=customer[:200], product="", quantity=0, license_number=number_, program=program,
        end_on=end_on, sector=vocabulary.sector_of_program(program),
    )  # fmt: skip


def customer_key(name: str) -> str:
    """Return one key for all spellings of a customer: "Dupont S.A.R.L.", "DUPONT Sarl", "Dupont"."""
    words = re.sub(r"\b(?:[a-zA-Z]\.){2,}", lambda dotted: dotted[0].replace(".", ""), name)
    kept = plain(words).split()
    bare = [word for word in kept if word not in _LEGAL_FORMS | _AND]
    return " ".join(bare or kept)[:200]
