"""Each sign-in, each try that failed, and each change of what a person signs in with is a line, without an address."""

import logging
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client

from portal.accounts.models import User
from tests.portal.people import PASSWORD, person

pytestmark = pytest.mark.django_db
NEW = "lampe girafe horizon quatre"


@pytest.fixture
def marie() -> User:
    cache.clear()
    return person("marie@acme.example")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="portal.security")
    return caplog


def told(lines: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    found = [(record.levelname, record.getMessage()) for record in lines.records]
    return [line for line, record in zip(found, lines.records, strict=True) if record.name == "portal.security"]


def sign_in(user: User, password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": password})
    return client


def test_password_right_and_wrong_and_signing_out(marie: User, lines: pytest.LogCaptureFixture) -> None:
    sign_in(marie, "wrong horse battery")
    sign_in(User(email="nobody@acme.example"))
    sign_in(marie).post("/accounts/logout/")

    assert told(lines) == [
        ("WARNING", f"sign-in failed: account {marie.pk}"),
        ("WARNING", "sign-in failed: account None"),
        ("INFO", f"signed in: account {marie.pk} by password"),
        ("INFO", f"signed out: account {marie.pk}"),
    ]
    assert not [line for _level, line in told(lines) if "@" in line or PASSWORD in line]


def test_second_factor_refused_and_accepted(marie: User, lines: pytest.LogCaptureFixture) -> None:
    secret = generate_totp_secret()
    TOTP.activate(marie, secret)
    client = sign_in(marie)

    client.post("/accounts/2fa/authenticate/", {"code": "000000x"})
    for _minute_boundary in range(2):  # a code that ran out between two lines is asked for once more
        code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
        client.post("/accounts/2fa/authenticate/", {"code": code})
        if "_auth_user_id" in client.session:
            break

    found = told(lines)
    assert found[0] == ("WARNING", f"second factor refused: account {marie.pk} totp")
    assert found[-2:] == [
        ("INFO", f"second factor accepted: account {marie.pk} totp"),
        ("INFO", f"signed in: account {marie.pk} by password and totp"),
    ]


def test_a_lock_is_a_line(marie: User, lines: pytest.LogCaptureFixture) -> None:
    for number in range(7):
        sign_in(marie, f"wrong horse {number}")

    assert [line for _level, line in told(lines)] == [
        *[f"sign-in failed: account {marie.pk}"] * 5,
        *["sign-in locked: too many wrong passwords"] * 2,
    ]


def test_a_changed_password_is_a_line(marie: User, lines: pytest.LogCaptureFixture) -> None:
    sign_in(marie).post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW})

    assert ("INFO", f"password changed: account {marie.pk}") in told(lines)
