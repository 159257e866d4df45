"""What a client changes: once, for its BDM, within their countries, with a line in the record."""

import datetime as dt
import json
import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from api.domain import answers
from api.enums import WRITES, ApiScope
from api.models import ApiCall, ApiClient, KeptAnswer
from onboarding.domain.desk import feed
from onboarding.domain.desk.listing import Scope
from onboarding.enums import Authority, CheckState, Kind
from onboarding.models import Campaign, Check, Enrollment, Event, FileWork
from portal.accounts.models import User
from portal.notices.models import Mail
from portal.partners.models import Invitation, WithoutOwner
from portal.privacy import retention
from tests.api.conftest import Caller, make_caller
from tests.builders import NOW, check_of, fill, make_bdm, make_enrollment, make_submitted

pytestmark = pytest.mark.django_db


def person(caller: Caller) -> User:
    assert caller.client.acts_for is not None
    return caller.client.acts_for


def with_microsoft() -> Check:
    """The e-mail validation of an enrollment that Microsoft has."""
    enrollment = make_submitted()
    fill(Enrollment.objects.get(pk=enrollment.pk), "partner-center", {"sent_to_microsoft_on": NOW.date()})
    return check_of(enrollment, Kind.EMAIL, Authority.MICROSOFT)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


# --- the deeds --------------------------------------------------------------------------------------------------------


def test_assign(france: Caller) -> None:
    enrollment, colleague, foreign = make_submitted(), make_bdm("FR"), make_bdm("DE")
    path = f"/enrollments/{enrollment.pk}/owner"

    first = france.post(path, {"owner": colleague.user_id, "owner_seen": None})

    assert (first.status_code, first.json()["changed"]) == (200, True)
    assert FileWork.objects.get(pk=enrollment.pk).owner_id == colleague.user_id
    assert Event.objects.get(kind="assigned").actor == person(france)
    assert france.get(f"/enrollments/{enrollment.pk}").json()["owner"] == colleague.user_id
    overtaken = france.post(path, {"owner": person(france).pk, "owner_seen": None})
    assert code(overtaken) == (409, "owned")
    seen = {"owner_seen": colleague.user_id}
    assert code(france.post(path, {"owner": foreign.user_id, **seen})) == (422, "cannot_own")
    assert code(france.post(path, {"owner": 2**31, **seen})) == (422, "cannot_own")
    assert [line.status for line in ApiCall.objects.order_by("pk")] == [200, 409, 422, 422]


def test_remind(france: Caller) -> None:
    enrollment = make_enrollment()
    path = f"/enrollments/{enrollment.pk}/reminders"

    assert france.post(path, {}).json() == {"enrollment": str(enrollment.pk), "outcome": "done"}

    assert Mail.objects.filter(code="reminder", to=enrollment.created_by.email).count() == 1
    assert code(france.post(path, {})) == (409, "reminded_lately")
    Enrollment.objects.filter(pk=enrollment.pk).update(set_aside_at=NOW)
    assert code(france.post(path, {})) == (409, "nothing_to_remind")


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ({"says": "authorized"}, CheckState.PASSED),
        ({"says": "rejected", "reason": "own", "note": "Corrigez l’adresse."}, CheckState.ACTION_NEEDED),
        ({"says": "ended", "note": "Refus définitif."}, CheckState.REFUSED),
    ],
)
def test_report_what_microsoft_says(france: Caller, typed: dict[str, str], state: CheckState) -> None:
    check = with_microsoft()
    read = france.get(f"/checks/{check.pk}").json()
    if "reason" in typed:
        typed = {**typed, "reason": next(one for one in read["reasons"] if one != "bdm_asks")}

    answer = france.post(f"/checks/{check.pk}/report", {"basis": read["basis"], **typed})

    assert (answer.status_code, answer.json()["state"]) == (200, state), answer.content
    check.refresh_from_db()
    assert (check.state, check.note) == (state, typed.get("note", ""))


def test_report_is_refused_with_what_to_do(france: Caller) -> None:
    check = with_microsoft()
    path, basis = f"/checks/{check.pk}/report", france.get(f"/checks/{check.pk}").json()["basis"]
    ours = check_of(check.enrollment, Kind.EMAIL, Authority.PORTAL)

    refused = [
        code(france.post(path, {"says": "authorized", "basis": "0" * 16})),
        code(france.post(path, {"says": "rejected", "basis": basis, "note": "Non."})),
        code(france.post(path, {"says": "rejected", "basis": basis, "note": "Non.", "reason": "bdm_asks"})),
        code(france.post(path, {"says": "rejected", "basis": basis, "note": "Non.", "reason": "nothing"})),
        code(france.post(path, {"says": "ended", "basis": basis, "note": " "})),
        code(france.post(f"/checks/{ours.pk}/report", {"says": "authorized", "basis": basis})),
    ]

    assert refused == [
        (409, "moved"), (422, "reason_unknown"), (422, "reason_unknown"), (422, "reason_unknown"),
        (422, "note_needed"), (422, "not_microsofts"),
    ]  # fmt: skip
    again = Check.objects.get(pk=check.pk)
    assert (again.state, again.note) == (check.state, check.note)


def test_invite_an_owner_only_where_none_can_sign_in(france: Caller) -> None:
    enrollment = make_submitted()
    path = f"/companies/{enrollment.partner_id}/invitations"
    assert code(france.post(path, {"email": "neu@company.example"})) == (409, "has_owner")
    User.objects.filter(pk=enrollment.created_by_id).update(is_active=False)
    WithoutOwner.objects.create(partner=enrollment.partner, found_at=NOW)

    answer = france.post(path, {"email": "neu@company.example"})

    assert answer.status_code == 201
    invitation = Invitation.objects.get()
    assert (invitation.role, invitation.invited_by) == ("owner", person(france))
    assert code(france.post(path, {"email": enrollment.created_by.email})) == (409, "already_member")


def test_invite_companies_writes_to_nobody_before_a_person_looks(france: Caller) -> None:
    row = {"company": "=1+1 Exemple", "country": "FR", "email": "a@exemple.example"}

    answer = france.post("/campaigns", {"name": "CRM, novembre", "companies": [row]})

    campaign = Campaign.objects.get()
    assert (answer.status_code, answer.json()["id"], campaign.created_by) == (201, str(campaign.pk), person(france))
    assert bytes(campaign.content or b"").decode("utf-8-sig").splitlines()[1].startswith("'=1+1 Exemple;FR;a@")
    assert not Mail.objects.filter(to="a@exemple.example").exists()
    foreign = france.post("/campaigns", {"name": "B", "companies": [row, {**row, "country": "DE"}]})
    assert (foreign.status_code, foreign.json()["errors"][0]["at"]) == (422, "companies.1.country")
    linked = france.post("/campaigns", {"name": "C", "note": "Voir www.exemple.fr", "companies": [row]})
    assert linked.json()["errors"][0]["at"] == "note"
    assert Campaign.objects.count() == 1


# --- for whom ---------------------------------------------------------------------------------------------------------


def changes_of(enrollment: Enrollment) -> dict[ApiScope, tuple[str, Any]]:
    check = check_of(enrollment, Kind.EMAIL, Authority.MICROSOFT)
    place = f"/enrollments/{enrollment.pk}"
    return {
        ApiScope.ASSIGN: (f"{place}/owner", {"owner": 1, "owner_seen": None}),
        ApiScope.REMIND: (f"{place}/reminders", {}),
        ApiScope.REPORT: (f"/checks/{check.pk}/report", {"says": "authorized", "basis": "0" * 16}),
        ApiScope.INVITE: (f"/companies/{enrollment.partner_id}/invitations", {"email": "a@b.example"}),
        ApiScope.EXTERNAL_IDS: (f"{place}/external-ids/other", {"id": "A-1"}),
    }


def send(caller: Caller, scope: ApiScope, path: str, body: Any) -> int:
    return int(caller.send("PUT" if scope == ApiScope.EXTERNAL_IDS else "POST", path, body).status_code)


def test_nothing_is_changed_outside_of_the_countries() -> None:
    changes = changes_of(make_submitted(country="FR"))
    for caller in (make_caller(bdm=make_bdm("DE")), make_caller(bdm=make_bdm("FR", "DE"), countries=("DE",))):
        found = {scope: send(caller, scope, path, body) for scope, (path, body) in changes.items()}

        assert found == dict.fromkeys(changes, 404)


@pytest.mark.parametrize("scope", WRITES)
def test_each_permission_changes_its_own_and_nothing_else(scope: ApiScope) -> None:
    caller = make_caller(scope, bdm=make_bdm("FR"))

    found = {
        name for name, (path, body) in changes_of(make_submitted()).items() if send(caller, name, path, body) != 403
    }

    assert found == {scope}


@pytest.mark.parametrize("scope", WRITES)
def test_the_database_keeps_that_a_client_which_changes_something_acts_for_somebody(scope: ApiScope) -> None:
    with pytest.raises(Exception, match="api_client_writes_for_somebody"):
        make_caller(scope)


# --- bad bodies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "null", "[]", "1", '"a"', b"\xff\xfe", "{}", '{"owner": 1}', '{"owner": null, "owner_seen": null}',
        '{"owner": 1e400, "owner_seen": null}', '{"owner": NaN, "owner_seen": null}',
        '{"owner": -1, "owner_seen": null}', '{"owner": 1, "owner_seen": "a"}',
        '{"owner": 1, "owner_seen": null, "role": "lead"}', '{"owner": 99999999999999999999999, "owner_seen": null}',
        "[" * 100_000,
    ],
)  # fmt: skip
def test_bad_bodies_are_refused_and_leave_the_key_free(france: Caller, body: str | bytes) -> None:
    enrollment = make_submitted()

    answer = france.post(f"/enrollments/{enrollment.pk}/owner", body)

    assert answer.status_code in (400, 422), answer.content
    assert answer.json()["detail"]
    assert not KeptAnswer.objects.exists()
    assert not ApiCall.objects.exists()


@pytest.mark.parametrize("email", ["a", "a@", "a@b", "a@b.example\x00", "a b@c.example", "é" * 300 + "@b.example"])
def test_bad_e_mail_addresses(france: Caller, email: str) -> None:
    enrollment = make_submitted()

    answer = france.post(f"/companies/{enrollment.partner_id}/invitations", {"email": email})

    assert code(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["at"].endswith("email")


@pytest.mark.parametrize("note", ["a\x00b", "\ud800", "x" * 2001])
def test_texts_that_the_database_does_not_keep(france: Caller, note: str) -> None:
    check = with_microsoft()
    body = json.dumps({"says": "ended", "basis": "0" * 16, "note": note})

    assert code(france.post(f"/checks/{check.pk}/report", body)) == (422, "invalid")


# --- idempotency ------------------------------------------------------------------------------------------------------


def test_a_repetition_gets_the_first_answer_and_does_nothing(france: Caller) -> None:
    enrollment = make_enrollment()
    path = f"/enrollments/{enrollment.pk}/reminders"

    first, again = (france.post(path, {}, idempotency_key="crm-00001") for _ in range(2))

    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert (Event.objects.filter(kind="reminded").count(), ApiCall.objects.count()) == (1, 1)


def test_a_refusal_is_an_answer_too(france: Caller) -> None:
    enrollment = make_submitted()
    path, body = f"/companies/{enrollment.partner_id}/invitations", {"email": "neu@company.example"}
    first = france.post(path, body, idempotency_key="crm-00001")
    User.objects.filter(pk=enrollment.created_by_id).update(is_active=False)

    again = france.post(path, body, idempotency_key="crm-00001")

    assert (code(first), again.content, again["Content-Type"]) == (
        (409, "has_owner"), first.content, "application/problem+json",
    )  # fmt: skip
    assert france.post(path, body, idempotency_key="crm-00002").status_code == 201


def test_a_key_belongs_to_one_request_of_one_client(france: Caller) -> None:
    one, other = make_enrollment(), make_enrollment()
    assert france.post(f"/enrollments/{one.pk}/reminders", {}, idempotency_key="crm-00001").status_code == 200

    reused = france.post(f"/enrollments/{other.pk}/reminders", {}, idempotency_key="crm-00001")
    spaced = france.post(f"/enrollments/{one.pk}/reminders", "{ }", idempotency_key="crm-00001")
    elsewhere = make_caller(bdm=make_bdm("FR"))
    theirs = elsewhere.post(f"/enrollments/{other.pk}/reminders", {}, idempotency_key="crm-00001")

    assert (code(reused), code(spaced)) == ((422, "key_reused"), (422, "key_reused"))
    assert theirs.status_code == 200


@pytest.mark.parametrize("key", ["short", "x" * 65, "with space", "é" * 10, "a;b;c;d;e"])
def test_no_change_without_a_usable_key(france: Caller, key: str) -> None:
    enrollment = make_enrollment()

    answer = france.post(f"/enrollments/{enrollment.pk}/reminders", {}, idempotency_key=key)

    assert code(answer) == (400, "key_missing")
    assert not Event.objects.filter(kind="reminded").exists()


def test_old_answers_are_forgotten(france: Caller) -> None:
    france.post(f"/enrollments/{make_enrollment().pk}/reminders", {})
    now = timezone.now()

    assert retention.apply("api-answers", now=now) == 0
    assert retention.apply("api-answers", now=now + answers.KEPT) == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_one() -> None:
    caller, enrollment = make_caller(bdm=make_bdm("FR")), make_enrollment()
    path, found = f"/enrollments/{enrollment.pk}/reminders", list[Any]()
    gate = threading.Barrier(6)

    def send() -> None:
        gate.wait()
        try:
            found.append(Caller(caller.client, caller.key).post(path, {}, idempotency_key="crm-00001"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert {(answer.status_code, answer.content) for answer in found} == {(200, found[0].content)}
    assert sum("Idempotent-Replayed" not in answer for answer in found) == 1
    assert Event.objects.filter(kind="reminded").count() == 1
    assert Mail.objects.filter(code="reminder").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ends", ["commits", "rolls back"])
def test_an_event_that_commits_late_is_not_left_out(ends: str) -> None:
    """A lower number may appear after a higher one: until it has, or never will, the higher one waits."""
    slow, quick = make_enrollment(), make_enrollment()
    begun, go_on = threading.Event(), threading.Event()
    everywhere = Scope(None, ())
    before = feed.events(everywhere, size=100)[-1].pk

    def write_late() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            Event.objects.create(enrollment=slow, at=NOW, kind="reminded", source="bdm")
            begun.set()
            go_on.wait(60)
            cursor.execute("COMMIT" if ends == "commits" else "ROLLBACK")
        connections.close_all()

    thread = threading.Thread(target=write_late)
    thread.start()
    begun.wait(60)
    Event.objects.create(enrollment=quick, at=NOW, kind="taken_up", source="bdm")
    meanwhile = feed.events(everywhere, after=(before,), size=100)
    go_on.set()
    thread.join(60)

    assert meanwhile == []
    found = [event.kind for event in feed.events(everywhere, after=(before,), size=100)]
    assert found == (["reminded", "taken_up"] if ends == "commits" else ["taken_up"])


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_client_that_calls_too_often_is_told_when_to_go_on() -> None:
    caller = make_caller(bdm=make_bdm("FR"), rate_a_minute=3, tokens=3)
    other = make_caller(bdm=make_bdm("FR"))
    path = f"/enrollments/{make_enrollment().pk}"

    found = [caller.get(path).status_code for _ in range(5)]
    last = caller.post(f"{path}/reminders", {})

    assert found == [200, 200, 200, 429, 429]
    assert (code(last), 1 <= int(last["Retry-After"]) <= 20) == ((429, "too_fast"), True)
    assert other.get(path).status_code == 200
    ApiClient.objects.filter(pk=caller.client.pk).update(refilled_at=timezone.now() - dt.timedelta(seconds=21))
    assert caller.get(path).status_code == 200


def test_mails_are_counted_for_the_person_as_on_the_pages(france: Caller) -> None:
    enrollment = make_submitted()
    User.objects.filter(pk=enrollment.created_by_id).update(is_active=False)
    path = f"/companies/{enrollment.partner_id}/invitations"

    found = [france.post(path, {"email": f"n{number}@company.example"}) for number in range(12)]

    limited = next(answer for answer in found if answer.status_code == 429)
    assert (code(limited), int(limited["Retry-After"]) > 60) == ((429, "limit"), True)
    assert [answer.status_code for answer in found] == [201] * 10 + [429] * 2
    assert KeptAnswer.objects.count() == 10
