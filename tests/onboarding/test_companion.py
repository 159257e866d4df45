"""The page beside Microsoft's form: its fields in order, our answers to copy, ticks that stay."""

import pytest
from django.test import Client

from onboarding.domain.questions import companion, official_pages
from onboarding.domain.questions.steps import PAGES
from onboarding.models import Draft, Enrollment
from tests.builders import COMPANY, CONTACT, fill_steps_1_to_3
from tests.portal.people import page

pytestmark = pytest.mark.django_db


def test_every_form_names_answers_that_exist(enrollment: Enrollment) -> None:
    for spec in companion.FORMS.values():
        assert spec.page in PAGES and {*spec.links} <= {*official_pages.PAGES}
        for row in spec.rows:
            assert row.answer == "" or isinstance(companion.value(enrollment, row.answer), str)
    assert {*companion.OF_STEP} <= {*PAGES} and {*companion.OF_STEP.values()} <= {*companion.FORMS}


def test_the_enrolment_has_microsofts_order_and_a_copy_button_for_each_answer(
    as_reseller: Client, enrollment: Enrollment
) -> None:
    fill_steps_1_to_3(enrollment)

    shown = page(as_reseller.get(f"/enrollments/{enrollment.pk}/beside/enrolment/"))

    copied = [e.attrs["data-copy"] for e in shown.all("button") if "data-copy" in e.attrs]
    enrollment.refresh_from_db()
    assert copied == [
        enrollment.location_mpn_id, COMPANY["legal_name"], "France", COMPANY["street"], COMPANY["city"],
        COMPANY["postal_code"], COMPANY["registration_number"], COMPANY["duns"], COMPANY["website"],
        CONTACT["contact_first_name"], CONTACT["contact_last_name"], CONTACT["contact_email"],
    ]  # fmt: skip


@pytest.mark.parametrize("form", list(companion.FORMS))
def test_each_form_opens_before_anything_is_answered(as_reseller: Client, enrollment: Enrollment, form: str) -> None:
    answer = as_reseller.get(f"/enrollments/{enrollment.pk}/beside/{form}/")

    assert answer.status_code == 200
    assert len(page(answer).all("input", type="checkbox")) == len(companion.FORMS[form].rows)


@pytest.mark.parametrize(("sent", "kept"), [(["0", "2"], [0, 2]), (["2", "2", "99", "-1", "x"], [2]), ([], [])])
def test_ticks_stay(as_reseller: Client, enrollment: Enrollment, sent: list[str], kept: list[int]) -> None:
    place = f"/enrollments/{enrollment.pk}/beside/agreement/"

    for _time in range(2):
        as_reseller.post(place, {"tick": sent})

    shown = page(as_reseller.get(place))
    ticked = [int(e.attrs["value"] or "") for e in shown.all("input", type="checkbox") if "checked" in e.attrs]
    assert ticked == Draft.objects.get(enrollment=enrollment).data["ticked"] == kept


def test_an_unknown_form_is_no_page_and_steps_lead_to_theirs(as_reseller: Client, enrollment: Enrollment) -> None:
    shown = page(as_reseller.get(f"/enrollments/{enrollment.pk}/steps/mpn-id/"))

    assert as_reseller.get(f"/enrollments/{enrollment.pk}/beside/nonsense/").status_code == 404
    assert any((e.attrs.get("href") or "").endswith("/beside/mpn/") for e in shown.all("a"))
