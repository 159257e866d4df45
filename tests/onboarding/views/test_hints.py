"""Warnings reach people while they type, once after they save, and again on check-your-answers; one judge for all."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onboarding.domain.enrollment import lifecycle, preflight
from onboarding.domain.enrollment.preflight import PreflightVerdict
from onboarding.domain.questions import requirements
from onboarding.domain.questions.rules import RULES, Severity
from onboarding.forms.preflight import PreflightForm
from onboarding.forms.steps import FORMS
from onboarding.models import CountryRules, Enrollment, Preflight
from tests.builders import COMPANY, CONTACT, TODAY, fill, fill_steps_1_to_3
from tests.portal.people import Page, page

pytestmark = pytest.mark.django_db

UNUSUAL: list[tuple[str, str, str]] = [  # page, field, an answer that is saved with a warning
    ("mpn-id", "mpn_id", "987654321"),
    ("mpn-id", "mpn_id", "1234"),
    ("company", "postal_code", "ABC 1"),
    ("company", "postal_code", "9999"),
    ("company", "website", "anderswo.example"),
    ("company", "website", "autre-site.example"),
    ("company", "duns", ""),
    ("contact", "contact_email", "compta@exemple-informatique.example"),
    ("contact", "contact_email", "sales@exemple-informatique.example"),
    ("contact", "contact_email", "zoe+csp@exemple-informatique.example"),
    ("contact", "contact_phone", "dring"),
    ("contact", "contact_phone", "12"),
]
REFUSED: list[tuple[str, str, str]] = [  # an answer that is not saved
    ("mpn-id", "has_mpn_account", "False"),
    ("company", "mail_domain", "gmail.com"),
    ("contact", "contact_email", "zoe@yahoo.fr"),
    ("contact", "contact_email", "zoe@other-firm.example"),
    ("contact", "global_admin", "False"),
    ("mpn-id", "mpn_id", "12a"),
]
ANSWERS = {"mpn-id": {"has_mpn_account": "True", "mpn_id": "4391888"}, "company": COMPANY, "contact": CONTACT}


@pytest.fixture
def draft(enrollment: Enrollment) -> Enrollment:
    patterns = {"postal_code_regex": r"^\d{5}$", "phone_regex": r"^(\+33|0)\d{9}$"}
    CountryRules.objects.create(country_id="FR", read_on=TODAY, raw={}, **patterns)
    return fill_steps_1_to_3(enrollment, number="4391888")


def post(enrollment: Enrollment, slug: str, **changed: str) -> dict[str, Any]:
    enrollment = Enrollment.objects.select_related("partner").get(pk=enrollment.pk)
    return {**ANSWERS[slug], "basis": lifecycle.basis(enrollment, slug), **changed}


def path(enrollment: Enrollment, slug: str, end: str = "") -> str:
    return f"/enrollments/{enrollment.pk}/steps/{slug}/{end}"


def beside(found: Page, name: str) -> str:
    return " ".join(found.by_id(f"hints-id_{name}").text.split())


def typed(client: Client, enrollment: Enrollment, slug: str, name: str, value: str, **more: str) -> Page:
    form = post(enrollment, slug, **{name: value}, **more)
    return page(client.post(path(enrollment, slug, "hints/"), {**form, "about": name}))


# --- while people type ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("slug", "name", "value"), [*UNUSUAL, *REFUSED])
def test_a_field_says_at_once_what_is_unusual_or_refused(
    as_reseller: Client, draft: Enrollment, slug: str, name: str, value: str
) -> None:
    before = Enrollment.objects.filter(pk=draft.pk).values().get()

    found = typed(as_reseller, draft, slug, name, value)

    assert beside(found, name)
    assert beside(found, name) in " ".join(found.html.split())
    assert Enrollment.objects.filter(pk=draft.pk).values().get() == before


@pytest.mark.parametrize(("slug", "name"), [("mpn-id", "mpn_id"), ("company", "website"), ("contact", "contact_email")])
def test_a_good_answer_takes_the_warning_away(as_reseller: Client, draft: Enrollment, slug: str, name: str) -> None:
    found = typed(as_reseller, draft, slug, name, str(ANSWERS[slug][name]))

    assert beside(found, name) == ""
    assert found.html.strip().startswith("<div")  # nothing is said aloud


def test_nobody_is_told_to_fill_in_what_they_have_not_come_to(as_reseller: Client, enrollment: Enrollment) -> None:
    fill(enrollment, "mpn-id", {"has_mpn_account": True, "mpn_id": "4391888"})
    form = {"country": "FR", "location_mpn_id": "", "location_country": "", "about": "country"}

    found = page(as_reseller.post(path(enrollment, "location", "hints/"), form))

    assert [e.attrs["id"] for e in found.all("div")] == ["hints-id_country"]


@pytest.mark.parametrize("slug", ["mpn-id", "location", "company", "contact"])
def test_every_field_of_a_page_asks_and_has_a_place_for_the_answer(
    as_reseller: Client, draft: Enrollment, slug: str
) -> None:
    found = page(as_reseller.get(path(draft, slug)))

    said = found.by_id("hints-said")
    assert (said.attrs["aria-live"], said.attrs["role"]) == ("polite", "status")
    assert said.attrs["data-ask"] == path(draft, slug, "hints/")
    for name in set(FORMS[slug].base_fields) - {"basis", "seen"}:
        field = found.by_id(f"div_id_{name}")
        assert field.attrs["data-about"] == name
        assert found.by_id(f"hints-id_{name}") is not None


def test_who_may_only_read_or_belongs_elsewhere_gets_nothing(as_outsider: Client, draft: Enrollment) -> None:
    assert as_outsider.post(path(draft, "company", "hints/"), {"about": "city"}).status_code == 404
    assert as_outsider.get(path(draft, "company", "hints/")).status_code == 405
    assert Client().post(path(draft, "company", "hints/")).status_code == 302


# --- after saving -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("slug", "name", "value"), UNUSUAL)
def test_a_page_saved_with_a_new_warning_stays_once(
    as_reseller: Client, draft: Enrollment, slug: str, name: str, value: str
) -> None:
    saved = as_reseller.post(path(draft, slug), post(draft, slug, **{name: value}))
    shown = page(as_reseller.get(saved["Location"]))
    seen = shown.by_id("id_seen").attrs["value"] or ""
    again = as_reseller.post(path(draft, slug), post(draft, slug, **{name: value}, seen=seen))

    assert saved["Location"] == f"{path(draft, slug)}?saved=1"
    assert beside(shown, name)
    assert shown.by_id("continue-anyway").attrs["href"] == again["Location"]
    assert "saved=1" not in again["Location"]


def test_a_warning_seen_while_typing_stops_nobody(as_reseller: Client, draft: Enrollment) -> None:
    for slug, name, value in UNUSUAL:
        seen = typed(as_reseller, draft, slug, name, value).by_id("id_seen").attrs["value"] or ""

        saved = as_reseller.post(path(draft, slug), post(draft, slug, **{name: value}, seen=seen))

        assert "saved=1" not in saved["Location"], (slug, name, value)
        as_reseller.post(path(draft, slug), post(draft, slug))


def test_a_page_without_warnings_goes_on(as_reseller: Client, draft: Enrollment) -> None:
    for slug in ANSWERS:
        assert "saved=1" not in as_reseller.post(path(draft, slug), post(draft, slug))["Location"]


# --- on check-your-answers --------------------------------------------------------------------------------------------


def test_check_your_answers_repeats_every_warning_by_step_with_a_link_to_its_field(
    as_reseller: Client, draft: Enrollment
) -> None:
    wrong = {"website": "anderswo.example", "duns": "", "contact_email": "compta@exemple-informatique.example"}
    for slug in ("company", "contact"):
        as_reseller.post(path(draft, slug), post(draft, slug, **{k: v for k, v in wrong.items() if k in ANSWERS[slug]}))

    found = page(as_reseller.get(f"/enrollments/{draft.pk}/answers/"))

    hrefs = [e.attrs["href"] or "" for e in found.all("a") if "#div_id_" in (e.attrs.get("href") or "")]
    for slug, name in (("company", "website"), ("company", "duns"), ("contact", "contact_email")):
        assert f"{path(draft, slug)}#div_id_{name}" in hrefs
        assert page(as_reseller.get(path(draft, slug))).by_id(f"div_id_{name}")
    hints = requirements.hints(Enrollment.objects.get(pk=draft.pk), today=timezone.localdate())
    assert found.by_id("warned").text.strip()
    assert len(set(hrefs)) == len({(hint.page, hint.field) for hint in hints})


# --- one judge --------------------------------------------------------------------------------------------------------

SHARED = {  # a field of the pre-flight: the wizard's page and field
    "country": ("location", "country"),
    "mpn_id": ("location", "location_mpn_id"),
    "location_country": ("location", "location_country"),
    "location_type": ("location", "location_type"),
    "legal_name": ("company", "legal_name"),
    "registration_number": ("company", "registration_number"),
    "duns": ("company", "duns"),
    "street": ("company", "street"),
    "postal_code": ("company", "postal_code"),
    "city": ("company", "city"),
    "website": ("company", "website"),
    "contact_email": ("contact", "contact_email"),
}
MEANS = {
    Severity.BLOCKS: "refused",
    Severity.MICROSOFT_REFUSES: "refused",
    Severity.UNUSUAL: "cannot_tell",
    Severity.CANNOT_TELL: "cannot_tell",
}
WORDS = st.sampled_from(
    ["NUAGES D'EXEMPLE", "Nuages d’Exemple", "Übung GmbH", "ПРИМЕР", "Zoë & Fils", "例", "12 rue du Test", "Łódź", "A"]
)
ADDRESSES = st.builds(
    "{}@{}".format,
    st.sampled_from(["lou", "info", "l.martin", "compta", "lou+ms", "CONTACT", "sales+x"]),
    st.sampled_from(["nuages.example", "gmail.com", "laposte.net", "nuages.onmicrosoft.com", "mail.nuages.example"]),
)
ANSWERED = st.fixed_dictionaries(
    {
        "country": st.sampled_from(["FR", "RE", "BE", "DE", "RU", "BR"]),
        "company_country": st.sampled_from(["FR", "BE", "BR", "DE"]),
        "mpn_id": st.sampled_from(["4392001", "123", "4392001123", "1234", "12 34 56", "x1"]),
        "location_country": st.sampled_from(["FR", "RE", "BE", "DE", "RU", "BR"]),
        # "I do not know" is no answer: the wizard waits for one, and the pre-flight cannot tell without it.
        "location_type": st.sampled_from(["location", "global"]),
        # Without a name that can be stored, the wizard does not ask for a number of that company yet.
        "legal_name": st.sampled_from(["NUAGES D'EXEMPLE", "Nuages d’Exemple", "Übung GmbH", "Zoë & Fils", "Łódź"]),
        "registration_number": st.sampled_from(["", "999000003", "999000004", "BE0123456789", "no number"]),
        "duns": st.sampled_from(["", "150483782", "15-048-3782", "000000000", "1234"]),
        "street": WORDS,
        "postal_code": st.sampled_from(["75002", "1000", "ABC", "D-10115", "75 002"]),
        "city": WORDS,
        "website": st.sampled_from(["nuages.example", "https://www.nuages.example/", "autre.example", "gmail.com"]),
        "contact_email": ADDRESSES,
        "tenant": st.just("nuages.onmicrosoft.com"),
    }
)


def by_wizard(enrollment: Enrollment, answers: dict[str, str]) -> dict[str, set[str]]:
    """What the wizard says beside each shared field, as verdicts."""
    enrollment.partner.country = answers["company_country"]
    enrollment.contact_email = ""
    found: dict[str, set[str]] = {name: set() for name in SHARED}
    typed = {"mail_domain": answers["contact_email"].partition("@")[2], "has_mpn_account": "True"}
    typed |= {theirs: answers[name] for name, (_page, theirs) in SHARED.items()}
    own = {"global_admin": "True", "contact_first_name": "Lou", "contact_last_name": "X", "tenant": answers["tenant"]}
    names = {theirs: name for name, (_page, theirs) in SHARED.items()}
    for slug in ("location", "company", "contact"):
        form = FORMS[slug]({**typed, **own}, enrollment=enrollment)
        form.is_valid()
        for field in form.errors:
            if field in names:
                found[names[field]].add("refused")
        for problem in requirements.judge(enrollment, slug, form.answers, today=timezone.localdate()):
            if problem.field in names and problem.field not in form.errors:
                found[names[problem.field]].add(MEANS[problem.severity])
    return found


def by_preflight(answers: dict[str, str]) -> dict[str, set[str]]:
    """What the pre-flight says about each shared field; fields that its form refuses are refused."""
    form = PreflightForm(answers)
    form.is_valid()
    found: dict[str, set[str]] = {name: {"refused"} if name in form.errors else set() for name in SHARED}
    cleaned = {**dict.fromkeys(form.fields, ""), **answers, **form.cleaned_data}
    flight = Preflight(typed={name: value or "" for name, value in cleaned.items()}, asked_at=timezone.now())
    names = {theirs: name for name, (_page, theirs) in SHARED.items()}
    about = {rule.code: [names[r.field] for r in RULES if r.code == rule.code and r.field in names] for rule in RULES}
    about["overseas"] = ["country"]
    for line in preflight.lines(flight, today=timezone.localdate()):
        for name in about.get(line.code, []) if line.verdict is not PreflightVerdict.PASS else []:
            if name not in form.errors:
                found[name].add(line.verdict.value)
    return found


LETTERS = {"legal_name", "street", "city"}  # one line of the pre-flight for three fields


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERED)
def test_wizard_and_preflight_never_differ(enrollment: Enrollment, answers: dict[str, str]) -> None:
    for country, pattern in (("FR", r"^\d{5}$"), ("BE", r"^\d{4}$"), ("DE", r"^(D-)?\d{5}$")):
        CountryRules.objects.get_or_create(
            country_id=country, defaults={"postal_code_regex": pattern, "read_on": TODAY, "raw": {}}
        )
    file = Enrollment.objects.select_related("partner", "country").get(pk=enrollment.pk)

    wizard, flight = by_wizard(file, answers), by_preflight(answers)

    assert {k: v for k, v in wizard.items() if k not in LETTERS} == {
        k: v for k, v in flight.items() if k not in LETTERS
    }
    assert any(wizard[k] for k in LETTERS) == any(flight[k] for k in LETTERS)
