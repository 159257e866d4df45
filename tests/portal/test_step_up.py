"""Acts that cannot be undone or that give power away need a recent proof of identity; what was sent waits for it."""

import json
import re
import time
from fnmatch import fnmatchcase

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import get_resolver

from onboarding.enums import Authority, CheckState, Kind
from onboarding.models import Enrollment
from portal.accounts import step_up
from portal.accounts.models import User
from portal.partners.models import HandOver, Membership, PartnerView, Role
from tests.builders import check_of
from tests.portal.people import PASSWORD, company, grow_stale, member, person
from tests.test_urls import walk

pytestmark = pytest.mark.django_db
NAMES = dict(walk(get_resolver().url_patterns))


def stale(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    grow_stale(client)
    return client


def asks(answer: object) -> bool:
    return answer.status_code == 302 and "/reauthenticate/" in answer["Location"]  # type: ignore[attr-defined, index]


def code_of(user: User) -> str:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def anywhere(path: str) -> str:
    """The address with ids that no row has: the question comes before any row is looked at."""
    path = path.replace("^", "").replace("\\Z", "").replace("$", "")
    path = re.sub(r"<uuid:[^>]+>", "00000000-0000-0000-0000-000000000000", path)
    return "/" + re.sub(r"<[^>]+>", "1", path)


# --- the list ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", [*step_up.ACTS, *step_up.READS])
def test_every_entry_of_the_list_is_an_address(pattern: str) -> None:
    assert [name for name in NAMES if fnmatchcase(name, pattern)]


def test_every_act_of_the_list_asks_a_session_that_is_not_fresh() -> None:
    client = stale(person("admin@ingram.example", is_staff=True, is_superuser=True))
    found = {}

    for name, path in NAMES.items():
        for pattern, fields in step_up.ACTS.items():
            if fnmatchcase(name, pattern):
                sent = {field: values[0] if values else "1" for field, values in fields.items()}
                found[name, pattern] = asks(client.post(anywhere(path), sent))

    assert len(found) > 60
    assert [key for key, asked in found.items() if not asked] == []
    assert asks(client.get(anywhere(NAMES["privacy:take"])))


def test_the_admin_has_no_other_way_to_delete_or_to_give_rights() -> None:
    acts = [name for name in NAMES if name.startswith("admin:") and name.endswith("_delete")]

    assert acts
    assert all(fnmatchcase(name, "admin:*_delete") for name in acts)


@pytest.mark.parametrize("actions", [["delete_selected"], ["", "delete_selected"], ["delete_selected", ""]])
def test_deleting_rows_of_a_list_asks_wherever_the_action_stands(actions: list[str]) -> None:
    client = stale(person("admin@ingram.example", is_staff=True, is_superuser=True))

    answer = client.post("/admin/onboarding/reason/", {"action": actions, "_selected_action": "1"})

    assert asks(answer)


# --- what waits -------------------------------------------------------------------------------------------------------


def test_a_hand_over_waits_for_the_password_and_is_then_offered_once() -> None:
    marie, paul = person("marie@acme.example"), person("paul@acme.example")
    partner = company(marie)
    member(partner, paul, Role.VIEWER)
    client = stale(marie)
    path, form = f"/partners/{partner.pk}/hand-over/", {"to": str(paul.pk), "afterwards": "contributor"}

    question = client.post(path, form)
    before = HandOver.objects.count()
    wrong = client.post(question["Location"], {"password": "not this one"})
    done = client.post(question["Location"], {"password": PASSWORD, "next": path})
    again = client.post(question["Location"], {"password": PASSWORD, "next": path})

    assert (before, wrong.status_code, done["Location"]) == (0, 200, f"/partners/{partner.pk}/")
    offered = HandOver.objects.get()
    assert (offered.to, offered.afterwards) == (paul, "contributor")
    assert again["Location"] == path


def test_a_waiver_keeps_its_note_and_counts_after_a_code_of_the_app(bdm: User, enrollment: Enrollment) -> None:
    code, client = code_of(bdm), stale(bdm)
    check = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)
    path = f"/desk/{enrollment.pk}/checks/{check.pk}/"
    form = {"decision": "waive", "note": "Vu au téléphone & confirmé à 10 h", "basis": basis(client, path)}

    question = client.post(path, form)
    check.refresh_from_db()
    before = check.state
    client.post(question["Location"], {"code": code, "next": path})

    check.refresh_from_db()
    assert before != CheckState.WAIVED
    assert (check.state, check.note) == (CheckState.WAIVED, "Vu au téléphone & confirmé à 10 h")


def basis(client: Client, path: str) -> str:
    found = re.search(r'name="basis"[^>]*value="([^"]*)"', client.get(path).content.decode())
    return found[1] if found else ""


def test_other_decisions_on_the_desk_ask_for_nothing(bdm: User, enrollment: Enrollment) -> None:
    check = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)

    answer = stale(bdm).post(f"/desk/{enrollment.pk}/checks/{check.pk}/", {"decision": "ask", "note": "?"})

    assert not asks(answer)


def test_the_admins_form_waits_with_its_query(enrollment: Enrollment) -> None:
    client = stale(person("admin@ingram.example", is_staff=True, is_superuser=True))
    group = Group.objects.create(name="Auditors of a day")
    path = f"/admin/auth/group/{group.pk}/delete/?_changelist_filters=q%3Dday"

    question = client.post(path, {"post": "yes"})
    before = Group.objects.filter(pk=group.pk).exists()
    done = client.post(question["Location"], {"password": PASSWORD, "next": path})

    assert (before, done.status_code) == (True, 302)
    assert not Group.objects.filter(pk=group.pk).exists()


def test_a_look_with_a_partners_eyes_waits_with_its_reason(bdm: User, enrollment: Enrollment) -> None:
    bdm.set_password(PASSWORD)
    bdm.save()
    client = stale(bdm)
    path = f"/view-as/{enrollment.created_by_id}/"

    question = client.post(path, {"reason": "They see an empty page"})
    client.post(question["Location"], {"password": PASSWORD, "next": path})

    assert PartnerView.objects.get().reason == "They see an empty page"


# --- what a proof does not do -----------------------------------------------------------------------------------------


def removal() -> tuple[Client, Membership, str]:
    marie, paul = person("marie@acme.example"), person("paul@acme.example")
    partner = company(marie)
    member(partner, paul, Role.OWNER)
    theirs = Membership.objects.get(user=paul)
    return stale(marie), theirs, f"/partners/{partner.pk}/people/{theirs.pk}/remove/"


def test_a_proof_for_another_page_does_not_do_what_was_left_behind() -> None:
    client, theirs, path = removal()

    question = client.post(path)
    elsewhere = client.post(question["Location"], {"password": PASSWORD, "next": "/accounts/2fa/"})
    later = client.post(question["Location"], {"password": PASSWORD, "next": path})

    assert (elsewhere["Location"], later["Location"]) == ("/accounts/2fa/", path)
    assert Membership.objects.filter(pk=theirs.pk).exists()


def test_a_proof_that_comes_hours_later_does_nothing() -> None:
    client, theirs, path = removal()
    question = client.post(path)
    session = client.session
    kept = session["account_reauthentication_state"]["state"]["kept"]
    opened = json.loads(kept if kept.startswith("{") else step_up.encryption.decrypt(kept))
    session["account_reauthentication_state"]["state"]["kept"] = json.dumps({**opened, "at": time.time() - 7200})
    session.save()

    answer = client.post(question["Location"], {"password": PASSWORD, "next": path}, follow=True)

    assert "took too long" in answer.content.decode()
    assert Membership.objects.filter(pk=theirs.pk).exists()


@pytest.mark.parametrize(("age", "asked"), [(0, False), (14 * 60, False), (15 * 60 + 1, True), (-3600, True)])
def test_a_proof_counts_for_fifteen_minutes(age: int, asked: bool) -> None:
    client, _theirs, path = removal()
    client.force_login(
        User.objects.get(email="marie@acme.example"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    grow_stale(client, -24 * 3600)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - age}]
    session.save()

    assert asks(client.post(path)) is asked


def test_a_stranger_is_asked_to_sign_in_not_for_a_proof() -> None:
    _client, _theirs, path = removal()

    assert "/accounts/login/" in Client().post(path)["Location"]
    assert Authenticator.objects.count() == 0
