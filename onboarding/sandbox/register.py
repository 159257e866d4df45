"""The French open register's twin: ``GET /search`` of recherche-entreprises, with the fields that the product reads.

Source: [recherche-entreprises].
"""

import re
from typing import Any

from onboarding.domain.checks import fuzzy_match
from onboarding.sandbox.exchange import Reply, TwinCall, disguised, trouble
from onboarding.sandbox.records import Company
from onboarding.sandbox.shipped import REGISTER_STUMBLES
from onboarding.sandbox.world import World

PER_PAGE = 10
WITHHELD = f"[{'NON-DIFFUSIBLE'}]"  # in two parts: brackets around one word cite a source


def search(world: World, asked: TwinCall) -> Reply:
    """Return companies by SIREN or SIRET, else by name (with each word of the question), and postal code if given."""
    words = asked.query.get("q", "").strip()
    world.log("register", asked.path, words)
    kind, times = REGISTER_STUMBLES.get(re.sub(r"\s", "", words)[:9], ("", 0))
    ordered = world.take_fault("register") or world.stumble(f"register {words}", kind, times)
    if failing := trouble(ordered, subject=words):
        return failing
    return disguised(_found(world, words, asked.query.get("code_postal", "")), ordered, words=("etat_administratif",))


def _found(world: World, words: str, postal_code: str) -> Reply:
    if len(words) < 3:
        return Reply(400, {"erreur": "3 caractères minimum pour les termes de la requête."})
    ours = [company for company in world.companies() if company.country == "FR"]
    found = [company for company in ours if _matches(company, words, postal_code)]
    page = {"total_results": len(found), "page": 1, "per_page": PER_PAGE, "total_pages": 1 if found else 0}
    return Reply(200, {"results": [_entry(company) for company in found[:PER_PAGE]], **page})


def _matches(company: Company, words: str, postal_code: str) -> bool:
    number = re.sub(r"\s", "", words)
    if number.isdigit() and len(number) in {9, 14}:
        return number in {company.siren, company.siret}
    if company.withheld:
        return False
    asked, place = fuzzy_match.normalise_name(words), f"{company.name} {company.city}"
    # The real search engine knows stems and towns; here a word may be the beginning of another.
    is_named = all(
        any(word.startswith(ours) for word in fuzzy_match.normalise_name(place).split()) for ours in asked.split()
    )
    return is_named and postal_code in {"", company.postal_code}


def _entry(company: Company) -> dict[str, Any]:
    state = "C" if company.ceased else "A"
    name = WITHHELD if company.withheld else company.name
    return {
        "siren": company.siren,
        "nom_complet": name,
        "nom_raison_sociale": name,
        "sigle": None,
        "etat_administratif": state,
        "siege": _seat(company, state),
        "matching_etablissements": [],
    }


def _seat(company: Company, state: str) -> dict[str, Any]:
    if company.withheld:
        hidden = ("adresse", "numero_voie", "type_voie", "libelle_voie", "code_postal", "libelle_commune")
        return {"siret": company.siret, "etat_administratif": state, **dict.fromkeys(hidden, WITHHELD)}
    street = re.fullmatch(r"(\d+)? ?(?:(B|T|Q|C) (?=\w))?(\w+) ?(.*)", company.street)
    assert street is not None
    number, repetition, kind, label = street.groups()
    return {
        "siret": company.siret,
        "adresse": f"{company.street} {company.postal_code} {company.city}",
        "numero_voie": number,
        "indice_repetition": repetition,
        "type_voie": kind,
        "libelle_voie": label,
        "code_postal": company.postal_code,
        "libelle_commune": company.city,
        "etat_administratif": state,
    }
