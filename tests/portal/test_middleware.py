"""Headers, and what was typed before the session ended."""

import uuid

import pytest
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from portal.web.middleware import KeepTyped
from tests.builders import make_enrollment
from tests.portal.people import person


def step(request: HttpRequest) -> HttpResponse:
    return HttpResponse("kept")


@login_not_required
def public(request: HttpRequest) -> HttpResponse:
    return HttpResponse("public")


def typed(rf: RequestFactory, data: dict, *, path: str = "/enrollments/7/mpn-id/", view=step, user=None) -> dict:
    request = rf.post(path, data)
    request.user, request.session = user or AnonymousUser(), {}
    KeepTyped(step).process_view(request, view, (), {})
    return request.session


def test_keep_typed_keeps_the_fields_and_their_address(rf: RequestFactory):
    session = typed(rf, {"mpn_id": "4823911", "kinds": ["a", "b"], "csrfmiddlewaretoken": "secret"})

    assert session == {"typed": {"path": "/enrollments/7/mpn-id/", "data": {"mpn_id": "4823911", "kinds": ["a", "b"]}}}


def test_keep_typed_keeps_a_bounded_amount(rf: RequestFactory):
    data = typed(rf, {f"f{n}": "x" * 5000 for n in range(80)})["typed"]["data"]

    assert (len(data), {len(value) for value in data.values()}) == (50, {4000})


@pytest.mark.parametrize(
    "case",
    [{"path": "/accounts/login/"}, {"path": "/admin/accounts/user/add/"}, {"view": public}],
)
def test_keep_typed_keeps_nothing_elsewhere(rf: RequestFactory, case: dict):
    assert typed(rf, {"password": "secret"}, **case) == {}


@pytest.mark.django_db
def test_what_was_typed_is_not_replaced_by_what_another_window_sends_by_itself(client: Client):
    step_page = f"/enrollments/{uuid.uuid4()}/steps/mpn-id/"
    client.post(step_page, {"mpn_id": "4823911"})

    client.post(f"/desk/{uuid.uuid4()}/presence/", headers={"X-Part": "presence"})

    assert client.session["typed"] == {"path": step_page, "data": {"mpn_id": "4823911"}}


@pytest.mark.django_db
def test_what_was_typed_survives_the_way_to_the_sign_in_page(client: Client):
    step_page = f"/enrollments/{uuid.uuid4()}/steps/mpn-id/"

    answer = client.post(step_page, {"mpn_id": "4823911"})

    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={step_page}")
    assert client.session["typed"] == {"path": step_page, "data": {"mpn_id": "4823911"}}
    assert b'id="session-ended"' in client.get(answer["Location"]).content
    assert b'id="session-ended"' not in client.get("/accounts/login/?next=/home/").content
    assert b'id="session-ended"' not in Client().get(answer["Location"]).content


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "back"),
    [("/desk/{pk}/opinion/", "/desk/{pk}/"), ("/desk/{pk}/seen/", "/desk/{pk}/"), ("/account/language/", "/account/")],
)
def test_browser_at_the_address_of_a_button_is_led_back(as_bdm: Client, address: str, back: str) -> None:
    pk = make_enrollment().pk

    answer = as_bdm.get(address.format(pk=pk))

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    html = answer.content.decode()
    assert "rien n’a été fait" in html
    assert f'class="btn btn-primary" href="{back.format(pk=pk)}"' in html


def test_script_and_head_get_no_page_at_the_address_of_a_button(as_bdm: Client) -> None:
    address = f"/desk/{make_enrollment().pk}/opinion/"

    assert as_bdm.get(address, headers={"X-Part": "live"}).content == b""
    assert as_bdm.head(address).status_code == 405


@pytest.mark.django_db
def test_keep_typed_keeps_nothing_of_a_signed_in_person(rf: RequestFactory):
    assert typed(rf, {"mpn_id": "1"}, user=person("marie@acme.example")) == {}


@pytest.mark.django_db
def test_the_headers_of_a_public_page(client: Client):
    response = client.get("/")

    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert "clipboard-write=(self)" in response["Permissions-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "X-Robots-Tag" not in response


@pytest.mark.django_db
def test_only_the_public_home_may_be_found_by_search_engines(client: Client):
    assert client.get("/help/")["X-Robots-Tag"] == "noindex"


@pytest.mark.django_db
def test_no_cache_keeps_a_page_of_a_signed_in_person(client: Client):
    client.force_login(person("marie@acme.example"))

    assert client.get("/account/")["Cache-Control"] == "no-store"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/help/", "/accounts/login/", "/accounts/signup/"])
def test_pages_carry_no_inline_style_or_handler(client: Client, path: str):
    html = client.get(path).content.decode()

    assert [part for part in (" style=", "<style", " onclick=", " onload=", " onsubmit=") if part in html] == []


@pytest.mark.django_db
def test_content_policy_allows_nothing_unsafe_and_nobody_else(client):
    policy = client.get("/").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";") if rule.strip())

    assert "unsafe" not in policy
    assert (rules["default-src"], rules["style-src"], rules["object-src"]) == ("'none'", "'self'", "'none'")
    assert "http" not in policy
