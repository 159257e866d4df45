"""First sign-in, connecting, disconnecting, proofs of identity, signing out, and what Microsoft refuses."""

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import signing
from django.test import Client

from onboarding.sandbox.entra import REFUSALS
from onboarding.sandbox.entra_people import BY_KEY
from onboarding.sandbox.records import Fault
from onboarding.sandbox.world import World
from portal import limits
from portal.accounts.models import User
from portal.entra import problems
from portal.limits import Limited, Scope
from portal.notices.models import Mail
from tests.builders import make_user
from tests.portal.entra.walking import begin, choose, code_in, connected, sign_in, who, with_totp
from tests.portal.people import grow_stale, person

FIRST, CODE, ACCOUNTS = "/accounts/microsoft/first/", "/accounts/microsoft/code/", "/accounts/microsoft/"


def come_first(client: Client, person: str, address: str, way: str = "partners") -> None:
    sign_in(client, person, way)
    client.post(FIRST, {"email": address})
    client.post(CODE, {"code": code_in(address)})


def test_a_newcomer_gets_an_account_once_the_code_is_typed(world: World, client: Client) -> None:
    sign_in(client, "user")
    client.post(FIRST, {"email": "User@Nuages.example "})
    before = User.objects.filter(email="user@nuages.example").exists()

    client.post(CODE, {"code": code_in("user@nuages.example")})

    made = User.objects.get(email="user@nuages.example")
    assert (before, who(client), made.name) == (False, made.email, "User of Nuages")
    assert not made.has_usable_password()
    assert EmailAddress.objects.get(user=made).verified
    kept = SocialAccount.objects.get(user=made)
    assert (kept.provider, kept.uid) == ("microsoft-partners", BY_KEY["user"].uid)
    assert set(kept.extra_data) == {"tenant", "name", "address"}
    assert Mail.objects.filter(to=made.email, code="microsoft_connected").count() == 1


def test_the_next_sign_in_asks_for_nothing(world: World, client: Client) -> None:
    come_first(client, "user", "user@nuages.example")
    client.logout()

    sign_in(client, "user")

    assert who(client) == "user@nuages.example"


def test_an_account_is_connected_by_its_mail_and_keeps_its_password(world: World, client: Client) -> None:
    owner = person("owner@company.example")

    come_first(client, "user", owner.email)

    owner.refresh_from_db()
    assert who(client) == owner.email
    assert owner.socialaccount_set.count() == 1
    assert owner.has_usable_password()


def test_the_answer_is_equal_with_and_without_an_account(world: World) -> None:
    make_user("known@company.example")
    answers = []
    for address in ("known@company.example", "unknown@company.example"):
        client = Client()
        sign_in(client, "user")
        answer = client.post(FIRST, {"email": address})
        page = client.get(CODE).content.decode().replace(address, "…")
        answers.append((answer.status_code, answer["Location"], re.sub(r'(value|nonce)="[^"]+"', "", page)))

    assert answers[0] == answers[1]


def test_a_code_counts_only_in_the_browser_that_began(world: World, client: Client) -> None:
    sign_in(client, "user")
    client.post(FIRST, {"email": "user@nuages.example"})

    elsewhere = Client()
    answer = elsewhere.post(CODE, {"code": code_in("user@nuages.example")})

    assert (answer.status_code, who(elsewhere)) == (403, "")
    assert not User.objects.filter(email="user@nuages.example").exists()


def test_wrong_codes_run_out(world: World, client: Client) -> None:
    sign_in(client, "user")
    client.post(FIRST, {"email": "user@nuages.example"})
    right = code_in("user@nuages.example")
    wrong = "0000 0000" if right != "0000 0000" else "1111 1111"

    statuses = [client.post(CODE, {"code": wrong}).status_code for _try in range(5)]
    late = client.post(CODE, {"code": right})

    assert (statuses, late.status_code, who(client)) == ([422] * 5, 403, "")


@pytest.mark.parametrize("code", ["", " ", "x", "12345678901234567890", "１２３４５６７８"])
def test_an_odd_code_is_told_at_the_field(world: World, client: Client, code: str) -> None:
    sign_in(client, "user")
    client.post(FIRST, {"email": "user@nuages.example"})

    assert client.post(CODE, {"code": code}).status_code == 422


def test_a_new_code_ends_the_one_before(world: World, client: Client) -> None:
    sign_in(client, "user")
    client.post(FIRST, {"email": "user@nuages.example"})
    old = code_in("user@nuages.example")
    client.post(FIRST, {"email": "user@nuages.example"})

    if old != code_in("user@nuages.example"):
        assert client.post(CODE, {"code": old}).status_code == 422
    client.post(CODE, {"code": code_in("user@nuages.example")})
    assert who(client) == "user@nuages.example"


def test_nobody_is_flooded_with_codes(world: World, client: Client) -> None:
    sign_in(client, "user")
    most = limits.most(Limited.SIGN_IN_CODE, Scope.ADDRESS)

    statuses = [client.post(FIRST, {"email": "user@nuages.example"}).status_code for _time in range(most + 1)]

    assert (statuses[:-1], statuses[-1]) == ([302] * most, 429)
    assert Mail.objects.filter(code="microsoft_code").count() == most


def test_what_waited_too_long_is_over(world: World, client: Client) -> None:
    sign_in(client, "user")
    session = client.session
    session["entra_first"] = {**session["entra_first"], "at": time.time() - 601}
    session.save()

    assert client.get(FIRST).status_code == 403


def test_an_account_that_never_proved_its_address_is_not_shared(world: World, client: Client) -> None:
    """Somebody signed up with the address of another person; that person now comes with Microsoft."""
    stranger = User.objects.create_user("user@nuages.example", "the stranger's password")
    EmailAddress.objects.create(user=stranger, email=stranger.email, verified=False, primary=True)
    connected(stranger, "thief")

    come_first(client, "user", "user@nuages.example")

    stranger.refresh_from_db()
    assert who(client) == stranger.email
    assert not stranger.has_usable_password()
    assert [row.uid for row in stranger.socialaccount_set.all()] == [BY_KEY["user"].uid]


def test_an_inactive_account_stays_closed(world: World, client: Client) -> None:
    connected(make_user("gone@company.example", is_active=False), "user")

    sign_in(client, "user")

    assert who(client) == ""


# --- our second factor ---------------------------------------------------------------------------------------------
def test_our_second_factor_is_asked_where_microsoft_gave_none(world: World, client: Client) -> None:
    owner = make_user("owner@company.example")
    with_totp(owner)
    connected(owner, "user")  # without amr mfa
    connected(owner, "admin")  # with it

    without = sign_in(client, "user")
    signed_in = who(client)
    sign_in(client, "admin")

    assert (without["Location"], signed_in, who(client)) == ("/accounts/2fa/authenticate/", "", owner.email)


def test_connecting_by_mail_does_not_pass_by_our_second_factor(world: World, client: Client) -> None:
    owner = make_user("owner@company.example")
    with_totp(owner)

    sign_in(client, "admin")
    client.post(FIRST, {"email": owner.email})
    answer = client.post(CODE, {"code": code_in(owner.email)})

    assert (answer["Location"], who(client)) == ("/accounts/2fa/authenticate/", "")
    assert not owner.socialaccount_set.exists()


# --- connecting and disconnecting ----------------------------------------------------------------------------------
def test_a_signed_in_person_connects_after_a_proof(world: World, client: Client) -> None:
    owner = person("owner@company.example")
    client.force_login(owner)
    grow_stale(client)
    asked = client.post("/accounts/microsoft/partners/", {"process": "connect"})
    client.force_login(owner)

    answer = sign_in(client, "user", process="connect")

    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert answer["Location"] == ACCOUNTS
    assert [row.uid for row in owner.socialaccount_set.all()] == [BY_KEY["user"].uid]


def test_connecting_twice_has_one_effect(world: World, client: Client) -> None:
    owner = make_user("owner@company.example")
    client.force_login(owner)

    for _time in range(2):
        sign_in(client, "user", process="connect")

    assert owner.socialaccount_set.count() == 1
    assert Mail.objects.filter(code="microsoft_connected").count() == 1


def test_an_account_of_somebody_else_is_not_taken_over(world: World, client: Client) -> None:
    first, second = make_user("first@company.example"), make_user("second@company.example")
    connected(first, "user")
    client.force_login(second)

    answer = sign_in(client, "user", process="connect")

    assert answer.status_code == 403
    assert (first.socialaccount_set.count(), second.socialaccount_set.count()) == (1, 0)


def test_a_connection_begun_by_another_person_is_refused(world: World, client: Client) -> None:
    """Somebody signs out and another person signs in while the browser is at Microsoft."""
    first, second = make_user("first@company.example"), make_user("second@company.example")
    client.force_login(first)
    path = choose(begin(client, process="connect"), "user")
    session = client.session
    states = session["socialaccount_states"]
    client.force_login(second)
    session = client.session
    session["socialaccount_states"] = states
    session.save()

    answer = client.get(path)

    assert answer.status_code == 403
    assert not SocialAccount.objects.exists()


def test_what_another_account_took_meanwhile_stays_there(world: World, client: Client) -> None:
    owner, first = make_user("owner@company.example"), make_user("first@company.example")
    sign_in(client, "user")
    client.post(FIRST, {"email": owner.email})
    connected(first, "user")

    answer = client.post(CODE, {"code": code_in(owner.email)})

    assert (answer.status_code, who(client)) == (302, owner.email)
    assert (first.socialaccount_set.count(), owner.socialaccount_set.count()) == (1, 0)


def test_the_last_way_in_stays(world: World, client: Client) -> None:
    come_first(client, "user", "user@nuages.example")
    user = User.objects.get(email="user@nuages.example")
    row = user.socialaccount_set.get()

    client.post(ACCOUNTS, {"account": row.pk})
    kept = user.socialaccount_set.count()
    user.set_password("four words of mine")
    user.save()
    client.force_login(user)
    for _time in range(2):
        client.post(ACCOUNTS, {"account": row.pk})

    assert (kept, user.socialaccount_set.count()) == (1, 0)
    assert Mail.objects.filter(to=user.email, code="microsoft_disconnected").count() == 1


@pytest.mark.parametrize("number", ["", "x", "-1", "99999999999999999999", "²"])
def test_another_person_s_connection_is_not_touched(world: World, client: Client, number: str) -> None:
    row = connected(make_user("first@company.example"), "user")
    client.force_login(make_user("second@company.example"))

    client.post(ACCOUNTS, {"account": number})
    client.post(ACCOUNTS, {"account": row.pk})

    assert SocialAccount.objects.filter(pk=row.pk).exists()


# --- proof of identity, sign-out, what Microsoft says --------------------------------------------------------------
def test_who_has_only_microsoft_proves_it_there(world: World, client: Client) -> None:
    come_first(client, "user", "user@nuages.example")
    grow_stale(client)
    asked = client.post("/account/sessions/end-others/")
    assert asked["Location"].startswith("/accounts/microsoft/again/?next=")
    begun = begin(client, process="again", next="/account/sessions/end-others/")

    answer = client.get(choose(begun, "user"))

    assert (begun.sent["prompt"], begun.sent["max_age"]) == ("login", "0")
    assert answer["Location"] == "/account/sessions/"


def test_a_proof_by_another_microsoft_account_does_not_count(world: World, client: Client) -> None:
    come_first(client, "user", "user@nuages.example")
    grow_stale(client)

    answer = sign_in(client, "admin", process="again", next="/account/sessions/end-others/")

    assert answer.status_code == 403
    assert client.post("/account/sessions/end-others/")["Location"].startswith("/accounts/microsoft/again/")


def test_signing_out_says_that_microsoft_is_still_open(world: World, client: Client) -> None:
    come_first(client, "user", "user@nuages.example")

    answer = client.post("/accounts/logout/", follow=True)

    assert who(client) == ""
    assert "/oauth2/v2.0/logout?post_logout_redirect_uri=http" in answer.content.decode()


def test_signing_out_after_a_password_leads_home(world: World, client: Client) -> None:
    client.force_login(make_user("owner@company.example"))

    assert client.post("/accounts/logout/")["Location"] == "/"


@pytest.mark.parametrize("number", sorted(REFUSALS))
def test_what_microsoft_refuses_is_said_with_what_to_do(world: World, client: Client, number: str) -> None:
    world.add_fault(Fault("entra", number, 1))

    answer = sign_in(client, "user")
    problem = problems.PROBLEMS[problems.by_number(f"AADSTS{number}")]

    assert answer.status_code == (200 if problem.is_choice else 403)
    assert f"AADSTS{number}" in answer.content.decode()
    assert problem is not problems.PROBLEMS["refused"]


def test_turning_back_is_nobody_s_fault(world: World, client: Client) -> None:
    answer = sign_in(client, "")

    assert answer.status_code == 200
    assert "form" in answer.content.decode()


@pytest.mark.parametrize("error", ["", "access_denied", "server_error", "x" * 500, "<script>"])
def test_any_error_in_the_address_is_a_page(world: World, client: Client, error: str) -> None:
    begun = begin(client)

    answer = client.get("/accounts/microsoft/partners/callback/", {"state": begun.sent["state"], "error": error})

    assert answer.status_code in (200, 403)
    assert b"<script>" not in answer.content


# --- pages ---------------------------------------------------------------------------------------------------------
def test_buttons_are_there_only_where_configured(world: World, client: Client, settings: Any) -> None:
    both = client.get("/accounts/login/").content.decode()
    settings.ENTRA_STAFF_CLIENT_ID = ""
    partners = client.get("/accounts/login/").content.decode()
    settings.ENTRA_PARTNERS_CLIENT_ID = ""
    none = client.get("/accounts/login/").content.decode()

    assert [page.count("/accounts/microsoft/") for page in (both, partners, none)] == [2, 1, 0]
    assert client.post("/accounts/microsoft/partners/").status_code == 404
    assert client.get("/accounts/microsoft/staff/callback/").status_code == 404


def test_only_pages_with_the_button_may_send_forms_to_microsoft(world: World, client: Client, settings: Any) -> None:
    origin = settings.ENTRA_LOGIN_URL.rpartition("/")[0]

    with_button = client.get("/accounts/login/")["Content-Security-Policy"]
    without = client.get("/accounts/password/reset/")["Content-Security-Policy"]

    assert f"form-action 'self' {origin}" in with_button
    assert origin not in without


@pytest.mark.parametrize("way", ["again", "first", "code", "nobody"])
def test_words_of_other_pages_are_no_way(world: World, client: Client, way: str) -> None:
    assert client.get(f"/accounts/microsoft/{way}/callback/").status_code == 404


@pytest.mark.parametrize("path", ["", "signup/", "login/cancelled/", "login/error/"])
def test_the_library_s_own_pages_lead_to_ours(world: World, client: Client, path: str) -> None:
    client.force_login(make_user("owner@company.example"))

    assert client.get(f"/accounts/3rdparty/{path}")["Location"] == ACCOUNTS


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_way_back_stays_here(world: World, client: Client, target: str) -> None:
    connected(make_user("admin@nuages.example"), "admin")

    answer = sign_in(client, "admin", next=target)

    assert "evil" not in answer["Location"]


def test_the_way_back_is_kept(world: World, client: Client) -> None:
    connected(make_user("admin@nuages.example"), "admin")

    assert sign_in(client, "admin", next="/account/data/")["Location"] == "/account/data/"


def test_nothing_secret_is_in_what_the_session_keeps(world: World, client: Client) -> None:
    sign_in(client, "user")
    client.post(FIRST, {"email": "user@nuages.example"})

    kept = signing.dumps(dict(client.session))
    code = code_in("user@nuages.example")
    assert code not in str(dict(client.session)) and code.replace(" ", "") not in str(dict(client.session))
    assert kept
