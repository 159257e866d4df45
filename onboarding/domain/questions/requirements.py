"""What each page's answers must satisfy, beyond their shape. Asked when a page is saved and again on submission.

Source: [guide] part 2; [ms-locations], [ms-account-structure], [ms-mpa-faq], [ms-regions], [ms-registration-numbers],
[ms-profile], [ms-reseller-tasks], [ms-verification].
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Field, Model

from onboarding import identifiers
from onboarding.domain.questions import country_formats
from onboarding.domain.questions.steps import PAGES, SUBMITTED_PAGES, Page
from onboarding.enums import EnrollmentState
from onboarding.models import Enrollment, LocationType
from portal.geo.models import Country, region_of

OPEN_CLOSED = dt.date(2022, 1, 1)  # Source: [guide] part 1.


@dataclass(frozen=True)
class Problem:
    """``code`` is a key of the forms' sentences; ``page`` and ``field`` say where to mend it."""

    page: str
    field: str
    code: str
    values: dict[str, str] = dataclasses.field(default_factory=dict)


class AnswersRefused(Exception):
    """Some answers break a rule; nothing was kept as an answer."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(", ".join(f"{p.page}.{p.field}: {p.code}" for p in problems))
        self.problems = problems


def value(enrollment: Enrollment, page: Page, name: str) -> Any:
    """The answer called ``name``; relations as their code."""
    owner = enrollment.partner if name in page.company_fields else enrollment
    return getattr(owner, column(owner, name))


def column(owner: Model, name: str) -> str:
    """Where the code of a relation, or a plain answer, is kept on ``owner``."""
    field = owner._meta.get_field(name)
    assert isinstance(field, Field), name
    return field.attname


def answers(enrollment: Enrollment, page: Page) -> dict[str, Any]:
    return {name: value(enrollment, page, name) for name in (*page.company_fields, *page.fields)}


def is_answered(enrollment: Enrollment, page: Page) -> bool:
    return all(value(enrollment, page, name) not in (None, "") for name in page.required)


def problems(enrollment: Enrollment, slug: str, *, today: dt.date) -> list[Problem]:
    """Every rule that the answers of one page break, missing ones included."""
    page = PAGES[slug]
    missing = [Problem(slug, name, "missing") for name in page.required if value(enrollment, page, name) in (None, "")]
    rule = _RULES.get(slug)
    return missing or (list(rule(enrollment, today)) if rule else [])


def all_problems(enrollment: Enrollment, *, today: dt.date) -> list[Problem]:
    """The same for everything that is submitted, in the order of the steps."""
    return [problem for slug in SUBMITTED_PAGES for problem in problems(enrollment, slug, today=today)]


def hints(enrollment: Enrollment, slug: str) -> list[Problem]:
    """What is allowed but unusual, or a known trap: shown, never a block."""
    rule = _HINTS.get(slug)
    return list(rule(enrollment)) if rule else []


def _mpn_id(enrollment: Enrollment, today: dt.date) -> Iterator[Problem]:
    if enrollment.has_mpn_account is False:
        yield Problem("mpn-id", "has_mpn_account", "no_mpn_account")
    if _is_taken(enrollment, "mpn_id"):
        yield Problem("mpn-id", "mpn_id", "id_taken")


def _location(enrollment: Enrollment, today: dt.date) -> Iterator[Problem]:
    if region_of(enrollment.country_id, on=today) is None:
        yield Problem("location", "country", "no_region")
    others = Enrollment.objects.filter(partner_id=enrollment.partner_id, country_id=enrollment.country_id)
    if others.exclude(pk=enrollment.pk).exists():
        yield Problem("location", "country", "country_enrolled")
    if enrollment.location_type == LocationType.GLOBAL:
        yield Problem("location", "location_type", "global_id")
    elif enrollment.location_type == LocationType.UNKNOWN:
        yield Problem("location", "location_type", "type_unknown")
    if enrollment.location_country_id != enrollment.country_id:
        yield _country_mismatch(enrollment)
    if _is_taken(enrollment, "location_mpn_id"):
        yield Problem("location", "location_mpn_id", "id_taken")


def _country_mismatch(enrollment: Enrollment) -> Problem:
    assert enrollment.location_country is not None
    countries = {"csp": str(enrollment.country), "location": str(enrollment.location_country)}
    overseas = enrollment.location_country.french_territory != enrollment.country.french_territory and {
        enrollment.country_id,
        enrollment.location_country_id,
    } & {"FR"}
    code = "overseas_territory" if overseas else "country_mismatch"
    return Problem("location", "location_country", code, countries)


def _company(enrollment: Enrollment, today: dt.date) -> Iterator[Problem]:
    partner = enrollment.partner
    if partner.registration_number:
        return
    for country in Country.objects.filter(pk=partner.country, registration_number_needed=True):
        yield Problem("company", "registration_number", "registration_number_needed", {"country": str(country)})


def _contact(enrollment: Enrollment, today: dt.date) -> Iterator[Problem]:
    if enrollment.global_admin is False:
        yield Problem("contact", "global_admin", "not_global_admin")
    domain = enrollment.partner.mail_domain
    at = enrollment.contact_email.rpartition("@")[2].lower()
    if identifiers.is_webmail(enrollment.contact_email):
        yield Problem("contact", "contact_email", "webmail", {"domain": at})
    elif domain and at != domain and not at.endswith(f".{domain}"):
        yield Problem("contact", "contact_email", "other_domain", {"domain": domain, "given": at})


def _dates(slug: str, name: str) -> Callable[[Enrollment, dt.date], Iterator[Problem]]:
    def rule(enrollment: Enrollment, today: dt.date) -> Iterator[Problem]:
        day = getattr(enrollment, name)
        if day is not None and day > today:
            yield Problem(slug, name, "future_day")
        elif day is not None and day < OPEN_CLOSED - dt.timedelta(days=365):
            yield Problem(slug, name, "long_ago")

    return rule


def _is_taken(enrollment: Enrollment, name: str) -> bool:
    # One location is one CSP tenant, so another company's use is a mistake or a dispute. Source: [ms-locations].
    given = getattr(enrollment, name)
    # A draft proves nothing: nobody can block an ID by typing it first.
    submitted = Enrollment.objects.filter(**{name: given}).exclude(state=EnrollmentState.DRAFT)
    others = submitted.exclude(partner_id=enrollment.partner_id)
    return bool(given) and others.exists()


def _mpn_id_hints(enrollment: Enrollment) -> Iterator[Problem]:
    if enrollment.mpn_id and identifiers.mpn_id_is_unusual(enrollment.mpn_id):
        yield Problem("mpn-id", "mpn_id", "unusual_length")


def _location_hints(enrollment: Enrollment) -> Iterator[Problem]:
    if enrollment.location_mpn_id and identifiers.mpn_id_is_unusual(enrollment.location_mpn_id):
        yield Problem("location", "location_mpn_id", "unusual_length")
    if enrollment.location_mpn_id and enrollment.location_mpn_id == enrollment.mpn_id:
        yield Problem("location", "location_mpn_id", "same_as_mpn_id")
    if enrollment.country.french_territory:
        yield Problem("location", "country", "overseas_region", {"country": str(enrollment.country)})


def _company_hints(enrollment: Enrollment) -> Iterator[Problem]:
    if enrollment.partner.legal_name and not enrollment.partner.duns:
        yield Problem("company", "duns", "duns_recommended")
    if country_formats.refuses_postal_code(enrollment.partner.country, enrollment.partner.postal_code):
        yield Problem("company", "postal_code", "unusual_postal_code")


def _contact_hints(enrollment: Enrollment) -> Iterator[Problem]:
    if enrollment.contact_email and identifiers.is_role(enrollment.contact_email):
        yield Problem("contact", "contact_email", "role_address")
    if country_formats.refuses_phone(enrollment.country_id, enrollment.contact_phone):
        yield Problem("contact", "contact_phone", "unusual_phone")


def _marketplace_hints(enrollment: Enrollment) -> Iterator[Problem]:
    if enrollment.customer_number and identifiers.customer_number_is_unusual(enrollment.customer_number):
        yield Problem("marketplace", "customer_number", "unusual_customer_number")


_RULES: dict[str, Callable[[Enrollment, dt.date], Iterator[Problem]]] = {
    "mpn-id": _mpn_id,
    "location": _location,
    "company": _company,
    "contact": _contact,
    "partner-center": _dates("partner-center", "sent_to_microsoft_on"),
    "marketplace": _dates("marketplace", "marketplace_activated_on"),
    "authorization": _dates("authorization", "authorized_on"),
}
_HINTS: dict[str, Callable[[Enrollment], Iterator[Problem]]] = {
    "mpn-id": _mpn_id_hints,
    "location": _location_hints,
    "company": _company_hints,
    "contact": _contact_hints,
    "marketplace": _marketplace_hints,
}
