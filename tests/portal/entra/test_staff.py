"""People of Ingram Micro: roles by group, taken away with it, and no other way in where that is demanded."""

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.test import Client

from onboarding.sandbox.entra_people import GROUPS
from onboarding.sandbox.records import Fault
from onboarding.sandbox.world import World
from portal import roles
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.entra import staff
from tests.builders import make_bdm, make_user
from tests.portal.authenticators import SoftPasskey
from tests.portal.entra.test_sign_in import come_first
from tests.portal.entra.walking import begin, choose, code_in, connected, sign_in, who, with_totp
from tests.portal.people import person
from tests.portal.test_passkeys import LOGIN, asked_at_sign_in, register

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _groups(db: None) -> None:
    roles.write()


def test_a_first_day_gives_the_roles_of_the_groups(world: World, client: Client) -> None:
    come_first(client, "new", "first.day@ingram.example", way="staff")

    new = User.objects.get(email="first.day@ingram.example")
    assert who(client) == new.email
    assert (new.is_staff, new.is_superuser) == (True, False)
    assert list(new.groups.values_list("name", flat=True)) == ["operator"]
    assert not Bdm.objects.get(user=new).is_lead


def test_groups_that_a_token_leaves_out_are_asked_for(world: World, client: Client) -> None:
    """A person in more than 200 groups; theirs is on the third page of Graph."""
    come_first(client, "lead", "lead@ingram.example", way="staff")

    assert Bdm.objects.get(user__email="lead@ingram.example").is_lead


@pytest.mark.parametrize("kind", ["500", "401", "html", "no_consent"])
def test_half_an_answer_about_groups_takes_no_right(world: World, client: Client, kind: str) -> None:
    lead = make_bdm(lead=True).user
    connected(lead, "lead", way="staff")
    path = choose(begin(client, "staff"), "lead")
    # The token is given; what follows it fails.
    world.add_fault(Fault("entra" if kind == "no_consent" else "entra_graph", kind, 1))

    answer = client.get(path)

    assert (answer.status_code, who(client)) == (403, "")
    assert Bdm.objects.get(user=lead).is_lead


@pytest.mark.parametrize("groups", [[], ["auditor"], ["lead", "editor"], ["bdm", "operator", "auditor"]])
def test_the_roles_are_exactly_those_of_the_groups(world: World, client: Client, groups: list[str]) -> None:
    come_first(client, "new", "first.day@ingram.example", way="staff")
    client.logout()
    world.rule_entra(person="new", groups=groups)

    sign_in(client, "new", way="staff")

    new = User.objects.get(email="first.day@ingram.example")
    bdm = Bdm.objects.filter(user=new).first()
    held = {*new.groups.values_list("name", flat=True), *(["lead" if bdm.is_lead else "bdm"] if bdm else [])}
    assert held == set(groups)
    assert new.is_staff == bool(set(groups) - {"bdm", "lead"})
    assert who(client) == (new.email if groups else "")


def test_who_is_in_no_group_is_not_let_in(world: World, client: Client) -> None:
    answer = sign_in(client, "left", way="staff")

    assert (answer.status_code, who(client)) == (403, "")
    assert not SocialAccount.objects.exists()


def test_losing_a_role_ends_open_sessions(world: World, client: Client) -> None:
    come_first(client, "new", "first.day@ingram.example", way="staff")
    world.rule_entra(person="new", groups=["auditor"])

    sign_in(Client(), "new", way="staff")

    assert client.get("/account/").status_code == 302


def test_roles_that_no_group_is_named_for_stay(world: World, client: Client, settings: Any) -> None:
    settings.ENTRA_STAFF_GROUPS = [("bdm", GROUPS["bdm"])]
    come_first(client, "new", "first.day@ingram.example", way="staff")
    new = User.objects.get(email="first.day@ingram.example")
    new.groups.add(Group.objects.get(name="auditor"))
    User.objects.filter(pk=new.pk).update(is_staff=True)
    client.logout()
    world.rule_entra(person="new", groups=[])

    sign_in(client, "new", way="staff")

    new.refresh_from_db()
    assert list(new.groups.values_list("name", flat=True)) == ["auditor"]
    assert new.is_staff
    assert not Bdm.objects.exists()


def test_a_superuser_keeps_the_rights_that_no_group_gave(world: World, client: Client) -> None:
    root = make_user("root@ingram.example", is_staff=True, is_superuser=True)
    connected(root, "left", way="staff")

    sign_in(client, "left", way="staff")

    root.refresh_from_db()
    assert (who(client), root.is_superuser, root.is_staff) == (root.email, True, True)


def test_without_groups_only_accounts_that_exist_come_in(world: World, client: Client, settings: Any) -> None:
    settings.ENTRA_STAFF_GROUPS = []
    bdm = make_bdm("FR").user
    come_first(client, "bdm", bdm.email, way="staff")
    known = who(client)
    stranger = Client()
    sign_in(stranger, "new", way="staff")
    stranger.post("/accounts/microsoft/first/", {"email": "first.day@ingram.example"})

    answer = stranger.post("/accounts/microsoft/code/", {"code": code_in("first.day@ingram.example")})

    assert (known, answer.status_code, who(stranger)) == (bdm.email, 403, "")
    assert not User.objects.filter(email="first.day@ingram.example").exists()


def test_staff_do_not_come_the_partners_way(world: World, client: Client) -> None:
    connected(make_bdm("FR").user, "bdm")

    answer = sign_in(client, "bdm", way="partners")

    assert (answer.status_code, who(client)) == (403, "")


# --- no other way in -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("person", ["bdm", "admin", "root"])
def test_a_password_opens_nothing_where_microsoft_is_demanded(
    world: World, client: Client, settings: Any, person: str
) -> None:
    settings.ENTRA_STAFF_ONLY = True
    rights = {"admin": {"is_staff": True}, "root": {"is_staff": True, "is_superuser": True}}.get(person, {})
    user = make_user("someone@ingram.example", **rights)
    if person == "bdm":
        Bdm.objects.create(user=user)
    user.set_password(PASSWORD)
    user.save()

    refused = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    signed_in = who(client)
    settings.ENTRA_STAFF_EMERGENCY = [user.email]
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

    assert (refused.status_code, signed_in, who(client)) == (403, "", user.email)


@pytest.mark.parametrize("demanded", [True, False])
def test_a_passkey_is_no_way_around_microsoft(world: World, client: Client, settings: Any, demanded: bool) -> None:
    settings.SITE_URL = "https://portal.example"
    user, device = person("someone@ingram.example"), SoftPasskey()
    register(user, device)
    Bdm.objects.create(user=user)
    settings.ENTRA_STAFF_ONLY = demanded

    client.post(LOGIN, {"credential": device.get(asked_at_sign_in(client))})

    assert (who(client) == "") is demanded


def test_partners_keep_their_password(world: World, client: Client, settings: Any) -> None:
    settings.ENTRA_STAFF_ONLY = True
    user = make_user("owner@company.example")
    user.set_password(PASSWORD)
    user.save()

    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

    assert who(client) == user.email


def test_an_account_that_was_there_before_comes_in_with_microsoft(world: World, client: Client, settings: Any) -> None:
    settings.ENTRA_STAFF_ONLY = True
    bdm = make_bdm("FR").user

    come_first(client, "bdm", bdm.email, way="staff")

    assert who(client) == bdm.email
    assert not staff.must_use_microsoft(make_user("owner@company.example"))


def test_the_only_staff_connection_stays_where_microsoft_is_demanded(
    world: World, client: Client, settings: Any
) -> None:
    settings.ENTRA_STAFF_ONLY = True
    bdm = make_bdm("FR").user
    row = connected(bdm, "bdm", way="staff")
    sign_in(client, "bdm", way="staff")

    client.post("/accounts/microsoft/", {"account": row.pk})

    assert SocialAccount.objects.filter(pk=row.pk).exists()


# --- second factor -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("person", "opens"), [("bdm", True), ("weak", False)])
def test_microsofts_second_factor_counts_for_staff(
    world: World, client: Client, settings: Any, person: str, opens: bool
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    connected(make_bdm("FR").user, person, way="staff")

    sign_in(client, person, way="staff")
    answer = client.get("/desk/")

    assert (answer.status_code == 200) is opens
    assert opens or answer["Location"] == "/accounts/2fa/"


def test_without_microsofts_second_factor_ours_is_asked(world: World, client: Client, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    bdm = make_bdm("FR").user
    with_totp(bdm)
    connected(bdm, "weak", way="staff")

    answer = sign_in(client, "weak", way="staff")

    assert (answer["Location"], who(client)) == ("/accounts/2fa/authenticate/", "")
