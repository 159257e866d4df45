import pytest
from django.test import Client

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
