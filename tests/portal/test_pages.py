"""The pages of nobody in particular."""

import pytest
from django.test import Client

from portal.pages import broken
from tests.portal.people import page, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(client: Client) -> Client:
    client.cookies["django_language"] = "en-gb"
    return client


def test_home_tells_the_visitor_what_changed_and_what_to_do(visitor: Client):
    shown = page(visitor.get("/"))

    assert "1 January 2022" in shown.heading()
    assert [e.attrs["href"] for e in shown.all("a") if "door" not in str(e.attrs)].count("/accounts/signup/") == 1
    assert len(shown.all("ol", **{"class": "road"})) == 1
    assert all(f'id="{name}"' in shown.html for name in ("steps", "calendar", "what-to-buy", "contact"))


def test_home_names_the_delays_and_their_source(visitor: Client):
    html = visitor.get("/").content.decode()

    assert "1–3 working days" in html
    assert "5 % can take more than 12 weeks." in html
    assert "Ingram Micro guide, part 2" in html


def test_home_of_a_signed_in_person_is_elsewhere(client: Client):
    client.force_login(person("marie@acme.example"))

    response = client.get("/")

    assert response.status_code == 302


def test_the_menu_costs_a_visitor_nothing(client: Client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/accessibility/")


def test_the_menu_costs_a_signed_in_person_one_question(client: Client, django_assert_num_queries):
    client.force_login(person("marie@acme.example"))

    # Session, person, menu.
    with django_assert_num_queries(3):
        client.get("/accessibility/")


def test_livez_asks_nobody(client: Client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/livez").status_code == 200


def test_a_missing_page_is_kind(visitor: Client):
    response = visitor.get("/nowhere/")

    assert response.status_code == 404
    assert page(response).heading() == "This page does not exist, or is not yours to see"


def test_a_form_from_a_stale_window_is_explained():
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["django_language"] = "en-gb"

    response = strict.post("/accounts/login/", {"login": "marie@acme.example", "password": "x"})

    assert response.status_code == 403
    assert page(response).heading() == "The form was not sent"
    assert "what you typed is still there" in response.content.decode()


def test_the_failure_page_asks_nothing_of_the_database(client: Client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = broken(None)

    assert (response.status_code, len(page(response).all("h1"))) == (500, 1)


@pytest.mark.parametrize("path", ["/", "/help/", "/accessibility/", "/accounts/login/", "/accounts/signup/"])
def test_public_pages_have_one_heading_and_a_way_past_the_menu(visitor: Client, path: str):
    shown = page(visitor.get(path))

    assert len(shown.all("h1")) == 1
    assert shown.all("a")[0].attrs["href"] == "#main"
    assert shown.by_id("main").tag == "main"
    assert shown.title().endswith("– Partner onboarding")


def test_the_administration_is_entered_by_the_portals_own_door(client: Client):
    response = client.get("/admin/login/?next=/admin/")

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
