"""VIES' twin: ``POST /vies/check-vat-number``. Germany and Spain withhold names, like the real ones.

Source: [vies-api].
"""

from typing import Any

from onboarding.sandbox.exchange import Reply, TwinCall, disguised, trouble
from onboarding.sandbox.records import Company
from onboarding.sandbox.shipped import VIES_STUMBLES
from onboarding.sandbox.world import World

PREFIX = "/vies/"
ERRORS = (
    "MS_UNAVAILABLE", "MS_MAX_CONCURRENT_REQ", "GLOBAL_MAX_CONCURRENT_REQ", "SERVICE_UNAVAILABLE", "TIMEOUT",
    "INVALID_INPUT", "IP_BLOCKED",
)  # fmt: skip
_WITHHOLD = {"DE", "ES"}


def answer(world: World, asked: TwinCall) -> Reply:
    if (asked.method, asked.path) != ("POST", f"{PREFIX}check-vat-number"):
        return Reply(404, {"actionSucceed": False, "errorWrappers": [{"error": "NOT_FOUND"}]})
    wish = asked.json()
    number = f"{wish.get('countryCode', '')}{wish.get('vatNumber', '')}"
    world.log("vies", asked.path, number)
    kind, times = VIES_STUMBLES.get(number, ("", 0))
    ordered = world.take_fault("vies") or world.stumble(f"vies {number}", kind, times)
    if ordered in ERRORS:
        return _error(ordered)
    return trouble(ordered, subject=number) or disguised(_found(world, wish, number), ordered)


def _error(code: str) -> Reply:
    status = 400 if code == "INVALID_INPUT" else 500
    return Reply(status, {"actionSucceed": False, "errorWrappers": [{"error": code}]})


def _found(world: World, wish: dict[str, Any], number: str) -> Reply:
    if not number[2:].isalnum():
        return _error("INVALID_INPUT")
    company = next((c for c in world.companies() if c.vat == number and not c.ceased), None)
    facts = {"valid": company is not None, "requestDate": "2026-11-23T09:00:00.000Z", "requestIdentifier": ""}
    asked_about = {"countryCode": wish["countryCode"], "vatNumber": wish["vatNumber"]}
    return Reply(200, {**asked_about, **facts, **_who(company)})


def _who(company: Company | None) -> dict[str, str]:
    if company is None or company.country in _WITHHOLD:
        return {"name": "---", "address": "---", "traderName": "---"}
    address = f"{company.street}\n{company.postal_code} {company.city}"
    if company.country == "GB":
        address = f"{company.street}\n{company.city}\n{company.postal_code}"
    return {"name": company.name, "address": address, "traderName": "---"}
