"""The demo's estates: of every kind of line one, and licences at risk for all to see."""

import datetime as dt
import re

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone, translation

from licensing.enums import Action
from licensing.models import Asset, AssetVersion, Customer, EstateFile, Line, PlanLine, TransferLink
from onboarding.models import Enrollment
from portal.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo() -> None:
    with translation.override("fr"):
        call_command("seed_demo")
        call_command("seed_estate")


def counts() -> list[int]:
    kinds = (EstateFile, Customer, Line, PlanLine, Asset, AssetVersion, TransferLink)
    return [model.objects.count() for model in kinds]


def signed_in(email: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=email), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.long
def test_a_second_start_adds_nothing(demo: None) -> None:
    once = counts()

    call_command("seed_estate")

    assert (once, counts()) == ([2, 16, 16, 16, 2, 2, 2], [2, 16, 16, 16, 2, 2, 2])


@pytest.mark.long
def test_the_demo_s_estate_shows_each_kind_of_line(demo: None) -> None:
    file = EstateFile.objects.get(partner__name="Revendeur Démo")

    # The last tokens of Open License can be activated until the end of 2026.
    alive = timezone.localdate() <= dt.date(2026, 12, 31)
    lines = PlanLine.objects.filter(plan__customer__partner=file.partner)

    assert (file.accepted, file.rejected) == (12, 1)
    assert {action: lines.filter(action=action).count() for action in Action} == {
        Action.KEEP: 2,
        Action.CSP_ONLINE: 7,
        Action.OPEN_VALUE: 1,
        Action.ACTIVATE: int(alive),
        Action.ASK_BDM: int(not alive),
        Action.ANSWER: 1,
    }


@pytest.mark.parametrize("email", ["reseller@demo.example", "company1@demo.example"])
def test_home_shows_what_is_at_risk(demo: None, email: str) -> None:
    html = signed_in(email).get("/home/").content.decode()

    assert re.search(r"risque(nt)? de perdre \d+ licences", html.replace("\xa0", " ").replace("\u202f", " "))


@pytest.mark.long
def test_the_bdm_s_file_shows_what_is_at_risk(demo: None) -> None:
    enrollment = Enrollment.objects.get(partner__name="Nuages d'Exemple")

    html = signed_in("bdm@demo.example").get(f"/desk/{enrollment.pk}/").content.decode()

    assert re.search(r"risque(nt)? de perdre \d+ licences", html.replace("\xa0", " ").replace("\u202f", " "))


def test_a_visitor_finds_a_telephone_number_and_the_link_of_his_country(demo: None) -> None:
    html = Client().get("/licensing/transfer/?country=FR").content.decode()

    assert "+33 1 99 00 12 34" in html
    assert "https://partner-center.example/transfer/fr" in html


def test_the_library_has_links(demo: None) -> None:
    html = Client().get("/licensing/library/").content.decode()

    assert html.count('<article class="card asset"') == 2
