"""Sign up, confirm, sign in, forget the password, sign out: by mail links that only a POST makes count."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from portal.accounts.models import User
from portal.notices.models import Mail
from tests.builders import make_user

pytestmark = pytest.mark.django_db

PASSWORD = "a long sentence of mine"
NEW = "lampe girafe horizon quatre"


def link(to: str, holding: str) -> str:
    """The path of the newest link mailed to ``to``."""
    text = Mail.objects.filter(to=to).latest("pk").text
    return re.findall(rf"https?://[^/\s]+({re.escape(holding)}\S+)", text)[0]


def sign_in(client: Client, email: str, password: str) -> bool:
    client.post("/accounts/login/", {"login": email, "password": password})
    return "_auth_user_id" in client.session


def test_new_account_counts_once_its_address_is_confirmed_by_post(client: Client) -> None:
    client.post("/accounts/signup/", {"email": "lou@company.example", "password1": PASSWORD})
    path = link("lou@company.example", "/accounts/confirm-email/")

    before = sign_in(client, "lou@company.example", PASSWORD)
    client.get(path)
    by_get = EmailAddress.objects.get(email="lou@company.example").verified
    client.post(path)

    assert (before, by_get) == (False, False)
    assert EmailAddress.objects.get(email="lou@company.example").verified
    assert sign_in(client, "lou@company.example", PASSWORD)


def test_confirming_signs_in_the_browser_that_signed_up_and_no_other(client: Client) -> None:
    client.post("/accounts/signup/", {"email": "lou@company.example", "password1": PASSWORD})
    path = link("lou@company.example", "/accounts/confirm-email/")

    elsewhere = Client()
    there = elsewhere.post(path)
    here = client.post(path)
    again = client.post(path)

    assert "_auth_user_id" not in elsewhere.session
    assert there["Location"].startswith("/accounts/login/")
    # Confirmed elsewhere before: the link is used, and this browser signs in with the password.
    assert (here.status_code, "_auth_user_id" in client.session) == (404, False)
    assert again.status_code == 404


def test_sign_up_speaks_the_visitor_s_language(client: Client) -> None:
    client.post("/account/language/", {"language": "en-gb", "next": "/"})
    client.post("/accounts/signup/", {"email": "lou@company.example", "password1": PASSWORD})

    assert User.objects.get(email="lou@company.example").language == "en-gb"


def test_known_and_unknown_addresses_get_the_same_answer(client: Client) -> None:
    make_user("known@company.example")

    answers = [
        client.post("/accounts/signup/", {"email": f"{name}@company.example", "password1": PASSWORD})
        for name in ("known", "unknown")
    ]

    assert len({(a.status_code, a["Location"]) for a in answers}) == 1


@pytest.mark.parametrize("weak", ["short", "123456789012", "lou@company.example"])
def test_weak_password_is_told_and_nobody_is_made(client: Client, weak: str) -> None:
    response = client.post("/accounts/signup/", {"email": "lou@company.example", "password1": weak})

    made = User.objects.filter(email="lou@company.example").exists()
    assert (made, bool(response.context and response.context["form"].errors)) == (False, True)


def test_forgotten_password_is_replaced_by_the_mailed_link_once(client: Client) -> None:
    user = make_user("lou@company.example")
    user.set_password(PASSWORD)
    user.save()
    client.post("/accounts/password/reset/", {"email": "lou@company.example"})
    path = link("lou@company.example", "/accounts/password/reset/key/")

    form = client.get(path)["Location"]
    client.post(form, {"password1": NEW, "password2": NEW})
    client.logout()

    assert not sign_in(client, "lou@company.example", PASSWORD)
    assert sign_in(client, "lou@company.example", NEW)
    client.logout()
    assert client.get(path).status_code == 200  # the link is spent: the page says so


def test_mail_links_carry_the_configured_address_not_the_asker_s(client: Client, settings: object) -> None:
    settings.ALLOWED_HOSTS = ["evil.example", "testserver"]  # type: ignore[attr-defined]
    make_user("lou@company.example")

    client.post("/accounts/password/reset/", {"email": "lou@company.example"}, headers={"host": "evil.example"})

    assert "evil.example" not in Mail.objects.latest("pk").text


def test_sign_out_takes_a_post(client: Client) -> None:
    client.force_login(make_user(), backend="allauth.account.auth_backends.AuthenticationBackend")

    client.get("/accounts/logout/")
    still_in = "_auth_user_id" in client.session
    client.post("/accounts/logout/")

    assert (still_in, "_auth_user_id" in client.session) == (True, False)


def test_tenth_wrong_password_is_slowed_down(client: Client) -> None:
    make_user("lou@company.example")
    answers = [
        client.post("/accounts/login/", {"login": "lou@company.example", "password": f"wrong {n}"}) for n in range(8)
    ]

    last = answers[-1].content.decode()
    assert answers[-1].status_code in (200, 429)
    assert last != answers[0].content.decode()
