"""GLEIF's twin: ``GET /gleif/lei-records`` with its filters by national number, legal name and country.

Source: [gleif-api].
"""

import re
from typing import Any

from onboarding.domain.checks import fuzzy_match
from onboarding.sandbox.exchange import Reply, TwinCall, disguised, trouble
from onboarding.sandbox.records import Company
from onboarding.sandbox.world import World

PREFIX = "/gleif/"


def answer(world: World, asked: TwinCall) -> Reply:
    if (asked.method, asked.path) != ("GET", f"{PREFIX}lei-records"):
        return Reply(404, {"errors": [{"status": "404", "title": "Not Found"}]})
    number, name = asked.query.get("filter[entity.registeredas]", ""), asked.query.get("filter[entity.legalname]", "")
    world.log("gleif", asked.path, number or name)
    ordered = world.take_fault("gleif")
    if failing := trouble(ordered, subject=number or name):
        return failing
    country = asked.query.get("filter[entity.legaladdress.country]", "")
    found = [company for company in world.companies() if company.lei and _matches(company, number, name, country)]
    page = {"currentPage": 1, "perPage": 20, "total": len(found), "lastPage": 1}
    body = {"meta": {"pagination": page}, "data": [_record(company, ordered) for company in found]}
    return disguised(Reply(200, body), ordered, words=("status",))


def _matches(company: Company, number: str, name: str, country: str) -> bool:
    if country not in {"", company.country}:
        return False
    if number:
        return re.sub(r"\W", "", number) == re.sub(r"\W", "", company.siren)
    asked, ours = fuzzy_match.normalise_name(name).split(), fuzzy_match.normalise_name(company.name).split()
    return bool(asked) and set(asked) <= set(ours)


# Shapes in which issuers write one address, each with the lines of 12, rue du Test. Source: [gleif-api].
SHAPES = ("number_apart", "care_of", "building_line", "capitals", "no_postal_code")


def _record(company: Company, shape: str = "") -> dict[str, Any]:
    entity: dict[str, Any] = {
        "legalName": {"name": _letters(company.name, shape), "language": "en"},
        "status": "INACTIVE" if company.ceased else "ACTIVE",
        "otherNames": [
            {"name": f"{company.city.upper()} HOLDING", "language": "en", "type": "PREVIOUS_LEGAL_NAME"},
        ],
        "transliteratedOtherNames": [],
        "legalAddress": _place(company, shape),
        "headquartersAddress": _place(company, shape),
        "registeredAt": {"id": "RA999999", "other": None},
        "registeredAs": company.siren,
        "jurisdiction": company.country,
        "category": "GENERAL",
        "legalForm": {"id": "8888", "other": None},
        "successorEntity": {"lei": None, "name": None},
        "expiration": {"date": None, "reason": None},
    }
    # Not renewed, which a careless reader takes for dissolved.
    registration = {"status": "LAPSED", "initialRegistrationDate": "2019-01-01T00:00:00Z"}
    attributes = {"lei": company.lei, "entity": entity, "registration": registration}
    return {"type": "lei-records", "id": company.lei, "attributes": attributes}


def _place(company: Company, shape: str) -> dict[str, Any]:
    number, rest = _house_number(company.street)
    street = _letters(company.street, shape)
    lines = {
        "number_apart": [rest],
        "care_of": ["C/O CABINET FICTIF", street],
        "building_line": [street, "Building B", "3rd floor"],
    }.get(shape, [street])
    return {
        "language": "en",
        "addressLines": lines,
        "addressNumber": number if shape == "number_apart" else None,
        "addressNumberWithinBuilding": None,
        "mailRouting": None,
        "city": _letters(company.city, shape),
        "region": None,
        "country": company.country,
        "postalCode": None if shape == "no_postal_code" else company.postal_code,
    }


def _house_number(street: str) -> tuple[str, str]:
    found = re.search(r"^\d+\w?(?= )|(?<= )\d+\w?$", street)
    return (found[0], street.replace(found[0], "").strip()) if found else ("", street)


def _letters(text: str, shape: str) -> str:
    return text.upper() if shape == "capitals" else text
