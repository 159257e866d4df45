"""From the visitor's home page to the first question: the screens in between, counted."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from portal.notices.models import Mail
from portal.partners.models import Role
from tests.builders import make_partner, make_user
from tests.onboarding.connectors.conftest import sandbox, servers_running  # noqa: F401
from tests.portal.people import page, path_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox")]


@pytest.fixture(autouse=True)
def _registers_and_fresh_limits(settings: Any) -> None:
    settings.REGISTERS = {"FR": ("recherche_entreprises",), "EU": ("vies", "gleif"), "*": ("gleif",)}
    cache.clear()


class Walk:
    """A browser that counts the screens on which something has to be done."""

    def __init__(self) -> None:
        self.client, self.screens = Client(), [""]

    def submit(self, path: str, **answers: str) -> None:
        self._arrive(self.client.post(path, answers, follow=True))

    def go(self, path: str) -> None:
        self._arrive(self.client.get(path, follow=True))

    def _arrive(self, response: Any) -> None:
        assert response.status_code == 200
        path = response.request["PATH_INFO"]
        if path != self.screens[-1]:
            self.screens.append(path)
        self.page = response


@pytest.mark.parametrize("asked", ["fictif systems", "999000003", "zone modele"])
def test_three_screens_to_the_first_question(asked: str) -> None:
    walk = Walk()

    walk.go("/accounts/signup/")
    walk.submit("/accounts/signup/", email="lou@fictif.example", password1="nine green bicycles in a row")
    walk.go(path_in(Mail.objects.get(to="lou@fictif.example").text, "/accounts/confirm-email/"))
    walk.submit(walk.screens[-1])
    found = page(walk.client.get("/companies/", {"q": asked, "country": "FR"})).all("button", name="found")[0]
    walk.submit("/companies/register/", found=str(found.attrs["value"]))

    # "Check your inbox" asks for nothing but the mail.
    asking = [path for path in walk.screens[1:-1] if path != "/accounts/confirm-email/"]
    assert [path.split("/")[1:3] for path in asking] == [
        ["accounts", "signup"], ["accounts", "confirm-email"], ["companies", ""],
    ]  # fmt: skip
    assert walk.screens[-1].endswith("/steps/mpn-id/")


def test_who_has_a_company_and_no_enrollment_is_led_to_its_beginning() -> None:
    owner = make_user()
    partner = make_partner(owner=owner)
    client = Client()
    client.force_login(owner)

    assert client.get("/home/")["Location"] == f"/partners/{partner.pk}/enroll/"


def test_who_may_not_begin_is_told_who_does() -> None:
    reader = make_user()
    partner = make_partner(owner=make_user())
    partner.memberships.create(user=reader, role=Role.VIEWER)
    client = Client()
    client.force_login(reader)

    shown = client.get("/home/")

    assert shown.status_code == 200
    assert str(partner) in page(shown).all("main")[0].text
