"""A pre-flight becomes an account and an enrollment, with everything that was typed."""

from typing import Any

import pytest
from django.test import Client

from onboarding.domain.enrollment import from_preflight, preflight
from onboarding.models import Enrollment, Preflight
from portal.accounts.models import User
from portal.partners.models import Partner
from tests.builders import NOW, fill, make_partner, make_user
from tests.onboarding.test_preflight import GOOD
from tests.portal.people import page

pytestmark = pytest.mark.django_db


def fly(**changed: Any) -> Preflight:
    typed = {**GOOD, "mpn_id": "4392001", "website": "nuages.example", "tenant": "nuages.onmicrosoft.com", **changed}
    return preflight.ask(typed=typed, now=NOW)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_visitor_is_led_to_an_account_and_back(client: Client) -> None:
    flight = fly()

    shown = page(client.get(f"/preflight/{flight.pk}/"))

    assert shown.by_id("enroll").attrs["href"] == f"/accounts/signup/?next=/preflight/{flight.pk}/enroll/"
    assert "/accounts/login/" in client.get(f"/preflight/{flight.pk}/enroll/").url


def test_everything_typed_is_there_and_twice_is_one_enrollment() -> None:
    me, flight = make_user(), fly()
    client = signed_in(me)

    answers = [client.post(f"/preflight/{flight.pk}/enroll/").url for _time in range(2)]

    [partner], [enrollment] = Partner.objects.filter(memberships__user=me), Enrollment.objects.filter(created_by=me)
    assert set(answers) == {f"/enrollments/{enrollment.pk}/"}
    assert (partner.legal_name, partner.registration_number, partner.city) == (
        "NUAGES D'EXEMPLE SAS",
        "999000003",
        "Paris",
    )
    assert enrollment.drafts.get(page="location").data["location_mpn_id"] == "4392001"
    assert enrollment.drafts.get(page="contact").data["contact_email"] == "lou@nuages.example"


def test_the_location_page_shows_what_was_typed() -> None:
    me = make_user()
    enrollment = from_preflight.begin(flight=fly(), by=me, now=NOW)
    client = signed_in(me)
    fill(enrollment, "mpn-id", {"has_mpn_account": True, "mpn_id": "4391777"})

    shown = page(client.get(f"/enrollments/{enrollment.pk}/steps/location/"))

    assert shown.all("input", name="location_mpn_id")[0].attrs["value"] == "4392001"


@pytest.mark.parametrize("number", ["999000003", "99900000300010"])
def test_a_company_that_is_here_is_said_and_one_of_mine_is_used(number: str) -> None:
    me, flight = make_user(), fly()
    make_partner(owner=make_user(), registration_number=number)
    client = signed_in(me)

    told = client.get(f"/preflight/{flight.pk}/enroll/").content.decode()

    assert "déjà sur le portail" in told


def test_a_second_country_uses_the_same_company() -> None:
    me = make_user()
    french = from_preflight.begin(flight=fly(), by=me, now=NOW)

    belgian = from_preflight.begin(flight=fly(country="BE", location_country="BE"), by=me, now=NOW)

    assert (french.partner_id, belgian.country_id) == (belgian.partner_id, "BE")


@pytest.mark.parametrize("key", ["00000000-0000-0000-0000-000000000000", "deleted", "of an enrollment"])
def test_what_is_gone_or_belongs_to_an_enrollment_is_no_beginning(enrollment: Enrollment, key: str) -> None:
    flight = preflight.ask(typed=GOOD, now=NOW, enrollment=enrollment if key == "of an enrollment" else None)
    pk = key if len(key) == 36 else flight.pk
    if key == "deleted":
        flight.delete()
        pk = "11111111-1111-1111-1111-111111111111"

    assert signed_in(make_user()).post(f"/preflight/{pk}/enroll/").status_code == 404
