"""Ids of other systems: their shape, the file page, the desk's search, the page of fields, and tables of many."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client

from onboarding.domain.desk import external_ids, external_systems
from onboarding.domain.desk import search as desk_search
from onboarding.models import Enrollment, ExternalId
from portal.accounts.models import User
from tests.builders import NOW, make_bdm, make_submitted, make_user

pytestmark = pytest.mark.django_db
GUID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
ACCOUNT = "001D000000IqhSLIAZ"
IMPORT = "/admin/onboarding/externalid/import/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def browser(db: None) -> Client:
    return signed_in(make_user(is_staff=True, is_superuser=True, language="en-gb"))


def kept() -> dict[str, str]:
    return {str(row): row.kind for row in ExternalId.objects.order_by("pk")}


# --- shapes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fifteen", "suffix"),
    [("001D000000IqhSL", "IAZ"), ("50130000000014C", "AAQ"), ("50130000000014c", "AAA"), ("AAAAAAAAAAAAAAA", "555")],
)
def test_salesforce_suffix_tells_the_capitals(fifteen: str, suffix: str) -> None:
    whole = fifteen + suffix

    assert external_systems.salesforce_id(fifteen) == external_systems.salesforce_id(f" {whole} ") == whole


@pytest.mark.parametrize("text", ["", "001", "001D000000IqhS", "001D000000IqhSLI", "001D000000Iqh-L", "é" * 15])
def test_other_lengths_and_signs_are_no_id_of_salesforce(text: str) -> None:
    with pytest.raises(ValueError, match=r"^salesforce$"):
        external_systems.salesforce_id(text)


@pytest.mark.parametrize("text", [ACCOUNT.upper(), ACCOUNT.lower(), ACCOUNT[:-1] + "A"])
def test_capitals_that_a_program_changed_are_found(text: str) -> None:
    with pytest.raises(ValueError, match=r"^salesforce_case$"):
        external_systems.salesforce_id(text)


def test_a_guid_has_one_spelling() -> None:
    spelled = [GUID.upper(), "{" + GUID + "}", f"  {GUID.replace('-', chr(0x2011))}"]

    assert {external_systems.dynamics_id(text) for text in spelled} == {GUID}


@pytest.mark.parametrize(
    "fields",
    [{"value": GUID.upper()}, {"system": "salesforce"}, {"kind": "enrollment"}, {"system": "other", "value": ""}],
)
def test_database_keeps_no_other_shape(fields: dict[str, str]) -> None:
    enrollment = make_submitted()
    row = {"system": "dynamics", "kind": "company", "value": GUID, "partner": enrollment.partner, **fields}

    with pytest.raises(IntegrityError), transaction.atomic():
        ExternalId.objects.create(**row, set_by=enrollment.created_by, set_at=NOW)


# --- the desk ---------------------------------------------------------------------------------------------------------


def test_bdm_sets_replaces_and_removes_an_id_on_the_file(as_bdm: Client) -> None:
    enrollment = make_submitted()
    path, page = f"/desk/{enrollment.pk}/external-ids/", f"/desk/{enrollment.pk}/"

    as_bdm.post(path, {"do": "set", "kind": "company", "system": "salesforce", "value": ACCOUNT[:15]})
    as_bdm.post(path, {"do": "set", "kind": "enrollment", "system": "other", "value": "E-1"})
    as_bdm.post(path, {"do": "set", "kind": "enrollment", "system": "other", "value": "E-2"})

    assert kept() == {f"salesforce:{ACCOUNT}": "company", "other:E-2": "enrollment"}
    shown = as_bdm.get(page).content.decode()
    assert f"<code>{ACCOUNT}</code>" in shown and "<code>E-2</code>" in shown
    as_bdm.post(path, {"do": "remove", "kind": "enrollment", "system": "other"})
    assert kept() == {f"salesforce:{ACCOUNT}": "company"}
    row = ExternalId.objects.get()
    assert row.set_by == User.objects.get(bdm__isnull=False)


def test_what_is_refused_stays_typed_with_its_sentence(as_bdm: Client) -> None:
    one, other = make_submitted(), make_submitted()
    external_ids.put(owner=one, system="other", text="E-1", by=one.created_by, now=NOW)
    path = f"/desk/{other.pk}/external-ids/"

    wrong = as_bdm.post(path, {"do": "set", "kind": "company", "system": "dynamics", "value": "abc"})
    taken = as_bdm.post(path, {"do": "set", "kind": "enrollment", "system": "other", "value": "E-1"})

    for answer, value in ((wrong, "abc"), (taken, "E-1")):
        assert answer.status_code == 422
        assert f'value="{value}"' in answer.content.decode()
        assert answer.context["elsewhere"].form.errors["value"]
    assert kept() == {"other:E-1": "enrollment"}
    assert as_bdm.post(path, {"do": "remove", "kind": "x", "system": "y"}).status_code == 404


def test_bdm_of_another_country_sets_nothing() -> None:
    enrollment = make_submitted()
    foreign = signed_in(make_bdm("DE").user)

    answer = foreign.post(
        f"/desk/{enrollment.pk}/external-ids/", {"do": "set", "kind": "company", "system": "other", "value": "X"}
    )

    assert answer.status_code == 404
    assert kept() == {}


@pytest.mark.parametrize("text", [GUID, GUID.upper(), f"https://crm.example/main.aspx?id={{{GUID}}}"[-38:]])
def test_search_finds_a_file_by_its_id_elsewhere(text: str) -> None:
    enrollment = make_submitted()
    make_submitted()
    external_ids.put(owner=enrollment, system="dynamics", text=GUID, by=enrollment.created_by, now=NOW)

    hits = desk_search.search(text, None)

    assert [(hit.enrollment, hit.group, hit.text) for hit in hits] == [(enrollment.pk, desk_search.Group.NUMBER, GUID)]
    assert desk_search.search(text, ["DE"]) == []


@pytest.mark.parametrize(
    ("system", "value", "text"), [("salesforce", ACCOUNT, ACCOUNT[:15]), ("other", "C 10/7", "C 10/7")]
)
def test_search_finds_the_files_of_a_company_by_its_id(system: str, value: str, text: str) -> None:
    enrollment = make_submitted()
    external_ids.put(owner=enrollment.partner, system=system, text=value, by=enrollment.created_by, now=NOW)

    assert [(hit.enrollment, hit.text) for hit in desk_search.search(text, ["FR"])] == [(enrollment.pk, value)]
    assert desk_search.search(text, ["DE"]) == []


@pytest.mark.parametrize("language", ["fr", "en-gb", "de"])
def test_fields_of_other_systems_are_for_leads_and_administrators(language: str) -> None:
    lead = make_bdm(lead=True).user
    User.objects.filter(pk=lead.pk).update(language=language)

    page = signed_in(lead).get("/desk/fields/").content.decode()

    for word in ("external_ids", "address1_line1", "BillingStreet", "new_mpnid", "MPN_ID__c"):
        assert f"<code>{word}</code>" in page
    assert "/desk/fields/" in signed_in(lead).get("/desk/").content.decode()
    bdm = signed_in(make_bdm("FR").user)
    assert bdm.get("/desk/fields/").status_code == 404
    assert "/desk/fields/" not in bdm.get("/desk/").content.decode()


# --- tables -----------------------------------------------------------------------------------------------------------


def sent(browser: Client, text: str) -> Any:
    return browser.post(IMPORT, {"file": SimpleUploadedFile("ids.csv", text.encode())})


def test_table_shows_what_would_change_and_then_changes_that(browser: Client) -> None:
    one, other, third = (make_submitted() for _each in range(3))
    Enrollment.objects.filter(pk=other.pk).update(location_mpn_id="7654321")
    Enrollment.objects.filter(pk__in=[one.pk, third.pk]).update(location_mpn_id="1234567")
    by = one.created_by
    external_ids.put(owner=one, system="other", text="OLD", by=by, now=NOW)
    external_ids.put(owner=one.partner, system="other", text="C-1", by=by, now=NOW)
    lines = [
        "System;Object;Ours;ID",
        f"Dynamics 365;enrolment;{one.pk};{GUID}",
        f"other;enrollment;{one.pk};NEW",
        f"other;company;{one.partner_id};C-1",
        f"salesforce;company;{other.partner_id};{ACCOUNT.lower()}",
        "other;enrollment;7654321;E-2",
        "other;enrollment;1234567;E-3",
        "other;enrollment;9999999;E-4",
        f"other;company;{third.partner_id};C-1",
        f"other;enrollment;{one.pk};AGAIN",
        f"nothing;enrollment;{one.pk};E-5",
        f"other;thing;{one.pk};E-6",
    ]

    preview = sent(browser, "\n".join(lines))

    planned = preview.context["rows"]
    assert [row.outcome for row, _label in planned] == [
        "set", "replace", "same", "refused", "set", *["refused"] * 6,
    ]  # fmt: skip
    assert all(row.why for row, _label in planned if row.outcome == "refused")
    assert kept() == {"other:OLD": "enrollment", "other:C-1": "company"}
    assert browser.post(IMPORT, {"rows": preview.context["packed"]}).status_code == 302
    assert sorted(kept()) == sorted(["other:NEW", "other:C-1", f"dynamics:{GUID}", "other:E-2"])
    assert ExternalId.objects.get(value="E-2").enrollment_id == other.pk


def test_what_changed_after_the_preview_is_shown_again(browser: Client) -> None:
    enrollment = make_submitted()
    packed = sent(browser, f"system;object;ours;id\nother;enrollment;{enrollment.pk};A").context["packed"]
    external_ids.put(owner=enrollment, system="other", text="B", by=enrollment.created_by, now=NOW)

    answer = browser.post(IMPORT, {"rows": packed})

    assert (answer.status_code, [row.before for row, _label in answer.context["rows"]]) == (409, ["B"])
    assert kept() == {"other:B": "enrollment"}
    assert browser.post(IMPORT, {"rows": answer.context["packed"]}).status_code == 302
    assert kept() == {"other:A": "enrollment"}
    assert browser.post(IMPORT, {"rows": packed + "x"}).status_code == 302
    assert kept() == {"other:A": "enrollment"}


@pytest.mark.parametrize(
    "text",
    ["", "a;b\n1;2", "system;object;ours\nother;company;1", "system;object;ours;id\n" + "other;company;1;1\n" * 1001],
)
def test_a_table_that_cannot_be_used_is_refused_with_a_sentence(browser: Client, text: str) -> None:
    answer = sent(browser, text)

    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]


def test_a_table_costs_no_query_a_row(browser: Client, django_assert_max_num_queries: Any) -> None:
    files = [make_submitted() for _each in range(12)]
    lines = "".join(f"other;enrollment;{file.pk};E-{number}\n" for number, file in enumerate(files))

    with django_assert_max_num_queries(16):
        assert sent(browser, "system;object;ours;id\n" + lines).status_code == 200


@pytest.mark.parametrize("who", ["auditor", "clerk", "bdm"])
def test_only_who_may_change_ids_imports(who: str) -> None:
    user = make_bdm("FR").user if who == "bdm" else make_user(is_staff=True)
    user.groups.set(Group.objects.filter(name=who))
    client = signed_in(user)

    assert client.get(IMPORT).status_code in (302, 403)
    assert client.post(IMPORT, {"file": io.BytesIO(b"x")}).status_code in (302, 403)
    listed = client.get("/admin/onboarding/externalid/")
    assert (listed.status_code == 200) is (who == "auditor")
    assert IMPORT not in listed.content.decode()


def test_admin_finds_by_the_whole_id(browser: Client) -> None:
    enrollment = make_submitted()
    external_ids.put(owner=enrollment.partner, system="salesforce", text=ACCOUNT, by=enrollment.created_by, now=NOW)
    place = "/admin/onboarding/externalid/?q="

    assert ACCOUNT in browser.get(f"{place}{ACCOUNT[:15]}").content.decode()
    assert ACCOUNT not in browser.get(f"{place}001D").content.decode()
    assert IMPORT in browser.get(place).content.decode()
