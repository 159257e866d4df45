"""Ids of other systems through the API: read, asked by, set and removed, within the client's countries."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from api import work
from api.domain.webhooks import subscriptions
from api.domain.webhooks.subscriptions import Wish
from api.enums import ApiScope, WebhookStyle
from api.models import ApiCall
from api.views import schemas
from onboarding.domain import history
from onboarding.domain.desk import external_ids, field_mapping
from onboarding.domain.enrollment import withdrawal
from onboarding.enums import ExternalKind
from onboarding.models import Enrollment, ExternalId
from portal.audit import registry as audit
from tests.api.conftest import Caller, make_caller
from tests.api.receivers import receiving
from tests.builders import NOW, make_bdm, make_enrollment, make_submitted, make_user

pytestmark = pytest.mark.django_db
GUID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
ACCOUNT, ACCOUNT_15 = "001D000000IqhSLIAZ", "001D000000IqhSL"


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def path_of(enrollment: Enrollment, system: str, *, company: bool = False) -> str:
    place = f"/companies/{enrollment.partner_id}" if company else f"/enrollments/{enrollment.pk}"
    return f"{place}/external-ids/{system}"


def test_an_id_is_set_read_asked_by_replaced_and_removed(france: Caller) -> None:
    enrollment = make_submitted()
    make_submitted()
    path, companys = path_of(enrollment, "dynamics"), path_of(enrollment, "salesforce", company=True)

    put = france.send("PUT", path, {"id": "{" + GUID.upper() + "}"})
    account = france.send("PUT", companys, {"id": ACCOUNT_15})

    assert (put.status_code, put.json()) == (200, {"system": "dynamics", "id": GUID})
    assert account.json() == {"system": "salesforce", "id": ACCOUNT}
    read = france.get(path)
    assert (read.json(), read["ETag"]) == (put.json(), put["ETag"])
    one = france.get(f"/enrollments/{enrollment.pk}").json()
    assert one["external_ids"] == {"dynamics": GUID}
    assert one["company"]["external_ids"] == {"salesforce": ACCOUNT}
    assert france.get(f"/companies/{enrollment.partner_id}").json()["external_ids"] == {"salesforce": ACCOUNT}
    for asked in (f"dynamics:{GUID.upper()}", f"salesforce:{ACCOUNT_15}"):
        found = france.get(f"/enrollments?external_id={asked}").json()["data"]
        assert [row["id"] for row in found] == [str(enrollment.pk)], asked
    [company] = france.get(f"/companies?external_id=salesforce:{ACCOUNT}").json()["data"]
    assert (company["id"], company["external_ids"]) == (str(enrollment.partner_id), {"salesforce": ACCOUNT})
    assert france.get("/enrollments?external_id=other:nobody").json()["data"] == []
    assert france.get(f"/companies?external_id=dynamics:{GUID}").json()["data"] == []
    gone = france.send("DELETE", path)
    assert (gone.json(), code(france.get(path))) == ({"system": "dynamics", "removed": True}, (404, "not_found"))
    assert france.send("DELETE", path).json() == {"system": "dynamics", "removed": False}


def test_each_change_is_done_once_recorded_and_in_the_audit_as_the_persons(france: Caller) -> None:
    enrollment = make_submitted()
    path = path_of(enrollment, "other")

    first = france.send("PUT", path, {"id": "A-1"}, idempotency_key="set-of-a-1")
    france.send("PUT", path, {"id": "A-2"})
    again = france.send("PUT", path, {"id": "A-1"}, idempotency_key="set-of-a-1")
    same = france.send("PUT", path, {"id": "A-2"})
    france.send("DELETE", path)

    assert (again.content, again["Idempotent-Replayed"], again["ETag"]) == (first.content, "true", first["ETag"])
    assert same.status_code == 200
    assert france.send("PUT", path, {"id": "A-9"}, idempotency_key="set-of-a-1").json()["code"] == "key_reused"
    assert [call.what for call in ApiCall.objects.order_by("pk")] == [
        *["put_enrollment_id"] * 3,
        "remove_enrollment_id",
    ]
    trail = audit.TRAILS["external-ids"]
    assert trail.tell is not None and france.client.acts_for is not None
    told = list(trail.tell(list(trail.get_model().objects.order_by("pk"))))  # type: ignore[attr-defined]
    assert [one.detail.rpartition(", ")[2] for one in told] == ["A-1", "A-2", "A-2"]
    assert {(one.actor, one.enrollment) for one in told} == {(france.client.acts_for.pk, enrollment.pk)}


def test_if_match_refuses_what_changed_meanwhile(france: Caller) -> None:
    path = path_of(make_submitted(), "other")
    assert code(france.send("PUT", path, {"id": "A-1"}, If_Match="*")) == (412, "changed_meanwhile")
    old = france.send("PUT", path, {"id": "A-1"})["ETag"]
    new = france.send("PUT", path, {"id": "A-2"}, If_Match=old)["ETag"]

    refused = [france.send("PUT", path, {"id": "A-3"}, If_Match=old), france.send("DELETE", path, If_Match=old)]

    assert [code(answer) for answer in refused] == [(412, "changed_meanwhile")] * 2
    assert france.get(path).json()["id"] == "A-2"
    assert france.send("DELETE", path, If_Match=new).json()["removed"] is True


@pytest.mark.parametrize(
    ("system", "company", "typed"),
    [
        ("dynamics", True, "not a guid"), ("dynamics", True, "00000000-0000-0000-0000-000000000000"),
        ("salesforce", True, ACCOUNT.lower()), ("salesforce", True, ACCOUNT[:14]),
        ("salesforce", True, "006D000000IqhSL"), ("salesforce", False, ACCOUNT_15), ("other", False, "x" * 81),
    ],
)  # fmt: skip
def test_what_is_no_id_of_that_system_is_refused_with_a_sentence(
    france: Caller, system: str, company: bool, typed: str
) -> None:
    answer = france.send("PUT", path_of(make_submitted(), system, company=company), {"id": typed})

    assert code(answer) == (422, "invalid")
    assert [error["at"] for error in answer.json()["errors"]] == ["id"]
    assert not ExternalId.objects.exists()


def test_an_id_belongs_to_one(france: Caller) -> None:
    one, other = make_submitted(), make_submitted()
    france.send("PUT", path_of(one, "dynamics"), {"id": GUID})

    refused = [
        france.send("PUT", path_of(other, "dynamics"), {"id": GUID.upper()}),
        france.send("PUT", path_of(one, "dynamics", company=True), {"id": GUID}),
    ]

    assert [code(answer) for answer in refused] == [(409, "id_taken")] * 2
    assert ExternalId.objects.get().enrollment_id == one.pk


def test_an_id_of_a_deleted_draft_is_free_for_the_next_enrollment(france: Caller) -> None:
    draft, later = make_enrollment(), make_submitted()
    france.send("PUT", path_of(draft, "dynamics"), {"id": GUID})
    withdrawal.withdraw(enrollment=draft, by=draft.created_by, now=NOW)

    answer = france.send("PUT", path_of(later, "dynamics"), {"id": GUID})

    assert answer.status_code == 200
    assert ExternalId.objects.get().enrollment_id == later.pk


def test_a_deleted_draft_that_is_forgotten_has_no_id_and_a_withdrawn_enrollment_keeps_its_own(france: Caller) -> None:
    draft, submitted = make_enrollment(), make_submitted()
    for enrollment, value in ((draft, GUID), (submitted, GUID.replace("1", "2"))):
        france.send("PUT", path_of(enrollment, "dynamics"), {"id": value})
        withdrawal.withdraw(enrollment=enrollment, by=enrollment.created_by, now=NOW)

    withdrawal.forget([draft.pk, submitted.pk], NOW)

    assert ExternalId.objects.get().enrollment_id == submitted.pk


@pytest.mark.parametrize("asked", ["dynamics:x", "nothing:1", "dynamics", ":", "salesforce:001"])
def test_a_filter_that_names_no_id_is_an_error(france: Caller, asked: str) -> None:
    assert code(france.get(f"/enrollments?external_id={asked}")) == (422, "invalid")
    assert code(france.get(f"/companies?external_id={asked}")) == (422, "invalid")


def test_what_is_not_the_clients_is_not_there() -> None:
    german, french = make_submitted(country="DE"), make_submitted()
    user = make_user()
    for owner, value in ((german, "E-1"), (german.partner, "C-1")):
        external_ids.put(owner=owner, system="other", text=value, by=user, now=NOW)
    caller = make_caller(bdm=make_bdm("FR"))

    for company in (False, True):
        path = path_of(german, "other", company=company)
        assert code(caller.get(path)) == (404, "not_found")
        assert code(caller.send("PUT", path, {"id": "X"})) == (404, "not_found")
        assert code(caller.send("DELETE", path)) == (404, "not_found")
    assert caller.get("/enrollments?external_id=other:C-1").json()["data"] == []
    assert caller.get("/companies?external_id=other:C-1").json()["data"] == []
    assert sorted(ExternalId.objects.values_list("value", flat=True)) == ["C-1", "E-1"]
    assert caller.send("PUT", path_of(french, "nothing"), {"id": "X"}).status_code == 422


@pytest.mark.parametrize("scope", [scope for scope in ApiScope if scope != ApiScope.EXTERNAL_IDS])
def test_no_other_permission_sets_an_id(scope: ApiScope) -> None:
    enrollment, caller = make_submitted(), make_caller(scope, bdm=make_bdm("FR"))

    for company in (False, True):
        path = path_of(enrollment, "other", company=company)
        assert code(caller.send("PUT", path, {"id": "A-1"})) == (403, "forbidden")
        assert code(caller.send("DELETE", path)) == (403, "forbidden")


def test_a_client_that_sets_ids_acts_for_somebody() -> None:
    client = make_caller(ApiScope.COMPANIES).client
    client.scopes = [ApiScope.EXTERNAL_IDS]

    with pytest.raises(IntegrityError, match="api_client_writes_for_somebody"), transaction.atomic():
        client.save()


def test_webhooks_name_the_ids_of_the_enrollment_and_its_company(settings: Any) -> None:
    enrollment = make_enrollment()
    user = make_user()
    external_ids.put(owner=enrollment, system="dynamics", text=GUID, by=user, now=NOW)
    external_ids.put(owner=enrollment.partner, system="salesforce", text=ACCOUNT, by=user, now=NOW)
    client = make_caller(ApiScope.ENROLLMENTS).client
    with receiving() as receiver:
        settings.WEBHOOK_ALLOW = [receiver.url.removeprefix("http://")]
        wish = Wish(
            name="CRM", address=receiver.url + "/hook", kinds=["enrollment.ready"], countries=[], everywhere=True
        )
        subscriptions.make(style=WebhookStyle.STANDARD, client=client, wish=wish, by=client.made_by, now=NOW)
        history.add(enrollment, "ready", at=NOW)
        work.take(float("inf"))
        [message] = receiver.at("/hook")

    assert message.body["data"]["external_ids"] == {
        "enrollment": {"dynamics": GUID}, "company": {"salesforce": ACCOUNT},
    }  # fmt: skip


def test_the_page_of_fields_names_those_that_the_api_gives() -> None:
    told = {kind: [field.api for field in fields] for kind, fields in field_mapping.FIELDS.items()}

    assert sorted(told[ExternalKind.COMPANY]) == sorted(schemas.CompanyOut.model_fields)
    assert sorted(told[ExternalKind.ENROLLMENT]) == sorted(schemas.EnrollmentOut.model_fields)
