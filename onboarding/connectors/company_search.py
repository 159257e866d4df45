"""Find a company in its country's registers while somebody waits: by name, SIREN or SIRET, VAT or D-U-N-S number.

A register that is slow or down is left alone for half a minute, so that no page waits for it twice; the person then
types by hand.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum

from django.core.cache import cache

from onboarding import identifiers
from onboarding.connectors import dun_bradstreet
from onboarding.connectors.base import PermanentError, TemporaryError
from onboarding.connectors.registers import gleif, recherche_entreprises, vies
from onboarding.connectors.registers.judgement import Listing, RegisterEntry, Standing
from onboarding.domain.checks import connectors, routing

SECONDS = 2.0  # for one register: a person waits
RESTS = 30  # seconds
KEPT = 600  # seconds that an answer is reused
SHOWN = 10
SHORTEST = 3  # letters of a name; the French register asks for as many

_LISTS: dict[str, Callable[..., Listing]] = {
    "recherche_entreprises": recherche_entreprises.list_companies,
    "vies": vies.list_companies,
    "gleif": gleif.list_companies,
    "dun_bradstreet": dun_bradstreet.list_companies,
}
# For Microsoft the French territories are countries of their own; their postal codes tell them. Source: [guide] part 2.
_OVERSEAS = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "97150": "MF", "97133": "BL",
}  # fmt: skip


class SearchState(StrEnum):
    FOUND = "found"
    NOTHING = "nothing"
    TOO_SHORT = "too_short"
    NO_ANSWER = "no_answer"  # a register is down, slow, or refuses us
    NO_REGISTER = "no_register"  # none is set up for this country


@dataclass(frozen=True)
class FoundCompany:
    """A company as its register writes it. Empty text: withheld, or not in this register."""

    register: str
    name: str
    number: str
    street: str
    postal_code: str
    city: str
    country: str
    duns: str = ""
    is_ceased: bool = False

    @property
    def is_withheld(self) -> bool:
        return not self.name


@dataclass(frozen=True)
class SearchResult:
    state: SearchState
    companies: tuple[FoundCompany, ...] = ()
    total: int = 0

    @property
    def more(self) -> int:
        """Return how many further companies the register has."""
        return max(0, self.total - len(self.companies))


def search(asked: str, *, country: str, now: dt.datetime, with_duns: bool = False) -> SearchResult:
    """Return the companies that match, active ones first. ``country`` is ISO 3166-1 alpha-2.

    ``with_duns``: a D-U-N-S number may be looked up too, where there is a contract (each look-up is counted).
    """
    asked = " ".join(asked.split())
    if len(asked.replace(" ", "")) < SHORTEST:
        return SearchResult(SearchState.TOO_SHORT)
    key = "company-search-" + hashlib.sha256(f"{country} {with_duns} {asked.upper()}".encode()).hexdigest()
    if (kept := cache.get(key)) is not None:
        return _result([FoundCompany(**company) for company in kept["companies"]], kept["total"], failed=False)
    codes = [code for code in routing.registers_of(country) if code in _LISTS and code != "dun_bradstreet"]
    duns = _duns(asked) if with_duns and connectors.is_configured("dun_bradstreet") else ""
    if not codes and not duns:
        return SearchResult(SearchState.NO_REGISTER)
    companies, total, failed = _ask_in_turn([*codes, *(["dun_bradstreet"] if duns else [])], asked, country, duns, now)
    if companies or not failed:
        cache.set(key, {"companies": [asdict(company) for company in companies], "total": total}, KEPT)
    return _result(companies, total, failed=failed)


def _ask_in_turn(
    codes: list[str], asked: str, country: str, duns: str, now: dt.datetime
) -> tuple[list[FoundCompany], int, bool]:
    """Return the first register's companies, how many it has, and whether one gave no answer."""
    failed = False
    for code in codes:
        question = duns if code == "dun_bradstreet" else asked
        if cache.get(f"company-search-rests-{code}"):
            failed = True
            continue
        try:
            listing = _LISTS[code](question, country=country, now=now, timeout=SECONDS)
        except (TemporaryError, PermanentError):
            cache.set(f"company-search-rests-{code}", True, RESTS)
            failed = True
            continue
        if listing.entries:
            found = [_company(entry, code, country, duns) for entry in listing.entries[:SHOWN]]
            return sorted(found, key=lambda one: (one.is_ceased, one.is_withheld)), listing.total, failed
    return [], 0, failed


def _result(companies: list[FoundCompany], total: int, *, failed: bool) -> SearchResult:
    if companies:
        return SearchResult(SearchState.FOUND, tuple(companies), total)
    return SearchResult(SearchState.NO_ANSWER if failed else SearchState.NOTHING)


def _company(entry: RegisterEntry, code: str, country: str, duns: str) -> FoundCompany:
    place = entry.address
    return FoundCompany(
        register=code,
        name=entry.name,
        number="" if code == "dun_bradstreet" else entry.number,
        street=place.street,
        postal_code=place.postal_code,
        city=place.city,
        country=_country(place.country or country, place.postal_code),
        duns=duns if code == "dun_bradstreet" else "",
        is_ceased=entry.standing == Standing.CEASED,
    )


def _country(country: str, postal_code: str) -> str:
    if country != "FR":
        return country
    return _OVERSEAS.get(postal_code) or _OVERSEAS.get(postal_code[:3]) or country


def _duns(asked: str) -> str:
    try:
        return identifiers.duns(asked)
    except ValueError:
        return ""
