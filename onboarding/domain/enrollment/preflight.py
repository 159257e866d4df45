"""The pre-flight: what Microsoft would decide, by our rules, registers and DNS, before anything is sent to Microsoft.

Each line names the source of its rule. Behind several lines: [ms-enrolling], [ms-reseller-tasks] (no webmail),
[ms-store-documents], [email-validator], [name-pairs].
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.checks.routing import DESK, queues_of
from onboarding.domain.kinds.subjects import CompanySubject, MailboxSubject
from onboarding.domain.questions import rules
from onboarding.domain.questions.rules import Answers, Problem, Severity
from onboarding.domain.requests.documents import RECENT_DAYS
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment, Preflight
from onboarding.models.preflight import QUEUE
from portal.geo.models import region_of

KEPT = dt.timedelta(days=1)
# External checks, and after how many failures the line says that no answer came.
LOOKS = ("register", "mailbox")
TRIES = 3


class PreflightVerdict(StrEnum):
    PASS = "pass"  # noqa: S105
    REFUSED = "refused"
    CANNOT_TELL = "cannot_tell"
    LOOKING = "looking"


@dataclass(frozen=True)
class PreflightLine:
    """One line of the result. ``code`` is a key of the page's sentences, ``source`` is where the rule is."""

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
DUNS = "dnb-duns"


def ask(*, typed: dict[str, Any], now: dt.datetime, enrollment: Enrollment | None = None) -> Preflight:
    """Return the stored pre-flight, with the rules' lines. A worker then asks the register and DNS."""
    return Preflight.objects.create(typed=typed, enrollment=enrollment, asked_at=now, queue=QUEUE, next_check_at=now)


def typed_of(enrollment: Enrollment) -> dict[str, Any]:
    """Return the answers of an enrollment, in the pre-flight's form."""
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
    """Return the register's spelling of company fields that were typed otherwise; {} without an answer."""
    seen = flight.found.get("register", {}).get("evidence", {}).get("take_over", {})
    return {name: text for name, text in seen.items() if text != flight.typed.get(name)}


def latest_spelling(enrollment: Enrollment) -> dict[str, str]:
    """Return the register's spelling from an enrollment's newest pre-flight."""
    flight = enrollment.preflights.order_by("-asked_at").first()
    return spelling(flight) if flight else {}


def over(now: dt.datetime) -> "QuerySet[Preflight]":
    """Return the pre-flights that are past their day."""
    return Preflight.objects.filter(asked_at__lt=now - KEPT)


# --- external checks
# ---------------------------------------------------------------------------------------------------


def subject(name: str, typed: dict[str, Any]) -> Any:
    """Return what the external check ``name`` is about, for a connector; None where too little was typed."""
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
    """Return the connectors to ask, in order; a person is not among them."""
    kind = Kind.EMAIL if name == "mailbox" else Kind.LEGAL_ENTITY
    return [queue for queue in queues_of(kind, Authority.PORTAL, typed["company_country"]) if queue != DESK]


def as_kept(finding: Finding, queue: str) -> dict[str, Any]:
    """Return what is stored of a finding: its outcome, reason, evidence, and source."""
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
    """Return all lines that are known now, in the order of the steps.

    What is wrong comes from ``questions.rules``, as in the wizard; what is right or unknown comes from here.
    """
    typed = preflight.typed
    answers = rules.of_typed(typed, today=today)
    broken: dict[str, list[Problem]] = {}
    for problem in rules.problems(answers):
        broken.setdefault(problem.field, []).append(problem)

    def judged(about: str, name: str, otherwise: PreflightLine | None = None) -> Iterator[PreflightLine]:
        found = [one for one in broken.get(name, ()) if one.code not in _SAID_BY_REGION]
        yield from (
            PreflightLine(about, _MEANS[one.severity], one.code, one.source or GUIDE, one.values) for one in found
        )
        if not found and otherwise is not None:
            yield otherwise

    found = [
        *judged("country", "country", _region(answers)),
        *judged("location", "location_country", _location_country(answers)),
        *judged("location", "location_type", _location_type(answers)),
        *judged("location", "location_mpn_id", _mpn_id(answers)),
        *judged("company", "registration_number", _registration(answers)),
        *judged("company", "duns", PreflightLine("company", PreflightVerdict.PASS, "duns_given", DUNS)),
        *(line for name in ("legal_name", "street", "city", "postal_code") for line in judged("company", name)),
        _seen("register", preflight),
        *judged(
            "contact",
            "contact_email",
            PreflightLine("contact", PreflightVerdict.PASS, "address_fine", VERIFICATION),
        ),
        _seen("mailbox", preflight),
        *judged("domain", "mail_domain"),
        *judged("domain", "website", _website(answers)),
        _tenant(typed, answers),
        *_documents(typed, today),
    ]
    return [line for line in found if line is not None]


_MEANS = {
    Severity.BLOCKS: PreflightVerdict.REFUSED,
    Severity.MICROSOFT_REFUSES: PreflightVerdict.REFUSED,
    Severity.UNUSUAL: PreflightVerdict.CANNOT_TELL,
    Severity.CANNOT_TELL: PreflightVerdict.CANNOT_TELL,
}
_SAID_BY_REGION = ("overseas_region",)  # included in the line of the region


def overall(found: list[PreflightLine]) -> PreflightVerdict:
    """Return the worst verdict of all lines: refused, still looking, cannot tell, passed."""
    verdicts = {line.verdict for line in found}
    for verdict in (PreflightVerdict.REFUSED, PreflightVerdict.LOOKING, PreflightVerdict.CANNOT_TELL):
        if verdict in verdicts:
            return verdict
    return PreflightVerdict.PASS


def _region(answers: Answers) -> PreflightLine | None:
    if answers.country is None:
        return None
    values = {"country": str(answers.country), "region": str(region_of(answers.country.pk, on=answers.today))}
    if answers.country.french_territory:
        # Nobody but the partner knows whether they have a tenant and a location there.
        return PreflightLine("country", PreflightVerdict.CANNOT_TELL, "overseas", REGIONS, values)
    return PreflightLine("country", PreflightVerdict.PASS, "region", REGIONS, values)


def _location_country(answers: Answers) -> PreflightLine:
    if answers.location_country is None:
        return PreflightLine("location", PreflightVerdict.CANNOT_TELL, "location_country_unknown", MPA_FAQ)
    return PreflightLine("location", PreflightVerdict.PASS, "location_country_same", MPA_FAQ)


def _location_type(answers: Answers) -> PreflightLine:
    if not answers.location_type:
        return PreflightLine("location", PreflightVerdict.CANNOT_TELL, "type_unknown", STRUCTURE)
    return PreflightLine("location", PreflightVerdict.PASS, "type_location", STRUCTURE)


def _mpn_id(answers: Answers) -> PreflightLine:
    if not answers.location_mpn_id:
        return PreflightLine("location", PreflightVerdict.CANNOT_TELL, "mpn_id_missing", STRUCTURE)
    return PreflightLine("location", PreflightVerdict.PASS, "mpn_id_shape", STRUCTURE)


def _registration(answers: Answers) -> PreflightLine:
    code = "registration_given" if answers.registration_number else "registration_not_needed"
    return PreflightLine("company", PreflightVerdict.PASS, code, REGISTRATION)


def _website(answers: Answers) -> PreflightLine:
    if not answers.website:
        return PreflightLine("domain", PreflightVerdict.CANNOT_TELL, "website_missing", VERIFICATION)
    return PreflightLine("domain", PreflightVerdict.PASS, "website_same", VERIFICATION, {"mail": answers.mail_domain})


def _tenant(typed: dict[str, Any], answers: Answers) -> PreflightLine:
    """Return the line of the tenant. Its domains are not public, but its first domain often gives it its name."""
    name = typed["tenant"].partition(".")[0]
    same = bool(name) and name == answers.mail_domain.partition(".")[0].replace("-", "")
    code = "tenant_like" if same else "tenant_unknown" if typed["tenant"] else "tenant_missing"
    verdict = PreflightVerdict.PASS if same else PreflightVerdict.CANNOT_TELL
    return PreflightLine("domain", verdict, code, VERIFICATION, {"mail": answers.mail_domain})


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
    """Return the line of one external check: the finding, that it is in progress, or that no answer came."""
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
