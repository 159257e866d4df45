"""Passwords that nobody guesses, sealed second factors, and what the browser keeps."""

import time
from typing import Any

import pytest
from allauth.account import app_settings as of_accounts
from allauth.core.internal import ratelimit
from allauth.mfa import app_settings as of_factors
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp_auth
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from portal import sealed
from portal.accounts.models import User
from portal.web.flash import HostCookieStorage
from tests.portal.people import PASSWORD, company, person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "weak",
    [
        "passwordpassword", "motdepasse123", "azertyuiopqs", "ingram micro csp", settings.DEMO_PASSWORD,
        "Bonjour123456",
        "MotDePasse-2026", "123456789012345", "0033612345678", "198412251984",
        "Acme-Acme-Acme-2026", "marie.dupont.1984", "aaaaaaaaaaaaaaaaaaaa",
        "microsoft microsoft", "x" * 1_001,
    ],
)  # fmt: skip
def test_what_is_easily_guessed_is_refused(weak: str) -> None:
    marie = person("marie.dupont@acme.example", name="Marie Dupont")
    company(marie, "Acme")

    with pytest.raises(ValidationError):
        validate_password(weak, marie)


@pytest.mark.parametrize(
    "strong",
    [
        "girafe lampe marteau", "soleil-vert-chaise-7", "correct horse battery", "Tq9!vLz2#mXw", "хорошая ночь жираф",
        "7394628150638274", "girafe lampe marteau horizon cactus plume orage tulipe violon castor genou brouette",
    ],
)  # fmt: skip
def test_what_is_hard_to_guess_is_accepted_without_classes_of_signs(strong: str) -> None:
    validate_password(strong, person("marie@acme.example", name="Marie"))


@pytest.mark.parametrize("size", [10_000, 1_000_000, 10_000_000])
def test_a_huge_password_costs_nothing_and_signs_nobody_in(client: Client, size: int) -> None:
    person("marie@acme.example")
    start = time.perf_counter()

    signed_up = client.post("/accounts/signup/", {"email": "lou@acme.example", "password1": "aB3 " * (size // 4)})
    signed_in = client.post("/accounts/login/", {"login": "marie@acme.example", "password": "aB3 " * (size // 4)})

    assert time.perf_counter() - start < 5
    assert (signed_up.status_code, signed_in.status_code) in {(200, 200), (400, 400)}
    assert not User.objects.filter(email="lou@acme.example").exists()
    assert "_auth_user_id" not in client.session


def test_the_lock_says_for_how_long(client: Client) -> None:
    person("lou@acme.example", language="en-gb")
    client.cookies["django_language"] = "en-gb"

    for number in range(8):
        answer = client.post("/accounts/login/", {"login": "lou@acme.example", "password": f"wrong {number}"})

    assert "locked for 5 minutes" in answer.content.decode()


def test_a_network_is_locked_for_as_long_as_the_sentence_says(client: Client) -> None:
    client.cookies["django_language"] = "en-gb"

    for number in range(21):
        answer = client.post("/accounts/login/", {"login": f"nobody{number}@acme.example", "password": "wrong"})

    assert "locked for 5 minutes" in answer.content.decode()
    assert {rate.duration for rate in ratelimit.get_rates(app="allauth.account", action="login_failed")} == {300}


@pytest.mark.parametrize(
    ("language", "title"), [("fr", "Trop d’essais"), ("en-gb", "Too many tries"), ("de", "Zu viele Versuche")]
)
def test_what_is_sent_too_often_is_told_in_words_with_a_way_back(client: Client, language: str, title: str) -> None:
    client.cookies["django_language"] = language

    for _time in range(6):
        answer = client.post("/accounts/password/reset/", {"email": "lou@acme.example"})

    page = answer.content.decode()
    assert answer.status_code == 429
    assert f"<h1>{title}</h1>" in page and f'lang="{language[:2]}' in page
    assert 'href="/accounts/password/reset/"' in page


def test_what_is_told_to_wait_a_minute_may_be_sent_after_one() -> None:
    # Those two do not lead to the page: the form says it, and the mail is not sent again.
    rates = {**of_accounts.RATE_LIMITS, **of_factors.RATE_LIMITS}
    told = {action: rate for action, rate in rates.items() if action not in ("login_failed", "confirm_email")}
    lasting = {a: r for a, r in told.items() if any(each.duration > 60 for each in ratelimit.parse_rates(r))}

    assert lasting == {"company_search": "300/h/ip"}  # its form says so (onboarding/views/find_company.py)


# --- second factors --------------------------------------------------------------------------------------------------


def code_of(secret: str) -> str:
    counter = next(iter(totp_auth.yield_hotp_counters_from_time()))
    return str(totp_auth.format_hotp_value(totp_auth.hotp_value(secret, counter)))


def seal_all() -> int:
    """Return how many second factors were sealed again."""
    return next(count.sealed for count in sealed.seal_all(timezone.now()) if count.what == "second factors")


@pytest.mark.parametrize("stored", ["sealed", "plain", "plain, then sealed at night"])
def test_secrets_of_second_factors_are_sealed_and_work(stored: str) -> None:
    user, secret = person("marie@acme.example"), generate_totp_secret()
    totp = TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user)
    if stored != "sealed":
        Authenticator.objects.filter(pk=totp.instance.pk).update(data={"secret": secret})
    if "night" in stored:
        assert [seal_all() for _time in range(2)] == [1, 0]

    row = Authenticator.objects.get(pk=totp.instance.pk)

    assert (secret in str(row.data)) == (stored == "plain")
    assert TOTP(row).validate_code(code_of(secret))
    assert codes.validate_code(codes.get_unused_codes()[0])


@pytest.mark.parametrize("kind", ["totp", "recovery_codes"])
def test_a_former_key_may_go_after_one_night(kind: str, settings: Any) -> None:
    settings.SECRETS_KEYS = [former := Fernet.generate_key().decode()]
    user = person("marie@acme.example")
    totp, codes = TOTP.activate(user, secret := generate_totp_secret()), RecoveryCodes.activate(user)
    code = codes.get_unused_codes()[0]

    settings.SECRETS_KEYS = [Fernet.generate_key().decode(), former]
    seal_all()
    settings.SECRETS_KEYS = settings.SECRETS_KEYS[:1]

    row = Authenticator.objects.get(user=user, type=kind)
    assert TOTP(row).validate_code(code_of(secret)) if kind == "totp" else RecoveryCodes(row).validate_code(code)
    assert totp.instance.pk != codes.instance.pk


@pytest.mark.django_db(transaction=True)  # what follows a factor that was added follows its commit
def test_a_factor_counts_in_the_session_that_set_it_up_and_ends_the_others(settings: Any) -> None:
    """Somebody with a stolen password waits for the colleague to set the factor up."""
    settings.STAFF_SECOND_FACTOR = True
    user = person("marie@acme.example", is_staff=True, is_superuser=True)
    thief, own = Client(), Client()
    for client in (thief, own):
        client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    own.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = own.get("/accounts/2fa/totp/activate/")

    own.post("/accounts/2fa/totp/activate/", {"code": code_of(page.context["form"].secret)})

    assert own.get("/admin/").status_code == 200
    assert thief.get("/admin/")["Location"] == "/admin/login/?next=/admin/"  # signed out


def test_a_session_of_before_is_asked_for_the_factor_and_goes_on(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    user = person("marie@acme.example", is_staff=True, is_superuser=True)
    client, secret = Client(), generate_totp_secret()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    TOTP.activate(user, secret)

    asked = client.get("/admin/accounts/user/?q=x")["Location"]
    client.post(asked, {"code": code_of(secret), "next": "/admin/accounts/user/?q=x"})

    assert asked == "/accounts/2fa/reauthenticate/?next=%2Fadmin%2Faccounts%2Fuser%2F%3Fq%3Dx"
    assert client.get("/admin/accounts/user/?q=x").status_code == 200


# --- what the browser keeps ------------------------------------------------------------------------------------------


def test_signing_out_has_the_browser_forget(client: Client) -> None:
    person("marie@acme.example")
    client.post("/accounts/login/", {"login": "marie@acme.example", "password": PASSWORD})

    seen = [client.get("/help/notifications/"), client.get("/accounts/logout/"), client.post("/accounts/logout/")]

    assert [answer.headers.get("Clear-Site-Data") for answer in seen] == [None, None, '"cache", "storage"']


def test_every_cookie_of_production_has_the_prefix_of_its_host() -> None:
    """The settings of production in a process of their own: names are fixed when they are read."""
    import os  # noqa: PLC0415
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    code = (
        "import django; django.setup()\n"
        "from django.conf import settings as s\n"
        "from portal.web.flash import HostCookieStorage as m\n"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.LANGUAGE_COOKIE_NAME, m.cookie_name)"
    )
    production = {
        "PORTAL_ENV": "production", "SECRET_KEY": "x" * 60, "ALLOWED_HOSTS": "portal.example",
        "SITE_URL": "https://portal.example", "DJANGO_SETTINGS_MODULE": "portal.settings", "SANDBOX_URL": "",
        "OUTBOUND_ALLOW": "", "WAITING_PACE": "1", "SECRETS_KEYS": "a" * 43 + "=",
    }  # fmt: skip

    ran = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | production, capture_output=True, text=True, check=False,
        cwd=settings.ROOT,
    )  # fmt: skip

    names = ran.stdout.split()
    assert len(names) == 4, ran.stderr[-500:]
    assert [name for name in names if not name.startswith("__Host-")] == []
    assert HostCookieStorage.cookie_name == "messages"
