"""Compare two names or two addresses: the same, similar (a person must decide) or different. Pure.

Source: [name-pairs]; the numbers were first found on 21 of them. No threshold separates alone, so similar names need a
second proof from the caller (the same postal code and the same registration number).
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz

NAME_SAME = 97.0
NAME_SIMILAR = 85.0
CITY_SAME = 90.0
STREET_SAME = 80.0
STREET_SIMILAR = 60.0


class Zone(StrEnum):
    SAME = "same"
    SIMILAR = "similar"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Similarity:
    """A similarity. ``score`` is 0 to 100 and only explains; ``zone`` decides."""

    zone: Zone
    score: float


@dataclass(frozen=True)
class Address:
    """An address. ``country`` is ISO 3166-1 alpha-2; an empty field was not given and proves nothing."""

    street: str
    postal_code: str
    city: str
    country: str


# Normalised like names below: no accents, no dots, "&" is "et". "co" alone is no legal form: "Cloud Co" is a name.
LEGAL_FORMS: dict[str, tuple[str | list[str], ...]] = {
    "FR": (
        "societe par actions simplifiee a associe unique",
        "societe par actions simplifiee unipersonnelle",
        "societe par actions simplifiee",
        "societe a responsabilite limitee",
        "entreprise unipersonnelle a responsabilite limitee",
        "entreprise individuelle",
        "societe en nom collectif",
        "societe civile immobiliere",
        "societe anonyme",
        [
            "sasu",
            "sas",
            "sarl",
            "eurl",
            "scop",
            "scic",
            "selarl",
            "selas",
            "snc",
            "sca",
            "sci",
            "scp",
            "sa",
            "ei",
            "eirl",
            "gie",
        ],
    ),
    "BE": (["bv", "srl", "bvba", "sprl", "nv", "cvba", "scrl"],),
    "DE": (
        "ug haftungsbeschrankt et co kg",
        "ug haftungsbeschrankt",
        "gesellschaft mit beschrankter haftung",
        "gmbh et co kg",
        "ag et co kg",
        ["gmbh", "mbh", "ag", "ug", "kg", "ohg", "gbr", "kgaa"],
    ),
    "IT": ("s r l", "s p a", ["srl", "srls", "spa", "snc", "sas"]),
    "ES": ("sociedad limitada", "sociedad anonima", ["sl", "slu", "sa", "sau"]),
    "PT": ("unipessoal lda", ["lda"]),
    "GB": ("limited", "ltd", "llp", "plc", "private limited company"),
    "IE": ("designated activity company", "dac"),
    "US": ("incorporated", "inc", "llc", "corporation", "corp", "co ltd"),
    "CH": ("sagl", "gmbh", "sarl"),
    "PL": ("sp z o o", "sp z oo", "spolka z ograniczona odpowiedzialnoscia"),
    "CZ": ("s r o", "sro", "a s"),
    "RO": ("s r l", "srl"),
    "HU": ("kft", "zrt", "bt"),
    "SE": ("ab",),
    "DK": ("aps", "a s"),
    "NO": ("as",),
    "FI": ("oy", "oyj"),
    "NL": ("bv", "nv", "vof"),
    "AU": ("pty ltd", "pty limited"),
    "MY": ("sdn bhd", "bhd"),
    "SG": ("pte ltd",),
}
# Written before the name as well: "SARL Dupont". Elsewhere a short first word is part of the name ("AG Conseil").
_PREFIX_COUNTRIES = ("FR",)
_SMALL_WORDS = frozenset(["le", "la", "les", "l", "the", "der", "die", "das", "el", "il", "et", "and", "und"])
_STREET_WORDS = {
    "av": "avenue",
    "ave": "avenue",
    "bd": "boulevard",
    "bld": "boulevard",
    "blvd": "boulevard",
    "r": "rue",
    "all": "allee",
    "ch": "chemin",
    "che": "chemin",
    "chem": "chemin",
    "crs": "cours",
    "fg": "faubourg",
    "fbg": "faubourg",
    "imp": "impasse",
    "pl": "place",
    "pass": "passage",
    "qu": "quai",
    "rte": "route",
    "sq": "square",
    "za": "zone artisanale",
    "zac": "zone amenagement concerte",
    "zi": "zone industrielle",
    "st": "saint",
    "ste": "sainte",
    "str": "strasse",
    "rd": "road",
}
_POST_BOX = re.compile(r"\b(?:bp|cs|tsa)\s?\d+\b")
_HOUSE_NUMBER = re.compile(r"\b(\d+)\s?(bis|ter|quater|[a-d])?\b")
# What postal services add to a town: "Paris Cedex 08", "Lyon 3e", "Paris 8eme arrondissement".
_TOWN_ADDITIONS = re.compile(r"\bcedex\b(?:\s\d+)?|\b\d+(?:er|e|eme)?\b|\barrondissement\b")


def _flat(forms: tuple[str | list[str], ...]) -> tuple[str, ...]:
    return tuple(form for item in forms for form in ([item] if isinstance(item, str) else item))


def _longest_first(countries: tuple[str, ...]) -> tuple[str, ...]:
    forms = {form for country in countries for form in _flat(LEGAL_FORMS[country])}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


_SUFFIXES = _longest_first(tuple(LEGAL_FORMS))
_PREFIXES = _longest_first(_PREFIX_COUNTRIES)


def compare_names(typed: str, seen: str) -> Similarity:
    """Return the similarity of two company names without their legal forms, accents and word order.

    Unequal numbers are never the same company (Distri 2000, Distri 2001), however alike the rest.
    """
    ours, theirs = normalise_name(typed), normalise_name(seen)
    if not ours or not theirs:
        return Similarity(Zone.DIFFERENT, 0.0)
    score = round(fuzz.token_sort_ratio(ours, theirs), 1)
    if ours.replace(" ", "") == theirs.replace(" ", ""):
        score = 100.0
    zone = Zone.SAME if score >= NAME_SAME else Zone.SIMILAR if score >= NAME_SIMILAR else Zone.DIFFERENT
    if zone is Zone.SAME and _numbers(ours) != _numbers(theirs):
        zone = Zone.SIMILAR
    return Similarity(zone, score)


def compare_addresses(typed: Address, seen: Address) -> Similarity:
    """Return the similarity of two addresses; ``score`` is that of the street.

    Same: country and postal code equal, town and street alike, house numbers equal or one missing. Similar: the same
    postal code (or the same town's CEDEX) and something a person can judge. Anything else is another place.
    """
    street = _compare_streets(typed.street, seen.street)
    town = fuzz.token_sort_ratio(normalise_town(typed.city), normalise_town(seen.city))
    if typed.country.upper() != seen.country.upper():
        return Similarity(Zone.DIFFERENT, street.score)
    if _compact(typed.postal_code) != _compact(seen.postal_code):
        near = town >= CITY_SAME and _is_cedex(typed, seen) and street.zone is not Zone.DIFFERENT
        return Similarity(Zone.SIMILAR if near else Zone.DIFFERENT, street.score)
    if street.zone is Zone.SAME and town < CITY_SAME:
        return Similarity(Zone.SIMILAR, street.score)
    return street


def normalise_name(name: str) -> str:
    words = _without_forms(_plain(_joined_initials(name))).split()
    return " ".join([word for word in words if word not in _SMALL_WORDS] or words)


def normalise_town(town: str) -> str:
    words = _TOWN_ADDITIONS.sub(" ", _plain(town)).split()
    return " ".join(_STREET_WORDS.get(word, word) if word in {"st", "ste"} else word for word in words)


def _compare_streets(typed: str, seen: str) -> Similarity:
    our_number, ours = _street(typed)
    their_number, theirs = _street(seen)
    if not ours or not theirs:  # withheld by the register, or not typed: a person must decide
        return Similarity(Zone.SIMILAR, 0.0)
    score = round(fuzz.token_sort_ratio(ours, theirs), 1)
    if score < STREET_SIMILAR:
        return Similarity(Zone.DIFFERENT, score)
    numbers_agree = not our_number or not their_number or our_number == their_number
    return Similarity(Zone.SAME if score >= STREET_SAME and numbers_agree else Zone.SIMILAR, score)


def _street(street: str) -> tuple[str, str]:
    """Return the house number ("12bis") and the rest, with abbreviations written out."""
    plain = _POST_BOX.sub(" ", _plain(street))
    found = _HOUSE_NUMBER.search(plain)
    number = "".join(part or "" for part in found.groups()) if found else ""
    rest = plain[: found.start()] + " " + plain[found.end() :] if found else plain
    return number, " ".join(_STREET_WORDS.get(word, word) for word in rest.split())


def _is_cedex(typed: Address, seen: Address) -> bool:
    """Return True for a French CEDEX postal code, which differs from the town's but begins with its département."""
    codes = _compact(typed.postal_code), _compact(seen.postal_code)
    says_so = "cedex" in _plain(f"{typed.city} {seen.city}")
    return says_so and codes[0][:2] == codes[1][:2]


def _joined_initials(text: str) -> str:
    """Return the text with initials joined: S.A.S. and S. A. S. become SAS."""
    pattern = r"\b\w(?:\.\w\b)+\.?|\b\w(?:\.\s\w\b)+\."
    return re.sub(pattern, lambda found: re.sub(r"[.\s]", "", found.group()) + " ", text)


def _plain(text: str) -> str:
    """Return letters and digits only, lower case, no accents."""
    text = text.casefold().replace("œ", "oe").replace("æ", "ae").replace("&", " et ").replace("+", " et ")
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[\W_]+", " ", bare).split())


def _without_forms(name: str) -> str:
    """Return the name without a legal form at its end or beginning, unless nothing else would be left."""
    for form in _SUFFIXES:
        if name.endswith(f" {form}"):
            name = name[: -len(form) - 1]
            break
    for form in _PREFIXES:
        if name.startswith(f"{form} "):
            return name[len(form) + 1 :]
    return name


def _numbers(text: str) -> list[str]:
    return sorted(re.findall(r"\d+", text))


def _compact(code: str) -> str:
    return re.sub(r"[\W_]", "", code).upper()
