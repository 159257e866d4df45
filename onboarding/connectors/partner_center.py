"""Microsoft Partner Center, which an indirect provider may read: MPN profile, agreement status, reseller list.

Written from https://learn.microsoft.com/en-us/partner-center/developer/: [pc-mpn-profile], [pc-mpa-status],
[pc-resellers], [pc-validate-resellers], [pc-activity], [pc-country-rules], [pc-secure-app-model], [pc-headers],
[pc-errors], [pc-throttling].

Each CSP region has its own account (``domain.partner_center.accounts``). A refresh token lives 90 days. Each access
token brings a newer one, which is stored encrypted at once, or, without a key for encryption, used by this process
only."""

import datetime as dt
from dataclasses import replace
from typing import Any

from onboarding.connectors import tenant_directory
from onboarding.connectors.base import PermanentError, TemporaryError
from onboarding.connectors.partner_center_answers import GUID, PartnerCenterAnswer, text_of
from onboarding.connectors.partner_center_client import get
from onboarding.connectors.partner_center_lists import is_active, resellers_of
from onboarding.domain.checks import fuzzy_match
from onboarding.domain.checks.connectors import ConnectorRecord
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.checks.polling import DAY, HOUR, MINUTE, Cadence
from onboarding.domain.kinds.subjects import AgreementSubject, MpnSubject, RelationshipSubject
from onboarding.domain.partner_center import accounts, resellers
from onboarding.domain.partner_center.resellers import Seen
from onboarding.enums import Kind
from portal.work.kinds import Rate


class MpnProfile:
    """Does this MPN ID exist, and is its partner name the company's? Another name is a question to the partner."""

    def look(self, subject: MpnSubject, *, now: dt.datetime) -> Finding:
        """Return the finding. Raises: TemporaryError, PermanentError."""
        answer = get("/v1/profiles/mpn", {"mpnId": subject.mpn_id}, region=subject.csp_region, now=now)
        if (answer.status, answer.code) in {(404, "3000"), (400, "2000")}:
            return _bad("mpn_unknown", now, mpn_id=subject.mpn_id, **answer.evidence)
        body = answer.success()
        name = text_of(body, "partnerName")
        seen_id = text_of(body, "mpnId") or text_of(body, "partnerId")
        if seen_id and seen_id != subject.mpn_id:
            raise TemporaryError(f"asked about {subject.mpn_id}, told about {seen_id}")
        facts = {"mpn_id": subject.mpn_id, **_names(subject.company_name, name), **answer.ids}
        return _bad("mpn_of_another", now, **facts) if _is_of_another(facts) else _good(now, **facts)


def _names(company: str, partner_name: str) -> dict[str, Any]:
    """Return the ID's partner name, and beside the company's unless both are one."""
    zone = fuzzy_match.compare_names(company, partner_name).zone if partner_name else ""
    shown = {"field": "name", "typed": company, "seen": partner_name, "zone": str(zone)}
    names = {"partner_name": partner_name, "name_zone": str(zone)}
    return names | ({"company_name": company, "fields": [shown]} if zone in _UNSURE else {})


_UNSURE = (fuzzy_match.Zone.SIMILAR, fuzzy_match.Zone.DIFFERENT)


def _is_of_another(facts: dict[str, Any]) -> bool:
    return bool(facts["name_zone"] == fuzzy_match.Zone.DIFFERENT)


# Meaning of the business answers of agreementstatus by code, because their texts may change.
# Source: [pc-mpa-status].
_UNKNOWN, _OTHER_REGION, _NOT_ENROLLED, _UNSIGNED = {"2200", "2205"}, {"2201"}, {"2204"}, {"2203", "2206"}


class Location:
    """Can this ID be the reseller's CSP location, and is its partner name the company's?

    The state of its enrolment is recorded and does not decide.
    """

    def look(self, subject: AgreementSubject, *, now: dt.datetime) -> Finding:
        """Return the finding. Raises: TemporaryError, PermanentError."""
        answer = _agreement_status(subject, now=now)
        refused = _not_a_location(answer, subject, now=now)
        if refused:
            return refused
        progress = "not_enrolled" if answer.code in _NOT_ENROLLED else "signed" if _is_signed(answer) else "unsigned"
        names = _names(subject.company_name, _partner_name(subject, now=now)) if subject.company_name else {}
        facts = {"mpn_id": subject.location_mpn_id, "agreement": progress, **names, **answer.evidence}
        return _bad("location_of_another", now, **facts) if names and _is_of_another(facts) else _good(now, **facts)


def _partner_name(subject: AgreementSubject, *, now: dt.datetime) -> str:
    """Return the partner name of a location's ID; '' where the profile has none."""
    wish = {"mpnId": subject.location_mpn_id}
    answer = get("/v1/profiles/mpn", wish, region=subject.csp_region, now=now)
    is_known = (answer.status, answer.code) not in {(404, "3000"), (400, "2000")}
    return text_of(answer.success(), "partnerName") if is_known else ""


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
    tenant typed as a domain is looked up first, because the list has GUIDs. Where that has no answer, MPN ID and
    country decide, and the evidence says so.
    """

    def look(self, subject: RelationshipSubject, *, now: dt.datetime) -> Finding:
        """Return the finding. Raises: TemporaryError, PermanentError."""
        subject, more = _with_tenant_id(subject, now=now)
        found = self._find(subject, now=now)
        return replace(found, evidence={**found.evidence, **more})

    def _find(self, subject: RelationshipSubject, *, now: dt.datetime) -> Finding:
        credentials = accounts.credentials_for(subject.csp_region)
        if credentials.account is not None:
            kept = resellers.kept(
                account=credentials.account, tenant=subject.tenant.lower(), mpn_id=subject.location_mpn_id, now=now
            )
            found = _find_link(kept or [], subject, now=now)
            if found.outcome is Outcome.GOOD:
                return found
        return _find_link(resellers_of(credentials, now=now), subject, now=now)


def _with_tenant_id(subject: RelationshipSubject, *, now: dt.datetime) -> tuple[RelationshipSubject, dict[str, Any]]:
    """Return the subject with the tenant's ID, and what is to be said about a typed name."""
    name = subject.tenant.lower()
    if GUID.fullmatch(name):
        return subject, {}
    try:
        found = tenant_directory.tenant_id(name, now=now)
    except (TemporaryError, PermanentError):
        return subject, {"tenant_name": name, "tenant_lookup": "no_answer"}
    if not found:
        return subject, {"tenant_name": name, "tenant_lookup": "unknown"}
    return replace(subject, tenant=found), {"tenant_name": name, "tenant_lookup": "found"}


def _find_link(lines: list[Seen], subject: RelationshipSubject, *, now: dt.datetime) -> Finding:
    has_guid = bool(GUID.fullmatch(subject.tenant.lower()))
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
    active = [line for line in ours if is_active(line) and (not has_guid or line.tenant == subject.tenant.lower())]
    same_location = [line for line in active if line.mpn_id == subject.location_mpn_id]
    if any(line.country == subject.country.upper() for line in same_location):
        return _good(now, **facts)
    if same_location:
        return _bad("relationship_other_country", now, **facts)
    if active:
        return _bad("relationship_other_location", now, **facts)
    of_others = [line for line in ours if is_active(line) and line.mpn_id == subject.location_mpn_id]
    if of_others:
        return _bad("relationship_other_tenant", now, **facts)
    # A link in an undocumented state is not a removed link.
    is_sure = not any(line.mpn_id == subject.location_mpn_id and not is_active(line) for line in ours)
    return replace(_undecided("not_accepted_yet", now, **facts), sure=is_sure)


def _agreement_status(subject: AgreementSubject, *, now: dt.datetime) -> "PartnerCenterAnswer":
    answer = get(
        "/v1/compliance/csp/agreementstatus", {"mpnId": subject.location_mpn_id}, region=subject.csp_region, now=now
    )
    known = _UNKNOWN | _OTHER_REGION | _NOT_ENROLLED | _UNSIGNED | {"2000"}
    # Business answers come with status 400.
    if answer.status != 200 and not (answer.status == 400 and answer.code in known):
        raise PermanentError(f"agreementstatus answered {answer.status}, code {answer.code or 'none'}")
    return answer


def _not_a_location(answer: "PartnerCenterAnswer", subject: AgreementSubject, *, now: dt.datetime) -> Finding | None:
    facts = {"mpn_id": subject.location_mpn_id, **answer.evidence}
    if answer.code in _UNKNOWN | {"2000"}:  # 2000: not a number
        return _bad("location_unknown", now, **facts)
    if answer.code in _OTHER_REGION:
        return _bad("region_differs", now, **facts)
    return None


def _is_signed(answer: "PartnerCenterAnswer") -> bool:
    if answer.status != 200:
        return False
    signed = answer.body.get("isagreementsigned")
    if not isinstance(signed, bool):
        raise TemporaryError("agreementstatus answered without its value")
    return signed


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
