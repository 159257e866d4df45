"""Compare two names or two addresses: the same, similar (a person must decide) or different. Pure.

Source: [name-pairs]; the numbers were first found on 21 of them. No threshold separates alone, so similar names need a
second proof from the caller (the same postal code and the same registration number).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from rapidfuzz import fuzz

from onboarding.domain.checks import legal_forms
from onboarding.domain.checks.legal_forms import ParsedName
from onboarding.domain.checks.letters import plain_words, spellings

One = TypeVar("One")

NAME_SAME = 97.0
NAME_SIMILAR = 85.0
CITY_SAME = 90.0
STREET_SAME = 80.0
STREET_SIMILAR = 60.0


class Zone(StrEnum):
    SAME = "same"
    SIMILAR = "similar"
    DIFFERENT = "different"


class NameNote(StrEnum):
    """What is to be said about the legal forms of two names that are alike."""

    NONE = ""
    FORMS_DIFFER = "forms_differ"
    FORM_MISSING = "form_missing"


@dataclass(frozen=True)
class Similarity:
    """A similarity. ``score`` is 0 to 100 and only explains; ``zone`` decides, ``note`` is said beside it."""

    zone: Zone
    score: float
    note: NameNote = field(default=NameNote.NONE, compare=False)


@dataclass(frozen=True)
class Address:
    """An address. ``country`` is ISO 3166-1 alpha-2; an empty field was not given and proves nothing."""

    street: str
    postal_code: str
    city: str
    country: str


_SMALL_WORDS = frozenset(["le", "la", "les", "l", "the", "der", "die", "das", "el", "il", "et", "and", "und"])
# Kinds of road and parts of names as Sirene abbreviates them, and some other countries'. Source: [sirene-voies].
_STREET_WORDS = {
    "aer": "aerodrome", "all": "allee", "angl": "angle", "arc": "arcade", "av": "avenue", "ave": "avenue",
    "bat": "batiment", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard", "boul": "boulevard",
    "car": "carrefour", "carr": "carrefour", "cc": "centre commercial", "ccal": "centre commercial",
    "cd": "chemin departemental", "ch": "chemin", "che": "chemin", "chem": "chemin", "chs": "chaussee",
    "cial": "commercial", "cite": "cite", "cne": "capitaine", "cdt": "commandant", "cor": "corniche", "cote": "cote",
    "cour": "cour", "crs": "cours", "dom": "domaine", "dr": "docteur", "dsc": "descente", "eca": "ecart",
    "esp": "esplanade", "fg": "faubourg", "fbg": "faubourg", "gal": "general", "gr": "grande rue", "ham": "hameau",
    "hle": "halle", "imm": "immeuble", "imp": "impasse", "lot": "lotissement", "lt": "lieutenant", "mal": "marechal",
    "mar": "marche", "mte": "montee", "nd": "notre dame", "parc": "parc", "pas": "passage", "pass": "passage",
    "pdt": "president", "pl": "place", "pln": "plaine", "plt": "plateau", "pr": "professeur", "prof": "professeur",
    "pro": "promenade", "prom": "promenade", "prv": "parvis", "pte": "porte", "qu": "quai", "qua": "quartier",
    "quai": "quai", "r": "rue", "res": "residence", "rle": "ruelle", "roc": "rocade", "rpt": "rond point",
    "rte": "route", "sen": "sente", "sq": "square", "st": "saint", "ste": "sainte", "tpl": "terre plein",
    "tra": "traverse", "vc": "voie communale", "vla": "villa", "vlge": "village", "za": "zone artisanale",
    "zac": "zone amenagement concerte", "zi": "zone industrielle",
    "str": "strasse", "rd": "road", "ul": "", "ulica": "", "c": "calle", "avda": "avenida", "v": "via", "pza": "plaza",
}  # fmt: skip
_TOWN_WORDS = {"st": "saint", "ste": "sainte", "s": "sur"}
# The repetition of a house number: Sirene has the letter, people the word. Source: [sirene-voies].
_REPETITIONS = {"b": "bis", "t": "ter", "q": "quater", "c": "quinquies"}
# What is written before a postal code for letters from abroad, besides the country's code of ISO 3166.
_COUNTRY_LETTERS = {
    "AT": "A AUT", "BE": "B BEL", "BG": "BGR", "CH": "CHE", "CY": "CYP", "CZ": "CZE", "DE": "D DEU", "DK": "DNK",
    "EE": "EST", "ES": "E ESP", "FI": "FIN AX", "FR": "F FRA", "GR": "EL GRC", "HR": "HRV", "HU": "H HUN", "IE": "IRL",
    "IS": "ISL", "IT": "I ITA", "LI": "FL LIE", "LT": "LTU", "LU": "L LUX", "LV": "LVA", "MC": "F FR MCO", "NL": "NLD",
    "NO": "N NOR", "PL": "POL", "PT": "P PRT", "RO": "ROU", "SE": "S SWE", "SI": "SLO SVN", "SK": "SVK", "SM": "I IT",
    "VA": "I IT V",
} | dict.fromkeys(["GF", "GP", "MQ", "RE", "YT", "BL", "MF", "PM"], "F FR")  # fmt: skip
_POST_BOX = re.compile(r"\b(?:bp|cs|tsa)\s?\d+\b")
_HOUSE_NUMBER = re.compile(r"\b(\d+)\s?(bis|ter|quater|quinquies|[a-hqt])?\b")
# What postal services add to a town: "Paris Cedex 08", "Lyon 3e", "Paris 8eme arrondissement".
_TOWN_ADDITIONS = re.compile(r"\bcedex\b(?:\s\d+)?|\b\d+(?:er|e|eme)?\b|\barrondissement\b")


def compare_names(typed: str, seen: str, country: str = "") -> Similarity:
    """Return the similarity of two company names without accents and word order, and of their legal forms.

    Two different legal forms are never the same company, and a form that only one of the names has is said. Unequal
    numbers are never the same company (Distri 2000, Distri 2001), however alike the rest. ``country`` (ISO 3166-1
    alpha-2) is where the company is registered; without one every country's legal forms are known.
    """
    ours, theirs = legal_forms.parse(typed, country), legal_forms.parse(seen, country)
    note = _note(ours, theirs)
    if note is NameNote.NONE and bool(ours.forms) != bool(theirs.forms):
        # A form that is not left out of names is part of this one: "Exemple Association".
        return _compare_words(_whole(typed), _whole(seen))
    found = _compare_words(_bare(typed, ours, country), _bare(seen, theirs, country))
    if note is NameNote.FORMS_DIFFER and found.zone is Zone.SAME:
        return Similarity(Zone.SIMILAR, found.score, note)
    return Similarity(found.zone, found.score, note)


def _note(ours: ParsedName, theirs: ParsedName) -> NameNote:
    if ours.forms and theirs.forms:
        return NameNote.NONE if ours.forms & theirs.forms else NameNote.FORMS_DIFFER
    written = ours if ours.forms else theirs
    return NameNote.FORM_MISSING if written.may_be_left_out else NameNote.NONE


def _bare(name: str, parsed: ParsedName, country: str) -> tuple[str, str]:
    """Return the name without its legal form in both spellings of its letters."""
    if not parsed.forms:
        return _whole(name)
    written_out = plain_words(name, written_out=True)
    # The form may have another number of letters when written out, never another number of words.
    length = len(parsed.words)
    start = next(place for place in range(len(parsed.whole)) if parsed.whole[place : place + length] == parsed.words)
    return _told(parsed.words), _told(written_out[start : start + length])


def _whole(name: str) -> tuple[str, str]:
    plain, written_out = spellings(name)
    return _told(plain), _told(written_out)


def _told(words: Sequence[str]) -> str:
    return " ".join([word for word in words if word not in _SMALL_WORDS] or words)


def _compare_words(ours: tuple[str, str], theirs: tuple[str, str]) -> Similarity:
    if not ours[0] or not theirs[0]:
        return Similarity(Zone.DIFFERENT, 0.0)
    pairs = {(one, other) for one in ours for other in theirs}
    score = round(max(fuzz.token_sort_ratio(*pair) for pair in pairs), 1)
    if any(one.replace(" ", "") == other.replace(" ", "") for one, other in pairs):
        score = 100.0
    zone = Zone.SAME if score >= NAME_SAME else Zone.SIMILAR if score >= NAME_SIMILAR else Zone.DIFFERENT
    if zone is Zone.SAME and _numbers(ours[0]) != _numbers(theirs[0]):
        zone = Zone.SIMILAR
    return Similarity(zone, score)


def compare_addresses(typed: Address, seen: Address) -> Similarity:
    """Return the similarity of two addresses; ``score`` is that of the street.

    Same: country and postal code equal, town and street alike, house numbers equal or one missing. Similar: the same
    postal code (or the same town's CEDEX, or one that was not given) and something a person can judge. Anything else is
    another place.
    """
    street = _compare_lines(typed.street, seen.street)
    town = max(
        fuzz.token_sort_ratio(*pair)
        for pair in _pairs(_towns(typed.city, typed.country), _towns(seen.city, seen.country))
    )
    if typed.country.upper() != seen.country.upper():
        return Similarity(Zone.DIFFERENT, street.score)
    if not has_equal_postal_code(typed, seen):
        may_be = not (typed.postal_code and seen.postal_code) or _is_cedex(typed, seen)
        near = may_be and town >= CITY_SAME and street.zone is not Zone.DIFFERENT
        return Similarity(Zone.SIMILAR if near else Zone.DIFFERENT, street.score)
    if street.zone is Zone.SAME and town < CITY_SAME:
        return Similarity(Zone.SIMILAR, street.score)
    return street


def has_equal_postal_code(typed: Address, seen: Address) -> bool:
    return postal_code_key(typed) == postal_code_key(seen)


def postal_code_key(address: Address) -> str:
    """Return the postal code for comparisons: without separators, and without the country's letters before it."""
    code = address.postal_code.upper().strip()
    letters = re.match(r"([A-Z]{1,3})(?=[\W_]*\d)", code)
    country = address.country.upper()
    if letters and letters[1] in {country, *_COUNTRY_LETTERS.get(country, "").split()}:
        code = code[letters.end() :]
    return re.sub(r"[\W_]", "", code)


def normalise_name(name: str) -> str:
    """Return the name without its legal form, accents and small words."""
    return _told(legal_forms.parse(name).words)


def normalise_town(town: str) -> str:
    return _towns(town)[0]


def _towns(town: str, country: str = "") -> tuple[str, str]:
    if country.upper() == "IT":  # "ROMA RM", "Roma (RM)": the province
        town = re.sub(r"(?<=\w)\W+[A-Za-z]{2}\W*$", "", town)
    plain, written_out = spellings(town)
    return _town(plain), _town(written_out)


def _town(words: Sequence[str]) -> str:
    bare = _TOWN_ADDITIONS.sub(" ", " ".join(words)).split()
    return " ".join(_TOWN_WORDS.get(word, word) for word in bare)


def _compare_lines(typed: str, seen: str) -> Similarity:
    """Return the similarity of two streets of several lines ("C/O ..., 3 rue ..., Building B"), which commas divide.

    One line that has a house number may be all that the other side gives. Two single lines prove nothing: "Zone 3"
    stands in many addresses.
    """
    whole = _compare_streets(typed, seen)
    parts = [(typed, line) for line in _numbered_lines(seen)] + [(line, seen) for line in _numbered_lines(typed)]
    found = [_compare_streets(*pair) for pair in parts]
    return next((street for street in (whole, *found) if street.zone is Zone.SAME), whole)


def _numbered_lines(street: str) -> list[str]:
    lines = re.split(r",|\n", street)
    return [line for line in lines if re.search(r"\d", line) and re.search(r"[^\W\d_]{3}", line)] if lines[1:] else []


def _compare_streets(typed: str, seen: str) -> Similarity:
    pairs = _pairs(tuple(map(_street, spellings(typed))), tuple(map(_street, spellings(seen))))
    (our_number, ours), (their_number, theirs) = pairs[0]
    if not ours or not theirs:  # withheld by the register, or not typed: a person must decide
        return Similarity(Zone.SIMILAR, 0.0)
    score = round(max(fuzz.token_sort_ratio(one[1], other[1]) for one, other in pairs), 1)
    if score < STREET_SIMILAR:
        return Similarity(Zone.DIFFERENT, score)
    numbers_agree = not our_number or not their_number or our_number == their_number
    return Similarity(Zone.SAME if score >= STREET_SAME and numbers_agree else Zone.SIMILAR, score)


def _pairs(ours: Sequence[One], theirs: Sequence[One]) -> list[tuple[One, One]]:
    return [(one, other) for one in ours for other in theirs]


def _street(words: Sequence[str]) -> tuple[str, str]:
    """Return the house number ("12bis") and the rest, with abbreviations written out."""
    plain = _POST_BOX.sub(" ", " ".join(words))
    found = _HOUSE_NUMBER.search(plain)
    number = found[1].lstrip("0") + _REPETITIONS.get(found[2] or "", found[2] or "") if found else ""
    rest = plain[: found.start()] + " " + plain[found.end() :] if found else plain
    return number, " ".join(filter(None, map(_street_word, rest.split())))


def _street_word(word: str) -> str:
    if len(word) > 5 and word.endswith("str"):  # Hauptstr.
        return word + "asse"
    return _STREET_WORDS.get(word, word)


def _is_cedex(typed: Address, seen: Address) -> bool:
    """Return True for a French CEDEX postal code, which differs from the town's but begins with its département."""
    codes = postal_code_key(typed), postal_code_key(seen)
    says_so = "cedex" in plain_words(f"{typed.city} {seen.city}")
    return says_so and codes[0][:2] == codes[1][:2]


def _numbers(text: str) -> list[str]:
    return sorted(re.findall(r"\d+", text))
