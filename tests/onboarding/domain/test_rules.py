"""The rules of answers: each is complete, and every page that reads them says the same."""

import dataclasses
import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from onboarding.domain.enrollment import preflight
from onboarding.domain.enrollment.preflight import PreflightVerdict
from onboarding.domain.questions import requirements, rules
from onboarding.domain.questions.rules import RULES, Answers, Rule, Severity
from onboarding.domain.questions.steps import PAGES
from onboarding.forms.sentences import SENTENCES
from onboarding.models import Enrollment, Preflight
from portal.geo.models import Country
from tests.builders import NOW, fill_steps_1_to_3, make_enrollment

TODAY = dt.date(2026, 11, 16)
SOURCES = {
    source
    for app in ("portal", "onboarding")
    for source in tomllib.loads((Path(settings.ROOT) / app / "sources.toml").read_text())["sources"]
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.code}-{rule.field}")
def test_every_rule_names_a_page_a_field_a_sentence_and_its_source(rule: Rule) -> None:
    page = PAGES[rule.page]

    assert rule.field in (*page.fields, *page.company_fields)
    assert rule.code in SENTENCES
    assert rule.source == "" or rule.source in SOURCES


def test_nothing_is_said_of_what_is_not_answered() -> None:
    country = Country(code="FR", name_en="France", name_fr="France")
    answers = Answers(today=TODAY, country=country)
    silent = [rule for rule in RULES if rule.code not in ("no_region", "registration_number_needed", "id_taken")]

    assert [rule.code for rule in silent if rule.field != "postal_code" and rule.broken(answers) is not None] == []


WORDS = st.sampled_from(["", "Nuages d’Exemple", "L’ATELIER SAS", "Exemple – Paris", "ПРИМЕР", "Œuvre & Fils"])
ADDRESSES = st.sampled_from(
    [
        "lou@nuages.example", "contact@nuages.example", "lou+csp@nuages.example", "LOU@Sub.Nuages.example",
        "lou@gmail.com", "lou@nuages.onmicrosoft.com", "info+x@nuages.example",
    ]
)  # fmt: skip
WEBSITES = st.sampled_from(["", "nuages.example", "www.nuages.example", "autre.example", "shop.nuages.example"])
TYPED = st.fixed_dictionaries(
    {
        "country": st.sampled_from(["FR", "BE", "GP", "PL"]),
        "location_country": st.sampled_from(["", "FR", "BE", "GP"]),
        "company_country": st.sampled_from(["FR", "PL"]),
        "location_type": st.sampled_from(["location", "global", "unknown"]),
        "mpn_id": st.sampled_from(["", "4391600", "1234", "123456789"]),
        "legal_name": WORDS,
        "street": WORDS,
        "city": WORDS,
        "postal_code": st.sampled_from(["75002", "7500", "00-001"]),
        "registration_number": st.sampled_from(["", "999000003"]),
        "duns": st.sampled_from(["", "150483782"]),
        "website": WEBSITES,
        "contact_email": ADDRESSES,
        "tenant": st.sampled_from(["", "nuages.onmicrosoft.com"]),
        "invoice_on": st.just(""),
        "extract_on": st.just(""),
    }
)


@pytest.mark.django_db
@how(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=TYPED)
def test_wizard_and_preflight_never_differ(typed: dict[str, Any]) -> None:
    """The pre-flight refuses just what the wizard blocks, or says that Microsoft refuses."""
    enrollment = _with(typed)
    serious = (Severity.BLOCKS, Severity.MICROSOFT_REFUSES)

    answers = rules.of_enrollment(enrollment, today=TODAY)
    wizard = {one.code for one in rules.problems(answers) if one.severity in serious}
    flight = Preflight(typed=typed, asked_at=NOW)
    refused = {one.code for one in preflight.lines(flight, today=TODAY) if one.verdict == PreflightVerdict.REFUSED}

    # The pre-flight asks for no type in the wizard's words: not to know it is no refusal there.
    assert refused == wizard - {"type_unknown"}


def _with(typed: dict[str, Any]) -> Enrollment:
    """An enrollment, not saved, with the same answers; its company's mail domain is the address's."""
    enrollment = _ENROLLMENT.setdefault("row", None) or make_enrollment()
    given = rules.of_typed(typed, today=TODAY)
    enrollment.country, enrollment.location_country = given.country, given.location_country
    for name in ("location_mpn_id", "contact_email"):
        setattr(enrollment, name, getattr(given, name))
    enrollment.location_type = typed["location_type"]
    partner = enrollment.partner
    for field in dataclasses.fields(Answers):
        if hasattr(partner, field.name) and field.name != "country":
            setattr(partner, field.name, getattr(given, field.name))
    partner.country = typed["company_country"]
    return enrollment


_ENROLLMENT: dict[str, Enrollment | None] = {}


@pytest.mark.django_db
def test_hints_are_what_does_not_block() -> None:
    enrollment = fill_steps_1_to_3(make_enrollment())
    enrollment.contact_email = f"contact@{enrollment.partner.mail_domain}"
    enrollment.partner.website = "autre.example"

    found = {hint.code: hint.severity for hint in requirements.hints(enrollment, today=TODAY)}

    assert found["role_address"] == found["website_differs"] == Severity.MICROSOFT_REFUSES
    assert requirements.all_problems(enrollment, today=TODAY) == []
