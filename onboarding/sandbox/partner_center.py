"""Partner Center's twin: the token endpoint, and the calls A (MPN profile), C (agreement status), E (resellers),
D (validateresellers), J (country rules) and O (activity log).

It offers what the real API offers and nothing more: no call shows the progress of a vetting. Source:
[pc-secure-app-model],
[pc-mpn-profile], [pc-mpa-status], [pc-resellers], [pc-validate-resellers], [pc-country-rules], [pc-activity],
[pc-headers], [pc-errors], [pc-throttling].
"""

import json
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

from onboarding.sandbox.exchange import Reply, TwinCall, trouble
from onboarding.sandbox.records import Deed, Reseller
from onboarding.sandbox.shipped import STUMBLES, in_our_region
from onboarding.sandbox.world import World

TOKEN_SECONDS = 3599
KEPT_REPLIES = 500
_HELP = "https://docs.microsoft.com/partner-center/develop/verify-indirect-reseller-mpa-status"
_MPN_PATH, _STATUS_PATH, _LIST_PATH = "/v1/profiles/mpn", "/v1/compliance/csp/agreementstatus", "/v1/relationships"
# Ordered faults that change a reply instead of replacing it.
_PLAIN = (
    *("timeout", "html", "429", "500", "502", "503", "504", "broken", "nonsense", "huge"),
    *("half", "redirect", "retryable"),
)
_VALIDATE_PATH, _ACTIVITY_PATH, _RULES_PATH = (
    "/v1/partners/validateresellers",
    "/v1/auditrecords",
    "/v1/countryvalidationrules/",
)
ACTIVITY_PAGE = 20  # for any requested size, so that there is a second page to read
_DISGUISES = ("code_as_string", "pascal_case", "unknown_state", "missing_fields", "drop", "slow")


class PartnerCenterTwin:
    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        # token -> (valid until, with a user, the account's tenant)
        self._tokens: dict[str, tuple[float, bool, str]] = {}
        self._replies: OrderedDict[str, Reply] = OrderedDict()

    def token(self, asked: TwinCall) -> Reply:
        """Return the reply to ``POST /{tenant}/oauth2/token``: each refresh token brings a newer one.

        ``World.takes_refresh_token`` decides which ones are accepted.
        """
        form = {key: values[0] for key, values in parse_qs(asked.body.decode()).items()}
        self._world.log("login", asked.path, form.get("client_id", ""))
        if failing := trouble(kind := self._world.take_fault("login")):
            return failing
        grant = form.get("grant_type")
        is_good = grant == "client_credentials" or (
            grant == "refresh_token" and not kind and self._world.takes_refresh_token(form.get("refresh_token", ""))
        )
        if kind or not is_good:
            return Reply(400, {"error": "invalid_grant", "error_description": "AADSTS70008: made-up refusal."})
        return Reply(200, self._issue(asked.path.split("/")[1], with_user=grant == "refresh_token"))

    def openid_configuration(self, asked: TwinCall) -> Reply:
        """Return the reply to ``GET /{tenant}/v2.0/.well-known/openid-configuration``. Source: [ms-openid]."""
        name = asked.path.split("/")[1]
        self._world.log("login", asked.path, name)
        if failing := trouble(self._world.take_fault("login", _PLAIN)):
            return failing
        tenant = self._world.tenant_id(name)
        if not tenant:
            said = f"AADSTS90002: Tenant '{name}' not found. Check to make sure you have the correct tenant ID."
            return Reply(400, {"error": "invalid_tenant", "error_description": said, "error_codes": [90002]})
        base = f"https://login.microsoftonline.com/{tenant}"
        return Reply(
            200,
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
            },
        )

    def answer(self, asked: TwinCall) -> Reply | None:
        """Return the reply; None if the address is not one of Partner Center's."""
        service = self._service(asked)
        if service is None:
            return None
        subject = asked.query.get("mpnid") or asked.query.get("tenantid") or ""
        self._world.log("partner_center", asked.path, subject, asked.headers.get("MS-RequestId", ""))
        return self._with_headers(asked, self._refusal(asked) or self._ordered(asked) or self._once(asked, service))

    def _service(self, asked: TwinCall) -> Callable[[TwinCall], Reply] | None:
        if asked.method == "GET" and asked.path.startswith(_RULES_PATH):
            return _country_rules
        return {
            ("GET", _MPN_PATH): self._mpn_profile,
            ("GET", _STATUS_PATH): self._agreement_status,
            ("GET", _LIST_PATH): self._resellers,
            ("POST", _VALIDATE_PATH): self._validate,
            ("GET", _ACTIVITY_PATH): self._activity,
        }.get((asked.method, asked.path))

    def _account(self, asked: TwinCall) -> str:
        return self._tokens.get(_bearer(asked), (0.0, False, ""))[2]

    def _issue(self, tenant: str, *, with_user: bool) -> dict[str, str]:
        token = secrets.token_urlsafe(24)
        self._tokens[token] = (time.monotonic() + TOKEN_SECONDS, with_user, tenant)
        issued = {
            "token_type": "Bearer",
            "scope": "user_impersonation",
            "expires_in": str(TOKEN_SECONDS),
            "expires_on": str(int(time.time()) + TOKEN_SECONDS),
            "not_before": str(int(time.time())),
            "resource": "https://api.partnercenter.microsoft.com",
            "access_token": token,
        }
        return issued | ({"refresh_token": self._world.new_refresh_token()} if with_user else {})

    def _refusal(self, asked: TwinCall) -> Reply | None:
        kind = self._world.take_fault("partner_center", ("401", "403", "audience"))
        if kind == "audience":
            return trouble(kind)
        until, with_user, _tenant = self._tokens.get(_bearer(asked), (0.0, False, ""))
        if kind == "401" or until < time.monotonic():
            return _error(401, 800001, "Access token is missing or expired.", "PartnerApiServiceCore")
        app_may_ask = asked.path in (_VALIDATE_PATH, _ACTIVITY_PATH) or asked.path.startswith(_RULES_PATH)
        closed = asked.path == _ACTIVITY_PATH and self._world.activity_closed
        if kind == "403" or closed or not (with_user or app_may_ask):
            return _error(403, 900329, "This API does not support App only authentication.", "PartnerApiServiceCore")
        return None

    def _ordered(self, asked: TwinCall) -> Reply | None:
        """Return the fault that was ordered under ``/__sim__/faults``, or by a magic MPN ID."""
        mpn_id = asked.query.get("mpnid", "")
        kind, times = STUMBLES.get(mpn_id[-3:], ("", 0))
        ordered = self._world.take_fault("partner_center", _PLAIN)
        return trouble(ordered or self._world.stumble(f"{asked.path} {mpn_id}", kind, times), subject=mpn_id)

    def _once(self, asked: TwinCall, service: Callable[[TwinCall], Reply]) -> Reply:
        """Return the first reply to this ``MS-RequestId`` again, if it was seen before."""
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

    def _mpn_profile(self, asked: TwinCall) -> Reply:
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
                "partnerName": reseller.name if reseller.is_named else "",
                "profileType": "MpnProfile",
                "links": {"self": {"uri": f"/profiles/mpn?mpnId={mpn_id}", "method": "GET", "headers": []}},
                "attributes": {"objectType": "MpnProfile"},
            },
        )

    def _agreement_status(self, asked: TwinCall) -> Reply:
        mpn_id, tenant = asked.query.get("mpnid", ""), asked.query.get("tenantid", "")
        if mpn_id and tenant:
            return _error(400, 2000, "Only one of mpnId and tenantId may be given.", "ComplianceController")
        if not mpn_id and not tenant:
            return _error(400, 2001, "One of mpnId and tenantId is needed.", "ComplianceController")
        if tenant:
            return self._status_of_tenant(tenant)
        if not mpn_id.isdigit():
            return _error(400, 2000, "MPN Id must be numeric.", "PartnerApiServiceControllers")
        return self._status_of_location(mpn_id, self._account(asked))

    def _status_of_location(self, mpn_id: str, account: str) -> Reply:
        reseller = self._world.reseller(mpn_id)
        # The real call accepts a global account; see the table MAGIC.
        if reseller is None or mpn_id.endswith("99"):
            return _error(400, 2200, "The given MPN ID is invalid or not present in Partner Center.", "PartnerFD")
        other_region = _error(400, 2201, "The reseller's region does not match the partner's region.”", "PartnerFD")
        if self._world.region_before_enrolment and not in_our_region(reseller, account):
            return other_region
        if reseller.csp == "none":
            return _error(400, 2204, "No CSP account is associated with the given MPN ID.", "PartnerFD")
        if not in_our_region(reseller, account):
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

    def _resellers(self, asked: TwinCall) -> Reply:
        if asked.query.get("relationship_type") != "IsIndirectCloudSolutionProviderOf":
            return _error(400, 900126, "Invalid value for relationship_type.", "PartnerApiServiceCore")
        account = self._account(asked)
        items = [_relationship(reseller) for reseller in self._world.linked() if in_our_region(reseller, account)]
        return Reply(200, {"totalCount": len(items), "items": items, "attributes": {"objectType": "Collection"}})

    def _validate(self, asked: TwinCall) -> Reply:
        try:
            wish = {key.lower(): value for key, value in asked.json().items()}
        except ValueError:
            wish = {}
        asked_for = wish.get("partnerids")
        if not isinstance(asked_for, list) or not asked_for or not all(isinstance(one, str) for one in asked_for):
            return _error(400, 2000, "partnerIds must be a list of strings.", "PartnerApiServiceControllers")
        account = self._account(asked)
        return Reply(200, {"validationResults": [self._validation(mpn_id, account) for mpn_id in asked_for]})

    def _validation(self, mpn_id: str, account: str) -> dict[str, Any]:
        reseller = self._world.reseller(mpn_id)
        if reseller is None or mpn_id.endswith("99"):
            return _not_valid(mpn_id, 900400, "The PLA ID (formerly MPN ID) is not valid. (Made up.)")
        if reseller.csp != "active" or not reseller.linked or not in_our_region(reseller, account):
            return _not_valid(mpn_id, 900154, "The PLA is not linked to an active CSP indirect reseller. (Made up.)")
        if reseller.suspended or not reseller.agreement_signed:
            return _not_valid(mpn_id, 900999, "The reseller is suspended. (Made up, and so is the code.)")
        return {"partnerId": mpn_id, "isValidPartnerIdOnRecord": True}

    def _activity(self, asked: TwinCall) -> Reply:
        since, until = asked.query.get("startdate", ""), asked.query.get("enddate", "")
        deeds = [d for d in self._world.activity() if since <= d.at[:10] <= (until or "9999")]
        token = asked.headers.get("MS-ContinuationToken", "")
        start = int(token) if token.isdigit() and asked.query.get("seekoperation") == "Next" else 0
        page = deeds[start : start + ACTIVITY_PAGE]
        links: dict[str, Any] = {"self": {"uri": "/auditrecords", "method": "GET", "headers": []}}
        if start + ACTIVITY_PAGE < len(deeds):
            header = {"key": "MS-ContinuationToken", "value": str(start + ACTIVITY_PAGE)}
            links["next"] = {"uri": "/auditrecords?seekOperation=Next", "method": "GET", "headers": [header]}
        items = [_activity_line(deed) for deed in page]
        return Reply(200, {"totalCount": len(items), "items": items, "links": links})

    @staticmethod
    def _with_headers(asked: TwinCall, reply: Reply) -> Reply:
        own = {
            "MS-CorrelationId": asked.headers.get("MS-CorrelationId") or str(uuid.uuid4()),
            "MS-RequestId": asked.headers.get("MS-RequestId") or str(uuid.uuid4()),
            "MS-CV": secrets.token_urlsafe(12),
            "MS-ServerId": "sandbox",
        }
        return replace(reply, headers=own | reply.headers)


def _error(status: int, code: int, description: str, source: str) -> Reply:
    return Reply(status, {"code": code, "description": description, "data": [_HELP], "source": source})


def _bearer(asked: TwinCall) -> str:
    return str(asked.headers.get("Authorization", "")).removeprefix("Bearer ")


def _not_valid(mpn_id: str, code: int, text: str) -> dict[str, Any]:
    return {"partnerId": mpn_id, "isValidPartnerIdOnRecord": False, "errorCode": code, "errorDescription": text}


def _activity_line(deed: Deed) -> dict[str, Any]:
    return {
        "partnerId": "66666666-7777-4888-8999-aaaaaaaaaaaa",
        "userPrincipalName": "somebody@ingram.example",
        "resourceType": deed.resource,
        "resourceNewValue": json.dumps({"Id": deed.tenant, "MpnId": deed.mpn_id}),
        "operationType": deed.operation,
        "operationDate": deed.at,
        "operationStatus": "succeeded",
        "customizedData": [{"key": "MpnId", "value": deed.mpn_id}],
        "attributes": {"objectType": "AuditRecord"},
    }


# Microsoft's rules in a few countries, made up after its documentation's sample.
_RULES = {
    "FR": (r"^\d{5}$", r"^(\+?33|0)[1-9]([ .-]?\d{2}){4}$"),
    "BE": (r"^\d{4}$", r"^[0-9 ./+-]{8,16}$"),
    "RE": (r"^974\d{2}$", r"^(\+?262|0)[0-9 ]{9,12}$"),
    "DE": (r"^\d{5}$", r"(\d+)+$"),  # a pattern that could run for ever, which another company's may do
}


def _country_rules(asked: TwinCall) -> Reply:
    iso2 = asked.path.removeprefix(_RULES_PATH).upper()
    if not re.fullmatch(r"[A-Z]{2}", iso2):
        return _error(400, 2000, "The country code is not valid.", "PartnerApiServiceControllers")
    postal, phone = _RULES.get(iso2, ("", ""))
    return Reply(
        200,
        {
            "iso2Code": iso2,
            "defaultCulture": f"{iso2.lower()}-{iso2}",
            "isStateRequired": False,
            "isPostalCodeRequired": bool(postal),
            "postalCodeRegex": postal,
            "isCityRequired": True,
            "phoneNumberRegex": phone,
            "isRegistrationNumberSupported": True,
            "attributes": {"objectType": "CountryInformation"},
        },
    )


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
