"""Passkeys: registered, named, removed; they sign in, and count as second factor and as proof. Only of this portal."""

import html
import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from fido2.utils import websafe_decode, websafe_encode

from portal.accounts import passkeys
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.notices.models import Mail
from portal.partners.models import Membership, Role
from tests.portal.authenticators import SoftPasskey
from tests.portal.people import PASSWORD, company, grow_stale, member, person

pytestmark = pytest.mark.django_db
ADD, LOGIN = "/accounts/2fa/webauthn/add/", "/accounts/2fa/webauthn/login/"
FIXED_LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = "https://portal.example"
    settings.STAFF_SECOND_FACTOR = True
    cache.clear()


@pytest.fixture
def marie() -> User:
    return person("marie@acme.example")


def signed_in(user: User) -> Client:
    """By the sign-in page, and with the proof that pages of second factors ask for."""
    client = Client()
    client.post(FIXED_LOGIN, {"login": user.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def options_on(client: Client, path: str) -> dict[str, Any]:
    shown = client.get(path).content.decode()
    found = re.search(r'id="passkey-options" type="application/json">(.*?)</script>', shown)
    assert found, path
    options: dict[str, Any] = json.loads(found[1])
    return options


def register(user: User, device: SoftPasskey, name: str = "Telephone") -> Any:
    client = signed_in(user)
    credential = device.create(options_on(client, ADD))
    return client.post(ADD, {"name": name, "passwordless": "on", "credential": credential})


def asked_at_sign_in(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get(LOGIN, headers={"accept": "application/json"}).json()["request_options"]
    return found


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_who_registers_a_passkey_gets_recovery_codes_and_a_mail(marie: User) -> None:
    answer = register(marie, SoftPasskey(), "Téléphone de Marie")

    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    row = Authenticator.objects.get(user=marie, type="webauthn")
    assert row.wrap().name == "Téléphone de Marie"
    assert Authenticator.objects.filter(user=marie, type="recovery_codes").exists()
    assert Mail.objects.get(subject__contains="A passkey was added").to == marie.email
    assert "Téléphone de Marie" in text(signed_in_with(SoftPasskey(), marie, row).get("/accounts/2fa/"))


def signed_in_with(_device: SoftPasskey, user: User, _row: Authenticator) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_passkey_signs_in_without_password_and_leads_on(marie: User) -> None:
    device = SoftPasskey()
    register(marie, device)
    client = Client()

    answer = client.post(LOGIN, {"credential": device.get(asked_at_sign_in(client)), "next": "/account/"})

    assert (answer["Location"], is_in(client)) == ("/account/", True)


def test_a_passkey_is_the_second_step_after_the_password(marie: User) -> None:
    device = SoftPasskey(verifies=False)
    device_of_password = SoftPasskey(identity=b"an older key", verifies=False)
    client = signed_in(marie)
    client.post(ADD, {"name": "Key", "credential": device_of_password.create(options_on(client, ADD))})
    second = Client()

    step = second.post(FIXED_LOGIN, {"login": marie.email, "password": PASSWORD})
    before = is_in(second)
    options = options_on(second, "/accounts/2fa/authenticate/")
    second.post("/accounts/2fa/authenticate/", {"credential": device_of_password.get(options)})

    assert (step["Location"], before, is_in(second)) == ("/accounts/2fa/authenticate/", False, True)
    assert device.identity != device_of_password.identity


def test_a_passkey_is_a_proof_before_an_act_that_cannot_be_undone(marie: User) -> None:
    paul, device = person("paul@acme.example"), SoftPasskey()
    partner = company(marie)
    member(partner, paul, Role.OWNER)
    register(marie, device)
    client = signed_in_with(device, marie, Authenticator.objects.get(type="webauthn"))
    grow_stale(client)
    theirs = Membership.objects.get(user=paul)
    path = f"/partners/{partner.pk}/people/{theirs.pk}/remove/"

    client.post(path)
    question = f"/accounts/2fa/webauthn/reauthenticate/?next={path}"
    options = options_on(client, question)
    refused = client.post(question, {"credential": '{"a": 1}', "next": path})
    kept = Membership.objects.filter(pk=theirs.pk).exists()
    client.post(question, {"credential": device.get(options_on(client, question)), "next": path})

    assert options
    assert (refused.status_code, kept) == (422, True)
    assert "was not accepted" in text(refused)
    assert not Membership.objects.filter(pk=theirs.pk).exists()


def test_a_passkey_is_the_second_factor_that_staff_need(marie: User) -> None:
    Bdm.objects.create(user=marie).countries.set(["FR"])
    without = signed_in(marie).get("/desk/")
    device = SoftPasskey()
    register(marie, device)
    client = Client()

    client.post(LOGIN, {"credential": device.get(asked_at_sign_in(client))})

    assert (without["Location"], client.get("/desk/").status_code) == ("/accounts/2fa/", 200)


FOREIGN = [
    {"origin": "https://portal.example.evil.example", "rp_id": "portal.example"},
    {"origin": "https://evil.example", "rp_id": "evil.example"},
    {"origin": "https://portal.example", "rp_id": "other.example"},
    {"origin": "https://sub.portal.example", "rp_id": "portal.example"},
    {"origin": "http://portal.example", "rp_id": "portal.example"},
    {"origin": "https://portal.example:8443", "rp_id": "portal.example"},
]


@pytest.mark.parametrize("where", FOREIGN)
def test_a_passkey_of_another_site_is_neither_registered_nor_accepted(marie: User, where: dict[str, str]) -> None:
    register(marie, SoftPasskey(**where))
    registered = Authenticator.objects.filter(type="webauthn").exists()
    device = SoftPasskey()
    register(marie, device)
    device.origin, device.rp_id = where["origin"], where["rp_id"]
    client = Client()

    client.post(LOGIN, {"credential": device.get(asked_at_sign_in(client))})

    assert (registered, is_in(client)) == (False, False)


def test_the_host_of_a_request_does_not_choose_the_site(marie: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["evil.example", "testserver"]

    answer = Client().get(LOGIN, headers={"accept": "application/json", "host": "evil.example"})

    assert answer.json()["request_options"]["publicKey"]["rpId"] == "portal.example"


def test_a_passkey_of_another_person_or_a_used_answer_signs_nobody_in(marie: User) -> None:
    device, thief = SoftPasskey(), SoftPasskey(identity=b"the thief's own")
    register(marie, device)
    register(person("thief@evil.example"), thief)
    thief.handle = device.handle
    client, used = Client(), Client()

    client.post(LOGIN, {"credential": thief.get(asked_at_sign_in(client))})
    answer = device.get(asked_at_sign_in(used))
    used.post(LOGIN, {"credential": answer})
    again = Client()
    asked_at_sign_in(again)
    again.post(LOGIN, {"credential": answer})

    assert (is_in(client), is_in(used), is_in(again)) == (False, True, False)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda sent: "",
        lambda sent: "null",
        lambda sent: "[1]",
        lambda sent: "{",
        lambda sent: '{"response": {}}',
        lambda sent: '{"response": {"clientDataJSON": 7}}',
        lambda sent: "{" + '"a":' * 3000 + "1" + "}" * 3000,
        lambda sent: "[" * 60_000,
        lambda sent: json.dumps({**json.loads(sent), "rawId": 7}),
        lambda sent: json.dumps({**json.loads(sent), "id": "é"}),
        lambda sent: json.dumps({**json.loads(sent), "response": {**json.loads(sent)["response"], "signature": "AA"}}),
        lambda sent: json.dumps(
            {**json.loads(sent), "response": {**json.loads(sent)["response"], "authenticatorData": "AA"}}
        ),
        lambda sent: json.dumps({**json.loads(sent), "response": {**json.loads(sent)["response"], "userHandle": 5}}),
        lambda sent: json.dumps(
            {**json.loads(sent), "response": {**json.loads(sent)["response"], "userHandle": websafe_encode(b"zz-9")}}
        ),
    ],
)
def test_what_is_no_passkey_is_refused_and_never_breaks_the_page(marie: User, spoil: Any) -> None:
    device = SoftPasskey()
    register(marie, device)
    client = Client()

    answer = client.post(LOGIN, {"credential": spoil(device.get(asked_at_sign_in(client)))}, follow=True)

    assert (answer.status_code, is_in(client)) == (200, False)
    assert re.search("pas été acceptée|pas envoyé de clé", text(answer))


def test_a_passkey_is_renamed_and_removed_by_its_person_only(marie: User) -> None:
    register(marie, SoftPasskey())
    row = Authenticator.objects.get(type="webauthn")
    mine, other = signed_in_again(marie), signed_in(person("other@evil.example"))
    edit, remove = f"/accounts/2fa/webauthn/keys/{row.pk}/edit/", f"/accounts/2fa/webauthn/keys/{row.pk}/remove/"

    foreign = [other.post(edit, {"name": "Mine"}).status_code, other.post(remove).status_code]
    long = mine.post(edit, {"name": "n" * 61})
    mine.post(edit, {"name": "Clé du coffre"})
    row.refresh_from_db()
    name = row.wrap().name
    mine.post(remove)

    assert (foreign, long.status_code, name) == ([404, 404], 200, "Clé du coffre")
    assert "60" in text(long)
    assert Authenticator.objects.filter(user=marie).count() == 0  # its recovery codes go with the last factor
    assert Mail.objects.filter(subject__contains="A passkey was removed", to=marie.email).exists()


def signed_in_again(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def test_pages_run_no_script_of_their_own_and_say_what_works_without(marie: User) -> None:
    register(marie, SoftPasskey())
    mine = signed_in_again(marie)

    for client, path in [(Client(), FIXED_LOGIN), (mine, ADD), (mine, "/accounts/2fa/webauthn/reauthenticate/")]:
        answer = client.get(path)
        scripts = re.findall(r"<script([^>]*)>", answer.content.decode())
        assert all("src=" in script or 'type="application/json"' in script for script in scripts), path
        assert "publickey-credentials-get=(self)" in answer["Permissions-Policy"]
        assert "JavaScript" in answer.content.decode()


def test_what_is_kept_of_a_passkey_holds_no_secret(marie: User) -> None:
    device = SoftPasskey()
    register(marie, device)
    secret = device.key.private_numbers().private_value.to_bytes(32, "big")

    kept = json.dumps(Authenticator.objects.get(type="webauthn").data)

    assert websafe_encode(secret) not in kept
    assert websafe_decode(websafe_encode(secret)) == secret


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://portal.example", "https://portal.example"),
        ("https://portal.example:443", "https://portal.example"),
        ("http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_the_origin_is_written_as_browsers_write_it(settings: Any, url: str, origin: str) -> None:
    settings.SITE_URL = url

    assert passkeys.origin() == origin
