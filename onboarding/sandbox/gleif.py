"""GLEIF's twin: ``GET /gleif/lei-records`` with its filters by national number, legal name and country.

Source: [gleif-api].
"""

import re
from typing import Any

from onboarding.domain.checks import fuzzy_match
from onboarding.sandbox.exchange import Reply, TwinCall, disguised, trouble
from onboarding.sandbox.world import Company, World

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
    body = {"meta": {"pagination": page}, "data": [_record(company) for company in found]}
    return disguised(Reply(200, body), ordered, words=("status",))


def _matches(company: Company, number: str, name: str, country: str) -> bool:
    if country not in {"", company.country}:
        return False
    if number:
        return re.sub(r"\W", "", number) == re.sub(r"\W", "", company.siren)
    asked, ours = fuzzy_match.normalise_name(name).split(), fuzzy_match.normalise_name(company.name).split()
    return bool(asked) and set(asked) <= set(ours)


def _record(company: Company) -> dict[str, Any]:
    place = {
        "language": "en",
        "addressLines": [company.street],
        "city": company.city,
        "country": company.country,
        "postalCode": company.postal_code,
    }
    entity: dict[str, Any] = {
        "legalName": {"name": company.name, "language": "en"},
        "status": "INACTIVE" if company.ceased else "ACTIVE",
        "otherNames": [],
        "legalAddress": place,
        "headquartersAddress": place,
        "registeredAs": company.siren,
        "jurisdiction": company.country,
    }
    # Not renewed, which a careless reader takes for dissolved.
    registration = {"status": "LAPSED", "initialRegistrationDate": "2019-01-01T00:00:00Z"}
    attributes = {"lei": company.lei, "entity": entity, "registration": registration}
    return {"type": "lei-records", "id": company.lei, "attributes": attributes}
