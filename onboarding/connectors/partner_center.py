"""Microsoft Partner Center, as an indirect provider may read it: MPN profile, agreement status, reseller list.

Written from https://learn.microsoft.com/en-us/partner-center/developer/ (get-partner-by-mpn-id,
verify-indirect-reseller-mpa-status, retrieve-a-list-of-indirect-resellers, enable-secure-app-model, headers,
error-codes, api-throttling-guidance); what was read there: domain/partner-center.md 3.1 to 3.8.

The refresh token lives 90 days. A newer one that comes with an access token is used by this process only: the
deployment must renew the one in its environment.
"""

import datetime as dt
import re
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from onboarding.connectors.base import LaneRefusedError, PermanentError, TemporaryError
from onboarding.domain import likeness
from onboarding.domain.finding import Finding, Outcome
from onboarding.domain.subjects import AgreementSubject, MpnSubject, RelationshipSubject
from portal import outbound

RESOURCE = "https://api.partnercenter.microsoft.com"
# A token is renewed before its end, so that none expires on its way.
TOKEN_SHARE = 0.9
# The reseller list has no pages: a distributor's is far larger than any other answer.
LIST_BYTES = 30_000_000
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MpnProfile:
    """Does this MPN ID exist, and is its partner name like the typed one? The name never decides."""

    def look(self, subject: MpnSubject, *, now: dt.datetime) -> Finding:
        """Raises: TemporaryError, PermanentError."""
        answer = _get("/v1/profiles/mpn", {"mpnId": subject.mpn_id}, now=now)
        if (answer.status, answer.code) in {(404, "3000"), (400, "2000")}:
            return _bad("mpn_unknown", now, mpn_id=subject.mpn_id, **answer.evidence)
        body = answer.success()
        name = _text(body, "partnerName")
        seen_id = _text(body, "mpnId") or _text(body, "partnerId")
        if seen_id and seen_id != subject.mpn_id:
            raise TemporaryError(f"asked about {subject.mpn_id}, told about {seen_id}")
        zone = likeness.compare_names(subject.company_name, name).zone.value if name else ""
        return _good(now, mpn_id=subject.mpn_id, partner_name=name, name_zone=zone)


# What a business answer of agreementstatus means, by its code; the texts are not to be relied on.
# Source: domain/partner-center.md 3.5.
_UNKNOWN, _OTHER_REGION, _NOT_ENROLLED, _UNSIGNED = {"2200", "2205"}, {"2201"}, {"2204"}, {"2203", "2206"}


class Location:
    """Can this ID be the reseller's CSP location? How far its enrolment is, is told and does not decide."""

    def look(self, subject: AgreementSubject, *, now: dt.datetime) -> Finding:
        """Raises: TemporaryError, PermanentError."""
        answer = _agreement_status(subject, now=now)
        refused = _not_a_location(answer, subject, now=now)
        if refused:
            return refused
        progress = "not_enrolled" if answer.code in _NOT_ENROLLED else "signed" if _is_signed(answer) else "unsigned"
        return _good(now, mpn_id=subject.location_mpn_id, agreement=progress, **answer.evidence)


class Agreement:
    """Has the reseller signed the Microsoft Partner Agreement for this location?

    Signed implies that Microsoft's vetting has ended, as the agreement is only offered then.
    """

    def look(self, subject: AgreementSubject, *, now: dt.datetime) -> Finding:
        """Raises: TemporaryError, PermanentError."""
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

    The list has no filter but the name, so all of it is read and compared here; only the lines that concern this
    reseller are kept as evidence. A tenant typed as a domain cannot be compared with the list's GUIDs: MPN ID and
    country must then do, and the evidence says so.
    """

    def look(self, subject: RelationshipSubject, *, now: dt.datetime) -> Finding:
        """Raises: TemporaryError, PermanentError."""
        query = {"relationship_type": "IsIndirectCloudSolutionProviderOf"}
        body = _get("/v1/relationships", query, now=now, max_bytes=LIST_BYTES).success()
        items = body.get("items")
        if not isinstance(items, list):
            raise TemporaryError("the reseller list came without its items")
        return _find_link([_Link.read(item) for item in items if isinstance(item, dict)], subject, now=now)


@dataclass(frozen=True)
class _Link:
    tenant: str
    mpn_id: str
    country: str
    state: str

    @classmethod
    def read(cls, item: dict[str, Any]) -> "_Link":
        mpn_id = _text(item, "mpnId") or _text(item, "partnerId")
        return cls(_text(item, "id").lower(), mpn_id, _text(item, "location").upper(), _text(item, "state"))

    @property
    def is_active(self) -> bool:
        """Only this value was ever documented; any other is kept as it came and gives no right."""
        return self.state.casefold() == "active"


def _find_link(links: list[_Link], subject: RelationshipSubject, *, now: dt.datetime) -> Finding:
    has_guid = bool(_GUID.fullmatch(subject.tenant.lower()))
    ours = [link for link in links if link.tenant == subject.tenant.lower() or link.mpn_id == subject.location_mpn_id]
    facts = {
        "compared_by": ["tenant", "mpn_id", "country"] if has_guid else ["mpn_id", "country"],
        "tenant_compared": has_guid,
        "seen": [vars(link) for link in ours],
    }
    # Of this tenant; or, when the tenant cannot be compared, of whichever.
    active = [link for link in ours if link.is_active and (not has_guid or link.tenant == subject.tenant.lower())]
    same_location = [link for link in active if link.mpn_id == subject.location_mpn_id]
    if any(link.country == subject.country.upper() for link in same_location):
        return _good(now, **facts)
    if same_location:
        return _bad("relationship_other_country", now, **facts)
    if active:
        return _bad("relationship_other_location", now, **facts)
    return _undecided("not_accepted_yet", now, **facts)


def _agreement_status(subject: AgreementSubject, *, now: dt.datetime) -> "_Answer":
    answer = _get("/v1/compliance/csp/agreementstatus", {"mpnId": subject.location_mpn_id}, now=now)
    known = _UNKNOWN | _OTHER_REGION | _NOT_ENROLLED | _UNSIGNED | {"2000"}
    # Its business answers come as 400.
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

    @property
    def evidence(self) -> dict[str, Any]:
        shown = {"status": self.status, "code": self.code, "description": _text(self.body, "description")}
        return {key: value for key, value in shown.items() if value}

    def success(self) -> dict[str, Any]:
        """Raises: PermanentError if it is an error that its caller does not know."""
        if self.status != 200:
            raise PermanentError(f"Partner Center answered {self.status}, code {self.code or 'none'}")
        return self.body


def _get(path: str, query: dict[str, str], *, now: dt.datetime, max_bytes: int = outbound.MAX_BYTES) -> _Answer:
    """Ask with a token; once more with a new one if Partner Center no longer takes it.

    Raises: TemporaryError, PermanentError.
    """
    response = _send(path, query, _tokens.current(now=now), now=now, max_bytes=max_bytes)
    if response.status == 401:
        response = _send(path, query, _tokens.renewed(now=now), now=now, max_bytes=max_bytes)
    return _read(response, now=now)


def _send(path: str, query: dict[str, str], token: str, *, now: dt.datetime, max_bytes: int) -> outbound.Response:
    """Ask, and once more if no answer came: then with the same ``MS-RequestId``, so that it counts as one question."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        "MS-Contract-Version": "v1",
        "MS-RequestId": str(uuid.uuid4()),
    }
    url = settings.PARTNER_CENTER_URL + path
    for is_last in (False, True):
        try:
            headers["MS-CorrelationId"] = str(uuid.uuid4())
            return outbound.request("GET", url, headers=headers, params=query, max_bytes=max_bytes)
        except outbound.Unreachable as error:
            if is_last:
                raise TemporaryError(str(error)) from error
        except (outbound.Refused, outbound.TooLarge) as error:
            raise PermanentError(f"{type(error).__name__}: {error}") from error
    raise AssertionError("unreachable")


def _read(response: outbound.Response, *, now: dt.datetime) -> _Answer:
    """Tell a business answer from trouble. Source: domain/partner-center.md 3.8.

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
        raise LaneRefusedError(f"Partner Center refuses our sign-in, code {code or 'none'}")
    if response.status not in {200, 400, 404}:
        raise PermanentError(f"Partner Center answered {response.status}, code {code or 'none'}")
    return _Answer(response.status, code, body)


def _json(response: outbound.Response, *, now: dt.datetime) -> Any:
    """Raises: TemporaryError for an error page in HTML, or an empty body."""
    try:
        return response.json()
    except ValueError as error:
        message = f"Partner Center answered {response.status} with something else than JSON"
        raise TemporaryError(message, retry_at=response.retry_at(now)) from error


def _folded(value: Any) -> Any:
    """Samples, SDK and reality do not agree on camelCase and PascalCase: keys are compared in lower case."""
    if isinstance(value, dict):
        return {str(key).lower(): _folded(inner) for key, inner in value.items()}
    return [_folded(inner) for inner in value] if isinstance(value, list) else value


def _code(body: dict[str, Any]) -> str:
    """The code, sent as a number or as text; shape (b) calls it statusCode, the sign-in "error"."""
    return _text(body, "code") or _text(body, "statusCode") or _text(body, "error")


def _wish_in_words(body: dict[str, Any], now: dt.datetime) -> dt.datetime | None:
    found = re.search(r"in (\d{1,5}) seconds", _text(body, "message"))
    return now + dt.timedelta(seconds=int(found[1])) if found else None


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name.lower())
    return "" if value is None or isinstance(value, (dict, list)) else str(value).replace("\x00", "").strip()


class _Tokens:
    """Access tokens of this process, one for each set of credentials (App+User, Secure Application Model)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, ...], tuple[str, float]] = {}
        self._refresh: dict[tuple[str, ...], str] = {}

    def current(self, *, now: dt.datetime) -> str:
        """Raises: TemporaryError, PermanentError."""
        with self._lock:
            token, until = self._known.get(_credentials(), ("", 0.0))
            return token if time.monotonic() < until else self._fetch(now=now)

    def renewed(self, *, now: dt.datetime) -> str:
        """Raises: TemporaryError, PermanentError."""
        with self._lock:
            return self._fetch(now=now)

    def forget(self) -> None:
        with self._lock:
            self._known.clear()
            self._refresh.clear()

    def _fetch(self, *, now: dt.datetime) -> str:
        credentials = _credentials()
        self._known.pop(credentials, None)
        # Taken out first: if the newer one is refused, the next time the configured one is tried again.
        body = _sign_in(self._refresh.pop(credentials, "") or settings.PARTNER_CENTER_REFRESH_TOKEN, now=now)
        token, seconds = _text(body, "access_token"), _text(body, "expires_in")
        if not token:
            raise TemporaryError("the sign-in answered without a token")
        life = float(seconds) if seconds.isdigit() else 0.0  # documented as text, "3599"
        self._known[credentials] = token, time.monotonic() + life * TOKEN_SHARE
        self._refresh[credentials] = _text(body, "refresh_token")
        return token


_tokens = _Tokens()


def _credentials() -> tuple[str, ...]:
    return (
        settings.PARTNER_CENTER_LOGIN_URL,
        settings.PARTNER_CENTER_TENANT,
        settings.PARTNER_CENTER_CLIENT_ID,
        settings.PARTNER_CENTER_CLIENT_SECRET,
        settings.PARTNER_CENTER_REFRESH_TOKEN,
    )


def _sign_in(refresh_token: str, *, now: dt.datetime) -> dict[str, Any]:
    """Raises: TemporaryError, PermanentError; the messages hold no secret."""
    if not all((settings.PARTNER_CENTER_TENANT, settings.PARTNER_CENTER_CLIENT_ID, refresh_token)):
        raise LaneRefusedError("Partner Center's credentials are not configured")
    form = {
        "grant_type": "refresh_token",
        "resource": RESOURCE,
        "scope": "openid",
        "client_id": settings.PARTNER_CENTER_CLIENT_ID,
        "client_secret": settings.PARTNER_CENTER_CLIENT_SECRET,
        "refresh_token": refresh_token,
    }
    url = f"{settings.PARTNER_CENTER_LOGIN_URL}/{settings.PARTNER_CENTER_TENANT}/oauth2/token"
    try:
        response = outbound.request("POST", url, data=form)
    except outbound.Unreachable as error:
        raise TemporaryError(str(error)) from error
    except (outbound.Refused, outbound.TooLarge) as error:
        raise PermanentError(f"{type(error).__name__}: {error}") from error
    answer = _read(response, now=now)
    if answer.status != 200:
        raise LaneRefusedError(f"the sign-in was refused: {answer.code or answer.status}")
    return answer.body


def _good(now: dt.datetime, **evidence: Any) -> Finding:
    return Finding(Outcome.GOOD, now, evidence=evidence)


def _bad(reason: str, now: dt.datetime, **evidence: Any) -> Finding:
    return Finding(Outcome.BAD, now, reason=reason, evidence=evidence)


def _undecided(reason: str, now: dt.datetime, **evidence: Any) -> Finding:
    return Finding(Outcome.UNDECIDED, now, reason=reason, evidence=evidence)
