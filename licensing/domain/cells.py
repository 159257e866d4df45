"""Read a cell as a text, a number, a quantity or a day, in the spellings that people use. Pure.

Source: [MSIAM] (1 January 1900 is no date), [VL2] (a quantity of 0 is no right).
"""

import datetime as dt
import re
from collections.abc import Iterable
from functools import lru_cache

from portal.tables.headers import plain
from portal.tables.reading import MergedCell
from portal.text import one_line

Cell = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
MOST = 1_000_000  # licences in one line; more is a mistake
_FOR_EVER = dt.date(2099, 12, 31), 2900  # this day, and any from this year on, are written for "no end"
_NO_YEARS = {0, 1}  # programs write 00/00/0000 and 01/01/0001 for "no date"
NO_DATE = dt.date(1900, 1, 1)  # Microsoft's exports write it for "no date"
_EXCEL_DAY_0 = dt.date(1899, 12, 30)
_NONE = {"n a", "na", "n d", "nd", "none", "null", "nil", "aucun", "aucune", "sans objet", "keine", "kein", "entfallt"}
_UNDATED = _NONE | {
    "perpetual", "perpetuel", "perpetuelle", "illimite", "illimitee", "unlimited", "sans fin", "sans echeance",
    "sans limite", "no end", "no expiry", "no end date", "never", "never expires", "jamais", "indeterminee",
    "permanent", "permanente", "unbefristet", "unbegrenzt",
}  # fmt: skip
_DASHES = set("-–—")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january januar", "fevrier fevr fev february feb februar", "mars mar march marz",
            "avril avr april apr",
            "mai may", "juin june jun juni", "juillet juil july jul juli", "aout august aug",
            "septembre sept sep september",
            "octobre oct october oktober okt", "novembre nov november", "decembre dec december dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip


class RowRejected(Exception):
    """The row is not imported; ``reason`` is a code for which the page has a text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# What keeps a spreadsheet from changing a number in a CSV: ="00123".
_GUARDED = re.compile(r'="([^"]*)"')
_ERROR = re.compile(r"#(n/a|nv|[^\W_]+([/ ][^\W_]+)?[!?])|#{3,}", re.I)  # in any language of the spreadsheet


def is_error(words: str) -> bool:
    """Return True for what a spreadsheet writes instead of a value: "#REF!", "#VALEUR!", "#N/A", "#####"."""
    return bool(_ERROR.fullmatch(words))


def text(value: Cell) -> str:
    """Return the cell's text as people see it: a whole number without ".0", a text unchanged (with leading zeros)."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    said = one_line(str(value))
    if guarded := _GUARDED.fullmatch(said):
        return guarded[1].strip()
    # Our own exports write an apostrophe before what a spreadsheet would take for a formula.
    return said[1:] if len(said) > 1 and said[0] == "'" and said[1] in "=+-@|%" else said


# A number that a spreadsheet shortened: "1,23457E+11", or the zeros that it left of one.
_SHORTENED = re.compile(r"[+-]?\d([.,]\d+)?e[+-]?\d+", re.I)
_ZEROS = re.compile(r"\d{5,}0{6,}")


def identifier(value: Cell) -> str:
    """Return an agreement, licence or part number as typed.

    Raises:
        RowRejected: a spreadsheet made another number, or a day, of it.
    """
    words = text(value)
    is_damaged = isinstance(value, dt.date | dt.time) or _SHORTENED.fullmatch(words)
    if is_damaged or (_ZEROS.fullmatch(words) and len(words) >= 12):
        raise RowRejected("number_damaged")
    # "-", "#" and "N/A" stand for no number.
    is_none = not any(map(str.isalnum, words)) or plain(words) in _NONE
    return "" if is_none else words.lstrip("'’`")[:60]


def number_key(number: str) -> str:
    """Return one key for all spellings of a number: without case, spaces, dashes and leading zeros."""
    return "".join(c for c in number.casefold() if c.isalnum()).lstrip("0")


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
    if negative := re.fullmatch(r"\((.+)\)|(.+)[-−–]|[−–](.+)", bare):  # as in accounts: (12), 12-
        bare = "-" + next(filter(None, negative.groups()))
    if not _NUMBER.match(bare):
        return None
    last = max(bare.rfind("."), bare.rfind(","))
    other = bare.replace(",", "").replace(".", "")
    if last < 0:
        return float(other)
    decimals = bare[last + 1 :]
    one_kind = bare.count(bare[last]) == len(re.findall(r"[.,]", bare))
    if len(decimals) == 3 and one_kind and not bare.lstrip("+-").startswith("0"):
        return float(other)
    whole_part = re.sub(r"[.,]", "", bare[:last])
    return float(f"{whole_part}.{decimals}")


_THOUSANDS = re.compile(r"\d{1,3}[.,]000")


def may_have_decimals(values: Iterable[Cell]) -> bool:
    """Return True for a column whose numbers are all written as "5,000": five, or five thousand."""
    numbers = [words for value in values if (words := text(value)) and number(words) is not None]
    return bool(numbers) and all(_THOUSANDS.fullmatch(words) for words in numbers)


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


# A time of day may follow; another text, such as a second date, makes it no date.
_TIME = r"(?:(?:T| +)\d{1,2}[:h]\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]\.?m\.?)?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?"
_NUMERIC_DATE = re.compile(rf"^(\d{{1,4}})[/.\- ](\d{{1,2}})[/.\- ](\d{{1,4}}){_TIME}$", re.I)
_COMPACT_DATE = re.compile(r"(19|20)\d{6}")  # 20261231


def day(value: Cell, *, day_first: bool | None) -> dt.date | None:
    """Return a day in any usual spelling; None for no date: an empty cell, 1 January 1900, "N/A", 31/12/9999.

    ``day_first`` is None where nothing shows which of two numbers is the day.

    Raises:
        RowRejected: the value is no day between 1990 and 2100, has an odd year of two digits, or can be read as two
            different days.
    """
    if value is None or value == "" or (isinstance(value, str) and _is_undated(value.strip())):
        return None
    if isinstance(value, str) and (numeric := _NUMERIC_DATE.match(value.strip())):
        _refuse_two_readings(numeric, day_first)
    found = _day(value, bool(day_first))
    if found is not None and (_EXCEL_DAY_0 <= found <= NO_DATE or _means_for_ever(found)):
        return None
    if found is None or not 1990 <= found.year <= 2100:
        raise RowRejected("date_unreadable")
    return found


def _refuse_two_readings(numeric: re.Match[str], day_first: bool | None) -> None:
    first, second, year = numeric.groups()
    if len(first) == 4:
        return
    # "27-01-07" may begin with its year.
    begins_with_year = "-" in numeric.string and int(second) <= 12 and int(first) >= 15 and 1 <= int(year) <= 14
    if len(year) < 3 and (int(year) >= 70 or begins_with_year):
        raise RowRejected("date_two_digits")
    if day_first is None and is_ambiguous(numeric.string):
        raise RowRejected("date_order")


def is_ambiguous(value: Cell) -> bool:
    """Return True for a date in numbers that is one day with the day first, and another with the month first."""
    numeric = _NUMERIC_DATE.match(value.strip()) if isinstance(value, str) else None
    if not numeric or len(numeric[1]) > 2:
        return False
    first, second = int(numeric[1]), int(numeric[2])
    return 1 <= first <= 12 and 1 <= second <= 12 and first != second


def is_for_ever(value: Cell) -> bool:
    """Return True for a date that stands for "no end", such as 31/12/9999."""
    if isinstance(value, dt.date):
        return _means_for_ever(value)
    found = _day(value, True) if isinstance(value, str) else None
    return found is not None and _means_for_ever(found)


def _means_for_ever(found: dt.date) -> bool:
    last, year = _FOR_EVER
    return found.year >= year or (found.year, found.month, found.day) == (last.year, last.month, last.day)


def _is_undated(words: str) -> bool:
    if numeric := _NUMERIC_DATE.match(words):
        return any(len(part) == 4 and int(part) in _NO_YEARS for part in numeric.groups())
    return bool(words) and (set(words) <= _DASHES or plain(words) in _UNDATED)


def _day(value: Cell, day_first: bool) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and not _COMPACT_DATE.fullmatch(text(value)):
        return _EXCEL_DAY_0 + dt.timedelta(days=int(value)) if 0 < value < 80_000 else None
    words = text(value)
    if words.isascii() and words.isdigit() and len(words) == 5:
        return _EXCEL_DAY_0 + dt.timedelta(days=int(words))
    if _COMPACT_DATE.fullmatch(words):
        return _date(int(words[:4]), int(words[4:6]), int(words[6:]))
    return _spelled_day(words, day_first)


@lru_cache(maxsize=4096)
def _spelled_day(words: str, day_first: bool) -> dt.date | None:
    numeric = _NUMERIC_DATE.match(words)
    if numeric:
        one, two, three = (int(part) for part in numeric.groups())
        if len(numeric[1]) == 4:
            return _date(one, two, three)
        year = three + 2000 if len(numeric[3]) <= 2 else three
        if one > 12 or two > 12:
            return _date(year, two, one) if one > 12 else _date(year, one, two)
        return _date(year, two, one) if day_first else _date(year, one, two)
    parts = plain(words).replace("1er", "1").split()
    named = [part for part in parts if part in _MONTHS]
    numbers = [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= 4]
    if len(named) == 1 and len(numbers) == 2:
        day_, year = numbers if numbers[0] <= 31 else reversed(numbers)
        if 70 <= year < 100:
            return None  # 1999, or "no end"
        return _date(year + 2000 if year < 100 else year, _MONTHS[named[0]], day_)
    return None


def _date(year: int, month: int, day_: int) -> dt.date | None:
    try:
        return dt.date(year, month, day_)
    except ValueError:
        return None


def has_both_orders(values: Iterable[Cell]) -> bool:
    """Return True for a column that writes the day first in some rows and the month first in others."""
    found = [m for value in values if isinstance(value, str) and (m := _NUMERIC_DATE.match(value.strip()))]
    numbers = [(int(m[1]), int(m[2])) for m in found if len(m[1]) <= 2]
    return any(first > 12 for first, _ in numbers) and any(second > 12 for _, second in numbers)


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
