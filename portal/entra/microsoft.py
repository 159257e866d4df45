"""Ask Microsoft: where to sign in, with which keys it signs, a token for a code, and Graph.

Source: [ms-openid], [entra-code-flow], [entra-signing-keys], [graph-organization], [graph-member-of].
"""

import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.conf import settings

from portal import outbound
from portal.entra.ways import Way, login_origin

KEPT_SECONDS = 3600.0  # a copy of what is published; Microsoft advises a day at most
# A token with an unknown key has the keys read again, because they rotate, but not more often than this.
READ_AGAIN_SECONDS = 30.0
MOST_PAGES = 20  # of groups


class MicrosoftError(Exception):
    """Microsoft refused or did not answer. ``code`` is one of ``portal.entra.problems``, ``number`` as AADSTS50011."""

    def __init__(self, code: str, *, number: str = "") -> None:
        super().__init__(f"{code} {number}".strip())
        self.code, self.number = code, number


@dataclass(frozen=True)
class Published:
    """What Microsoft publishes of itself for a way. ``issuer`` may have the placeholder {tenantid}."""

    authorize: str
    token: str
    keys: str
    sign_out: str
    issuer: str

    def issuer_of(self, tenant: str) -> str:
        return self.issuer.replace("{tenantid}", tenant)


@dataclass(frozen=True)
class Tokens:
    id_token: str = field(repr=False)
    access_token: str = field(repr=False)
    scope: frozenset[str]

    @property
    def may_read_user(self) -> bool:
        return bool({"user.read", "https://graph.microsoft.com/user.read"} & {one.lower() for one in self.scope})


@dataclass(frozen=True)
class Organization:
    """A tenant as it describes itself to a person who signed in there. ``domains`` are those it has verified."""

    tenant: str
    name: str
    domains: tuple[str, ...]


@dataclass
class _Kept:
    at: float
    value: Any


_kept: dict[str, _Kept] = {}
_lock = threading.Lock()


def published(way: Way) -> Published:
    """Return the addresses of Microsoft's sign-in. Raises: MicrosoftError."""
    url = f"{settings.ENTRA_LOGIN_URL}/{way.tenant}/v2.0/.well-known/openid-configuration"
    body = _read(url, newer_than=KEPT_SECONDS)
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint", "issuer")
    found = [body.get(name) for name in names]
    # Another host would be told our secret, or would sign for Microsoft.
    if not all(isinstance(one, str) and _origin(one) == login_origin() for one in found):
        raise MicrosoftError("unusable_answer")
    return Published(*[str(one) for one in found])


def key_of(way: Way, key_id: str) -> Any:
    """Return the public key with this ID, None if Microsoft has none. Raises: MicrosoftError."""
    url = published(way).keys
    for newer_than in (KEPT_SECONDS, READ_AGAIN_SECONDS):
        for one in _list(_read(url, newer_than=newer_than).get("keys")):
            if isinstance(one, dict) and one.get("kid") == key_id and key_id and one.get("kty") == "RSA":
                return _public_key(one)
    return None


def redeem(way: Way, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """Return the tokens for a code, which works once. Raises: MicrosoftError."""
    sent = {
        "client_id": way.client_id,
        "client_secret": way.secret,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    body = _ask("POST", published(way).token, system=settings.ENTRA_LOGIN_URL, data=sent)
    tokens = [body.get(name) for name in ("id_token", "access_token")]
    if not all(isinstance(one, str) for one in tokens):
        raise MicrosoftError("unusable_answer")
    return Tokens(str(tokens[0]), str(tokens[1]), frozenset(str(body.get("scope") or "").split()))


def groups_of(token: str) -> frozenset[str]:
    """Return the IDs of all groups of the person whose token this is. Raises: MicrosoftError."""
    url, found = f"{settings.ENTRA_GRAPH_URL}/me/transitiveMemberOf?$select=id&$top=999", set[str]()
    for _page in range(MOST_PAGES):
        body = _ask("GET", url, system=settings.ENTRA_GRAPH_URL, headers={"Authorization": f"Bearer {token}"})
        found |= {str(one.get("id")).lower() for one in _list(body.get("value")) if isinstance(one, dict)}
        following = body.get("@odata.nextLink")
        if not following:
            return frozenset(found)
        if not isinstance(following, str) or _origin(following) != _origin(settings.ENTRA_GRAPH_URL):
            break
        url = following
    raise MicrosoftError("unusable_answer")


def organization(token: str) -> Organization:
    """Return the tenant of the person whose token this is. Raises: MicrosoftError."""
    url = f"{settings.ENTRA_GRAPH_URL}/organization?$select=id,displayName,verifiedDomains"
    body = _ask("GET", url, system=settings.ENTRA_GRAPH_URL, headers={"Authorization": f"Bearer {token}"})
    first = next((one for one in _list(body.get("value")) if isinstance(one, dict)), None)
    if first is None:
        raise MicrosoftError("unusable_answer")
    domains = [one.get("name") for one in _list(first.get("verifiedDomains")) if isinstance(one, dict)]
    names = tuple(name.lower()[:253] for name in domains if isinstance(name, str))
    return Organization(str(first.get("id")).lower(), str(first.get("displayName") or "")[:200], names[:100])


def number_of(description: str) -> str:
    """Return the number of Microsoft's error, as AADSTS50011; '' if its text has none."""
    found = re.search(r"\bAADSTS\d{4,9}\b", description)
    return found.group() if found else ""


def forget() -> None:
    """Forget what was read, so that it is read again."""
    with _lock:
        _kept.clear()


def _read(url: str, *, newer_than: float) -> dict[str, Any]:
    """Return what is published at an address, from a copy that is not older than so many seconds if there is one."""
    now = time.monotonic()
    with _lock:
        copy = _kept.get(url)
    if copy is not None and now - copy.at < newer_than:
        return dict(copy.value)
    try:
        body = _ask("GET", url, system=settings.ENTRA_LOGIN_URL)
    except MicrosoftError:
        if copy is None or newer_than < KEPT_SECONDS:
            raise
        return dict(copy.value)  # keys and addresses of an hour ago are better than nobody signing in
    with _lock:
        _kept[url] = _Kept(now, body)
    return body


def _ask(method: str, url: str, *, system: str, **sent: Any) -> dict[str, Any]:
    try:
        answer = outbound.request(method, url, system=system, **sent)
        body = answer.json()
    except (outbound.Unreachable, outbound.AddressRefused, outbound.TooLarge) as error:
        raise MicrosoftError("no_answer") from error
    except (ValueError, RecursionError) as error:
        raise MicrosoftError("unusable_answer") from error
    if not isinstance(body, dict):
        raise MicrosoftError("unusable_answer")
    if answer.status != 200:
        number = number_of(str(body.get("error_description") or ""))
        raise MicrosoftError("no_answer" if answer.status in (429, 500, 502, 503, 504) else "refused", number=number)
    return body


def _public_key(one: dict[str, Any]) -> Any:
    try:
        return jwt.PyJWK(one, algorithm="RS256").key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise MicrosoftError("unusable_answer") from error


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
