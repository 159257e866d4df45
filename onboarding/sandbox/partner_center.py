"""Partner Center's twin: the token endpoint, and the calls A (MPN profile), C (agreement status) and E (resellers).

It offers what the real API offers and nothing more: no call tells how far a vetting is. Source:
domain/partner-center.md 3.1 to 3.8 and 3.10, and https://learn.microsoft.com/en-us/partner-center/developer/.
"""

import re
import secrets
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from onboarding.sandbox.exchange import Asked, Reply, trouble
from onboarding.sandbox.world import STUMBLES, Reseller, World, in_our_region

TOKEN_SECONDS = 3599
KEPT_REPLIES = 500
_HELP = "https://docs.microsoft.com/partner-center/develop/verify-indirect-reseller-mpa-status"
_MPN_PATH, _STATUS_PATH, _LIST_PATH = "/v1/profiles/mpn", "/v1/compliance/csp/agreementstatus", "/v1/relationships"
# Ordered trouble that changes an answer rather than replacing it.
_DISGUISES = ("code_as_string", "pascal_case", "unknown_state", "missing_fields", "drop", "slow")


class PartnerCenterTwin:
    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[float, bool]] = {}  # token -> (good until, with a user)
        self._replies: OrderedDict[str, Reply] = OrderedDict()

    def token(self, asked: Asked) -> Reply:
        """``POST /{tenant}/oauth2/token``. Any refresh token is good but one that contains "expired"."""
        form = {key: values[0] for key, values in parse_qs(asked.body.decode()).items()}
        self._world.log("login", asked.path, form.get("client_id", ""))
        if failing := trouble(kind := self._world.take_fault("login")):
            return failing
        grant = form.get("grant_type")
        is_good = grant == "client_credentials" or (grant == "refresh_token" and form.get("refresh_token"))
        if kind or not is_good or "expired" in form.get("refresh_token", ""):
            return Reply(400, {"error": "invalid_grant", "error_description": "AADSTS70008: made-up refusal."})
        return Reply(200, self._issue(with_user=grant == "refresh_token"))

    def answer(self, asked: Asked) -> Reply | None:
        """None if this is no address of Partner Center's."""
        service = {_MPN_PATH: self._mpn_profile, _STATUS_PATH: self._agreement_status, _LIST_PATH: self._resellers}.get(
            asked.path
        )
        if service is None or asked.method != "GET":
            return None
        self._world.log("partner_center", asked.path, asked.query.get("mpnid") or asked.query.get("tenantid") or "")
        return self._with_headers(asked, self._refusal(asked) or self._ordered(asked) or self._once(asked, service))

    def _issue(self, *, with_user: bool) -> dict[str, str]:
        token = secrets.token_urlsafe(24)
        self._tokens[token] = (time.monotonic() + TOKEN_SECONDS, with_user)
        issued = {
            "token_type": "Bearer",
            "scope": "user_impersonation",
            "expires_in": str(TOKEN_SECONDS),
            "expires_on": str(int(time.time()) + TOKEN_SECONDS),
            "not_before": str(int(time.time())),
            "resource": "https://api.partnercenter.microsoft.com",
            "access_token": token,
        }
        return issued | ({"refresh_token": secrets.token_urlsafe(24)} if with_user else {})

    def _refusal(self, asked: Asked) -> Reply | None:
        kind = self._world.take_fault("partner_center", ("401", "403"))
        token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        until, with_user = self._tokens.get(token, (0.0, False))
        if kind == "401" or until < time.monotonic():
            return _error(401, 800001, "Access token is missing or expired.", "PartnerApiServiceCore")
        if kind == "403" or not with_user:
            return _error(403, 900329, "This API does not support App only authentication.", "PartnerApiServiceCore")
        return None

    def _ordered(self, asked: Asked) -> Reply | None:
        """Trouble ordered under ``/__sim__/faults``, or by a magic MPN ID."""
        plain = ("timeout", "html", "429", "500", "502", "503", "504", "broken", "nonsense", "huge")
        mpn_id = asked.query.get("mpnid", "")
        kind, times = STUMBLES.get(mpn_id[-3:], ("", 0))
        ordered = self._world.take_fault("partner_center", plain)
        return trouble(ordered or self._world.stumble(f"{asked.path} {mpn_id}", kind, times), subject=mpn_id)

    def _once(self, asked: Asked, service: Callable[[Asked], Reply]) -> Reply:
        """The first answer to this ``MS-RequestId`` again, if it was seen before."""
        request_id = asked.headers.get("MS-RequestId", "")
        with self._lock:
            if request_id in self._replies:
                return self._replies[request_id]
        disguise = self._world.take_fault("partner_center", _DISGUISES)
        reply = _disguised(service(asked), disguise)
        if request_id:
            with self._lock:
                self._replies[request_id] = reply
                while len(self._replies) > KEPT_REPLIES:
                    self._replies.popitem(last=False)
        return reply.late() if disguise == "slow" else replace(reply, hang_up=disguise == "drop")

    def _mpn_profile(self, asked: Asked) -> Reply:
        mpn_id = asked.query.get("mpnid", "")
        if not mpn_id.isdigit():
            return _error(400, 2000, "MPN Id must be numeric.", "PartnerApiServiceControllers")
        reseller = self._world.reseller(mpn_id)
        if reseller is None:
            return _error(404, 3000, f"Partner Organization with partner_id {mpn_id} could not be found", "PartnerFD")
        return Reply(
            200,
            {
                "mpnId": mpn_id,
                "partnerName": reseller.name,
                "profileType": "MpnProfile",
                "links": {"self": {"uri": f"/profiles/mpn?mpnId={mpn_id}", "method": "GET", "headers": []}},
                "attributes": {"objectType": "MpnProfile"},
            },
        )

    def _agreement_status(self, asked: Asked) -> Reply:
        mpn_id, tenant = asked.query.get("mpnid", ""), asked.query.get("tenantid", "")
        if mpn_id and tenant:
            return _error(400, 2000, "Only one of mpnId and tenantId may be given.", "ComplianceController")
        if not mpn_id and not tenant:
            return _error(400, 2001, "One of mpnId and tenantId is needed.", "ComplianceController")
        if tenant:
            return self._status_of_tenant(tenant)
        if not mpn_id.isdigit():
            return _error(400, 2000, "MPN Id must be numeric.", "PartnerApiServiceControllers")
        return self._status_of_location(mpn_id)

    def _status_of_location(self, mpn_id: str) -> Reply:
        reseller = self._world.reseller(mpn_id)
        # The real call accepts a global account; see the table MAGIC.
        if reseller is None or mpn_id.endswith("99"):
            return _error(400, 2200, "The given MPN ID is invalid or not present in Partner Center.", "PartnerFD")
        other_region = _error(400, 2201, "The reseller's region does not match the partner's region.”", "PartnerFD")
        if self._world.region_before_enrolment and not in_our_region(reseller):
            return other_region
        if reseller.csp == "none":
            return _error(400, 2204, "No CSP account is associated with the given MPN ID.", "PartnerFD")
        if not in_our_region(reseller):
            return other_region
        if not reseller.agreement_signed:
            return _error(400, 2203, "The reseller has not signed the agreement in this region.", "PartnerFD")
        return Reply(200, {"isAgreementSigned": True})

    def _status_of_tenant(self, tenant: str) -> Reply:
        if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", tenant):
            return _error(400, 2000, "Tenant ID must be a GUID.", "PartnerApiServiceControllers")
        reseller = self._world.reseller_of_tenant(tenant)
        if reseller is None:
            return _error(400, 2205, "The given tenant ID is not present in Partner Center.", "PartnerFD")
        if not reseller.agreement_signed:
            return _error(400, 2206, "The resler has not signed the agreement.", "PartnerFD")
        return Reply(200, {"isAgreementSigned": True})

    def _resellers(self, asked: Asked) -> Reply:
        if asked.query.get("relationship_type") != "IsIndirectCloudSolutionProviderOf":
            return _error(400, 900126, "Invalid value for relationship_type.", "PartnerApiServiceCore")
        items = [_relationship(reseller) for reseller in self._world.linked()]
        return Reply(200, {"totalCount": len(items), "items": items, "attributes": {"objectType": "Collection"}})

    @staticmethod
    def _with_headers(asked: Asked, reply: Reply) -> Reply:
        own = {
            "MS-CorrelationId": asked.headers.get("MS-CorrelationId") or str(uuid.uuid4()),
            "MS-RequestId": asked.headers.get("MS-RequestId") or str(uuid.uuid4()),
            "MS-CV": secrets.token_urlsafe(12),
            "MS-ServerId": "sandbox",
        }
        return replace(reply, headers=own | reply.headers)


def _error(status: int, code: int, description: str, source: str) -> Reply:
    return Reply(status, {"code": code, "description": description, "data": [_HELP], "source": source})


def _relationship(reseller: Reseller) -> dict[str, Any]:
    return {
        "id": reseller.tenant,
        "name": reseller.name,
        "relationshipType": "is_indirect_cloud_solution_provider_of",
        "state": "Active",
        "mpnId": reseller.mpn_id,
        "location": reseller.country,
        "attributes": {"objectType": "PartnerRelationship"},
    }


def _disguised(reply: Reply, kind: str) -> Reply:
    body = reply.body
    if kind == "code_as_string" and "code" in body:
        body = body | {"code": str(body["code"])}
    if kind == "pascal_case":
        body = _pascal(body)
    if kind == "unknown_state":
        body = body | {"items": [item | {"state": "Suspended"} for item in body.get("items", [])]}
    if kind == "missing_fields":
        kept = {"mpnId", "items", "code"}
        body = {key: value for key, value in body.items() if key in kept}
    return replace(reply, body=body)


def _pascal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: _pascal(inner) for key, inner in value.items()}
    return [_pascal(inner) for inner in value] if isinstance(value, list) else value
