"""Decode delimited text. A file that does not name its characters is read in a code page that Excel writes. Pure.

Excel's "CSV" has the code page of its Windows, which follows the country; "CSV (MS-DOS)" and "CSV (Macintosh)" have
others. Nothing in the file says which one, so the one whose text looks most like words is taken, and told.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice


class NotTextError(Exception):
    """The bytes are not text; ``is_damaged``: they claim to be."""

    def __init__(self, *, is_damaged: bool) -> None:
        super().__init__(is_damaged)
        self.is_damaged = is_damaged


@dataclass(frozen=True)
class Decoded:
    """A text. ``guessed`` is the code page that was guessed, as Python names it; empty where the file names its own."""

    text: str
    guessed: str = ""


WESTERN = "cp1252"
# Windows' code page of a country, where it is not the Western one. Source: [windows-code-pages].
_COUNTRIES = {
    "cp1250": "AL BA CZ HR HU ME PL RO RS SI SK XK",
    "cp1251": "BG BY KG KZ MK MN RU TJ UA",
    "cp1253": "CY GR",
    "cp1254": "AZ TR UZ",
    "cp1255": "IL",
    "cp1256": "AE BH DZ EG IQ JO KW LB LY MA OM PK QA SA SY TN YE",
    "cp1257": "EE LT LV",
}
_BY_COUNTRY = {country: page for page, countries in _COUNTRIES.items() for country in countries.split()}
_MS_DOS = {
    "cp1250": "cp852", "cp1251": "cp866", "cp1252": "cp850", "cp1253": "cp737", "cp1254": "cp857", "cp1255": "cp862",
    "cp1256": "cp720", "cp1257": "cp775",
}  # fmt: skip
_MACINTOSH = "mac_roman"

# The frequent letters beyond ASCII of the languages that are written with each page.
_WESTERN_LETTERS = "àâäçéèêëîïôöùûüÿœæñáíóúß"
_LETTERS = {
    "cp1250": "ąćęłńóśźżáčďéěíňřšťúůýžäöüőűăâîşţßđ",
    "cp1251": "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґј",
    "cp1253": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋ",
    "cp1254": "çğıöşüâîû",
    "cp1255": "אבגדהוזחטיכלמנסעפצקרשתךםןףץ",
    "cp1256": "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءأإآؤئ",
    "cp1257": "āčēģīķļņšūžąęėįųäöüõ",
}
_BETWEEN_WORDS = frozenset("°“”«»–—€\u00a0\u202f")


def decoded(content: bytes, *, country: str = "") -> Decoded:
    """Return the text of UTF-8 or UTF-16, with or without BOM, else of the code page that it looks most like.

    ``country`` (ISO 3166-1 alpha-2) is where the file comes from: its code page is tried beside the Western one.

    Raises:
        NotTextError: the bytes are not text.
    """
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return Decoded(_strictly(content, name, is_damaged=True))
    head = content[:2000]
    if head.count(0) > len(head) // 4:
        name = "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
        return Decoded(_strictly(content, name, is_damaged=False))
    if 0 in head or sum(byte < 9 for byte in head) > 2:
        raise NotTextError(is_damaged=False)
    try:
        return Decoded(content.decode("utf-8"))
    except UnicodeDecodeError:
        found = {page: content.decode(page, "replace") for page in _pages(content, country)}
    best = max(found, key=lambda page: _likeness(found[page], page))
    return Decoded(found[best], best)


def _strictly(content: bytes, name: str, *, is_damaged: bool) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError as error:
        raise NotTextError(is_damaged=is_damaged) from error


def _pages(content: bytes, country: str) -> Sequence[str]:
    """Return the pages to try; the first of equals counts."""
    pages = dict.fromkeys((_BY_COUNTRY.get(country, WESTERN), WESTERN))
    if b"\r" in content and b"\n" not in content:  # lines end so on a Macintosh alone
        return (*pages, _MACINTOSH)
    return (*pages, *(_MS_DOS[page] for page in pages), _MACINTOSH)


def _likeness(text: str, page: str) -> int:
    """Return how much the letters beyond ASCII look like the page's languages: frequent ones, in words of one case."""
    alphabet = _alphabet(page)
    lower, upper = frozenset(alphabet), frozenset(alphabet.upper()) | frozenset("ÅØ")
    has_own_script = page in _OWN_SCRIPTS
    found = 0
    for place in islice(re.finditer(r"[^\x00-\x7f]", text), 5000):
        at, letter = place.start(), place[0]
        before, after = text[at - 1 : at] or " ", text[at + 1 : at + 2] or " "
        if letter in lower:
            found += _of_lower(before, after, has_own_script=has_own_script)
        elif letter in upper:
            found += -2 if before.islower() or (has_own_script and _is_latin(before)) else 1
        elif letter == "’":
            found += 1
        else:
            found += 1 if letter in _BETWEEN_WORDS and not (before.isalpha() and after.isalpha()) else -2
    return found


def _of_lower(before: str, after: str, *, has_own_script: bool) -> int:
    if has_own_script:
        return -2 if _is_latin(before) or _is_latin(after) else 2
    if after.isupper():
        return -2
    # In Latin words, letters with marks seldom stand side by side; those of another script, misread, always do.
    return (2 if before.isascii() else 0) if before.isalpha() else 1


_OWN_SCRIPTS = frozenset({"cp1251", "cp866", "cp1253", "cp737", "cp1255", "cp862", "cp1256", "cp720"})
_WINDOWS = {ms_dos: windows for windows, ms_dos in _MS_DOS.items()}


def _alphabet(page: str) -> str:
    return _LETTERS.get(_WINDOWS.get(page, page), _WESTERN_LETTERS)


def _is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalpha()
