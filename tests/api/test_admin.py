"""Clients in the admin: who made them, for whom they act, and a key that is shown once."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from api.domain import clients
from api.enums import WRITES, ApiScope
from api.models import ApiClient, ApiKey
from portal.accounts.models import User
from tests.api.conftest import Caller, make_caller
from tests.builders import make_bdm, make_enrollment, make_user

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/api/apiclient/", "/admin/api/apiclient/add/"


@pytest.fixture
def administrator() -> User:
    return make_user(is_staff=True, is_superuser=True, language="en-gb")


@pytest.fixture
def browser(administrator: User) -> Client:
    client = Client()
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def typed(**changed: Any) -> dict[str, Any]:
    return {"name": "CRM", "scopes": ["enrollments"], "countries": ["FR"], "rate_a_minute": 60, **changed}


def act(browser: Client, action: str, *pks: int, model: str = "apiclient") -> Any:
    data = {"action": action, "_selected_action": pks}
    return browser.post(f"/admin/api/{model}/", data, follow=True)


def test_a_client_is_made_with_its_maker_and_a_key_that_is_shown_once(browser: Client, administrator: User) -> None:
    enrollment = make_enrollment()
    bdm = make_bdm("FR")
    answer = browser.post(ADD, typed(acts_for=bdm.user_id, scopes=["enrollments", "remind"]))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    client = ApiClient.objects.get()
    assert (client.made_by, client.acts_for, client.tokens) == (administrator, bdm.user, 60)

    page = act(browser, "new_key", client.pk)

    [key] = re.findall(r"<code>(otc_[\w-]+)</code>", page.content.decode())
    assert page["Cache-Control"] == "no-store"
    assert Caller(client, key).get(f"/enrollments/{enrollment.pk}").status_code == 200
    for path in (
        LIST,
        f"{LIST}{client.pk}/change/",
        "/admin/api/apikey/",
        f"/admin/api/apikey/{client.keys.get().pk}/change/",
    ):
        assert key not in browser.get(path).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": ["remind"]}, {"scopes": []}, {"countries": []}, {"countries": ["XX"]}, {"rate_a_minute": 0},
        {"rate_a_minute": 10**9}, {"scopes": ["everything"]}, {"acts_for": 1}, {"name": " "},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_stays_typed(browser: Client, wrong: dict[str, Any]) -> None:
    answer = browser.post(ADD, typed(**wrong))

    assert answer.status_code == 200
    assert answer.context["errors"]
    assert not ApiClient.objects.exists()


def test_a_third_key_and_a_key_of_two_clients_are_refused(browser: Client) -> None:
    one, other = make_caller(bdm=make_bdm("FR")).client, make_caller(bdm=make_bdm("FR")).client
    act(browser, "new_key", one.pk)

    assert "This client has two keys." in act(browser, "new_key", one.pk).content.decode()
    assert "Choose one client." in act(browser, "new_key", one.pk, other.pk).content.decode()
    assert ApiKey.objects.count() == 3


def test_revoking_ends_a_key_or_all_of_a_client(browser: Client) -> None:
    caller, other = make_caller(bdm=make_bdm("FR")), make_caller(bdm=make_bdm("FR"))
    act(browser, "revoke", caller.client.keys.get().pk, model="apikey")
    act(browser, "revoke", other.client.pk)

    assert [one.get("/enrollments").status_code for one in (caller, other)] == [401, 401]
    assert "This client is revoked." in act(browser, "new_key", other.client.pk).content.decode()
    assert browser.post(f"{LIST}{other.client.pk}/delete/", {"post": "yes"}).status_code == 403


def test_only_administrators_with_the_right_make_keys(browser: Client, administrator: User) -> None:
    client = make_caller(bdm=make_bdm("FR")).client
    User.objects.filter(pk=administrator.pk).update(is_superuser=False)

    assert browser.post(LIST, {"action": "new_key", "_selected_action": [client.pk]}).status_code == 403
    assert ApiKey.objects.count() == 1


def test_the_demo_has_a_client_that_production_never_knows(settings: Any) -> None:
    call_command("seed_demo")
    for _ in range(2):
        call_command("seed_api")
    caller = Caller(ApiClient.objects.get(), settings.DEMO_API_KEY)
    assert set(caller.client.scopes) >= set(WRITES) | {ApiScope.ENROLLMENTS}
    assert len(caller.get("/enrollments").json()["data"]) > 5

    settings.PRODUCTION = True

    assert caller.get("/enrollments").status_code == 401
    assert clients.find(settings.DEMO_API_KEY, now=timezone.now()) is None
