"""Microsoft Partner Center, which an indirect provider may read: MPN profile, agreement status, reseller list.

Written from https://learn.microsoft.com/en-us/partner-center/developer/: [pc-mpn-profile], [pc-mpa-status],
[pc-resellers], [pc-validate-resellers], [pc-activity], [pc-country-rules], [pc-secure-app-model], [pc-headers],
[pc-errors], [pc-throttling].

Each CSP region has its own account (``domain.partner_center.accounts``). A refresh token lives 90 days. Each access
token brings a newer one, which is stored encrypted at once, or, without a key for encryption, used by this process
only.
"""

import datetime as dt
import re
import threading
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from django.conf import settings

from onboarding.connectors.base import (
    AccountRefusedError,
    PermanentError,
    QueueRefusedError,
    TemporaryError,
    current_inquiry,
)
from onboarding.domain.checks import fuzzy_match
from onboarding.domain.checks.connectors import ConnectorRecord
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.checks.polling import DAY, HOUR, MINUTE, Cadence
from onboarding.domain.checks.subjects import AgreementSubject, MpnSubject, RelationshipSubject
from onboarding.domain.partner_center import accounts, resellers
from onboarding.domain.partner_center.accounts import Credentials
from onboarding.domain.partner_center.activity import Activity
from onboarding.domain.partner_center.reseller_validation import AuthorizationResult
from onboarding.domain.partner_center.resellers import Seen
from onboarding.enums import Kind
from onboarding.models import PartnerCenterAccount
from portal import encryption, outbound
from portal.work import pace
from portal.work.kinds import Rate

RESOURCE = "https://api.partnercenter.microsoft.com"
# A token is renewed before its end, so that none expires during a request.
TOKEN_SHARE = 0.9
# The reseller list has no pages: a distributor's is far larger than any other answer.
LIST_BYTES = 30_000_000
LIST_SECONDS = 30.0
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MpnProfile:
    """Does this MPN ID exist, and is its partner name like the typed one? The name never decides."""

    def look(self, subject: MpnSubject, *, now: dt.datetime) -> Finding:
        """Return the finding. Raises: TemporaryError, PermanentError."""
        answer = _get("/v1/profiles/mpn", {"mpnId": subject.mpn_id}, region=subject.csp_region, now=now)
        if (answer.status, answer.code) in {(404, "3000"), (400, "2000")}:
            return _bad("mpn_unknown", now, mpn_id=subject.mpn_id, **answer.evidence)
        body = answer.success()
        name = _text(body, "partnerName")
        seen_id = _text(body, "mpnId") or _text(body, "partnerId")
        if seen_id and seen_id != subject.mpn_id:
            raise TemporaryError(f"asked about {subject.mpn_id}, told about {seen_id}")
        zone = fuzzy_match.compare_names(subject.company_name, name).zone.value if name else ""
        return _good(now, mpn_id=subject.mpn_id, partner_name=name, name_zone=zone, **answer.ids)


# Meaning of the business answers of agreementstatus by code, because their texts may change.
# Source: [pc-mpa-status].
_UNKNOWN, _OTHER_REGION, _NOT_ENROLLED, _UNSIGNED = {"2200", "2205"}, {"2201"}, {"2204"}, {"2203", "2206"}


class Location:
    """Can this ID be the reseller's CSP location? The state of its enrolment is recorded and does not decide."""

    def look(self, subject: AgreementSubject, *, now: dt.datetime) -> Finding:
        """Return the finding. Raises: TemporaryError, PermanentError."""
        answer = _agreement_status(subject, now=now)
        refused = _not_a_location(answer, subject, now=now)
        if refused:
            return refused
        progress = "not_enrolled" if answer.code in _NOT_ENROLLED else "signed" if _is_signed(answer) else "unsigned"
        return _good(now, mpn_id=subject.location_mpn_id, agreement=progress, **answer.evidence)


class Agreement:
    """Has the reseller signed the Microsoft Partner Agreement for this location?

    A signature implies that Microsoft's vetting has ended, because the agreement is only offered then.
    """

    def look(self, subject: AgreementSubject, *, now: dt.datetime) -> Finding:
        """Return the finding. Raises: TemporaryError, PermanentError."""
        answer = _agreement_status(subject, now=now)
        refused = _not_a_location(answer, subject, now=now)
        if refused:
            return refused
        facts = {"mpn_id": subject.location_mpn_id, **answer.evidence}
        if answer.code in _NOT_ENROLLED:
            return _undecided("not_enrolled_yet", now, **facts)
        return _good(now, **facts) if _is_signed(answer) else _bad("agreement_unsigned", now, **facts)


class Relationship:
    """Is the location among our indirect resellers?

    The list can only be filtered by name, so all of it is read and compared. A copy read within the hour may confirm a
    link; only the list itself proves that there is none. Only the lines of this reseller are stored as evidence. A
    tenant typed as a domain cannot be compared with the list's GUIDs: then MPN ID and country decide, and the evidence
    says so.
    """

    def look(self, subject: RelationshipSubject, *, now: dt.datetime) -> Finding:
        """Return the finding. Raises: TemporaryError, PermanentError."""
        credentials = accounts.credentials_for(subject.csp_region)
        if credentials.account is not None:
            kept = resellers.kept(
                account=credentials.account, tenant=subject.tenant.lower(), mpn_id=subject.location_mpn_id, now=now
            )
            found = _find_link(kept or [], subject, now=now)
            if found.outcome is Outcome.GOOD:
                return found
        return _find_link(_resellers(credentials, now=now), subject, now=now)


def read_resellers(region: str, *, now: dt.datetime) -> list[Seen]:
    """Return the whole list of the region's account. Raises: TemporaryError, PermanentError."""
    return _resellers(accounts.credentials_for(region), now=now)


def _resellers(credentials: Credentials, *, now: dt.datetime) -> list[Seen]:
    query = {"relationship_type": "IsIndirectCloudSolutionProviderOf"}
    answer = _ask(credentials, "GET", "/v1/relationships", query, now=now, max_bytes=LIST_BYTES, timeout=LIST_SECONDS)
    body = answer.success()
    items = body.get("items")
    if not isinstance(items, list):
        raise TemporaryError("the reseller list came without its items")
    total = _text(body, "totalCount")
    if total.isdigit() and int(total) != len(items):
        # No paging is documented; half a list, taken for the whole, would remove all other resellers.
        raise TemporaryError(f"the reseller list has {len(items)} of {total} items")
    return [_seen(item) for item in items if isinstance(item, dict)]


def _seen(item: dict[str, Any]) -> Seen:
    mpn_id = _text(item, "mpnId") or _text(item, "partnerId")
    country, state = _text(item, "location").upper(), _text(item, "state")
    return Seen(_text(item, "id").lower()[:100], mpn_id[:20], country, state, _text(item, "name"))


def _is_active(line: Seen) -> bool:
    """Return True for the only documented value. Any other is stored as received and gives no right."""
    return line.state.casefold() == "active"


def _find_link(lines: list[Seen], subject: RelationshipSubject, *, now: dt.datetime) -> Finding:
    has_guid = bool(_GUID.fullmatch(subject.tenant.lower()))
    ours = [line for line in lines if line.tenant == subject.tenant.lower() or line.mpn_id == subject.location_mpn_id]
    facts = {
        "compared_by": ["tenant", "mpn_id", "country"] if has_guid else ["mpn_id", "country"],
        "tenant_compared": has_guid,
        "seen": [
            {"tenant": line.tenant, "mpn_id": line.mpn_id, "country": line.country, "state": line.state}
            for line in ours
        ],
    }
    # Of this tenant; or of any, if the tenant cannot be compared.
    active = [line for line in ours if _is_active(line) and (not has_guid or line.tenant == subject.tenant.lower())]
    same_location = [line for line in active if line.mpn_id == subject.location_mpn_id]
    if any(line.country == subject.country.upper() for line in same_location):
        return _good(now, **facts)
    if same_location:
        return _bad("relationship_other_country", now, **facts)
    if active:
        return _bad("relationship_other_location", now, **facts)
    # A link in an undocumented state is not a removed link.
    is_sure = not any(line.mpn_id == subject.location_mpn_id and not _is_active(line) for line in ours)
    return replace(_undecided("not_accepted_yet", now, **facts), sure=is_sure)


def validate_resellers(mpn_ids: list[str], region: str, *, now: dt.datetime) -> list[AuthorizationResult]:
    """Return whether these locations may be named on orders: one answer for each, in their order.

    Raises: TemporaryError, PermanentError.
    """
    credentials = accounts.credentials_for(region)
    body = _ask(
        credentials, "POST", "/v1/partners/validateresellers", {}, json={"partnerIds": mpn_ids}, now=now
    ).success()
    results = body.get("validationresults")
    if not isinstance(results, list):
        raise TemporaryError("validateresellers answered without its results")
    told = {_text(line, "partnerId"): line for line in results if isinstance(line, dict)}
    return [_verdict(mpn_id, told[mpn_id]) for mpn_id in mpn_ids if mpn_id in told and _is_told(told[mpn_id])]


def _is_told(line: dict[str, Any]) -> bool:
    return isinstance(line.get("isvalidpartneridonrecord"), bool)


def _verdict(mpn_id: str, line: dict[str, Any]) -> AuthorizationResult:
    valid = bool(line["isvalidpartneridonrecord"])
    code, text = _text(line, "errorCode"), _text(line, "errorDescription")
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
        answer = _ask(credentials, "GET", "/v1/auditrecords", query, headers=headers, now=now, may_refuse=True)
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


def _continuation(answer: "_Answer") -> str:
    """Return the continuation token from the answer's links or headers."""
    following = answer.body.get("links")
    following = following.get("next") if isinstance(following, dict) else None
    headers = following.get("headers") if isinstance(following, dict) else None
    for header in headers if isinstance(headers, list) else []:
        if isinstance(header, dict) and _text(header, "key").lower() == "ms-continuationtoken":
            return _text(header, "value")[:4000]
    return answer.continuation[:4000]


# What a record may name: numbers long enough for an MPN ID, and GUIDs. The person who acted is not read.
_NAMES = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b\d{4,20}\b")


def _record(item: dict[str, Any]) -> Activity | None:
    """Return the record; None without a readable moment."""
    try:
        at = dt.datetime.fromisoformat(_text(item, "operationDate"))
    except ValueError:
        return None
    named = [_text(item, "resourceNewValue"), _text(item, "resourceOldValue"), _text(item, "customerId")]
    more = item.get("customizeddata")
    named += [_text(pair, "value") for pair in more if isinstance(pair, dict)] if isinstance(more, list) else []
    return Activity(
        operation=_snake(_text(item, "operationType")),
        at=at if at.tzinfo else at.replace(tzinfo=dt.UTC),
        names=frozenset(_NAMES.findall(" ".join(named).lower()[:10_000])),
        succeeded=_text(item, "operationStatus").lower() in ("", "succeeded"),
    )


def _snake(value: str) -> str:
    """Return a value in snake_case: enums are sent so, but some samples have PascalCase."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", value).lower()[:60]


def read_country_rules(country: str, region: str, *, now: dt.datetime) -> dict[str, Any] | None:
    """Return Microsoft's rules for addresses there, keys in lower case; None for a country unknown to Microsoft.

    Raises: TemporaryError, PermanentError.
    """
    credentials = accounts.credentials_for(region)
    answer = _ask(credentials, "GET", f"/v1/countryvalidationrules/{country}", {}, now=now)
    if answer.status in (400, 404):
        return None
    body = answer.success()
    if _text(body, "iso2Code").upper() not in ("", country):
        raise TemporaryError(f"asked about {country}, told about another country")
    return body


def renew(region: str, *, now: dt.datetime) -> None:
    """Sign in again, to replace the refresh token by a newer one.

    Raises: TemporaryError, PermanentError.
    """
    _tokens.renewed(accounts.credentials_for(region), now=now, force=True)


def _agreement_status(subject: AgreementSubject, *, now: dt.datetime) -> "_Answer":
    answer = _get(
        "/v1/compliance/csp/agreementstatus", {"mpnId": subject.location_mpn_id}, region=subject.csp_region, now=now
    )
    known = _UNKNOWN | _OTHER_REGION | _NOT_ENROLLED | _UNSIGNED | {"2000"}
    # Business answers come with status 400.
    if answer.status != 200 and not (answer.status == 400 and answer.code in known):
        raise PermanentError(f"agreementstatus answered {answer.status}, code {answer.code or 'none'}")
    return answer


def _not_a_location(answer: "_Answer", subject: AgreementSubject, *, now: dt.datetime) -> Finding | None:
    facts = {"mpn_id": subject.location_mpn_id, **answer.evidence}
    if answer.code in _UNKNOWN | {"2000"}:  # 2000: not a number
        return _bad("location_unknown", now, **facts)
    if answer.code in _OTHER_REGION:
        return _bad("region_differs", now, **facts)
    return None


def _is_signed(answer: "_Answer") -> bool:
    if answer.status != 200:
        return False
    signed = answer.body.get("isagreementsigned")
    if not isinstance(signed, bool):
        raise TemporaryError("agreementstatus answered without its value")
    return signed


@dataclass(frozen=True)
class _Answer:
    """A business answer; the keys of ``body`` are lower case, ``code`` is text or empty."""

    status: int
    code: str
    body: dict[str, Any]
    continuation: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def evidence(self) -> dict[str, Any]:
        """Return the answer with the ids by which Microsoft's support finds it in its logs."""
        shown = {"status": self.status, "code": self.code, "description": _text(self.body, "description")}
        return {key: value for key, value in {**shown, **self.ids}.items() if value}

    def success(self) -> dict[str, Any]:
        """Return the body. Raises: PermanentError for an error that the caller does not handle."""
        if self.status != 200:
            raise PermanentError(f"Partner Center answered {self.status}, code {self.code or 'none'}")
        return self.body


def _get(path: str, query: dict[str, str], *, region: str, now: dt.datetime) -> _Answer:
    """Return the answer. Raises: TemporaryError, PermanentError."""
    return _ask(accounts.credentials_for(region), "GET", path, query, now=now)


def _ask(
    credentials: Credentials,
    method: str,
    path: str,
    query: dict[str, str],
    *,
    now: dt.datetime,
    headers: dict[str, str] | None = None,
    json: Any = None,
    max_bytes: int = outbound.MAX_BYTES,
    timeout: float = 10,
    may_refuse: bool = False,
) -> _Answer:
    """Return the answer. A refused token is replaced once.

    Raises: TemporaryError, PermanentError. With ``may_refuse`` a 403 is returned like any answer.
    """

    def send(token: str) -> outbound.Response:
        own = {**(headers or {}), "Authorization": f"Bearer {token}"}
        return _send(method, path, query, own, json=json, timeout=timeout, max_bytes=max_bytes)

    response = send(_tokens.current(credentials, now=now))
    if response.status == 401:
        response = send(_tokens.renewed(credentials, now=now))
    try:
        return _read(response, now=now, may_refuse=may_refuse)
    except QueueRefusedError as error:
        raise _refused(credentials, str(error), now=now) from error


def _send(
    method: str,
    path: str,
    query: dict[str, str],
    own: dict[str, str],
    *,
    json: Any,
    timeout: float,
    max_bytes: int,
) -> outbound.Response:
    """Return the response.

    Without one, send the request once more with its ``MS-RequestId``, so that it counts once.

    The next claim keeps that id too, if no answer comes at all. Source: [pc-headers].
    """
    asked = current_inquiry()
    headers = {
        **own,
        "Accept": "application/json",
        "MS-Contract-Version": "v1",
        "MS-RequestId": asked.id(method, path, query, json),
    }
    url = settings.PARTNER_CENTER_URL + path
    for is_last in (False, True):
        try:
            headers["MS-CorrelationId"] = str(uuid.uuid4())
            response = outbound.request(
                method, url, headers=headers, params=query, json=json, timeout=timeout, max_bytes=max_bytes
            )
            asked.was_answered = True
            return response
        except outbound.Unreachable as error:
            if is_last:
                raise TemporaryError(str(error)) from error
        except (outbound.AddressRefused, outbound.TooLarge) as error:
            raise PermanentError(f"{type(error).__name__}: {error}") from error
    raise AssertionError("unreachable")


def _read(response: outbound.Response, *, now: dt.datetime, may_refuse: bool = False) -> _Answer:
    """Return a business answer, or raise a failure. Source: [pc-errors], [pc-throttling].

    Raises: TemporaryError, PermanentError.
    """
    body = _folded(_json(response, now=now))
    if not isinstance(body, dict):
        raise TemporaryError(f"Partner Center answered {response.status} with something else than an object")
    code = _code(body)
    if response.status in {408, 429} or response.status >= 500 or body.get("isretryable") is True:
        wish = response.retry_at(now) or _wish_in_words(body, now)
        raise TemporaryError(f"Partner Center answered {response.status}, code {code or 'none'}", retry_at=wish)
    if response.status == 401:
        raise QueueRefusedError(f"Partner Center refuses our sign-in, code {code or 'none'}")
    if response.status not in {200, 400, 404} and not (may_refuse and response.status == 403):
        raise PermanentError(f"Partner Center answered {response.status}, code {code or 'none'}")
    return _Answer(response.status, code, body, response.headers.get("MS-ContinuationToken", ""), _ids(response))


def _ids(response: outbound.Response) -> dict[str, str]:
    named = {"correlation_id": "MS-CorrelationId", "request_id": "MS-RequestId"}
    found = {name: response.headers.get(header, "").lower() for name, header in named.items()}
    return {name: value for name, value in found.items() if _GUID.fullmatch(value)}


def _json(response: outbound.Response, *, now: dt.datetime) -> Any:
    """Return the JSON. Raises: TemporaryError for an error page in HTML, or an empty body."""
    try:
        return response.json()
    except ValueError as error:
        message = f"Partner Center answered {response.status} with something else than JSON"
        raise TemporaryError(message, retry_at=response.retry_at(now)) from error


def _folded(value: Any) -> Any:
    """Return the value with keys in lower case, because samples, SDK and service mix camelCase and PascalCase."""
    if isinstance(value, dict):
        return {str(key).lower(): _folded(inner) for key, inner in value.items()}
    return [_folded(inner) for inner in value] if isinstance(value, list) else value


def _code(body: dict[str, Any]) -> str:
    """Return the code, sent as a number or as text; shape (b) calls it statusCode, the sign-in "error"."""
    return _text(body, "code") or _text(body, "statusCode") or _text(body, "error")


def _wish_in_words(body: dict[str, Any], now: dt.datetime) -> dt.datetime | None:
    found = re.search(r"in (\d{1,5}) seconds", _text(body, "message"))
    return now + dt.timedelta(seconds=int(found[1])) if found else None


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name.lower())
    return "" if value is None or isinstance(value, (dict, list)) else str(value).replace("\x00", "").strip()


class _Tokens:
    """Access tokens of this process, one for each account (App+User, Secure Application Model)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, ...], tuple[str, float]] = {}
        self._refresh: dict[tuple[str, ...], str] = {}

    def current(self, credentials: Credentials, *, now: dt.datetime) -> str:
        """Return a valid token. Raises: TemporaryError, PermanentError."""
        with self._lock:
            token, until = self._known.get(_key(credentials), ("", 0.0))
            return token if time.monotonic() < until else self._fetch(credentials, now=now)

    def renewed(self, credentials: Credentials, *, now: dt.datetime, force: bool = False) -> str:
        """Return a new token. With ``force`` even while the account rests after a refusal.

        Raises: TemporaryError, PermanentError.
        """
        with self._lock:
            return self._fetch(credentials, now=now, force=force)

    def forget(self) -> None:
        with self._lock:
            self._known.clear()
            self._refresh.clear()

    def _fetch(self, credentials: Credentials, *, now: dt.datetime, force: bool = False) -> str:
        key = _key(credentials)
        self._known.pop(key, None)
        if credentials.account is None:
            # Removed first: if the newer token is refused, the configured one is tried next time.
            refresh = self._refresh.pop(key, "") or settings.PARTNER_CENTER_REFRESH_TOKEN
            body = _sign_in(credentials, refresh, now=now)
            self._refresh[key] = _text(body, "refresh_token")
        else:
            if credentials.rests_until and now < credentials.rests_until and not force:
                raise _resting(credentials, credentials.why, until=credentials.rests_until)
            body = _sign_in_for_all(credentials, credentials.account, now=now)
        token, seconds = _text(body, "access_token"), _text(body, "expires_in")
        life = float(seconds) if seconds.isdigit() else 0.0  # documented as text, "3599"
        self._known[key] = token, time.monotonic() + life * TOKEN_SHARE
        return token


_tokens = _Tokens()


def _key(credentials: Credentials) -> tuple[str, ...]:
    own = (credentials.tenant, credentials.client_id, settings.PARTNER_CENTER_LOGIN_URL)
    secrets = (settings.PARTNER_CENTER_CLIENT_SECRET, settings.PARTNER_CENTER_REFRESH_TOKEN)
    return (str(credentials.account or ""), credentials.region, credentials.generation, *own, *secrets)


def _sign_in_for_all(credentials: Credentials, account: int, *, now: dt.datetime) -> dict[str, Any]:
    """Return an access token by the newest refresh token of all workers, and store the newer one for all of them.

    Raises: TemporaryError, PermanentError.
    """
    trouble: TemporaryError | PermanentError
    with accounts.held(account) as row:
        try:
            body = _try_tokens(credentials, row, now=now)
            accounts.keep_token(row, _text(body, "refresh_token"), now=now)
            return body
        except QueueRefusedError as error:
            trouble = _refused(credentials, str(error), now=now, row=row)
        except (TemporaryError, PermanentError) as error:
            accounts.note_trouble(row, str(error))
            trouble = error
    # Raised outside the transaction, so that the note is stored.
    raise trouble


def _try_tokens(credentials: Credentials, row: PartnerCenterAccount, *, now: dt.datetime) -> dict[str, Any]:
    """Return the sign-in's answer. Raises: TemporaryError, PermanentError."""
    try:
        tokens = accounts.refresh_tokens(row)
    except (encryption.CannotDecryptError, encryption.NoKeyError) as error:
        raise QueueRefusedError(f"the stored token cannot be read: {error}") from error
    for token in tokens[:-1]:
        try:
            return _sign_in(credentials, token, now=now)
        except QueueRefusedError:
            continue
    return _sign_in(credentials, tokens[-1] if tokens else "", now=now)


def _refused(
    credentials: Credentials, why: str, *, now: dt.datetime, row: PartnerCenterAccount | None = None
) -> PermanentError:
    """Record that the sign-in is refused.

    Return the error to raise, which depends on whether others use this account.
    """
    if credentials.account is None:
        return QueueRefusedError(why)
    if row is None:
        with accounts.held(credentials.account) as row:
            accounts.note_refusal(row, why, now=now)
    else:
        accounts.note_refusal(row, why, now=now)
    return _resting(credentials, why, until=now + pace.rest(accounts.RESTS))


def _resting(credentials: Credentials, why: str, *, until: dt.datetime) -> PermanentError:
    if credentials.is_only:
        return QueueRefusedError(why)
    return AccountRefusedError(f"region {credentials.region or '*'}: {why}", rests_until=until)


def _sign_in(credentials: Credentials, refresh_token: str, *, now: dt.datetime) -> dict[str, Any]:
    """Return the sign-in's answer. Raises: TemporaryError, PermanentError; the messages contain no secret."""
    if not all((credentials.tenant, credentials.client_id, refresh_token)):
        raise QueueRefusedError("Partner Center's credentials are not configured")
    form = {
        "grant_type": "refresh_token",
        "resource": RESOURCE,
        "scope": "openid",
        "client_id": credentials.client_id,
        "client_secret": settings.PARTNER_CENTER_CLIENT_SECRET,
        "refresh_token": refresh_token,
    }
    url = f"{settings.PARTNER_CENTER_LOGIN_URL}/{quote(credentials.tenant, safe='')}/oauth2/token"
    try:
        response = outbound.request("POST", url, data=form)
    except outbound.Unreachable as error:
        raise TemporaryError(str(error)) from error
    except (outbound.AddressRefused, outbound.TooLarge) as error:
        raise PermanentError(f"{type(error).__name__}: {error}") from error
    answer = _read(response, now=now)
    if answer.status != 200:
        raise QueueRefusedError(f"the sign-in was refused: {answer.code or answer.status}")
    if not _text(answer.body, "access_token"):
        raise TemporaryError("the sign-in answered without a token")
    return answer.body


def _good(now: dt.datetime, **evidence: Any) -> Finding:
    return Finding(Outcome.GOOD, now, evidence=evidence)


def _bad(reason: str, now: dt.datetime, **evidence: Any) -> Finding:
    return Finding(Outcome.BAD, now, reason=reason, evidence=evidence)


def _undecided(reason: str, now: dt.datetime, **evidence: Any) -> Finding:
    return Finding(Outcome.UNDECIDED, now, reason=reason, evidence=evidence)


RECORD = ConnectorRecord(
    code="partner_center",
    address="PARTNER_CENTER_URL",
    rate=Rate(5, 20),
    cadence=Cadence(
        ((DAY, 15 * MINUTE), (3 * DAY, HOUR), (14 * DAY, 6 * HOUR), (84 * DAY, DAY)),
        later=3 * DAY,
    ),
    looks={
        Kind.MPN_ID: MpnProfile(),
        Kind.LOCATION: Location(),
        Kind.AGREEMENT: Agreement(),
        Kind.RELATIONSHIP: Relationship(),
    },
    serves=(),
    label=None,
    asked_just_now=None,
)
