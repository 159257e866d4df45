"""The pages of the steps as a reseller meets them, with everything that can be typed wrong."""

from html import unescape
from typing import Any

import pytest
from django.test import Client

from onboarding.domain.enrollment import lifecycle
from onboarding.enums import Authority, CheckState, EnrollmentState, Kind
from onboarding.forms.sentences import sentence
from onboarding.models import Check, Draft, Enrollment
from portal.partners.models import Membership, Role
from tests.builders import (
    COMPANY,
    CONTACT,
    NOW,
    check_of,
    fill_steps_1_to_3,
    make_enrollment,
    make_submitted,
    make_user,
)

pytestmark = pytest.mark.django_db

LOCATION = {
    "country": "FR",
    "location_mpn_id": "4391508",
    "location_country": "FR",
    "location_type": "location",
}


def post(client: Client, enrollment: Enrollment, slug: str, answers: dict[str, Any], **extra: Any) -> Any:
    fresh = Enrollment.objects.select_related("partner").get(pk=enrollment.pk)
    basis = extra.pop("basis", lifecycle.basis(fresh, slug))
    return client.post(f"/enrollments/{enrollment.pk}/steps/{slug}/", {"basis": basis, **answers}, **extra)


def text(response: Any) -> str:
    return unescape(response.content.decode())


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("abc", "not_digits"),
        ("12 34-56", "not_digits"),
        ("123", "too_short"),
        ("1" * 30, "too_long"),
        ("", "missing"),
        ("   ", "missing"),
        ("٤٣٩١٥٠٧", "not_digits"),
    ],
)
def test_wrong_mpn_id_is_told_at_the_field_and_kept(
    as_reseller: Client, enrollment: Enrollment, typed: str, code: str
) -> None:
    response = post(as_reseller, enrollment, "mpn-id", {"has_mpn_account": "True", "mpn_id": typed})

    assert response.status_code == 422
    label = response.context["form"]["mpn_id"].label
    assert response.context["form"].errors == {"mpn_id": [sentence(code, {"label": label})]}
    assert Draft.objects.get(enrollment=enrollment).data["mpn_id"] == typed
    enrollment.refresh_from_db()
    assert enrollment.mpn_id == ""
    again = as_reseller.get(f"/enrollments/{enrollment.pk}/steps/mpn-id/")
    assert again.context["form"]["mpn_id"].value() == typed


def test_spaces_in_an_mpn_id_do_not_matter(as_reseller: Client, enrollment: Enrollment) -> None:
    response = post(as_reseller, enrollment, "mpn-id", {"has_mpn_account": "True", "mpn_id": " 4 391\u00a0507 "})

    enrollment.refresh_from_db()
    assert (response.status_code, enrollment.mpn_id) == (302, "4391507")
    assert check_of(enrollment, Kind.MPN_ID, Authority.MICROSOFT).state == CheckState.IN_PROGRESS


@pytest.mark.parametrize(
    ("change", "field", "code", "values"),
    [
        ({"location_type": "global"}, "location_type", "global_id", {}),
        ({"location_type": "unknown"}, "location_type", "type_unknown", {}),
        (
            {"location_country": "DE"},
            "location_country",
            "country_mismatch",
            {"csp": "France", "location": "Allemagne"},
        ),
        (
            {"location_country": "RE"},
            "location_country",
            "overseas_territory",
            {"csp": "France", "location": "La Réunion"},
        ),
    ],
)
def test_wrong_location_is_told_at_the_field(
    as_reseller: Client, enrollment: Enrollment, change: dict[str, str], field: str, code: str, values: dict[str, str]
) -> None:
    post(as_reseller, enrollment, "mpn-id", {"has_mpn_account": "True", "mpn_id": "4391507"})

    response = post(as_reseller, enrollment, "location", {**LOCATION, **change})

    assert response.context["form"].errors == {field: [sentence(code, values)]}
    enrollment.refresh_from_db()
    assert enrollment.location_mpn_id == ""


def test_location_of_another_company_is_refused(as_reseller: Client, enrollment: Enrollment) -> None:
    other = fill_steps_1_to_3(make_enrollment(), number="4399999")
    lifecycle.submit(enrollment=other, by=other.created_by, now=NOW)
    post(as_reseller, enrollment, "mpn-id", {"has_mpn_account": "True", "mpn_id": "4391507"})

    response = post(as_reseller, enrollment, "location", {**LOCATION, "location_mpn_id": "43999991"})

    assert response.context["form"].errors == {"location_mpn_id": [sentence("id_taken")]}


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("x@localhost", "special_domain"),
        ("lou@exempleinfo.onmicrosoft.com", "onmicrosoft"),
        ("lou", "bad_address"),
        ("é@exemple-informatique.example", "bad_address"),
        ("", "missing"),
    ],
)
def test_wrong_address_is_told_at_the_field(as_reseller: Client, enrollment: Enrollment, typed: str, code: str) -> None:
    fill_steps_1_to_3(enrollment)

    response = post(as_reseller, enrollment, "contact", {**CONTACT, "contact_email": typed})

    label = response.context["form"]["contact_email"].label
    assert response.context["form"].errors == {"contact_email": [sentence(code, {"label": label})]}


def test_webmail_and_foreign_domains_are_refused_by_rule(as_reseller: Client, enrollment: Enrollment) -> None:
    fill_steps_1_to_3(enrollment)

    webmail = post(as_reseller, enrollment, "contact", {**CONTACT, "contact_email": "lou@gmail.com"})
    foreign = post(as_reseller, enrollment, "contact", {**CONTACT, "contact_email": "lou@autre.example"})

    assert webmail.context["form"].errors["contact_email"] == [sentence("webmail", {"domain": "gmail.com"})]
    assert "autre.example" in foreign.context["form"].errors["contact_email"][0]


@pytest.mark.parametrize(
    ("name", "typed", "code"),
    [
        ("mail_domain", "co.uk", "bare_suffix"),
        ("mail_domain", "gmail.com", "webmail_domain"),
        ("mail_domain", "exemple.onmicrosoft.com", "onmicrosoft"),
        ("mail_domain", "exemple", "bad_name"),
        ("duns", "15-048-378", "not_nine"),
        ("duns", "ABCDEFGHI", "not_nine"),
        ("duns", "000000000", "all_zero"),
        ("registration_number", "999000012", "bad_siren"),
        ("legal_name", "ООО Пример", "western_only"),
    ],
)
def test_wrong_company_data_are_told_at_the_field(
    as_reseller: Client, enrollment: Enrollment, name: str, typed: str, code: str
) -> None:
    fill_steps_1_to_3(enrollment)
    company = {
        f: getattr(Enrollment.objects.get(pk=enrollment.pk).partner, f)
        for f in (
            "legal_name",
            "registration_number",
            "duns",
            "street",
            "postal_code",
            "city",
            "website",
            "mail_domain",
        )
    }

    response = post(as_reseller, enrollment, "company", {**company, name: typed})

    assert response.context["form"].errors == {name: [sentence(code)]}
    assert response.context["form"][name].value() == typed


def test_international_domain_and_dashed_duns_are_kept_normalised(as_reseller: Client, enrollment: Enrollment) -> None:
    fill_steps_1_to_3(enrollment)
    company = {"legal_name": "EXEMPLE", "street": "1 rue", "postal_code": "75001", "city": "Paris"}

    post(
        as_reseller, enrollment, "company", {**company, "mail_domain": "https://www.exämple.de/", "duns": "15-048-3782"}
    )

    partner = Enrollment.objects.get(pk=enrollment.pk).partner
    assert (partner.mail_domain, partner.duns) == ("xn--exmple-cua.de", "150483782")


def test_page_behind_an_unfinished_step_is_not_open(as_reseller: Client, enrollment: Enrollment) -> None:
    response = as_reseller.get(f"/enrollments/{enrollment.pk}/steps/contact/")
    written = post(as_reseller, enrollment, "contact", CONTACT)

    enrollment.refresh_from_db()
    assert (response.status_code, written.status_code, enrollment.tenant) == (302, 422, "")


def test_double_submission_saves_once(as_reseller: Client, enrollment: Enrollment) -> None:
    basis = lifecycle.basis(enrollment, "mpn-id")
    answers = {"has_mpn_account": "True", "mpn_id": "4391507"}

    first = post(as_reseller, enrollment, "mpn-id", answers, basis=basis)
    second = post(as_reseller, enrollment, "mpn-id", answers, basis=basis)

    assert (first.status_code, second.status_code) == (302, 302)
    assert enrollment.events.filter(kind="answered").count() == 1


def test_second_tab_does_not_silently_overwrite(as_reseller: Client, enrollment: Enrollment) -> None:
    basis = lifecycle.basis(enrollment, "mpn-id")
    post(as_reseller, enrollment, "mpn-id", {"has_mpn_account": "True", "mpn_id": "4391507"}, basis=basis)

    other_tab = post(as_reseller, enrollment, "mpn-id", {"has_mpn_account": "True", "mpn_id": "4391999"}, basis=basis)
    enrollment.refresh_from_db()
    kept = enrollment.mpn_id
    on_purpose = post(
        as_reseller, enrollment, "mpn-id", {"has_mpn_account": "True", "mpn_id": "4391999"},
        basis=other_tab.context["form"]["basis"].value(),
    )  # fmt: skip

    enrollment.refresh_from_db()
    assert (other_tab.status_code, kept) == (422, "4391507")
    assert (on_purpose.status_code, enrollment.mpn_id) == (302, "4391999")


def test_save_for_later_keeps_half_a_page(as_reseller: Client, enrollment: Enrollment) -> None:
    response = post(as_reseller, enrollment, "mpn-id", {"mpn_id": "43x", "later": "1"})

    assert response.status_code == 302
    kept = Draft.objects.get(enrollment=enrollment).data
    assert {name: kept[name] for name in ("has_mpn_account", "mpn_id")} == {"has_mpn_account": "", "mpn_id": "43x"}


def test_session_that_ended_while_typing_loses_nothing(as_reseller: Client, enrollment: Enrollment) -> None:
    path, basis = f"/enrollments/{enrollment.pk}/steps/mpn-id/", lifecycle.basis(enrollment, "mpn-id")
    as_reseller.logout()

    sent_away = as_reseller.post(path, {"has_mpn_account": "True", "mpn_id": "4391507", "basis": basis})
    typed = dict(as_reseller.session)["typed"]
    as_reseller.force_login(enrollment.created_by, backend="allauth.account.auth_backends.AuthenticationBackend")
    again = as_reseller.get(path)

    assert sent_away.status_code == 302
    assert typed["data"]["mpn_id"] == "4391507"
    assert again.context["form"]["mpn_id"].value() == "4391507"
    enrollment.refresh_from_db()
    assert enrollment.mpn_id == ""


def test_submission_checks_everything_again(as_reseller: Client, enrollment: Enrollment) -> None:
    fill_steps_1_to_3(enrollment)
    # The world moved on since the page was saved: somebody else uses the location's ID now.
    other = make_submitted()
    Enrollment.objects.filter(pk=other.pk).update(
        location_mpn_id=Enrollment.objects.get(pk=enrollment.pk).location_mpn_id
    )

    response = as_reseller.post(f"/enrollments/{enrollment.pk}/answers/")

    enrollment.refresh_from_db()
    assert (response.status_code, enrollment.state) == (422, EnrollmentState.DRAFT)
    assert [r["text"] for r in response.context["refused"]] == [sentence("id_taken")]


def test_submitting_twice_submits_once(as_reseller: Client, enrollment: Enrollment) -> None:
    fill_steps_1_to_3(enrollment)

    for _ in range(2):
        response = as_reseller.post(f"/enrollments/{enrollment.pk}/answers/")
        assert response.status_code == 302

    assert enrollment.events.filter(kind="submitted").count() == 1


def test_viewer_sees_and_changes_nothing(client: Client, enrollment: Enrollment) -> None:
    viewer = make_user()
    Membership.objects.create(partner=enrollment.partner, user=viewer, role=Role.VIEWER)
    client.force_login(viewer, backend="allauth.account.auth_backends.AuthenticationBackend")

    seen = client.get(f"/enrollments/{enrollment.pk}/")
    written = post(client, enrollment, "mpn-id", {"has_mpn_account": "True", "mpn_id": "4391507"})

    assert (seen.status_code, written.status_code) == (200, 404)
    assert "<button" not in text(client.get(f"/enrollments/{enrollment.pk}/steps/mpn-id/")).split("<main")[1]


def test_checks_exist_once_for_an_enrollment(enrollment: Enrollment) -> None:
    assert Check.objects.filter(enrollment=enrollment).count() == 11


def test_draft_over_answers_that_changed_since_is_not_shown(as_reseller: Client, enrollment: Enrollment) -> None:
    basis = lifecycle.basis(enrollment, "mpn-id")
    post(as_reseller, enrollment, "mpn-id", {"has_mpn_account": "True", "mpn_id": "4391507"}, basis=basis)
    post(as_reseller, enrollment, "mpn-id", {"has_mpn_account": "True", "mpn_id": "4391999"}, basis=basis)

    again = as_reseller.get(f"/enrollments/{enrollment.pk}/steps/mpn-id/")

    assert again.context["form"]["mpn_id"].value() == "4391507"


def test_nul_characters_are_no_server_error(as_reseller: Client, enrollment: Enrollment) -> None:
    response = post(as_reseller, enrollment, "mpn-id", {"has_mpn_account": "True", "mpn_id": "43\x0091507"})

    assert response.status_code == 302


@pytest.mark.parametrize("pasted", ["\u200b4391507", "\ufeff4391\u2009507\u200e", "\uff14\uff13\uff19\uff11507"])
def test_what_nobody_sees_is_gone_before_the_rules_look(
    as_reseller: Client, enrollment: Enrollment, pasted: str
) -> None:
    response = post(as_reseller, enrollment, "mpn-id", {"has_mpn_account": "True", "mpn_id": pasted})

    enrollment.refresh_from_db()
    assert (response.status_code, enrollment.mpn_id) == (302, "4391507")


def test_button_s_address_opened_by_link_leads_to_the_file(as_reseller: Client, enrollment: Enrollment) -> None:
    check = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)
    for deed in ("code", "look"):
        response = as_reseller.get(f"/enrollments/{enrollment.pk}/checks/{check.pk}/{deed}/")

        assert response.status_code == 405
        assert f'href="/enrollments/{enrollment.pk}/"' in response.content.decode()


def test_after_three_answered_steps_the_next_thing_is_to_submit(as_reseller: Client, enrollment: Enrollment) -> None:
    fill_steps_1_to_3(enrollment)

    shown = as_reseller.get("/home/").context["files"][0]["next"]

    assert shown.url == f"/enrollments/{enrollment.pk}/answers/"


def test_draft_that_was_set_aside_is_taken_up_with_one_button(as_reseller: Client, enrollment: Enrollment) -> None:
    Enrollment.objects.filter(pk=enrollment.pk).update(set_aside_at=NOW)
    path = f"/enrollments/{enrollment.pk}/take-up/"
    assert path in as_reseller.get(f"/enrollments/{enrollment.pk}/").content.decode()

    answers = [as_reseller.post(path).status_code for _ in range(2)]

    enrollment.refresh_from_db()
    assert (answers, enrollment.set_aside_at) == ([302, 302], None)
    assert enrollment.events.filter(kind="taken_up").count() == 1


def test_draft_of_others_is_not_taken_up(as_outsider: Client, enrollment: Enrollment) -> None:
    Enrollment.objects.filter(pk=enrollment.pk).update(set_aside_at=NOW)

    assert as_outsider.post(f"/enrollments/{enrollment.pk}/take-up/").status_code == 404
    enrollment.refresh_from_db()
    assert enrollment.set_aside_at == NOW


@pytest.mark.parametrize(
    ("typed", "kept", "is_said"),
    [
        ("bureau.brumes.example", "bureau.brumes.example", False),
        ("brumes.uk.com", "brumes.uk.com", False),
        ("https://www.brumes.example/contact", "brumes.example", True),
        ("lou@brumes.example", "brumes.example", True),
        ("Forêt.example", "xn--fort-ipa.example", False),
    ],
)
def test_domain_is_kept_as_typed_or_the_change_is_said(
    as_reseller: Client, enrollment: Enrollment, typed: str, kept: str, is_said: bool
) -> None:
    fill_steps_1_to_3(enrollment)

    response = post(as_reseller, enrollment, "company", {**COMPANY, "website": "", "mail_domain": typed})

    enrollment.partner.refresh_from_db()
    told = [str(message) for message in as_reseller.get(response.url).context["messages"]]
    assert (enrollment.partner.mail_domain, any(typed in line for line in told)) == (kept, is_said)


def test_domain_is_shown_in_its_own_letters(as_reseller: Client, enrollment: Enrollment) -> None:
    fill_steps_1_to_3(enrollment)
    type(enrollment.partner).objects.update(mail_domain="xn--fort-ipa.example")

    page = as_reseller.get(f"/enrollments/{enrollment.pk}/steps/company/")
    answers = as_reseller.get(f"/enrollments/{enrollment.pk}/answers/")

    assert page.context["form"]["mail_domain"].value() == "forêt.example"
    assert "forêt.example" in text(answers)
    assert "xn--fort-ipa.example" not in text(answers)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("FR 30 999 000 011", "999000011"),
        ("999 000 011 RCS Grenoble", "999000011"),
        ("Siren : 999.000.011", "999000011"),
    ],
)
def test_neighbouring_number_is_understood_and_said(
    as_reseller: Client, enrollment: Enrollment, typed: str, kept: str
) -> None:
    fill_steps_1_to_3(enrollment)

    response = post(as_reseller, enrollment, "company", {**COMPANY, "registration_number": typed})

    enrollment.partner.refresh_from_db()
    told = [str(message) for message in as_reseller.get(response.url).context["messages"]]
    assert enrollment.partner.registration_number == kept
    assert any(typed in line and kept in line for line in told)


@pytest.mark.parametrize("typed", ["4391507.0", "4391507,00", "4.391507E+06"])
def test_decimal_part_is_refused_with_a_sentence_and_kept(
    as_reseller: Client, enrollment: Enrollment, typed: str
) -> None:
    response = post(as_reseller, enrollment, "mpn-id", {"has_mpn_account": "True", "mpn_id": typed})

    assert (response.status_code, response.context["form"].errors) == (422, {"mpn_id": [sentence("decimal")]})
    assert response.context["form"]["mpn_id"].value() == typed


@pytest.mark.parametrize("typed", ["à demander", "n/a", "0-0"])
def test_what_is_no_telephone_is_hinted(as_reseller: Client, enrollment: Enrollment, typed: str) -> None:
    fill_steps_1_to_3(enrollment)
    post(as_reseller, enrollment, "contact", {**CONTACT, "contact_phone": typed})

    page = as_reseller.get(f"/enrollments/{enrollment.pk}/steps/contact/")

    assert str(sentence("no_telephone")) in page.content.decode()


@pytest.mark.parametrize(
    "name", ["Forêt d\u2019Exemple", "FORE\u0302T D'EXEMPLE", "\u202aForêt\u00a0d'Ex\u202c\r\nSAS"]
)
def test_typographic_and_decomposed_names_pass_every_judge(
    as_reseller: Client, enrollment: Enrollment, name: str
) -> None:
    fill_steps_1_to_3(enrollment)

    response = post(as_reseller, enrollment, "company", {**COMPANY, "legal_name": name})

    enrollment = Enrollment.objects.select_related("partner").get(pk=enrollment.pk)
    today = NOW.date()
    assert response.status_code == 302
    assert lifecycle.requirements.all_problems(enrollment, today=today) == []
    assert not set("\u202a\u202c\r\n\u0302") & set(enrollment.partner.legal_name)
