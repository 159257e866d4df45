"""What Microsoft would say, before anything is sent to him: rules that need nobody, and what registers and DNS say.

Each line names the source of its rule. Behind several lines: [ms-enrolling], [ms-reseller-tasks] (no webmail),
[ms-store-documents], [email-validator], [name-pairs].
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from onboarding import identifiers
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.checks.routing import DESK, queues_of
from onboarding.domain.checks.subjects import CompanySubject, MailboxSubject
from onboarding.domain.requests.documents import RECENT_DAYS
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment, LocationType, Preflight
from onboarding.models.preflight import QUEUE
from portal.geo.models import Country, region_of

KEPT = dt.timedelta(days=1)
# What is looked at outside, and how often in vain before the line says that nobody answered.
LOOKS = ("register", "mailbox")
TRIES = 3


class PreflightVerdict(StrEnum):
    PASS = "pass"  # noqa: S105
    REFUSED = "refused"
    CANNOT_TELL = "cannot_tell"
    LOOKING = "looking"


@dataclass(frozen=True)
class PreflightLine:
    """One thing Microsoft looks at. ``code`` is a key of the page's sentences, ``source`` tells where the rule is."""

    about: str
    verdict: PreflightVerdict
    code: str
    source: str
    values: dict[str, Any] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)


# Ids of the lists of sources.
GUIDE = "guide"
MPA_FAQ = "ms-mpa-faq"
REGIONS = "ms-regions"
REGISTRATION = "ms-registration-numbers"
VERIFICATION = "ms-verification"
STRUCTURE = "ms-account-structure"
PROFILE = "ms-profile"
DUNS = "dnb-duns"


def ask(*, typed: dict[str, Any], now: dt.datetime, enrollment: Enrollment | None = None) -> Preflight:
    """Keep what was typed; a worker asks the register and DNS. The rules' lines are there at once."""
    return Preflight.objects.create(typed=typed, enrollment=enrollment, asked_at=now, queue=QUEUE, next_check_at=now)


def typed_of(enrollment: Enrollment) -> dict[str, Any]:
    """The answers of a file, in the pre-flight's form."""
    partner = enrollment.partner
    return {
        "country": enrollment.country_id,
        "company_country": partner.country,
        "mpn_id": enrollment.location_mpn_id or enrollment.mpn_id,
        "location_country": enrollment.location_country_id or "",
        "location_type": enrollment.location_type,
        "legal_name": partner.legal_name,
        "registration_number": partner.registration_number,
        "duns": partner.duns,
        "street": partner.street,
        "postal_code": partner.postal_code,
        "city": partner.city,
        "website": partner.website,
        "contact_email": enrollment.contact_email,
        "tenant": enrollment.tenant,
        "invoice_on": "",
        "extract_on": "",
    }


def spelling(flight: Preflight) -> dict[str, str]:
    """What the register spells otherwise than it was typed, for the company's fields; empty if it told nothing."""
    seen = flight.found.get("register", {}).get("evidence", {}).get("take_over", {})
    return {name: text for name, text in seen.items() if text != flight.typed.get(name)}


def latest_spelling(enrollment: Enrollment) -> dict[str, str]:
    """The same of a file's newest pre-flight."""
    flight = enrollment.preflights.order_by("-asked_at").first()
    return spelling(flight) if flight else {}


def forget_old(now: dt.datetime) -> None:
    Preflight.objects.filter(asked_at__lt=now - KEPT).delete()


# --- what is looked at outside ---------------------------------------------------------------------------------------


def subject(name: str, typed: dict[str, Any]) -> Any:
    """What the look called ``name`` is about, for a connector; None where too little was typed."""
    if name == "mailbox":
        return MailboxSubject(typed["contact_email"]) if typed["contact_email"] else None
    if not (typed["legal_name"] and typed["city"]):
        return None
    return CompanySubject(
        typed["legal_name"],
        typed["registration_number"],
        typed["street"],
        typed["postal_code"],
        typed["city"],
        typed["company_country"],
        typed["duns"],
    )


def queues(name: str, typed: dict[str, Any]) -> list[str]:
    """The connectors that are asked, in order; a person is none."""
    kind = Kind.EMAIL if name == "mailbox" else Kind.LEGAL_ENTITY
    return [queue for queue in queues_of(kind, Authority.PORTAL, typed["company_country"]) if queue != DESK]


def as_kept(finding: Finding, queue: str) -> dict[str, Any]:
    """What is kept of a finding: its outcome, reason, evidence, and who said so."""
    return {
        "outcome": finding.outcome.value,
        "reason": finding.reason,
        "evidence": finding.evidence,
        "lane": queue,
        "seen_at": finding.seen_at.isoformat(),
    }


def nobody_answered(queue: str) -> dict[str, Any]:
    return {"outcome": Outcome.UNDECIDED.value, "reason": "nobody_answered", "evidence": {}, "lane": queue}


# --- lines -----------------------------------------------------------------------------------------------------------


def lines(preflight: Preflight, *, today: dt.date) -> list[PreflightLine]:
    """Everything that can be said now, in the order of the steps."""
    typed = preflight.typed
    found = [
        *_location(typed, today),
        *_numbers(typed),
        _seen("register", preflight),
        *_address(typed),
        _seen("mailbox", preflight),
        *_domains(typed),
        *_documents(typed, today),
    ]
    return [line for line in found if line is not None]


def overall(found: list[PreflightLine]) -> PreflightVerdict:
    """Refused if anything is; still looking if anything is; passed only if nothing is in doubt."""
    verdicts = {line.verdict for line in found}
    for verdict in (PreflightVerdict.REFUSED, PreflightVerdict.LOOKING, PreflightVerdict.CANNOT_TELL):
        if verdict in verdicts:
            return verdict
    return PreflightVerdict.PASS


def _location(typed: dict[str, Any], today: dt.date) -> Iterator[PreflightLine]:
    country = Country.objects.filter(pk=typed["country"]).first()
    region = region_of(typed["country"], on=today)
    if region is None or country is None:
        yield PreflightLine(
            "country", PreflightVerdict.REFUSED, "no_region", REGIONS, {"country": str(country or typed["country"])}
        )
    else:
        values = {"country": str(country), "region": str(region)}
        code = "overseas" if country.french_territory else "region"
        yield PreflightLine("country", PreflightVerdict.PASS, code, REGIONS, values)
    yield _location_country(typed, country)
    yield _location_type(typed)
    yield _mpn_id(typed)


def _location_country(typed: dict[str, Any], country: Country | None) -> PreflightLine:
    if not typed["location_country"]:
        return PreflightLine("location", PreflightVerdict.CANNOT_TELL, "location_country_unknown", MPA_FAQ)
    if typed["location_country"] != typed["country"]:
        other = Country.objects.filter(pk=typed["location_country"]).first()
        values = {"location": str(other), "country": str(country)}
        return PreflightLine("location", PreflightVerdict.REFUSED, "location_country_differs", MPA_FAQ, values)
    return PreflightLine("location", PreflightVerdict.PASS, "location_country_same", MPA_FAQ)


def _location_type(typed: dict[str, Any]) -> PreflightLine:
    verdict, code = {
        LocationType.LOCATION.value: (PreflightVerdict.PASS, "type_location"),
        LocationType.GLOBAL.value: (PreflightVerdict.REFUSED, "type_global"),
    }.get(typed["location_type"], (PreflightVerdict.CANNOT_TELL, "type_unknown"))
    return PreflightLine("location", verdict, code, STRUCTURE)


def _mpn_id(typed: dict[str, Any]) -> PreflightLine:
    if not typed["mpn_id"]:
        return PreflightLine("location", PreflightVerdict.CANNOT_TELL, "mpn_id_missing", STRUCTURE)
    if identifiers.mpn_id_is_unusual(typed["mpn_id"]):
        return PreflightLine("location", PreflightVerdict.CANNOT_TELL, "mpn_id_unusual", STRUCTURE)
    return PreflightLine("location", PreflightVerdict.PASS, "mpn_id_shape", STRUCTURE)


def _numbers(typed: dict[str, Any]) -> Iterator[PreflightLine]:
    country = Country.objects.filter(pk=typed["company_country"]).first()
    needed = country is not None and country.registration_number_needed
    if typed["registration_number"]:
        yield PreflightLine("company", PreflightVerdict.PASS, "registration_given", REGISTRATION)
    elif needed:
        yield PreflightLine(
            "company", PreflightVerdict.REFUSED, "registration_missing", REGISTRATION, {"country": str(country)}
        )
    else:
        yield PreflightLine("company", PreflightVerdict.PASS, "registration_not_needed", REGISTRATION)
    given = bool(typed["duns"])
    yield PreflightLine(
        "company",
        PreflightVerdict.PASS if given else PreflightVerdict.CANNOT_TELL,
        "duns_given" if given else "duns_none",
        DUNS,
    )
    if any(ord(letter) > 0x24F for letter in typed["legal_name"] + typed["street"] + typed["city"]):
        yield PreflightLine("company", PreflightVerdict.REFUSED, "not_western", PROFILE)


def _address(typed: dict[str, Any]) -> Iterator[PreflightLine]:
    address = typed["contact_email"]
    local, _, domain = address.partition("@")
    values = {"domain": domain}
    if identifiers.is_onmicrosoft(domain):
        yield PreflightLine("contact", PreflightVerdict.REFUSED, "onmicrosoft", VERIFICATION, values)
    elif identifiers.is_webmail(address):
        yield PreflightLine("contact", PreflightVerdict.REFUSED, "webmail", VERIFICATION, values)
    elif identifiers.is_role(address):
        yield PreflightLine("contact", PreflightVerdict.REFUSED, "role", VERIFICATION, {"local": local})
    elif "+" in local:
        yield PreflightLine("contact", PreflightVerdict.REFUSED, "plus", VERIFICATION)
    else:
        yield PreflightLine("contact", PreflightVerdict.PASS, "address_fine", VERIFICATION)


def _domains(typed: dict[str, Any]) -> Iterator[PreflightLine]:
    domain = identifiers.registrable(typed["contact_email"].partition("@")[2])
    web = identifiers.registrable(typed["website"]) if typed["website"] else ""
    if not web:
        yield PreflightLine("domain", PreflightVerdict.CANNOT_TELL, "website_missing", VERIFICATION)
    elif web != domain:
        yield PreflightLine(
            "domain", PreflightVerdict.REFUSED, "website_differs", VERIFICATION, {"mail": domain, "web": web}
        )
    else:
        yield PreflightLine("domain", PreflightVerdict.PASS, "website_same", VERIFICATION, {"mail": domain})
    # Which domains a tenant holds is told to nobody outside; the first of them often gives it its name.
    name = typed["tenant"].partition(".")[0]
    same = bool(name) and name == domain.partition(".")[0].replace("-", "")
    code = "tenant_like" if same else "tenant_unknown" if typed["tenant"] else "tenant_missing"
    yield PreflightLine(
        "domain", PreflightVerdict.PASS if same else PreflightVerdict.CANNOT_TELL, code, VERIFICATION, {"mail": domain}
    )


def _documents(typed: dict[str, Any], today: dt.date) -> Iterator[PreflightLine]:
    for name in ("invoice", "extract"):
        given = typed[f"{name}_on"]
        if not given:
            yield PreflightLine("documents", PreflightVerdict.CANNOT_TELL, f"{name}_missing", VERIFICATION)
            continue
        is_old = (today - dt.date.fromisoformat(given)).days > RECENT_DAYS
        verdict = PreflightVerdict.REFUSED if is_old else PreflightVerdict.PASS
        until = dt.date.fromisoformat(given) + dt.timedelta(days=RECENT_DAYS)
        yield PreflightLine(
            "documents", verdict, f"{name}_{'old' if is_old else 'recent'}", VERIFICATION, {"until": until}
        )


_VERDICTS = {"good": PreflightVerdict.PASS, "bad": PreflightVerdict.REFUSED, "undecided": PreflightVerdict.CANNOT_TELL}


def _seen(name: str, preflight: Preflight) -> PreflightLine | None:
    """The line of one look: what was found, that it is being looked for, or that nobody could be asked."""
    about = "contact" if name == "mailbox" else "company"
    known = preflight.found.get(name)
    if known is None:
        if subject(name, preflight.typed) is None:
            return None
        verdict = PreflightVerdict.CANNOT_TELL if preflight.done_at else PreflightVerdict.LOOKING
        return PreflightLine(about, verdict, f"{name}_{'nobody' if preflight.done_at else 'looking'}", VERIFICATION)
    verdict = _VERDICTS[known["outcome"]]
    code = known["reason"] or f"{name}_good"
    return PreflightLine(about, verdict, code, known["lane"], evidence=known["evidence"])
