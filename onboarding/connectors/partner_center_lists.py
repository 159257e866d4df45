"""Read what Partner Center lists for an account: resellers, their authorisation, activity, countries' rules."""

import datetime as dt
import re
from typing import Any

from onboarding.connectors.base import (
    TemporaryError,
)
from onboarding.connectors.partner_center_answers import PartnerCenterAnswer, text_of
from onboarding.connectors.partner_center_client import ask
from onboarding.connectors.partner_center_tokens import TOKENS
from onboarding.domain.partner_center import accounts
from onboarding.domain.partner_center.accounts import Credentials
from onboarding.domain.partner_center.activity import Activity
from onboarding.domain.partner_center.reseller_validation import AuthorizationResult
from onboarding.domain.partner_center.resellers import Seen

# The reseller list has no pages: a distributor's is far larger than any other answer.
LIST_BYTES = 30_000_000


LIST_SECONDS = 30.0


def read_resellers(region: str, *, now: dt.datetime) -> list[Seen]:
    """Return the whole list of the region's account. Raises: TemporaryError, PermanentError."""
    return resellers_of(accounts.credentials_for(region), now=now)


def resellers_of(credentials: Credentials, *, now: dt.datetime) -> list[Seen]:
    query = {"relationship_type": "IsIndirectCloudSolutionProviderOf"}
    answer = ask(credentials, "GET", "/v1/relationships", query, now=now, max_bytes=LIST_BYTES, timeout=LIST_SECONDS)
    body = answer.success()
    items = body.get("items")
    if not isinstance(items, list):
        raise TemporaryError("the reseller list came without its items")
    total = text_of(body, "totalCount")
    if total.isdigit() and int(total) != len(items):
        # No paging is documented; half a list, taken for the whole, would remove all other resellers.
        raise TemporaryError(f"the reseller list has {len(items)} of {total} items")
    return [_seen(item) for item in items if isinstance(item, dict)]


def _seen(item: dict[str, Any]) -> Seen:
    mpn_id = text_of(item, "mpnId") or text_of(item, "partnerId")
    country, state = text_of(item, "location").upper(), text_of(item, "state")
    return Seen(text_of(item, "id").lower()[:100], mpn_id[:20], country, state, text_of(item, "name"))


def is_active(line: Seen) -> bool:
    """Return True for the only documented value. Any other is stored as received and gives no right."""
    return line.state.casefold() == "active"


def validate_resellers(mpn_ids: list[str], region: str, *, now: dt.datetime) -> list[AuthorizationResult]:
    """Return whether these locations may be named on orders: one answer for each, in their order.

    Raises: TemporaryError, PermanentError.
    """
    credentials = accounts.credentials_for(region)
    body = ask(
        credentials, "POST", "/v1/partners/validateresellers", {}, json={"partnerIds": mpn_ids}, now=now
    ).success()
    results = body.get("validationresults")
    if not isinstance(results, list):
        raise TemporaryError("validateresellers answered without its results")
    told = {text_of(line, "partnerId"): line for line in results if isinstance(line, dict)}
    return [_verdict(mpn_id, told[mpn_id]) for mpn_id in mpn_ids if mpn_id in told and _is_told(told[mpn_id])]


def _is_told(line: dict[str, Any]) -> bool:
    return isinstance(line.get("isvalidpartneridonrecord"), bool)


def _verdict(mpn_id: str, line: dict[str, Any]) -> AuthorizationResult:
    valid = bool(line["isvalidpartneridonrecord"])
    code, text = text_of(line, "errorCode"), text_of(line, "errorDescription")
    return AuthorizationResult(mpn_id, valid, "" if valid else code, "" if valid else text)


# Pages of the activity log that are read at a time, and records on each.
ACTIVITY_PAGES, ACTIVITY_SIZE = 20, 500


class ActivityClosedError(Exception):
    """This account may not read the activity log. The portal works without it, so nobody is notified."""


def read_activity(region: str, *, since: dt.date, until: dt.date, now: dt.datetime) -> list[Activity]:
    """Return what happened in our account on these days (Partner Center's days are UTC).

    Raises: ActivityClosedError, TemporaryError, PermanentError.
    """
    credentials = accounts.credentials_for(region)
    query = {"startDate": f"{since:%Y-%m-%d}", "endDate": f"{until:%Y-%m-%d}", "size": str(ACTIVITY_SIZE)}
    headers: dict[str, str] = {}
    records: list[Activity] = []
    for _page in range(ACTIVITY_PAGES):
        answer = ask(credentials, "GET", "/v1/auditrecords", query, headers=headers, now=now, may_refuse=True)
        if answer.status == 403:
            raise ActivityClosedError(f"Partner Center answered 403, code {answer.code or 'none'}")
        body = answer.success()
        items = body.get("items")
        if not isinstance(items, list):
            raise TemporaryError("the activity log came without its items")
        records += [record for item in items if isinstance(item, dict) and (record := _record(item))]
        token = _continuation(answer)
        if not token:
            break
        headers, query = {"MS-ContinuationToken": token}, {**query, "seekOperation": "Next"}
    return records


def _continuation(answer: "PartnerCenterAnswer") -> str:
    """Return the continuation token from the answer's links or headers."""
    following = answer.body.get("links")
    following = following.get("next") if isinstance(following, dict) else None
    headers = following.get("headers") if isinstance(following, dict) else None
    for header in headers if isinstance(headers, list) else []:
        if isinstance(header, dict) and text_of(header, "key").lower() == "ms-continuationtoken":
            return text_of(header, "value")[:4000]
    return answer.continuation[:4000]


# What a record may name: numbers long enough for an MPN ID, and GUIDs. The person who acted is not read.
_NAMES = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b\d{4,20}\b")


def _record(item: dict[str, Any]) -> Activity | None:
    """Return the record; None without a readable moment."""
    try:
        at = dt.datetime.fromisoformat(text_of(item, "operationDate"))
    except ValueError:
        return None
    named = [text_of(item, "resourceNewValue"), text_of(item, "resourceOldValue"), text_of(item, "customerId")]
    more = item.get("customizeddata")
    named += [text_of(pair, "value") for pair in more if isinstance(pair, dict)] if isinstance(more, list) else []
    return Activity(
        operation=_snake(text_of(item, "operationType")),
        at=at if at.tzinfo else at.replace(tzinfo=dt.UTC),
        names=frozenset(_NAMES.findall(" ".join(named).lower()[:10_000])),
        succeeded=text_of(item, "operationStatus").lower() in ("", "succeeded"),
    )


def _snake(value: str) -> str:
    """Return a value in snake_case: enums are sent so, but some samples have PascalCase."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", value).lower()[:60]


def read_country_rules(country: str, region: str, *, now: dt.datetime) -> dict[str, Any] | None:
    """Return Microsoft's rules for addresses there, keys in lower case; None for a country that Microsoft does not
    know.

    Raises: TemporaryError, PermanentError.
    """
    credentials = accounts.credentials_for(region)
    answer = ask(credentials, "GET", f"/v1/countryvalidationrules/{country}", {}, now=now)
    if answer.status in (400, 404):
        return None
    body = answer.success()
    if text_of(body, "iso2Code").upper() not in ("", country):
        raise TemporaryError(f"asked about {country}, told about another country")
    return body


def renew(region: str, *, now: dt.datetime) -> None:
    """Sign in again, to replace the refresh token by a newer one.

    Raises: TemporaryError, PermanentError.
    """
    TOKENS.renewed(accounts.credentials_for(region), now=now, force=True)
