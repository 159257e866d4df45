"""A further country: what the company has answered is not asked twice."""

import pytest
from django.test import Client

from onboarding.domain.enrollment import withdrawal
from onboarding.enums import Authority, CheckState, Kind
from onboarding.models import Enrollment
from tests.builders import NOW, check_of, fill_steps_1_to_3, make_enrollment

pytestmark = pytest.mark.django_db


def further(client: Client, enrollment: Enrollment, country: str) -> Enrollment:
    client.post(f"/partners/{enrollment.partner_id}/enroll/", {"country": country})
    return Enrollment.objects.get(partner=enrollment.partner, country=country)


@pytest.mark.parametrize(("country", "has_tenant"), [("BE", True), ("DE", True), ("RE", False), ("GP", False)])
def test_mpn_id_is_answered_and_the_contact_is_typed_in(
    as_reseller: Client, enrollment: Enrollment, country: str, has_tenant: bool
) -> None:
    first = fill_steps_1_to_3(enrollment)

    second = further(as_reseller, enrollment, country)

    assert (second.mpn_id, second.has_mpn_account) == (first.mpn_id, True)
    assert check_of(second, Kind.MPN_ID, Authority.MICROSOFT).state != CheckState.NOT_STARTED
    [draft] = second.drafts.all()
    assert draft.data["contact_email"] == first.contact_email
    assert draft.data.get("tenant", "") == (first.tenant if has_tenant else "")
    assert second.contact_email == ""  # nobody has said yet that it is this person here too


def test_contact_s_page_shows_what_was_carried_over(as_reseller: Client, enrollment: Enrollment) -> None:
    first = fill_steps_1_to_3(enrollment)
    second = further(as_reseller, enrollment, "BE")
    Enrollment.objects.filter(pk=second.pk).update(
        location_mpn_id="4391777", location_country="BE", location_type="location"
    )

    page = as_reseller.get(f"/enrollments/{second.pk}/steps/contact/").content.decode()

    assert first.contact_email in page and first.tenant in page


@pytest.mark.parametrize("mpn_id", ["", "4391600"])
def test_nothing_is_carried_over_twice_or_from_an_empty_one(
    as_reseller: Client, enrollment: Enrollment, mpn_id: str
) -> None:
    Enrollment.objects.filter(pk=enrollment.pk).update(mpn_id=mpn_id, has_mpn_account=True if mpn_id else None)

    ids = {further(as_reseller, enrollment, "BE").pk for _ in range(2)}

    [second] = ids
    assert Enrollment.objects.get(pk=second).mpn_id == mpn_id
    assert not Enrollment.objects.get(pk=second).drafts.exists()


def test_a_withdrawn_enrollment_and_another_company_give_nothing(as_reseller: Client, enrollment: Enrollment) -> None:
    fill_steps_1_to_3(make_enrollment())
    fill_steps_1_to_3(enrollment)
    withdrawal.withdraw(enrollment=enrollment, by=enrollment.created_by, now=NOW)

    assert further(as_reseller, enrollment, "BE").mpn_id == ""
