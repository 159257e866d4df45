"""The French state's open company register ("Recherche d'entreprises", DINUM, from INSEE's Sirene).

Written from https://recherche-entreprises.api.gouv.fr/docs/ (no key; about 7 calls a second). What it cannot show:
entries whose holder opposed publication come with "[NON-DIFFUSIBLE]" in place of the facts.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from onboarding.connectors.base import PermanentError, TemporaryError
from onboarding.domain.finding import Finding, Outcome
from onboarding.domain.likeness import Address, Likeness, Zone, compare_addresses, compare_names
from onboarding.domain.subjects import CompanySubject
from onboarding.identifiers import FRENCH_REGISTER
from portal import outbound

REGISTER = "recherche-entreprises.api.gouv.fr"
_WITHHELD = re.compile(r"\[?\s*NON[- ]DIFFUSIBLE\s*\]?", re.IGNORECASE)


@dataclass(frozen=True)
class _Entry:
    """One company of the register; ``address`` is that of the asked establishment, else of the seat."""

    number: str
    name: str
    other_names: tuple[str, ...]
    address: Address
    is_active: bool


class RechercheEntreprises:
    """Is this company in the register, alive, under this name and at this address?

    By SIREN or SIRET when one was typed, else by name and postal code. A name that is only similar passes when the
    number and the postal code are equal. Source: domain/verification.md 3.4 and 3.5.
    """

    def look(self, subject: CompanySubject, *, now: dt.datetime) -> Finding:
        """Raises: TemporaryError, PermanentError."""
        if subject.country.upper() not in FRENCH_REGISTER:
            return Finding(Outcome.UNDECIDED, now, reason="desk_must_look", evidence={"register": REGISTER})
        number = _sirene_number(subject.registration_number)
        found = _by_number(number, subject, now=now) if number else _by_name(subject, now=now)
        facts: dict[str, Any] = {"register": REGISTER, "registration_number": number, "status": "", "fields": []}
        if not found:
            return Finding(Outcome.BAD, now, reason="company_not_found", evidence=facts)
        if len(found) > 1:
            facts["candidates"] = [{"registration_number": entry.number, "name": entry.name} for entry in found[:10]]
            return Finding(Outcome.UNDECIDED, now, reason="company_ambiguous", evidence=facts)
        return _judge(found[0], subject, has_equal_number=bool(number), now=now)


def _judge(entry: _Entry, subject: CompanySubject, *, has_equal_number: bool, now: dt.datetime) -> Finding:
    typed = _typed_address(subject)
    name = _compare_with_all_names(subject.legal_name, entry)
    address = compare_addresses(typed, entry.address)
    facts = {
        "register": REGISTER,
        "registration_number": entry.number,
        "status": "active" if entry.is_active else "ceased",
        "fields": [
            _field("name", subject.legal_name, entry.name, name),
            _field("address", _one_line(typed), _one_line(entry.address), address),
        ],
        "take_over": _spelling(entry),
    }
    has_equal_postal_code = typed.postal_code == entry.address.postal_code
    reason = _reason(entry, name.zone, address.zone, is_proved=has_equal_number and has_equal_postal_code)
    return Finding(_OUTCOMES.get(reason, Outcome.BAD), now, reason=reason, evidence=facts)


_OUTCOMES = {"": Outcome.GOOD, "name_similar": Outcome.UNDECIDED, "address_similar": Outcome.UNDECIDED}


def _spelling(entry: _Entry) -> dict[str, str]:
    """The register's own spelling of the answers; nothing where it withholds a part or the company has ceased."""
    spelling = {
        "legal_name": entry.name,
        "registration_number": entry.number,
        "street": entry.address.street,
        "postal_code": entry.address.postal_code,
        "city": entry.address.city,
    }
    return spelling if entry.is_active and all(spelling.values()) else {}


def _reason(entry: _Entry, name: Zone, address: Zone, *, is_proved: bool) -> str:
    """The first thing that does not hold, or nothing."""
    if not entry.is_active:
        return "company_ceased"
    if name is Zone.DIFFERENT:
        return "name_differs"
    if address is Zone.DIFFERENT:
        return "address_differs"
    if name is Zone.SIMILAR and not is_proved:
        return "name_similar"
    return "address_similar" if address is Zone.SIMILAR else ""


def _compare_with_all_names(typed: str, entry: _Entry) -> Likeness:
    """The legal name decides; a trade name or acronym can make a different name similar, never the same."""
    if not entry.name:  # withheld: a person must look
        return Likeness(Zone.SIMILAR, 0.0)
    likeness = compare_names(typed, entry.name)
    if likeness.zone is not Zone.DIFFERENT:
        return likeness
    others = [compare_names(typed, name) for name in entry.other_names]
    is_known_as = any(other.zone is Zone.SAME for other in others)
    return Likeness(Zone.SIMILAR, likeness.score) if is_known_as else likeness


def _by_number(number: str, subject: CompanySubject, *, now: dt.datetime) -> list[_Entry]:
    results = _search({"q": number}, now=now)
    return [_read(result, number, subject.country) for result in results if _text(result, "siren") == number[:9]]


def _by_name(subject: CompanySubject, *, now: dt.datetime) -> list[_Entry]:
    """Those with a like name; the ceased ones only if there is no living one.

    A seat elsewhere is left out by the search itself.
    """
    results = _search({"q": subject.legal_name, "code_postal": _compact(subject.postal_code)}, now=now)
    entries = [_read(result, "", subject.country) for result in results]
    alike = [entry for entry in entries if _compare_with_all_names(subject.legal_name, entry).zone != Zone.DIFFERENT]
    exact = [entry for entry in alike if compare_names(subject.legal_name, entry.name).zone is Zone.SAME]
    living = [entry for entry in exact or alike if entry.is_active]
    return living or exact or alike


def _search(query: dict[str, str], *, now: dt.datetime) -> list[dict[str, Any]]:
    """Raises: TemporaryError, PermanentError."""
    try:
        response = outbound.request("GET", f"{settings.RECHERCHE_ENTREPRISES_URL}/search", params=query)
    except outbound.Unreachable as error:
        raise TemporaryError(str(error)) from error
    except (outbound.Refused, outbound.TooLarge) as error:
        raise PermanentError(f"{type(error).__name__}: {error}") from error
    if response.status in {408, 429} or response.status >= 500:
        raise TemporaryError(f"the register answered {response.status}", retry_at=response.retry_at(now))
    try:
        body = response.json()
    except ValueError as error:
        raise TemporaryError(f"the register answered {response.status} with something else than JSON") from error
    # 400: it wants three characters at least; so short a name is in no register.
    if response.status == 400:
        return []
    if response.status != 200:
        raise PermanentError(f"the register answered {response.status}")
    results = body.get("results") if isinstance(body, dict) else None
    if not isinstance(results, list):
        raise TemporaryError("the register answered without results")
    return [result for result in results if isinstance(result, dict)]


def _read(result: dict[str, Any], number: str, country: str) -> _Entry:
    seat = result.get("siege") or {}
    places = [seat, *(result.get("matching_etablissements") or [])]
    place = next((place for place in places if len(number) == 14 and _text(place, "siret") == number), seat)
    states = {_text(result, "etat_administratif"), _text(place, "etat_administratif") or "A"}
    others = [_text(result, "nom_complet"), _text(result, "sigle"), _text(place, "nom_commercial")]
    others += [str(sign) for sign in place.get("liste_enseignes") or []]
    return _Entry(
        number=_text(result, "siren") if len(number) != 14 else _text(place, "siret"),
        name=_text(result, "nom_raison_sociale") or _text(result, "nom_complet"),
        other_names=tuple(name for name in others if name),
        address=_address(place, country),
        is_active=states == {"A"},
    )


def _address(place: dict[str, Any], country: str) -> Address:
    """``country`` is the typed one: Sirene writes La Réunion as France, with a postal code that tells."""
    parts = ("numero_voie", "indice_repetition", "type_voie", "libelle_voie")
    street = " ".join(part for part in (_text(place, name) for name in parts) if part)
    postal_code, town = _text(place, "code_postal"), _text(place, "libelle_commune")
    if not street:  # an establishment may have its address in one line only
        street = _text(place, "adresse").removesuffix(f"{postal_code} {town}").strip()
    return Address(street, _compact(postal_code), town, country)


def _typed_address(subject: CompanySubject) -> Address:
    return Address(subject.street, _compact(subject.postal_code), subject.city, subject.country)


def _sirene_number(text: str) -> str:
    """The SIREN or SIRET in what was typed ("999 000 003", a French VAT number); empty if there is none."""
    number = _compact(text).upper()
    if vat := re.fullmatch(r"FR[0-9A-Z]{2}(\d{9})", number):
        return vat[1]
    return number if re.fullmatch(r"\d{9}|\d{14}", number) else ""


def _field(name: str, typed: str, seen: str, likeness: Likeness) -> dict[str, Any]:
    return {"field": name, "typed": typed, "seen": seen, "zone": likeness.zone.value, "score": likeness.score}


def _one_line(address: Address) -> str:
    return ", ".join(part for part in (address.street, f"{address.postal_code} {address.city}".strip()) if part)


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    text = "" if value is None else str(value).replace("\x00", "").strip()
    return _WITHHELD.sub("", text).strip()


def _compact(text: str) -> str:
    return re.sub(r"[\s.\-]", "", text)
