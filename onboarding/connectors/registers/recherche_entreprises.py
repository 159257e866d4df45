"""The French state's open company register ("Recherche d'entreprises", DINUM, from INSEE's Sirene).

Written from [recherche-entreprises] (no key; about 7 calls a second). Entries whose holder opposed publication have
"[NON-DIFFUSIBLE]" in place of the facts.
"""

import datetime as dt
import re
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from onboarding.connectors.asking import Answer, ask, inside, objects
from onboarding.connectors.asking import text as plain_text
from onboarding.connectors.base import TemporaryError
from onboarding.connectors.registers.judgement import (
    Listing,
    RegisterEntry,
    Standing,
    alike,
    ambiguous,
    cannot_tell,
    compact,
    judge,
    typed_address,
)
from onboarding.domain.checks.connectors import ConnectorRecord
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.checks.fuzzy_match import Address, postal_code_key
from onboarding.domain.checks.polling import REGISTER_CADENCE
from onboarding.domain.kinds.subjects import CompanySubject
from onboarding.enums import Kind
from onboarding.identifiers import FRENCH_REGISTER, find_registration_number
from portal.work.kinds import Rate

REGISTER = "recherche-entreprises.api.gouv.fr"
_WITHHELD = re.compile(r"\[?\s*NON[- ]DIFFUSIBLE\s*\]?", re.IGNORECASE)
# Of a company and of its establishment, which the register calls closed (fermé).
_STANDINGS = {"A": Standing.ACTIVE, "C": Standing.CEASED, "F": Standing.CEASED}


class RechercheEntreprises:
    """Is this company in the register and active, with this name and address?

    It is found by SIREN or SIRET when one was typed, else by name and postal code.
    """

    def look(self, subject: CompanySubject, *, now: dt.datetime) -> Finding:
        """Return the finding. Raises: TemporaryError, PermanentError."""
        if subject.country.upper() not in FRENCH_REGISTER:
            return cannot_tell(REGISTER, now, "not_covered")
        number = _sirene_number(subject.registration_number)
        found = _by_number(number, subject, now=now) if number else _by_name(subject, now=now)
        if not found:
            facts = {"register": REGISTER, "registration_number": number, "status": "", "fields": []}
            return Finding(Outcome.BAD, now, reason="company_not_found", evidence=facts)
        if len(found) > 1:
            return ambiguous(found, register=REGISTER, now=now, registration_number=number)
        return judge(found[0], subject, register=REGISTER, has_equal_number=bool(number), now=now)


def _by_number(number: str, subject: CompanySubject, *, now: dt.datetime) -> list[RegisterEntry]:
    results = _search({"q": number}, now=now)
    return [_read(result, number, subject.country) for result in results if _text(result, "siren") == number[:9]]


def _by_name(subject: CompanySubject, *, now: dt.datetime) -> list[RegisterEntry]:
    """Return the entries of this name. The search itself excludes seats elsewhere."""
    results = _search({"q": subject.legal_name, "code_postal": postal_code_key(typed_address(subject))}, now=now)
    return alike([_read(result, "", subject.country) for result in results], subject)


def list_companies(asked: str, *, country: str, now: dt.datetime, timeout: float) -> Listing:
    """Return the companies of this SIREN or SIRET, or of this name.

    An entry that is withheld has its number only. Raises: TemporaryError, PermanentError.
    """
    number = _number_in(asked)
    answer = _ask({"q": number or asked}, now=now, timeout=timeout)
    results = _results(answer)
    entries = tuple(_read(result, number, country) for result in results)
    total = plain_text(answer.body, "total_results") if answer.status == 200 else ""
    return Listing(entries, max(int(total) if total.isdecimal() else 0, len(entries)))


def _search(query: dict[str, str], *, now: dt.datetime) -> list[dict[str, Any]]:
    """Return the results. Raises: TemporaryError, PermanentError."""
    return _results(_ask(query, now=now))


def _ask(query: dict[str, str], *, now: dt.datetime, **sent: Any) -> Answer:
    return ask("the register", "GET", settings.RECHERCHE_ENTREPRISES_URL, "/search", params=query, now=now, **sent)


def _results(answer: Answer) -> list[dict[str, Any]]:
    # 400: the search needs at least three characters; no register has so short a name.
    if answer.status == 400:
        return []
    if not isinstance(inside(answer.expect(200), "results"), list):
        raise TemporaryError("the register answered without results")
    return objects(answer.body, "results")


def _read(result: dict[str, Any], number: str, country: str) -> RegisterEntry:
    seat = inside(result, "siege")
    places = [seat, *objects(result, "matching_etablissements")]
    place = next((place for place in places if len(number) == 14 and _text(place, "siret") == number), seat)
    signs = inside(place, "liste_enseignes")
    others = [_text(result, "nom_complet"), _text(result, "sigle"), _text(place, "nom_commercial")]
    others += [plain_text({"sign": sign}, "sign") for sign in signs] if isinstance(signs, list) else []
    return RegisterEntry(
        number=_text(result, "siren") if len(number) != 14 else _text(place, "siret"),
        name=_text(result, "nom_raison_sociale") or _text(result, "nom_complet"),
        other_names=tuple(name for name in others if name),
        address=_address(place, country),
        standing=_standing(result, place),
    )


def _standing(result: Any, place: Any) -> Standing:
    """Return the state of the company.

    Raises: TemporaryError for an incomplete answer: an entry always has its state.
    """
    words = _text(result, "etat_administratif"), _text(place, "etat_administratif") or "A"
    if not words[0]:
        raise TemporaryError("the register answered without a state")
    both = {_STANDINGS.get(word.upper(), Standing.UNKNOWN) for word in words}
    return next(standing for standing in (Standing.CEASED, Standing.UNKNOWN, Standing.ACTIVE) if standing in both)


def _address(place: Any, country: str) -> Address:
    """Return the address. ``country`` is the typed one: for Sirene La Réunion is France, with its own postal codes."""
    parts = ("numero_voie", "indice_repetition", "type_voie", "libelle_voie")
    street = " ".join(part for part in (_text(place, name) for name in parts) if part)
    postal_code, town = _text(place, "code_postal"), _text(place, "libelle_commune")
    if not street:  # an establishment may have its address in one line only
        street = _text(place, "adresse").removesuffix(f"{postal_code} {town}").strip()
    return Address(street, postal_code, town, country)


def _sirene_number(text: str) -> str:
    """Return the SIREN or SIRET in what was typed ("999 000 003", a French VAT number); '' if there is none."""
    number = compact(text).upper()
    if vat := re.fullmatch(r"FR[0-9A-Z]{2}(\d{9})", number):
        return vat[1]
    return number if re.fullmatch(r"\d{9}|\d{14}", number) else ""


def _number_in(asked: str) -> str:
    """Return the SIREN or SIRET in what was typed, also beside words ("RCS Lyon 999 000 011"); '' if there is none."""
    try:
        return find_registration_number(asked, "FR").number
    except ValueError:
        return _sirene_number(asked)


def _text(body: Any, name: str) -> str:
    return _WITHHELD.sub("", plain_text(body, name)).strip()


RECORD = ConnectorRecord(
    code="recherche_entreprises",
    address="RECHERCHE_ENTREPRISES_URL",
    rate=Rate(5, 10),
    cadence=REGISTER_CADENCE,
    looks={Kind.LEGAL_ENTITY: RechercheEntreprises()},
    serves=("FR",),
    label=_("Recherche d'entreprises (INSEE)"),
    asked_just_now=_("Recherche d'entreprises (Sirene), asked just now"),
)
