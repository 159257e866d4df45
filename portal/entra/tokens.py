"""Verify an ID token of Microsoft's identity platform, and return whom it names.

The e-mail claim names nobody: anybody can write anything into it in a tenant of their own. A person is the tenant's ID
with the ID of their object there. Source: [entra-claims], [entra-id-token], [openid-core].
"""

import re
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import jwt

from portal.entra.ways import Way

ALGORITHM = "RS256"  # the only one that Microsoft signs with; never the one that a token names
LEEWAY_SECONDS = 60
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
GLOBAL_ADMIN = "62e90394-69f5-4237-9190-012177145e10"  # the role's template, equal in every tenant
LONGEST_TOKEN = 50_000  # characters
_REQUIRED = ["exp", "iat", "nbf", "iss", "aud", "sub"]


class Refusal(StrEnum):
    """Why a token is not accepted. Each has a sentence in ``portal.entra.problems``."""

    BROKEN = "token_broken"
    ALGORITHM = "token_algorithm"
    UNKNOWN_KEY = "token_unknown_key"
    SIGNATURE = "token_signature"
    EXPIRED = "token_expired"
    AUDIENCE = "token_audience"
    ISSUER = "token_issuer"
    TENANT = "token_tenant"
    PERSONAL = "token_personal"
    NONCE = "token_nonce"
    NOBODY = "token_nobody"


class TokenRefusedError(Exception):
    """The token is not accepted."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Identity:
    """Whom a verified token names.

    ``name`` and ``address`` are for showing only. ``groups`` is None when the token leaves them out because there are
    too many. ``signed_in_at`` is a moment in seconds since 1970, None when Microsoft does not say it.
    """

    tenant: str
    object_id: str
    name: str
    address: str
    groups: frozenset[str] | None
    roles: frozenset[str]
    has_second_factor: bool
    signed_in_at: float | None

    @property
    def uid(self) -> str:
        return f"{self.tenant}:{self.object_id}"

    @property
    def is_global_admin(self) -> bool:
        return GLOBAL_ADMIN in self.roles


def verified(
    token: str, *, way: Way, nonce: str, issuer_of: Callable[[str], str], key_of: Callable[[str], Any]
) -> Identity:
    """Return whom the token names.

    ``issuer_of`` returns the exact issuer of a tenant, ``key_of`` Microsoft's public key with an ID, None if there is
    none of that ID.

    Raises: TokenRefusedError.
    """
    claims = _signed_claims(token, way=way, key_of=key_of)
    tenant = _tenant(claims, way)
    if claims["iss"] != issuer_of(tenant):
        raise TokenRefusedError(Refusal.ISSUER)
    given = claims.get("nonce")
    if not nonce or not isinstance(given, str) or not secrets.compare_digest(given.encode(), nonce.encode()):
        raise TokenRefusedError(Refusal.NONCE)
    return _identity(claims, tenant)


def _signed_claims(token: str, *, way: Way, key_of: Callable[[str], Any]) -> dict[str, Any]:
    if len(token) > LONGEST_TOKEN:
        raise TokenRefusedError(Refusal.BROKEN)
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != ALGORITHM:
            raise TokenRefusedError(Refusal.ALGORITHM)
        key = key_of(str(header.get("kid") or ""))
        if key is None:
            raise TokenRefusedError(Refusal.UNKNOWN_KEY)
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=[ALGORITHM],
            audience=way.client_id,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED, "strict_aud": True},
        )
    except jwt.InvalidSignatureError as error:
        raise TokenRefusedError(Refusal.SIGNATURE) from error
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError, jwt.InvalidIssuedAtError) as error:
        raise TokenRefusedError(Refusal.EXPIRED) from error
    except jwt.InvalidAudienceError as error:
        raise TokenRefusedError(Refusal.AUDIENCE) from error
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise TokenRefusedError(Refusal.BROKEN) from error
    if claims.get("ver") != "2.0":
        raise TokenRefusedError(Refusal.BROKEN)
    return claims


def _tenant(claims: dict[str, Any], way: Way) -> str:
    tenant, from_where = _guid(claims.get("tid")), str(claims.get("idp") or "")
    if PERSONAL_TENANT in (tenant, *from_where.split("/")) or from_where == "live.com":
        raise TokenRefusedError(Refusal.PERSONAL)
    if not tenant or (way.is_staff and tenant != way.tenant):
        raise TokenRefusedError(Refusal.TENANT)
    return tenant


def _identity(claims: dict[str, Any], tenant: str) -> Identity:
    object_id = _guid(claims.get("oid"))
    if not object_id:
        raise TokenRefusedError(Refusal.NOBODY)
    has_too_many = "groups" in _mapping(claims.get("_claim_names")) or claims.get("hasgroups") in (True, "true")
    at = claims.get("auth_time")
    return Identity(
        tenant=tenant,
        object_id=object_id,
        name=_text(claims.get("name")),
        address=_text(claims.get("email")) or _text(claims.get("preferred_username")),
        groups=None if has_too_many else _words(claims.get("groups")),
        roles=_words(claims.get("wids")),
        has_second_factor="mfa" in _words(claims.get("amr")),
        signed_in_at=float(at) if isinstance(at, int | float) and not isinstance(at, bool) else None,
    )


def _guid(value: Any) -> str:
    """Return a GUID as Microsoft writes it, in lower case; '' for anything else."""
    text = value.lower() if isinstance(value, str) else ""
    try:
        return text if str(uuid.UUID(text)) == text else ""
    except ValueError:
        return ""


def _words(value: Any) -> frozenset[str]:
    return (
        frozenset(word.lower() for word in value if isinstance(word, str)) if isinstance(value, list) else frozenset()
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """Return text that can be stored and shown on one line; '' for anything else."""
    if not isinstance(value, str):
        return ""
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]+", " ", value).strip()[:254]
