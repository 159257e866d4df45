"""Guessing and wearing out: codes used twice, many tries over many addresses, passwords of megabytes."""

import time
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings as configured
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.test import Client

from portal.accounts.models import User
from tests.portal.people import PASSWORD, grow_stale, person

pytestmark = pytest.mark.django_db
LONG = [1_001, 60_000, 2_000_000]
HASHED: list[int] = []


class CountingHasher(MD5PasswordHasher):
    """Keep how long each password is that reaches the hash."""

    def encode(self, password: str, salt: str) -> str:
        HASHED.append(len(password))
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def _fresh(settings: Any) -> None:
    cache.clear()
    HASHED.clear()
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]


@pytest.fixture
def marie() -> User:
    return person("marie@acme.example")


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_code_of_the_app_counts_once_also_in_another_browser(marie: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(marie, secret)
    clients = [Client(), Client()]
    for client in clients:
        client.post("/accounts/login/", {"login": marie.email, "password": PASSWORD})

    for _minute_boundary in range(2):  # a code that ran out between two lines is asked for once more
        code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
        clients[0].post("/accounts/2fa/authenticate/", {"code": code})
        if is_in(clients[0]):
            break
    again = clients[1].post("/accounts/2fa/authenticate/", {"code": code})

    assert (is_in(clients[0]), is_in(clients[1]), again.status_code) == (True, False, 200)


def test_used_codes_are_known_to_every_process() -> None:
    assert configured.CACHES["default"]["BACKEND"] == "django.core.cache.backends.db.DatabaseCache"


def test_tries_over_many_addresses_lock_their_network_and_no_other(marie: User) -> None:
    for number in range(20):
        Client(REMOTE_ADDR="192.0.2.7").post(
            "/accounts/login/", {"login": f"person-{number}@acme.example", "password": "wrong horse battery"}
        )
    there, elsewhere = Client(REMOTE_ADDR="192.0.2.7"), Client(REMOTE_ADDR="198.51.100.9")

    for client in (there, elsewhere):
        client.post("/accounts/login/", {"login": marie.email, "password": PASSWORD})

    assert (is_in(there), is_in(elsewhere)) == (False, True)


def test_tries_from_many_networks_lock_their_account(marie: User) -> None:
    for number in range(5):
        Client(REMOTE_ADDR=f"192.0.2.{number}").post("/accounts/login/", {"login": marie.email, "password": "wrong"})
    client = Client(REMOTE_ADDR="198.51.100.9")

    client.post("/accounts/login/", {"login": marie.email, "password": PASSWORD})

    assert not is_in(client)


@pytest.mark.parametrize("length", LONG)
def test_a_password_of_that_length_is_refused_before_it_is_hashed(marie: User, length: int) -> None:
    HASHED.clear()
    long, inside = "p" * length, Client()
    inside.force_login(marie, backend="allauth.account.auth_backends.AuthenticationBackend")
    grow_stale(inside)

    answers = [
        Client().post("/accounts/login/", {"login": marie.email, "password": long}),
        Client().post("/accounts/signup/", {"email": "new@acme.example", "password1": long}),
        inside.post("/accounts/reauthenticate/", {"password": long}),
        inside.post("/accounts/password/change/", {"oldpassword": long, "password1": "lampe girafe horizon quatre"}),
    ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert all("too long" in answer.content.decode() or "trop long" in answer.content.decode() for answer in answers)
    assert max(HASHED, default=0) < 1_001


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
def test_ten_megabytes_are_refused_before_they_are_a_form(path: str) -> None:
    answer = Client().post(path, {"login": "a@acme.example", "password": "p" * 10_000_000})

    assert (answer.status_code, HASHED) == (400, [])
