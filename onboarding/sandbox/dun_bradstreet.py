"""D&B Direct+'s twin: ``/dnb/v3/token``, ``/dnb/v1/match/cleanseMatch``, ``/dnb/v1/data/duns/…``.

Source: [dnb-direct], [dnb-errors]. Any key and secret are accepted, except a key that contains "refused".
"""

import base64
import binascii
import copy
import secrets
import unicodedata
from dataclasses import replace
from typing import Any

from onboarding.domain.checks.fuzzy_match import Address, Zone, compare_addresses, compare_names
from onboarding.sandbox.exchange import Reply, TwinCall, disguised, trouble
from onboarding.sandbox.records import Company
from onboarding.sandbox.world import World

PREFIX = "/dnb"
TOKEN_SECONDS = 86_400
# Errors that can be ordered: the error code, with its status.
ERRORS = {
    "00040": 401, "00041": 403, "00004": 401, "00045": 429, "00050": 429, "00034": 503, "05001": 500, "05006": 500,
    "10001": 404, "10500": 404, "10505": 404, "20505": 404, "00003": 400, "99999": 400,
}  # fmt: skip
_WORDS = ("dnbCode", "description")


class DunBradstreetTwin:
    def __init__(self, world: World) -> None:
        self._world = world
        self._tokens: set[str] = set()

    def answer(self, asked: TwinCall) -> Reply:
        path = asked.path.removeprefix(PREFIX)
        if asked.method == "POST" and path == "/v3/token":
            return self._token(asked)
        subject = asked.query.get("duns") or asked.query.get("registrationnumber") or asked.query.get("name", "")
        self._world.log("dnb", path, subject or path.rpartition("/")[2])
        ordered = self._world.take_fault("dnb")
        if ordered in ERRORS:
            return _error(ordered)
        if failing := trouble(ordered, subject=subject):
            return failing
        if asked.headers.get("Authorization", "").removeprefix("Bearer ") not in self._tokens:
            return _error("00040")
        return disguised(_shaped(self._found(asked, path), ordered), ordered, words=_WORDS)

    def _token(self, asked: TwinCall) -> Reply:
        self._world.log("dnb_login", "/v3/token", "")
        basic = asked.headers.get("Authorization", "").removeprefix("Basic ")
        try:
            key, _, secret = base64.b64decode(basic, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return _error("00004")
        if not key or not secret or "refused" in key or b"grant_type=client_credentials" not in asked.body:
            return _error("00004")
        token = secrets.token_urlsafe(24)
        self._tokens.add(token)
        return Reply(200, {"access_token": token, "expires_in": TOKEN_SECONDS, "token_type": "Bearer"})

    def _found(self, asked: TwinCall, path: str) -> Reply:
        if asked.method == "GET" and path == "/v1/match/cleansematch":
            return self._match(asked)
        if asked.method == "GET" and path.startswith("/v1/data/duns/"):
            company = self._of(path.rpartition("/")[2])
            return Reply(200, {"organization": _organization(company)}) if company else _error("10500")
        return _error("00037", 404)

    def _match(self, asked: TwinCall) -> Reply:
        query = asked.query
        known = [company for company in self._world.companies() if company.duns]
        if duns := query.get("duns", ""):
            scored = [(10, company) for company in known if company.duns == duns]
        else:
            here = [company for company in known if company.country == query.get("countryisoalpha2code")]
            scored = [(_confidence(company, query), company) for company in here]
        least = int(query.get("confidencelowerlevelthresholdvalue", "1"))
        best = sorted((pair for pair in scored if pair[0] >= least), key=lambda pair: -pair[0])
        if not best:
            return _error("20505")
        candidates = [_candidate(company, confidence, place) for place, (confidence, company) in enumerate(best, 1)]
        return Reply(200, {"transactionDetail": {"transactionID": "made-up"}, "matchCandidates": candidates})

    def _of(self, duns: str) -> Company | None:
        return next((company for company in self._world.companies() if duns and company.duns == duns), None)


def _confidence(company: Company, query: dict[str, str]) -> int:
    if number := query.get("registrationnumber"):
        return 10 if number == company.siren else 1
    name = compare_names(query.get("name", ""), company.name).zone
    typed = (query.get("streetaddressline1", ""), query.get("postalcode", ""), query.get("addresslocality", ""))
    place = Address(company.street, company.postal_code, company.city, company.country)
    is_there = compare_addresses(Address(*typed, company.country), place).zone is Zone.SAME
    return {Zone.SAME: 10 if is_there else 8, Zone.SIMILAR: 7 if is_there else 5}.get(name, 3)


def _candidate(company: Company, confidence: int, place: int) -> dict[str, Any]:
    grade = {10: "AAAAAAZ", 8: "AAFFFFZ", 7: "BAAAAAZ"}.get(confidence, "FFFFFFZ")
    return {
        "displaySequence": place,
        "organization": _organization(company),
        "matchQualityInformation": {"confidenceCode": confidence, "matchGrade": grade, "matchDataProfile": "0000000"},
    }


def _organization(company: Company) -> dict[str, Any]:
    status = {"description": "Out of Business", "dnbCode": 403} if company.ceased else _ACTIVE
    return {
        "duns": company.duns,
        "primaryName": company.name,
        "dunsControlStatus": {"operatingStatus": status, "isOutOfBusiness": company.ceased},
        "tradeStyleNames": [],
        "primaryAddress": {
            "addressCountry": {"isoAlpha2Code": company.country},
            "addressLocality": {"name": company.city},
            "postalCode": company.postal_code,
            "streetAddress": {"line1": company.street},
        },
        "registrationNumbers": [{"registrationNumber": company.siren, "typeDnBCode": 6863}],
    }


# Shapes in which D&B tells of one company. Source: [dnb-direct].
SHAPES = ("ascii_capitals", "street_in_parts", "second_line", "trade_name_first", "numbers_of_all_sorts", "cedex")


def _shaped(reply: Reply, shape: str) -> Reply:
    """Return the reply with each organization of it in this shape."""
    if shape not in SHAPES or not isinstance(reply.body, dict):
        return reply
    body: dict[str, Any] = copy.deepcopy(reply.body)
    holders = [body, *body.get("matchCandidates", [])]
    for organization in (holder["organization"] for holder in holders if "organization" in holder):
        _shape(organization, shape)
    return replace(reply, body=body)


def _shape(organization: dict[str, Any], shape: str) -> None:
    address, name = organization["primaryAddress"], organization["primaryName"]
    line = address["streetAddress"]["line1"]
    number, _, rest = line.partition(" ")
    match shape:
        case "ascii_capitals":
            organization["primaryName"] = _ascii(name)
            address["streetAddress"]["line1"] = _ascii(line)
            address["addressLocality"]["name"] = _ascii(address["addressLocality"]["name"])
        case "street_in_parts":
            address["streetAddress"] = {"line1": None, "line2": None}
            address |= {"streetNumber": number, "streetName": rest}
        case "second_line":
            address["streetAddress"] = {"line1": "IMMEUBLE LE FICTIF", "line2": line}
        case "trade_name_first":
            organization |= {"primaryName": "FICTIF GROUP", "registeredName": name, "registeredAddress": dict(address)}
        case "numbers_of_all_sorts":
            own = {**organization["registrationNumbers"][0], "isPreferredRegistrationNumber": True}
            vat = {"registrationNumber": "FR00000000000", "typeDnBCode": 99, "isPreferredRegistrationNumber": False}
            organization["registrationNumbers"] = [vat, own]
        case "cedex":
            address["addressLocality"]["name"] = f"{_ascii(address['addressLocality']['name'])} CEDEX 2"


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()


_ACTIVE = {"description": "Active", "dnbCode": 9074}


def _error(code: str, status: int = 0) -> Reply:
    message = {"errorCode": code, "errorMessage": "Made-up trouble."}
    return Reply(status or ERRORS[code], {"transactionDetail": {}, "error": message})
