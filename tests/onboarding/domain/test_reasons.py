"""The catalogue: complete, with the administrator's texts where they gave some; the tree leads to every complaint."""

import re

import pytest
from django.contrib.admin import site
from django.test import Client
from django.utils.translation import override

from onboarding.domain.questions.steps import PAGES
from onboarding.domain.reasons import catalogue, troubleshooting
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.shipped import SHIPPED
from onboarding.enums import CHECKS, DocumentKind, Kind, Turn
from onboarding.models import Reason
from tests.builders import make_user

ANSWERS = {name for page in PAGES.values() for name in (*page.company_fields, *page.fields)}


@pytest.mark.parametrize("code", sorted(SHIPPED))
def test_every_reason_names_answers_and_documents_that_exist(code: str):
    reason = SHIPPED[code]

    assert set(reason.remedy.fields) <= ANSWERS
    assert set(reason.remedy.documents) <= set(DocumentKind.values)
    assert set(reason.kinds) <= set(Kind.values)
    assert not reason.kinds or reason.turn == Turn.RESELLER


def test_whatever_a_person_may_raise_is_in_the_catalogue():
    for kind, authority in CHECKS:
        assert set(catalogue.raisable(kind, authority)) <= set(REASONS)


def test_bdm_may_say_that_something_was_lost():
    assert "enrolment_lost" in catalogue.raisable("agreement", "microsoft")
    assert "authorization_removed" in catalogue.raisable("relationship", "microsoft")


def test_tree_has_all_eighteen_complaints_within_three_questions():
    def deepest(here: troubleshooting.TreeQuestion | troubleshooting.Conclusion) -> int:
        return (
            0
            if isinstance(here, troubleshooting.Conclusion)
            else 1 + max(deepest(option.then) for option in here.options)
        )

    assert {leaf.complaint for leaf in troubleshooting.conclusions()} == set(range(1, 19))
    assert deepest(troubleshooting.TREE) == 3
    assert {leaf.reason for leaf in troubleshooting.conclusions()} <= set(REASONS)


def test_answers_lead_down_the_tree_and_nowhere_else():
    way, end = troubleshooting.follow(["authorization", "x"][:0])
    assert (way, end) == ([], troubleshooting.TREE)
    _way, end = troubleshooting.follow(["relationship", "accepted", "customer"])
    assert isinstance(end, troubleshooting.Conclusion)
    assert end.reason == "customer_link_accepted"
    with pytest.raises(troubleshooting.NoSuchAnswerError):
        troubleshooting.follow(["relationship", "nothing"])


@pytest.fixture
def administrator(db: None) -> Client:
    user = make_user(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture(autouse=True)
def _forget_edits():
    yield
    REASONS._changed = {}


@pytest.mark.django_db
def test_catalogue_shows_what_comes_with_the_portal_in_both_languages():
    catalogue.write_shipped()

    row = Reason.objects.get(code="microsoft_refused_domain")
    assert row.title_en == "Microsoft could not tie the domain to the company"
    assert row.title_fr != row.title_en
    assert (row.wants, row.shipped, row.edited_at) == (["domain_invoice", "assignment"], True, None)


@pytest.mark.django_db
def test_administrators_words_are_said_and_survive_the_next_release(administrator: Client):
    catalogue.write_shipped()
    administrator.post("/admin/onboarding/reason/name_differs/change/", _form("name_differs", title_fr="Autre nom"))
    catalogue.write_shipped()

    with override("fr"):
        assert str(REASONS["name_differs"].title) == "Autre nom"
    with override("en-gb"):
        assert str(REASONS["name_differs"].title) == "The register shows a different name"
    assert REASONS["name_differs"].turn == Turn.RESELLER


@pytest.mark.django_db
def test_administrators_own_reason_is_offered_until_it_is_retired(administrator: Client):
    values = {
        **_form("name_differs"),
        "code": "logo_missing",
        "kinds": ["legal_entity"],
        "authority": "",
        "title_en": "No logo",
        "title_fr": "Pas de logo",
    }
    administrator.post("/admin/onboarding/reason/add/", values)
    offered = "logo_missing" in catalogue.raisable("legal_entity", "portal")
    administrator.post(
        "/admin/onboarding/reason/logo_missing/change/",
        {**values, "retired_at_0": "2026-11-01", "retired_at_1": "08:00:00"},
    )

    assert offered
    assert "logo_missing" not in catalogue.raisable("legal_entity", "portal")
    assert str(REASONS["logo_missing"].title) in {"No logo", "Pas de logo"}
    assert not site._registry[Reason].has_delete_permission(None)


@pytest.mark.django_db
def test_catalogue_tells_whom_a_reason_addresses_and_where(administrator: Client):
    catalogue.write_shipped()
    shown = site._registry[Reason]
    rows = {row.code: row for row in Reason.objects.all()}
    with override("en-gb"):
        told = {
            code: (shown.audience(rows[code]), shown.belongs_to(rows[code]))  # type: ignore[attr-defined]
            for code in (
                "txt_not_found",
                "microsoft_refused_domain",
                "name_similar",
                "with_microsoft",
                "no_global_admin",
            )
        }
    page = administrator.get("/admin/onboarding/reason/txt_not_found/change/").content.decode()

    assert told == {
        "txt_not_found": ("The partner", "3. Indirect reseller: Domain name"),
        "microsoft_refused_domain": ("The partner", "3. Indirect reseller: Domain name (Microsoft's decision)"),
        "name_similar": ("Ingram Micro", "3. Indirect reseller: Legal entity"),
        "with_microsoft": ("Microsoft", "every step"),
        "no_global_admin": (
            "The partner",
            "3. Indirect reseller: Microsoft Partner Agreement; 5. Authorisation: Authorisation of Ingram Micro",
        ),
    }
    assert "Le partenaire" in page and 'name="kinds"' not in page and 'name="fields_"' in page


def _form(code: str, **changed: str) -> dict[str, object]:
    row = Reason.objects.filter(code=code).first() or catalogue._row(code, SHIPPED[code])
    names = ("title_en", "title_fr", "todo_en", "todo_fr", "accepts_en", "accepts_fr", "takes_en", "takes_fr")
    words = {name: re.sub(r"\s+", " ", getattr(row, name)) for name in names}
    return {**words, "wants": list(row.wants), "fields_": list(row.fields), **changed}
