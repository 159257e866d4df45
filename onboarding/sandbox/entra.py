"""The twin of Microsoft Entra ID: an OpenID Connect server below ``/entra/``, and of Graph below ``/graph/v1.0/``.

It writes as Microsoft does: version 2.0 claims, an issuer for each tenant, ``wids``, groups or a pointer to them, keys
without ``alg``, errors with their AADSTS numbers. A tester chooses the person on a page of its own. What it can be
ordered to do wrong (``FORGERIES``, ``REFUSALS``) is what a client must notice.

Source: [ms-openid], [entra-code-flow], [entra-id-token], [entra-error-codes], [entra-signing-keys],
[graph-organization], [graph-member-of].
"""

import base64
import hashlib
import hmac
import html
import json
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from onboarding.sandbox import exchange_online
from onboarding.sandbox.entra_people import BY_KEY, GROUPS, INGRAM, OTHER, PEOPLE, TENANTS, DirectoryPerson
from onboarding.sandbox.exchange import TROUBLES, Reply, TwinCall, trouble
from onboarding.sandbox.world import World

PREFIX, GRAPH = "/entra/", "/graph/v1.0/"
STAFF_CLIENT, PARTNERS_CLIENT = (str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) for name in ("staff.apps", "partners.apps"))
SECRET = "demo-secret-of-the-sandbox"  # noqa: S105
CODE_SECONDS, TOKEN_SECONDS = 600, 3600
_PAGE = 100  # groups on a page of Graph

# What Microsoft sends a browser back with instead of a code -> OAuth's word for it.
REFUSALS = {
    "65004": "access_denied", "65001": "interaction_required", "90094": "access_denied", "50105": "access_denied",
    "50020": "invalid_request", "53003": "access_denied", "50076": "interaction_required",
    "90033": "temporarily_unavailable",
}  # fmt: skip
Claims = dict[str, Any]
# Tokens that nobody may believe -> what is wrong with their claims.
FORGERIES: dict[str, Callable[[Claims], Claims]] = {
    "expired": lambda claims: {
        **claims,
        "iat": claims["iat"] - 9000,
        "nbf": claims["nbf"] - 9000,
        "exp": claims["exp"] - 9000,
    },
    "early": lambda claims: {**claims, "nbf": claims["nbf"] + 9000},
    "audience": lambda claims: {**claims, "aud": str(uuid.UUID(int=7))},
    "audiences": lambda claims: {**claims, "aud": [claims["aud"], str(uuid.UUID(int=7))]},
    "issuer": lambda claims: {**claims, "iss": claims["iss"].replace(claims["tid"], OTHER.id)},
    "foreign_issuer": lambda claims: {**claims, "iss": f"https://login.evil.example/{claims['tid']}/v2.0"},
    "tenant": lambda claims: {**claims, "tid": OTHER.id, "iss": claims["iss"].replace(claims["tid"], OTHER.id)},
    "tenant_only": lambda claims: {**claims, "tid": OTHER.id},
    "no_tenant": lambda claims: _without(claims, "tid"),
    "nonce": lambda claims: {**claims, "nonce": "another"},
    "no_nonce": lambda claims: _without(claims, "nonce"),
    "no_oid": lambda claims: _without(claims, "oid"),
    "odd_oid": lambda claims: {**claims, "oid": "admin@nuages.example"},
    "no_exp": lambda claims: _without(claims, "exp"),
    "version_1": lambda claims: {**claims, "ver": "1.0"},
    "guest_of_personal": lambda claims: {**claims, "idp": "live.com"},
}
# The same of how they are signed.
SIGNATURES = ("alg_none", "hs256", "stranger_key", "unknown_kid", "cut", "no_jwt")
_RENAMED = ("new_address",)  # the person, with another e-mail address than before
KINDS = {*REFUSALS, *FORGERIES, *SIGNATURES, *_RENAMED, *TROUBLES, "no_consent"}


@dataclass(frozen=True)
class _Code:
    person: DirectoryPerson
    sent: dict[str, str]
    at: float


class EntraTwin:
    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._codes: dict[str, _Code] = {}
        self._spent: set[str] = set()
        self._tokens: dict[str, tuple[DirectoryPerson, frozenset[str]]] = {}
        self._keys: dict[int, RSAPrivateKey] = {}

    def answer(self, asked: TwinCall) -> Reply:
        """Return the reply of the sign-in or of Graph."""
        self._world.log("entra", asked.path, asked.query.get("client_id", ""))
        if asked.path.startswith(GRAPH):
            return self._graph(asked)
        tenant, _slash, rest = asked.path.removeprefix(PREFIX).partition("/")
        known = {"organizations", "common", *(one.id for one in TENANTS)}
        if tenant not in known:
            return _error(400, "invalid_tenant", 90002, f"Tenant '{tenant}' not found.")
        deed = {
            ("GET", "v2.0/.well-known/openid-configuration"): self._configuration,
            ("GET", "discovery/v2.0/keys"): self._jwks,
            ("GET", "oauth2/v2.0/authorize"): self._authorize,
            ("POST", "oauth2/v2.0/authorize"): self._chosen,
            ("POST", "oauth2/v2.0/token"): self._token,
            ("GET", "oauth2/v2.0/logout"): _signed_out,
        }.get((asked.method, rest))
        return deed(asked) if deed else Reply(404, html="<!doctype html><title>404</title>")

    # --- what is published --------------------------------------------------------------------------------------
    def _configuration(self, asked: TwinCall) -> Reply:
        if failing := trouble(self._world.take_fault("entra", TROUBLES)):
            return failing
        base, tenant = _base(asked), asked.path.removeprefix(PREFIX).split("/")[0]
        # The issuer of "organizations" has a placeholder: each tenant has its own.
        issuer = "{tenantid}" if tenant in ("organizations", "common") else tenant
        return Reply(
            200,
            {
                "token_endpoint": f"{base}/{tenant}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                    "client_secret_basic",
                ],
                "jwks_uri": f"{base}/{tenant}/discovery/v2.0/keys",
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "issuer": f"{base}/{issuer}/v2.0",
                "authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/authorize",
                "end_session_endpoint": f"{base}/{tenant}/oauth2/v2.0/logout",
                "claims_supported": [
                    "sub",
                    "iss",
                    "aud",
                    "exp",
                    "iat",
                    "auth_time",
                    "acr",
                    "nonce",
                    "name",
                    "tid",
                    "ver",
                ],
                "tenant_region_scope": None,
                "cloud_instance_name": "microsoftonline.com",
            },
        )

    def _jwks(self, asked: TwinCall) -> Reply:
        if failing := trouble(self._world.take_fault("entra", TROUBLES)):
            return failing
        numbers = self._key(self._world.entra_keys).public_key().public_numbers()
        key_id = self._key_id()
        key = {"kty": "RSA", "use": "sig", "kid": key_id, "x5t": key_id, "n": _wide(numbers.n), "e": _wide(numbers.e)}
        return Reply(200, {"keys": [{**key, "issuer": f"{_base(asked)}/{{tenantid}}/v2.0"}]})

    def _key(self, generation: int) -> RSAPrivateKey:
        with self._lock:
            if generation not in self._keys:
                self._keys[generation] = generate_private_key(public_exponent=65537, key_size=2048)
            return self._keys[generation]

    def _key_id(self) -> str:
        generation = self._world.entra_keys
        public = self._key(generation).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return _short(public)[:27]

    # --- the person's browser -----------------------------------------------------------------------------------
    def _authorize(self, asked: TwinCall) -> Reply:
        problem = _wrong_with(asked)
        if problem:
            return Reply(
                400, html=_page("Sign in", f"<h1>Sorry, but we're having trouble signing you in.</h1><p>{problem}</p>")
            )
        number = self._world.take_fault("entra", tuple(REFUSALS))
        if number:
            said = f"AADSTS{number}: Made-up refusal. Trace ID: {uuid.uuid4()} Timestamp: 2026-11-30 03:00:00Z"
            return _back(asked.query, error=REFUSALS[number], error_description=said)
        return Reply(200, html=self._choice(asked))

    def _choice(self, asked: TwinCall) -> str:
        tenant = asked.path.removeprefix(PREFIX).split("/")[0]
        people = [one for one in PEOPLE if tenant in (one.tenant.id, "organizations", "common")]
        kept = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in asked.query.items()
        )
        rows = "".join(
            f'<p><button name="person" value="{one.key}">{html.escape(one.name)}</button> '
            f"{html.escape(one.user)}, {html.escape(one.tenant.name)}: {html.escape(one.shows)}</p>"
            for one in people
        )
        intro = "<h1>Pick an account</h1><p>The sandbox plays Microsoft. All of these people are made up.</p>"
        cancel = '<p><button name="person" value="">Cancel</button></p>'
        return _page("Sign in to your account", f'{intro}<form method="post">{kept}{rows}{cancel}</form>')

    def _chosen(self, asked: TwinCall) -> Reply:
        sent = {key.lower(): value for key, value in parse_qsl(asked.body.decode())}
        if problem := _wrong_with(TwinCall(asked.method, asked.path, sent, asked.headers, b"")):
            return Reply(400, html=_page("Sign in", f"<p>{problem}</p>"))
        person = BY_KEY.get(sent.pop("person", ""))
        if person is None:
            said = "AADSTS65004: User declined to consent to access the app."
            return _back(sent, error="access_denied", error_subcode="cancel", error_description=said)
        code = f"1.A{secrets.token_urlsafe(60)}"
        with self._lock:
            self._codes[code] = _Code(person, sent, time.monotonic())
        return _back(sent, code=code, session_state=str(uuid.uuid4()))

    # --- the portal's server ------------------------------------------------------------------------------------
    def _token(self, asked: TwinCall) -> Reply:
        if failing := trouble(self._world.take_fault("entra", TROUBLES)):
            return failing
        form = dict(parse_qsl(asked.body.decode()))
        if form.get("client_id") not in (STAFF_CLIENT, PARTNERS_CLIENT, exchange_online.MAIL_CLIENT):
            return _error(400, "unauthorized_client", 700016, "Application with this identifier was not found.")
        if form.get("client_secret") != SECRET:
            return _error(401, "invalid_client", 7000215, "Invalid client secret provided.")
        if form.get("grant_type") == "client_credentials":
            return exchange_online.token(self._world, form)
        with self._lock:
            code = form.get("code", "")
            kept = self._codes.pop(code, None)
            is_spent = code in self._spent
            self._spent.add(code)
        if refused := _refused(form, kept, is_spent=is_spent):
            return refused
        assert kept is not None
        scopes = frozenset(kept.sent.get("scope", "").split())
        if self._world.take_fault("entra", ("no_consent",)):
            scopes = scopes - {"User.Read"}
        access = secrets.token_urlsafe(200)
        self._tokens[access] = (kept.person, scopes)
        return Reply(
            200,
            {
                "token_type": "Bearer",
                "scope": " ".join(sorted(scopes)),
                "expires_in": TOKEN_SECONDS,
                "ext_expires_in": TOKEN_SECONDS,
                "access_token": access,
                "id_token": self._id_token(_base(asked), kept),
            },
        )

    def _id_token(self, base: str, kept: _Code) -> str:
        claims = self._claims(base, kept)
        kind = self._world.take_fault("entra", (*FORGERIES, *SIGNATURES, *_RENAMED))
        if kind in FORGERIES:
            claims = FORGERIES[kind](claims)
        if kind in _RENAMED:
            claims |= {"email": "renamed@nuages.example", "preferred_username": "renamed@nuages.example"}
        private, head = self._key(self._world.entra_keys), {"kid": self._key_id(), "x5t": self._key_id()}
        return _signed(claims, private, head, kind)

    def _claims(self, base: str, kept: _Code) -> Claims:
        person, now = kept.person, int(time.time())
        groups = self._world.entra_groups(person.key, person.groups)
        claims = {
            "aud": kept.sent["client_id"],
            "iss": f"{base}/{person.tenant.id}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + TOKEN_SECONDS + 300,
            "aio": secrets.token_urlsafe(40),
            "auth_time": now,
            "amr": ["pwd", "mfa"] if person.has_second_factor else ["pwd"],
            "name": person.name,
            "nonce": kept.sent.get("nonce", ""),
            "oid": person.object_id,
            "preferred_username": person.user,
            "rh": secrets.token_urlsafe(20),
            # Pairwise: another application sees another subject.
            "sub": _short(f"{person.uid} {kept.sent['client_id']}".encode()),
            "tid": person.tenant.id,
            "uti": secrets.token_urlsafe(16),
            "ver": "2.0",
            "wids": list(person.roles),
        }
        if person.mail:
            claims["email"] = person.mail
        if person.many:
            endpoint = f"https://graph.windows.net/{person.tenant.id}/users/{person.object_id}/getMemberObjects"
            claims |= {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": endpoint}}}
        elif groups:
            claims["groups"] = [GROUPS[name] for name in groups]
        return claims

    # --- Graph --------------------------------------------------------------------------------------------------
    def _graph(self, asked: TwinCall) -> Reply:
        if sent := exchange_online.send_mail(self._world, asked):
            return sent
        if failing := trouble(self._world.take_fault("entra_graph", TROUBLES)):
            return failing
        person, scopes = self._tokens.get(
            (asked.headers.get("Authorization") or "").removeprefix("Bearer "), (None, None)
        )
        if person is None or scopes is None:
            return _graph_error(401, "InvalidAuthenticationToken", "Access token validation failure.")
        if "User.Read" not in scopes:
            return _graph_error(
                403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
            )
        path = asked.path.removeprefix(GRAPH)
        if path == "organization":
            return Reply(200, {"value": [_organization(person)]})
        if path == "me/transitivememberof":
            return self._groups(asked, person)
        return _graph_error(404, "Request_ResourceNotFound", "Resource not found.")

    def _groups(self, asked: TwinCall, person: DirectoryPerson) -> Reply:
        own = [GROUPS[name] for name in self._world.entra_groups(person.key, person.groups)]
        everything = [str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{number}.groups")) for number in range(250)] + own
        start = int(asked.query.get("$skiptoken", "0"))
        page: dict[str, Any] = {
            "value": [{"@odata.type": "#microsoft.graph.group", "id": one} for one in everything[start : start + _PAGE]]
        }
        if start + _PAGE < len(everything):
            more = urlencode({"$select": "id", "$skiptoken": str(start + _PAGE)})
            page["@odata.nextLink"] = f"http://{asked.headers['Host']}/graph/v1.0/me/transitiveMemberOf?{more}"
        return Reply(200, page)


def _organization(person: DirectoryPerson) -> dict[str, Any]:
    domains = [
        {"capabilities": "Email, OfficeCommunicationsOnline", "isDefault": place == len(person.tenant.domains) - 1,
         "isInitial": place == 0, "name": name, "type": "Managed"}
        for place, name in enumerate(person.tenant.domains)
    ]  # fmt: skip
    return {"id": person.tenant.id, "displayName": person.tenant.name, "verifiedDomains": domains, "city": None}


def _wrong_with(asked: TwinCall) -> str:
    """Return what Microsoft would show instead of a choice; '' if all is well."""
    sent, tenant = asked.query, asked.path.removeprefix(PREFIX).split("/")[0]
    key = {STAFF_CLIENT: "staff", PARTNERS_CLIENT: "partners"}.get(sent.get("client_id", ""))
    if key is None or (key == "staff" and tenant != INGRAM.id):
        return "AADSTS700016: Application with this identifier was not found in the directory."
    if urlsplit(sent.get("redirect_uri", "")).path != f"/accounts/microsoft/{key}/callback/":
        return "AADSTS50011: The redirect URI specified in the request does not match those of the application."
    if sent.get("response_type") != "code" or "openid" not in sent.get("scope", "").split():
        return "AADSTS900144: The request body must contain the parameters of the code flow."
    if sent.get("code_challenge_method") != "S256" or not sent.get("code_challenge"):
        return "AADSTS9002325: Proof Key for Code Exchange is required."
    return ""


def _refused(form: dict[str, str], kept: _Code | None, *, is_spent: bool) -> Reply | None:
    if is_spent:
        return _error(400, "invalid_grant", 54005, "OAuth2 Authorization code was already redeemed.")
    if kept is None or kept.sent["client_id"] != form["client_id"]:
        return _error(400, "invalid_grant", 70000, "The provided value for the 'code' parameter is not valid.")
    if time.monotonic() - kept.at > CODE_SECONDS:
        return _error(400, "invalid_grant", 70008, "The provided authorization code has expired.")
    if kept.sent["redirect_uri"] != form.get("redirect_uri"):
        return _error(400, "invalid_grant", 50011, "The reply address does not match the one of the request.")
    hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    if base64.urlsafe_b64encode(hashed).rstrip(b"=").decode() != kept.sent["code_challenge"]:
        return _error(400, "invalid_grant", 501481, "The Code_Verifier does not match the code_challenge.")
    return None


def _signed(claims: Claims, private: RSAPrivateKey, head: dict[str, str], kind: str) -> str:
    match kind:
        case "alg_none":
            return jwt.encode(claims, "", algorithm="none", headers=head)
        case "hs256":
            public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            return _hs256(claims, public, head)
        case "stranger_key":
            return jwt.encode(claims, generate_private_key(65537, 2048), algorithm="RS256", headers=head)
        case "unknown_kid":
            return jwt.encode(claims, private, algorithm="RS256", headers={"kid": "unknown"})
        case "cut":
            # 321 letters of the signature's 342: no number of bytes is written so, whatever they are.
            return jwt.encode(claims, private, algorithm="RS256", headers=head)[:-21]
        case "no_jwt":
            return "no.jwt.at-all"
    return jwt.encode(claims, private, algorithm="RS256", headers=head)


def _hs256(claims: Claims, secret: bytes, head: dict[str, str]) -> str:
    """Return a token whose key is what everybody may read: the library refuses to make one."""
    parts = [_wrapped(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT", **head}, claims)]
    signature = hmac.new(secret, ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, _wrapped(signature)])


def _without(claims: Claims, name: str) -> Claims:
    return {key: value for key, value in claims.items() if key != name}


def _signed_out(asked: TwinCall) -> Reply:
    back = html.escape(asked.query.get("post_logout_redirect_uri", ""), quote=True)
    return Reply(
        200, html=_page("Signed out", f'<h1>You signed out of your account</h1><p><a href="{back}">Back</a></p>')
    )


def _back(sent: dict[str, str], **more: str) -> Reply:
    """Return the redirect with which Microsoft sends a browser back."""
    query = urlencode({**more, "state": sent.get("state", "")})
    return Reply(302, {}, {"Location": f"{sent['redirect_uri']}?{query}"})


def _error(status: int, word: str, number: int, said: str) -> Reply:
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    text = f"AADSTS{number}: {said} Trace ID: {trace} Correlation ID: {correlation} Timestamp: 2026-11-30 03:00:00Z"
    body = {"error": word, "error_description": text, "error_codes": [number], "timestamp": "2026-11-30 03:00:00Z"}
    return Reply(status, {**body, "trace_id": trace, "correlation_id": correlation})


def _graph_error(status: int, code: str, message: str) -> Reply:
    inner = {"date": "2026-11-30T03:00:00", "request-id": str(uuid.uuid4()), "client-request-id": str(uuid.uuid4())}
    return Reply(status, {"error": {"code": code, "message": message, "innerError": inner}})


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title></head>'
        f"<body><main>{body}</main></body></html>"
    )


def _base(asked: TwinCall) -> str:
    return f"http://{asked.headers['Host']}/entra"


def _wrapped(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _wide(number: int) -> str:
    return _wrapped(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _short(content: bytes) -> str:
    return _wrapped(hashlib.sha256(content).digest())
