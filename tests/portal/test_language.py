import datetime as dt
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from licensing.forms.advice import DayField
from portal.web.templatetags.portal import when, written
from tests.portal.people import page, person

pytestmark = pytest.mark.django_db


def language_of(client: Client, path: str = "/help/") -> str | None:
    return page(client.get(path)).all("html")[0].attrs["lang"]


def test_french_is_spoken_first(client: Client):
    assert language_of(client) == "fr"


def test_a_visitor_changes_the_language_and_stays_where_he_is(client: Client):
    response = client.post("/account/language/", {"language": "en-gb", "next": "/help/"})

    assert (response.status_code, response["Location"]) == (302, "/help/")
    assert language_of(client) == "en-gb"


def test_reading_a_page_changes_no_language(client: Client):
    assert client.get("/account/language/?language=en-gb").status_code == 405


@pytest.mark.parametrize("way", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_the_language_switch_leads_to_no_other_site(client: Client, way: str):
    response = client.post("/account/language/", {"language": "fr", "next": way})

    assert response["Location"] == "/"


def test_an_unknown_language_changes_nothing(client: Client):
    client.post("/account/language/", {"language": "xx", "next": "/help/"})

    assert language_of(client) == "fr"


def test_the_account_remembers_the_language_and_wins_over_the_cookie(client: Client):
    marie = person("marie@acme.example", language="fr")
    client.force_login(marie)
    client.post("/account/language/", {"language": "en-gb"})
    client.cookies["django_language"] = "fr"

    marie.refresh_from_db()
    assert marie.language == "en-gb"
    assert language_of(client) == "en-gb"


def test_the_account_page_saves_name_and_language(client: Client):
    marie = person("marie@acme.example")
    client.force_login(marie)

    response = client.post("/account/", {"name": "Marie Durand", "language": "fr", "is_staff": "on"})

    marie.refresh_from_db()
    assert response.status_code == 302
    assert (marie.name, marie.language, marie.is_staff) == ("Marie Durand", "fr", False)


def test_german_is_offered_by_its_own_name_and_spoken(client: Client):
    client.post("/account/language/", {"language": "de", "next": "/help/"})

    shown = page(client.get("/help/"))

    assert shown.all("html")[0].attrs["lang"] == "de"
    assert "Wo finde ich meine MPN ID?" in shown.html
    assert all(name in shown.html for name in ("Français", "English", "Deutsch"))


@pytest.mark.parametrize("code", ["it", "es", "nl"])
def test_a_language_is_a_line_and_no_migration(client: Client, settings: Any, code: str):
    settings.LANGUAGES = [*settings.LANGUAGES, (code, code)]

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    client.post("/account/language/", {"language": code, "next": "/help/"})

    assert language_of(client) == code
    assert "Where do I find my MPN ID?" in client.get("/help/").content.decode()
    marie = person(f"marie@{code}.example")
    marie.language = code
    marie.full_clean(exclude=["password"])


def test_the_country_list_is_sorted_by_the_readers_names(client: Client):
    client.force_login(person("marie@acme.example", language="de"))

    names = [option.text for option in page(client.get(reverse("partners:register"))).all("option")]

    assert names.index("Ägypten") < names.index("Albanien") < names.index("Österreich") < names.index("Polen")


@pytest.mark.parametrize(
    ("language", "days", "shown"),
    [
        ("de", -6, "vor 6 Tagen"), ("de", -1, "vor 1 Tag"), ("de", 70, "in 2 Monaten"), ("de", -21, "vor 3 Wochen"),
        ("fr", -6, "il y a 6 jours"), ("fr", 70, "dans 2 mois"), ("en-gb", -6, "6 days ago"),
        ("en-gb", 800, "in 2 years"), ("de", 800, "in 2 Jahren"), ("fr", -800, "il y a 2 ans"),
    ],
)  # fmt: skip
def test_distance_in_time_is_grammatical(language: str, days: int, shown: str):
    moment = timezone.now() + dt.timedelta(days=days, hours=1 if days > 0 else -1)

    with translation.override(language):
        assert f"({shown})".replace(" ", "") in when(moment).replace("\u00a0", "").replace(" ", "")


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("de", "1. März 2027", "2. März 2027"),
        ("fr", "1er mars 2027", "2 mars 2027"),
        ("en-gb", "1 March 2027", "2 March 2027"),
    ],
)
def test_days_are_written_as_the_language_writes_them(language: str, first: str, second: str):
    with translation.override(language):
        assert [written(dt.date(2027, 3, number)) for number in (1, 2)] == [first, second]


@pytest.mark.parametrize("typed", ["31.12.2026", "31/12/2026", "2026-12-31"])
def test_decision_aid_reads_the_days_that_its_error_names(typed: str):
    with translation.override("de"):
        assert DayField().clean(typed) == dt.date(2026, 12, 31)
