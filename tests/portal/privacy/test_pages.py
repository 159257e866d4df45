"""The public pages: personal data, cookies, where to report a weakness; linked from every page."""

import datetime as dt
import re
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.privacy import cookies
from tests.builders import make_user
from tests.portal.people import PASSWORD, person

pytestmark = pytest.mark.django_db
LANGUAGES = ("fr", "en-gb")


@pytest.mark.parametrize("address", ["/", "/help/", "/privacy/", "/cookies/", "/licensing/calendar/"])
def test_every_page_leads_to_both(client: Client, address: str) -> None:
    page = client.get(address).content.decode()

    assert 'href="/privacy/"' in page
    assert 'href="/cookies/"' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_says_who_answers_and_how_to_reach_them(client: Client, settings: Any, language: str) -> None:
    settings.PRIVACY_CONTROLLER = "Exemple Cloud SAS, 2 rue du Test, Lille"
    settings.PRIVACY_CONTACT = "dpo@exemple.example"

    page = client.get(f"/privacy/?lang={language}").content.decode()

    assert "Exemple Cloud SAS, 2 rue du Test, Lille" in page
    assert 'href="mailto:dpo@exemple.example"' in page
    for name in ("privacy:own", "account:profile", "notices:preferences"):
        assert f'href="{reverse(name)}"' in page


def test_without_a_contact_the_page_leads_to_the_help(client: Client, settings: Any) -> None:
    settings.PRIVACY_CONTROLLER = settings.PRIVACY_CONTACT = ""

    page = client.get("/privacy/").content.decode()

    assert "mailto:" not in page
    assert 'href="/help/"' in page


def test_cookies_really_set_are_those_of_the_page(client: Client) -> None:
    user = person("marie@acme.example")
    client.get("/accounts/login/")
    client.post("/account/language/", {"language": "fr", "next": "/"})
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    client.post("/account/", {"name": "Marie", "language": "fr"})

    told = {cookie.name for cookie in cookies.all_of_them()}

    assert set(client.cookies) == told
    page = client.get("/cookies/").content.decode()
    assert all(f"<code>{name}</code>" in page for name in told)
    # No script of ours needs one. One without a value is being deleted.
    kept = {name: cookie for name, cookie in client.cookies.items() if cookie.value}
    assert [name for name, cookie in kept.items() if not (cookie["httponly"] and cookie["samesite"])] == []


def test_how_long_a_cookie_lasts_is_as_the_page_says() -> None:
    assert configured.SESSION_COOKIE_AGE == 8 * 3600
    assert pytest.approx(365 * 24 * 3600, rel=0.01) == configured.CSRF_COOKIE_AGE


@pytest.mark.parametrize("contact", ["mailto:sec@a.example", "https://a.example/report", "mailto:x+y@b.example"])
def test_security_txt_has_what_the_rfc_demands(client: Client, settings: Any, contact: str) -> None:
    settings.SECURITY_CONTACT, settings.SITE_URL = contact, "https://portal.a.example"

    answer = client.get("/.well-known/security.txt")

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert set(fields) == {"Contact", "Expires", "Preferred-Languages", "Canonical"}
    assert fields["Contact"] == contact
    assert fields["Preferred-Languages"] == "fr, en, de"
    assert fields["Canonical"] == "https://portal.a.example/.well-known/security.txt"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", fields["Expires"])
    left = dt.datetime.fromisoformat(fields["Expires"]) - timezone.now()
    assert dt.timedelta(days=30) < left < dt.timedelta(days=365)


def test_without_a_contact_there_is_no_security_txt(client: Client, settings: Any) -> None:
    settings.SECURITY_CONTACT = ""

    assert client.get("/.well-known/security.txt").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_person_finds_their_data_from_their_account(client: Client, language: str) -> None:
    user = make_user(language=language)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    account = client.get("/account/").content.decode()
    own = client.get(reverse("privacy:own")).content.decode()

    assert f'href="{reverse("privacy:own")}"' in account
    assert ("Préparer mon fichier" in own, "Prepare my file" in own) == (language == "fr", language != "fr")
