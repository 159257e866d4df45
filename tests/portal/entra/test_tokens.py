"""Forged tokens: each comes by the whole way, over HTTP, is refused with a sentence, and signs nobody in."""

import dataclasses
import time

import httpx
import pytest
from django.conf import settings
from django.test import Client

from onboarding.sandbox.entra import FORGERIES, SIGNATURES
from onboarding.sandbox.entra_people import BY_KEY
from onboarding.sandbox.records import Fault
from onboarding.sandbox.world import World
from portal.entra import microsoft, problems, tokens
from portal.entra.tokens import Refusal
from tests.builders import make_user
from tests.portal.entra.walking import begin, choose, connected, heading, sign_in, who

# What is wrong with a token -> why it is refused.
WHY = {
    "expired": Refusal.EXPIRED,
    "early": Refusal.EXPIRED,
    "audience": Refusal.AUDIENCE,
    "audiences": Refusal.AUDIENCE,
    "issuer": Refusal.ISSUER,
    "foreign_issuer": Refusal.ISSUER,
    "tenant": Refusal.SIGNATURE,
    "tenant_only": Refusal.ISSUER,
    "no_tenant": Refusal.TENANT,
    "nonce": Refusal.NONCE,
    "no_nonce": Refusal.NONCE,
    "no_oid": Refusal.NOBODY,
    "odd_oid": Refusal.NOBODY,
    "no_exp": Refusal.BROKEN,
    "version_1": Refusal.BROKEN,
    "guest_of_personal": Refusal.PERSONAL,
    "alg_none": Refusal.ALGORITHM,
    "hs256": Refusal.ALGORITHM,
    "stranger_key": Refusal.SIGNATURE,
    "unknown_kid": Refusal.UNKNOWN_KEY,
    "cut": Refusal.BROKEN,
    "no_jwt": Refusal.BROKEN,
}


def test_every_forgery_of_the_twin_is_in_the_table() -> None:
    assert set(WHY) == {*FORGERIES, *SIGNATURES}
    assert set(Refusal) <= set(problems.PROBLEMS)


# A token of another tenant is none of a partner's wrongs: any tenant may come that way.
@pytest.mark.parametrize("kind", sorted(set(WHY) - {"tenant"}))
def test_a_forged_token_signs_nobody_in(
    world: World, client: Client, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    client.post("/account/language/", {"language": "en-gb"})
    connected(make_user("admin@nuages.example"), "admin")
    world.add_fault(Fault("entra", kind, 1))

    answer = sign_in(client, "admin")

    assert (answer.status_code, who(client)) == (403, "")
    assert f"refused: {WHY[kind].value}" in caplog.text
    assert heading(answer) == str(problems.PROBLEMS[WHY[kind]].what)
    assert "lou" not in caplog.text


def test_the_same_token_unforged_signs_in(world: World, client: Client) -> None:
    connected(make_user("admin@nuages.example"), "admin")

    assert (sign_in(client, "admin").status_code, who(client)) == (302, "admin@nuages.example")


def test_staff_of_another_tenant_are_refused(world: World, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    connected(make_user("bdm@ingram.example"), "bdm", way="staff")
    world.add_fault(Fault("entra", "tenant", 1))

    answer = sign_in(client, "bdm", way="staff")

    assert (answer.status_code, who(client)) == (403, "")
    assert f"refused: {Refusal.TENANT.value}" in caplog.text


def test_a_personal_account_is_refused(world: World, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    answer = sign_in(client, "personal")

    assert (answer.status_code, who(client)) == (403, "")
    assert f"refused: {Refusal.PERSONAL.value}" in caplog.text


def test_another_person_s_address_opens_nothing(world: World, client: Client) -> None:
    """Whoever owns a tenant writes any address into it; the token then has it as ``email``."""
    victim = make_user("reseller@demo.example")
    assert BY_KEY["thief"].mail == victim.email

    answer = sign_in(client, "thief")

    assert (answer["Location"], who(client)) == ("/accounts/microsoft/first/", "")
    assert not victim.socialaccount_set.exists()


def test_a_changed_address_is_still_the_same_person(world: World, client: Client) -> None:
    connected(make_user("admin@nuages.example"), "admin")
    world.add_fault(Fault("entra", "new_address", 1))

    sign_in(client, "admin")

    assert who(client) == "admin@nuages.example"


@pytest.mark.parametrize("state", ["", "x" * 43, "\0", "é"])
def test_an_unknown_state_is_refused(world: World, client: Client, state: str) -> None:
    begun = begin(client)
    path = choose(begun, "admin")

    answer = client.get(path.split("?")[0], {"code": "1.Axyz", "state": state})

    assert (answer.status_code, who(client)) == (403, "")


def test_a_state_counts_in_its_own_browser_and_way_only(world: World, client: Client) -> None:
    connected(make_user("admin@nuages.example"), "admin")
    path = choose(begin(client), "admin")

    elsewhere = Client()
    assert elsewhere.get(path).status_code == 403
    assert client.get(path.replace("/partners/", "/staff/")).status_code == 403
    assert who(elsewhere) == who(client) == ""


def test_a_code_that_was_used_is_worth_nothing(world: World, client: Client) -> None:
    connected(make_user("admin@nuages.example"), "admin")
    begun = begin(client)
    path = choose(begun, "admin")
    code = dict(httpx.QueryParams(path.split("?")[1]))["code"]

    first = client.get(path)
    again = client.get(path)
    client.logout()
    other = begin(client)
    replayed = client.get(path.split("?")[0], {"code": code, "state": other.sent["state"]})

    assert (first.status_code, again.status_code, replayed.status_code) == (302, 403, 403)
    assert "AADSTS54005" in replayed.content.decode()
    assert who(client) == ""


def test_a_code_of_another_browser_fails_for_its_verifier(world: World, client: Client) -> None:
    """An attacker's code, put into the address that the victim's own sign-in awaits."""
    connected(make_user("admin@ailleurs.example"), "elsewhere")
    stolen = dict(httpx.QueryParams(choose(begin(Client()), "elsewhere").split("?")[1]))["code"]
    begun = begin(client)

    answer = client.get("/accounts/microsoft/partners/callback/", {"code": stolen, "state": begun.sent["state"]})

    assert (answer.status_code, who(client)) == (403, "")
    assert "AADSTS501481" in answer.content.decode()


def test_what_leaves_for_microsoft_has_state_nonce_and_a_challenge_of_its_own(world: World, client: Client) -> None:
    one, two = begin(client), begin(client)

    assert one.sent["redirect_uri"] == f"{settings.SITE_URL}/accounts/microsoft/partners/callback/"
    assert (one.sent["response_type"], one.sent["code_challenge_method"]) == ("code", "S256")
    assert one.sent["scope"] == "openid profile email"
    assert all(one.sent[name] != two.sent[name] for name in ("state", "nonce", "code_challenge"))
    assert min(len(one.sent[name]) for name in ("state", "nonce", "code_challenge")) >= 43


def test_nothing_of_the_address_changes_scope_or_parameters(world: World, client: Client) -> None:
    answer = client.post("/accounts/microsoft/partners/?scope=Mail.Read&auth_params=prompt%3Dnone%26nonce%3D1")

    assert "Mail.Read" not in answer["Location"]
    assert "prompt=select_account" in answer["Location"]
    assert "nonce=1&" not in answer["Location"]


def test_a_new_key_is_found_and_the_old_one_counts_no_more(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected(make_user("admin@nuages.example"), "admin")
    sign_in(client, "admin")
    client.logout()
    world.rule_entra(rotate=True)
    early = sign_in(client, "admin").status_code
    monkeypatch.setattr(microsoft, "READ_AGAIN_SECONDS", 0.0)

    late = sign_in(client, "admin").status_code

    # Unknown keys have the list read again, but not for every token that somebody shows.
    assert (early, late, who(client)) == (403, 302, "admin@nuages.example")


@pytest.mark.parametrize(
    "kind",
    [pytest.param("timeout", marks=pytest.mark.long), "html", "500", "429", "redirect", "broken", "nonsense"],
)
def test_trouble_at_microsoft_is_said(world: World, client: Client, kind: str) -> None:
    begun = begin(client)
    path = choose(begun, "admin")
    world.add_fault(Fault("entra", kind, 9))

    answer = client.get(path)

    assert (answer.status_code, who(client)) == (403, "")


def test_a_published_address_on_another_host_is_not_used(world: World, client: Client) -> None:
    kept = microsoft.Published("a", "b", "c", "d", "https://x/{tenantid}/v2.0")
    assert kept.issuer_of("t") == "https://x/t/v2.0"
    microsoft._kept[f"{_login_url()}/organizations/v2.0/.well-known/openid-configuration"] = microsoft._Kept(
        time.monotonic(), dict.fromkeys(_NAMES, "https://evil.example/x")
    )

    answer = client.post("/accounts/microsoft/partners/")

    assert answer.status_code == 403
    microsoft.forget()


_NAMES = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint", "issuer")


def _login_url() -> str:
    return str(settings.ENTRA_LOGIN_URL)


def test_an_identity_is_tenant_and_object() -> None:
    known = tokens.Identity("t", "o", "", "", frozenset(), frozenset(), False, None)

    assert known.uid == "t:o"
    assert dataclasses.replace(known, roles=frozenset({tokens.GLOBAL_ADMIN})).is_global_admin
