"""What a sign-in stands on: the fields of passwords, sessions of their own, second factors that nothing passes by."""

import unicodedata
from typing import Any

import pytest
from allauth.mfa import app_settings as factors
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from portal import settings as ours
from portal.accounts.models import SignedIn, User
from portal.entra import linking
from portal.notices.models import Mail
from tests.portal.people import PASSWORD, page, path_in, person

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
NEW = "lampe girafe horizon quatre"


@pytest.fixture(autouse=True)
def _no_tries_before() -> None:
    cache.clear()


@pytest.fixture
def marie() -> User:
    return person("marie@acme.example")


def sign_in(email: str, password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


# --- passwords --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "known_as"),
    [
        ("/accounts/login/", ["current-password"]),
        ("/accounts/signup/", ["new-password"]),
        ("/accounts/password/change/", ["current-password", "new-password"]),
        ("/accounts/reauthenticate/", ["current-password"]),
    ],
)
def test_fields_of_passwords_are_masked_and_known_to_password_managers(
    marie: User, path: str, known_as: list[str]
) -> None:
    client = sign_in(marie.email) if "change" in path or "reauth" in path else Client()

    shown = page(client.get(path))

    fields = [field for field in shown.all("input") if "password" in (field.attrs.get("name") or "")]
    assert [(field.attrs["type"], field.attrs.get("autocomplete")) for field in fields] == [
        ("password", name) for name in known_as
    ]
    assert not [field for field in fields if field.attrs.keys() & {"onpaste", "maxlength", "pattern", "readonly"}]


def test_a_password_counts_exactly_as_it_was_typed() -> None:
    exact = " Deux  Girafes au Théâtre, l’été "
    user = person("lou@acme.example")
    user.set_password(exact)
    user.save()

    others = [exact.strip(), exact.lower(), unicodedata.normalize("NFD", exact), exact[:-1]]

    assert [is_in(sign_in(user.email, other)) for other in others] == [False] * 4
    assert is_in(sign_in(user.email, exact))


def test_a_password_of_a_hundred_signs_is_taken_and_its_last_sign_counts(marie: User) -> None:
    long = "girafe lampe marteau horizon cactus plume orage tulipe violon castor genou brouette cascade pinceau hibou"
    assert len(long) > 100

    sign_in(marie.email).post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": long})

    assert is_in(sign_in(marie.email, long))
    assert not is_in(sign_in(marie.email, long[:-1]))


def test_a_new_password_needs_the_present_one(marie: User) -> None:
    client = sign_in(marie.email)

    client.post("/accounts/password/change/", {"oldpassword": "wrong horse battery", "password1": NEW})
    refused = is_in(sign_in(marie.email, NEW))
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW})

    assert (refused, is_in(sign_in(marie.email, NEW)), is_in(sign_in(marie.email))) == (False, True, False)


def test_passwords_are_hashed_at_a_cost_that_the_standard_accepts() -> None:
    """Source: [asvs] appendix C: two rounds of argon2id need 19 MiB or more."""
    assert ours.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"
    assert Argon2PasswordHasher.time_cost >= 2
    assert Argon2PasswordHasher.memory_cost >= 19_456
    assert PASSWORD not in Argon2PasswordHasher().encode(PASSWORD, "a salt of sixteen")


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_each_sign_in_has_a_session_of_its_own(marie: User) -> None:
    client = Client()
    session = client.session
    session["planted"] = "by a stranger"
    session.save()
    planted = session.session_key

    client.post("/accounts/login/", {"login": marie.email, "password": PASSWORD})

    assert is_in(client)
    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()
    assert len(str(client.session.session_key)) == 32


def test_a_session_that_was_signed_out_opens_nothing(marie: User) -> None:
    client = sign_in(marie.email)
    key = str(client.session.session_key)
    client.post("/accounts/logout/")

    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = key

    assert not is_in(thief)
    assert not Session.objects.filter(session_key=key).exists()


@pytest.mark.parametrize("path", ["/account/", "/account/sessions/", "/help/", "/licensing/advice/"])
def test_every_page_of_a_signed_in_person_has_the_way_out(marie: User, path: str) -> None:
    shown = page(sign_in(marie.email).get(path))

    assert shown.all("form", action="/accounts/logout/", method="post")


def administrator(**fields: Any) -> Client:
    client = Client()
    client.force_login(person("admin@ingram.example", is_staff=True, **fields), backend=BACKEND)
    return client


def test_an_administrator_ends_the_sessions_of_an_account(marie: User) -> None:
    admin, first, second = administrator(is_superuser=True), sign_in(marie.email), sign_in(marie.email)
    other = sign_in(person("zoe@acme.example").email)

    admin.post("/admin/accounts/user/", {"action": "end_sessions", "_selected_action": [marie.pk]})

    assert [is_in(client) for client in (first, second, other, admin)] == [False, False, True, True]


def test_who_may_not_change_an_account_does_not_end_its_sessions() -> None:
    root = person("root@ingram.example", is_staff=True, is_superuser=True)
    session, clerk = sign_in(root.email), administrator()
    User.objects.get(email="admin@ingram.example").groups.add(Group.objects.get(name="people"))

    answer = clerk.post("/admin/accounts/user/", {"action": "end_sessions", "_selected_action": [root.pk]})

    assert (answer.status_code, is_in(session)) == (302, True)


def test_the_sessions_of_an_account_that_is_made_inactive_are_over_for_good(marie: User) -> None:
    session, admin = sign_in(marie.email), administrator(is_superuser=True)

    admin.post(f"/admin/accounts/user/{marie.pk}/change/", {"email": marie.email, "name": "M", "language": "fr"})
    User.objects.filter(pk=marie.pk).update(is_active=True)

    assert not is_in(session)
    assert not SignedIn.objects.filter(user=marie, ended_at=None).exists()


# --- second factors ---------------------------------------------------------------------------------------------------


def test_a_forgotten_password_does_not_pass_by_the_second_factor(marie: User) -> None:
    TOTP.activate(marie, generate_totp_secret())
    client = Client()
    client.post("/accounts/password/reset/", {"email": marie.email})
    path = path_in(Mail.objects.filter(to=marie.email).latest("pk").text, "/accounts/password/reset/key/")

    client.post(client.get(path)["Location"], {"password1": NEW, "password2": NEW})
    after_reset = is_in(client)
    answer = client.post("/accounts/login/", {"login": marie.email, "password": NEW})

    assert (after_reset, answer["Location"], is_in(client)) == (False, "/accounts/2fa/authenticate/", False)


def test_a_recovery_code_counts_once(marie: User) -> None:
    TOTP.activate(marie, generate_totp_secret())
    [code, *_others] = RecoveryCodes.activate(marie).get_unused_codes()
    clients = [sign_in(marie.email) for _time in range(2)]

    for client in clients:
        client.post("/accounts/2fa/authenticate/", {"code": code})

    assert [is_in(client) for client in clients] == [True, False]


def test_codes_are_random_enough_and_live_shortly() -> None:
    assert (factors.TOTP_PERIOD, factors.TOTP_TOLERANCE) == (30, 0)
    assert 10 ** min(factors.TOTP_DIGITS, factors.RECOVERY_CODE_DIGITS, linking.DIGITS) > 2**19
    assert 10 ** min(factors.RECOVERY_CODE_DIGITS, linking.DIGITS) > 2**20
    assert linking.VALID_SECONDS <= 600
    assert len({generate_totp_secret() for _time in range(50)}) == 50
    assert len(generate_totp_secret()) == 32  # 160 bits in base 32


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "Enter the code of the app, or a recovery code."), ("000 00", "This code is not accepted.")],
)
def test_a_code_at_sign_in_that_fails_says_what_to_enter(marie: User, typed: str, said: str) -> None:
    TOTP.activate(marie, generate_totp_secret())
    client = Client(headers={"accept-language": "en-gb"})
    client.post("/accounts/login/", {"login": marie.email, "password": PASSWORD})

    answer = client.post("/accounts/2fa/authenticate/", {"code": typed})

    assert said in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "said"), [("", "Enter the six digits that the app shows."), ("000 00", "This code is not accepted.")]
)
def test_a_first_code_that_fails_says_what_to_enter_and_the_page_leads_back(marie: User, typed: str, said: str) -> None:
    client = sign_in(marie.email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.get("/accounts/2fa/totp/activate/")

    answer = client.post("/accounts/2fa/totp/activate/", {"code": typed})

    shown = answer.content.decode()
    assert said in shown
    assert '<p class="crumb"><a href="/accounts/2fa/">' in shown
