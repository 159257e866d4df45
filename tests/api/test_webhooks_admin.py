"""Webhooks in the admin, and in the API: a secret is shown once or brought, nothing sealed is shown, foreign is 404."""

import base64
import re
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api import work
from api.domain.webhooks import subscriptions
from api.enums import ApiScope, WebhookKind, WebhookOff, WebhookStyle
from api.models import ApiCall, KeptAnswer, WebhookDelivery, WebhookSubscription
from onboarding.domain import history
from portal.accounts.models import User
from portal.health import metrics_page
from tests.api.conftest import Caller, make_caller
from tests.api.receivers import Receiver
from tests.api.test_webhooks import READER, happen, receiver, send_all, subscribe
from tests.builders import NOW, make_bdm, make_enrollment, make_user

pytestmark = pytest.mark.django_db
__all__ = ["receiver"]
LIST = "/admin/api/webhooksubscription/"
LONG_AGO = "2026-01-01T00:00"
LOG = "/admin/api/webhookdelivery/"
LONG_HOST = ".".join(["a" * 59] * 5)  # 299 characters, and no part of it is too long
SECRET = "whsec_" + base64.b64encode(b"brought by the receiver, 32 bytes").decode()


@pytest.fixture
def administrator() -> User:
    return make_user(is_staff=True, is_superuser=True, language="en-gb")


@pytest.fixture
def browser(administrator: User) -> Client:
    client = Client()
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def crm() -> Caller:
    return make_caller(*READER, ApiScope.REMIND, bdm=make_bdm("FR", "BE"), countries=("FR", "BE"))


def typed(owner: Any, **changed: Any) -> dict[str, Any]:
    return {
        "name": "CRM", "style": "standard", "client": owner.pk, "new_address": "https://crm.example/hook?token=abc",
        "kinds": ["enrollment.ready"], "countries": ["FR"], "language": "fr", **changed,
    }  # fmt: skip


def act(browser: Client, action: str, *pks: int, place: str = LIST, **more: Any) -> Any:
    return browser.post(place, {"action": action, "_selected_action": pks, **more}, follow=True)


# --- admin ----------------------------------------------------------------------------------------------------------


def test_secret_and_address_are_shown_once_or_never(browser: Client, crm: Caller, administrator: User) -> None:
    page = browser.post(f"{LIST}add/", typed(crm.client))

    [secret] = re.findall(r"<code>(whsec_[\w+/=]+)</code>", page.content.decode())
    assert page["Cache-Control"] == "no-store"
    row = WebhookSubscription.objects.get()
    assert (row.host, row.countries, row.made_by) == ("crm.example", ["FR"], administrator)
    again = act(browser, "new_secret", row.pk)
    [new] = re.findall(r"<code>(whsec_[\w+/=]+)</code>", again.content.decode())
    assert "signs as well" in again.content.decode()
    for path in (LIST, f"{LIST}{row.pk}/change/", LOG, "/admin/api/webhookchange/", "/admin/audit/"):
        shown = browser.get(path).content.decode()
        assert secret not in shown and new not in shown and "token=abc" not in shown, path
    assert [change.what for change in row.changes.order_by("pk")] == ["made", "rotated"]
    assert "Webhook made" in browser.get("/admin/audit/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"new_address": ""}, "new_address"), ({"new_address": "http://crm.example/"}, "new_address"),
        ({"new_address": "https://127.0.0.1/"}, "new_address"),
        ({"new_address": "https://a:b@c.example"}, "new_address"),
        ({"new_address": f"https://{LONG_HOST}/"}, "new_address"), ({"name": "x" * 81}, "name"),
        ({"kinds": []}, "kinds"), ({"kinds": ["webhook.ping"]}, "kinds"), ({"kinds": ["everything"]}, "kinds"),
        ({"countries": []}, "countries"), ({"countries": ["DE"]}, "countries"), ({"countries": ["XX"]}, "countries"),
        ({"countries": ["FR"], "everywhere": "on"}, "countries"), ({"client": ""}, "client"),
        ({"style": "teams"}, "client"), ({"style": "teams", "client": ""}, "kinds"), ({"name": " "}, "name"),
        ({"name": "taken"}, "name"), ({"language": "xx"}, "language"), ({"style": "carrier pigeon"}, "style"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_beside_its_field(
    browser: Client, receiver: Receiver, crm: Caller, wrong: dict[str, Any], field: str
) -> None:
    subscribe(receiver, name="taken")

    answer = browser.post(f"{LIST}add/", typed(crm.client, **wrong))

    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert WebhookSubscription.objects.count() == 1


@pytest.mark.parametrize("port", ["", ":8443"])
@pytest.mark.parametrize("size", [200, 247, 248, 252, 253, 254, 255, 256, 300, 1900])
def test_a_host_is_kept_or_refused_with_a_sentence(crm: Caller, size: int, port: str) -> None:
    host = ".".join(["a" * 49] * 40)[: size - 2] + ".x"
    sent = {
        "name": "CRM", "address": f"https://{host}{port}/", "kinds": ["enrollment.ready"], "countries": ["FR"],
        "secret": SECRET,
    }  # fmt: skip

    answer = crm.post("/webhooks", sent)

    if len(host + port) <= 255:
        assert (answer.status_code, WebhookSubscription.objects.get().host) == (201, host + port)
    else:
        assert (answer.status_code, answer.json()["errors"][0]["at"]) == (422, "address")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("state", {"on": 0}), ("state", {"on": "true"}), ("replays", {"since": "0001-01-01T00:00:00+23:00"}),
        ("replays", {"since": "9999-12-31T23:59:59-23:00"}),
    ],
)  # fmt: skip
def test_what_is_nearly_a_value_is_none(crm: Caller, receiver: Receiver, path: str, body: dict[str, Any]) -> None:
    row = subscribe(receiver, client=crm.client, countries=["FR"])

    answer = crm.post(f"/webhooks/{row.pk}/{path}", body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_a_moment_may_have_any_zone_that_iso_8601_writes(crm: Caller, receiver: Receiver) -> None:
    row = subscribe(receiver, client=crm.client, countries=["FR"])

    for zone in ("+20:16", "-23:59", "Z"):
        assert crm.post(f"/webhooks/{row.pk}/replays", {"since": f"2456-08-29T15:37:48{zone}"}).status_code == 200
        since = crm.get(f"/enrollments?changed_since=2456-08-29T15:37:48{zone.replace('+', '%2B')}")
        assert since.status_code in (200, 403)


@pytest.mark.django_db(transaction=True)
def test_one_name_that_two_clients_take_at_once_is_taken_by_one(browser: Client) -> None:
    """By the API and by the admin's form: who comes second waits, and then sees that the name is taken."""
    callers = [make_caller(*READER, countries=("FR",)) for _client in range(5)]
    gate, statuses = threading.Barrier(6), []

    def make(send: Callable[[], Any]) -> None:
        try:
            gate.wait()
            statuses.append(send().status_code)
        finally:
            connection.close()

    body = {"name": "CRM", "address": "https://crm.example/", "kinds": ["enrollment.ready"], "countries": ["FR"]}
    sending = [partial(caller.post, "/webhooks", {**body, "secret": SECRET}) for caller in callers]
    by_hand = partial(browser.post, f"{LIST}add/", typed(callers[0].client))
    threads = [threading.Thread(target=make, args=[send]) for send in (*sending, by_hand)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # The admin's form answers 200, whether it shows the new secret or what is wrong.
    assert sorted(statuses) in ([200, 201, *[422] * 4], [200, *[422] * 5])
    assert WebhookSubscription.objects.count() == 1


def test_all_faults_are_told_at_once(browser: Client, crm: Caller) -> None:
    wrong = {"name": "", "kinds": [], "countries": [], "client": "", "new_address": "http://x"}
    first = browser.post(f"{LIST}add/", typed(crm.client, **wrong)).context["adminform"].form.errors
    rest = browser.post(f"{LIST}add/", typed(crm.client, **{**wrong, "name": "CRM"})).context["adminform"].form.errors

    assert {*first} == {"name"}
    assert {*rest} == {"kinds", "countries", "client", "new_address"}


def test_without_keys_nothing_is_kept(browser: Client, crm: Caller, settings: Any) -> None:
    settings.SECRETS_KEYS = []

    answer = browser.post(f"{LIST}add/", typed(crm.client))

    assert "SECRETS_KEYS is not set" in answer.content.decode()


def test_change_keeps_the_address_and_never_the_client(browser: Client, crm: Caller) -> None:
    browser.post(f"{LIST}add/", typed(crm.client))
    row = WebhookSubscription.objects.get()
    other = make_caller(*READER).client

    changed = typed(other, new_address="", kinds=["check.concluded", "request.closed"], countries=["FR", "BE"])
    answer = browser.post(f"{LIST}{row.pk}/change/", changed)

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    now = WebhookSubscription.objects.get()
    assert (now.address, now.client, now.countries) == (row.address, crm.client, ["BE", "FR"])
    assert now.kinds == ["check.concluded", "request.closed"]
    assert browser.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_log_test_replay_and_switch(browser: Client, receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    happen(make_enrollment(), "ready")
    receiver.answers["/hook"] = [410, 204]
    work.take(float("inf"))
    assert "is off" in act(browser, "ping", row.pk).content.decode()
    assert "1 webhook is switched on" in act(browser, "switch_on", row.pk).content.decode()

    assert "Write a day and time" in act(browser, "replay_failed", row.pk, since="yesterday").content.decode()
    assert "1 delivery is sent again" in act(browser, "replay_failed", row.pk, since=LONG_AGO).content.decode()
    assert "1 test is on its way" in act(browser, "ping", row.pk).content.decode()
    send_all()

    kinds = sorted(message.body["type"] for message in receiver.messages)
    assert kinds == ["enrollment.ready", "enrollment.ready", "webhook.ping"]
    sent = row.deliveries.get(kind="enrollment.ready")
    page = browser.get(f"{LOG}?subscription={row.pk}&state=delivered").content.decode()
    assert "Delivered" in page and "204" in page
    assert browser.get(f"{LOG}?subscription={row.pk}&state=failed").context["cl"].result_count == 0
    assert "1 delivery is sent again" in act(browser, "replay", sent.pk, place=LOG).content.decode()
    assert f"evt_{sent.pk}" in browser.get(f"{LOG}{sent.pk}/change/").content.decode()
    assert "1 webhook is switched off" in act(browser, "switch_off", row.pk).content.decode()
    assert "By hand" not in browser.get(LIST).content.decode()
    assert str(WebhookOff.BY_HAND.label) in browser.get(LIST).content.decode()


def test_operators_send_again_and_change_nothing_else(browser: Client, receiver: Receiver, administrator: User) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    happen(make_enrollment(), "ready")
    send_all()
    User.objects.filter(pk=administrator.pk).update(is_superuser=False)
    administrator.groups.set(Group.objects.filter(name="operator"))

    assert "1 delivery is sent again" in act(browser, "replay", row.deliveries.get().pk, place=LOG).content.decode()
    assert browser.get(LIST).status_code == 200
    for action in ("new_secret", "ping", "switch_off", "replay_failed"):
        act(browser, action, row.pk, since="2026-01-01T00:00")
    assert browser.post(f"{LIST}add/", typed(row.client)).status_code == 403
    row.refresh_from_db()
    assert (row.off_at, row.old_secret) == (None, "")


@pytest.mark.parametrize("place", [LIST, LOG])
def test_pages_cost_as_much_for_many_rows(browser: Client, receiver: Receiver, place: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(place).status_code == 200
        assert not any("COUNT(*)" in query["sql"] and "LIMIT" not in query["sql"] for query in captured)
        return len(captured)

    client = make_caller(*READER).client
    subscribe(receiver, "/0", client=client, kinds=[WebhookKind.ENROLLMENT_READY])
    happen(make_enrollment(), "ready")
    browser.get(place)
    one = cost()
    for number in range(1, 12):
        subscribe(receiver, f"/{number}", client=client, kinds=[WebhookKind.ENROLLMENT_READY])
    happen(make_enrollment(), *["ready"] * 9)

    assert WebhookDelivery.objects.count() > 100
    assert cost() == one


# --- API --------------------------------------------------------------------------------------------------------------


def wished(**changed: Any) -> dict[str, Any]:
    return {
        "name": "Hook of the CRM", "address": "https://crm.example/hook", "secret": SECRET,
        "kinds": ["enrollment.ready", "check.concluded"], "countries": ["FR"], **changed,
    }  # fmt: skip


def test_client_makes_changes_rotates_and_replays_its_own(crm: Caller, receiver: Receiver) -> None:
    made = crm.post("/webhooks", wished(address=f"{receiver.url}/hook"), idempotency_key="making-it-once")
    again = crm.post("/webhooks", wished(address=f"{receiver.url}/hook"), idempotency_key="making-it-once")

    assert (made.status_code, again.json()) == (201, made.json()), made.content
    path = f"/webhooks/{made.json()['id']}"
    row = WebhookSubscription.objects.get()
    receiver.secrets.append(SECRET)
    happen(make_enrollment(), "ready")
    happen(make_enrollment(country="BE"), "ready")
    assert crm.post(f"{path}/pings", {}).status_code == 201
    send_all()
    assert [message.is_genuine for message in receiver.messages] == [True, True]
    sent = crm.get(f"{path}/deliveries?state=delivered&limit=1").json()
    rest = crm.get(f"{path}/deliveries?state=delivered&limit=1&cursor={sent['next']}").json()
    assert [part["data"][0]["kind"] for part in (sent, rest)] == ["enrollment.ready", "webhook.ping"]
    one = sent["data"][0]["id"]
    assert crm.post(f"{path}/replays", {"delivery": one}).json() == {"webhook": row.pk, "number": 1}
    assert crm.post(f"{path}/replays", {"since": "2026-01-01T00:00:00Z"}).json()["number"] == 0
    assert crm.post(f"{path}/secret", {"secret": SECRET.replace("YnJ", "YnK")}).json()["old_secret_until"]
    changed = crm.post(path, {"name": "New", "kinds": ["enrollment.ready"], "everywhere": True})
    assert (changed.json()["name"], changed.json()["host"]) == ("New", receiver.url.removeprefix("http://"))
    assert crm.post(f"{path}/state", {"on": False}).json()["off_why"] == "by_hand"
    assert crm.post(f"{path}/pings", {}).json()["code"] == "webhook_off"
    assert crm.post(f"{path}/state", {"on": True}).json()["off_at"] is None
    assert [row["name"] for row in crm.get("/webhooks").json()["data"]] == ["New"]
    kept = " ".join(KeptAnswer.objects.values_list("body", flat=True)) + crm.get(path).content.decode()
    assert SECRET not in kept and "/hook" not in kept
    assert ApiCall.objects.filter(what="make_webhook").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "http://crm.example/"}, {"address": "https://10.0.0.1/"}, {"address": ""}, {"kinds": []},
        {"kinds": ["all"]}, {"countries": ["DE"]}, {"countries": []}, {"secret": "whsec_short"}, {"secret": "x" * 44},
        {"secret": "whsec_" + "A" * 31}, {"name": ""}, {"style": "teams"}, {"countries": ["FR"], "everywhere": True},
        {"kinds": ["webhook.ping"]},
    ],
)  # fmt: skip
def test_wrong_wishes_are_problems(crm: Caller, wrong: dict[str, Any]) -> None:
    answer = crm.post("/webhooks", wished(**wrong))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert next(iter(wrong)) in " ".join(error["at"] for error in answer.json()["errors"]) or "everywhere" in wrong
    assert not WebhookSubscription.objects.exists()


def test_webhooks_of_others_are_not_there(crm: Caller, receiver: Receiver) -> None:
    foreign = subscribe(receiver)
    path = f"/webhooks/{foreign.pk}"
    posts = {
        "": {"name": "x", "kinds": ["enrollment.ready"], "everywhere": True}, "/secret": {"secret": SECRET},
        "/state": {"on": False}, "/pings": {}, "/replays": {"since": "2026-01-01T00:00:00Z"},
    }  # fmt: skip

    assert crm.get("/webhooks").json()["data"] == []
    assert [crm.get(path).status_code, crm.get(f"{path}/deliveries").status_code] == [404, 404]
    assert {crm.post(path + end, body).status_code for end, body in posts.items()} == {404}
    mine = crm.post("/webhooks", wished()).json()["id"]
    happen(make_enrollment(), "started")
    delivery = WebhookDelivery.objects.filter(subscription=foreign).earliest("pk")
    assert crm.post(f"/webhooks/{mine}/replays", {"delivery": delivery.pk}).status_code == 404
    reader = make_caller(ApiScope.ENROLLMENTS)
    assert reader.get("/webhooks").json()["code"] == "forbidden"
    assert reader.post("/webhooks", wished()).json()["code"] == "forbidden"


@pytest.mark.parametrize("path", ["/webhooks", "/webhooks/{}/deliveries"])
def test_lists_cost_what_they_cost_for_one_row(crm: Caller, path: str) -> None:
    for number in range(2):
        crm.post("/webhooks", wished(name=f"{number}", kinds=["enrollment.ready"]))
    enrollment = make_enrollment()
    happen(enrollment, "ready")
    place = path.format(WebhookSubscription.objects.earliest("pk").pk)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert crm.get(f"{place}?limit=100").status_code == 200
        return len(captured)

    one = cost()
    for number in range(2, 20):
        crm.post("/webhooks", wished(name=f"{number}"))
    history.add_all([history.line(enrollment, "ready", at=NOW) for _ in range(100)])
    assert cost() == one <= 7


# --- metrics ----------------------------------------------------------------------------------------------------------


def test_metrics_say_what_waits_and_what_fails(receiver: Receiver, rf: Any, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    row = subscribe(receiver, name="CRM", kinds=[WebhookKind.ENROLLMENT_READY])
    happen(make_enrollment(), "ready")
    now = timezone.now()
    WebhookSubscription.objects.update(failing_since=now)
    subscriptions.make(
        style=WebhookStyle.STANDARD, client=row.client, by=row.made_by, now=now,
        wish=subscriptions.Wish("Idle", f"{receiver.url}/x", [WebhookKind.ENROLLMENT_READY], everywhere=True),
    )  # fmt: skip

    told = metrics_page(rf.get("/metrics")).content.decode()

    assert 'portal_webhook_waiting{webhook="CRM"} 1.0' in told
    assert 'portal_webhook_waiting{webhook="Idle"} 0.0' in told
    assert 'portal_webhook_off{webhook="CRM"} 0.0' in told
    assert float(re.findall(r'portal_webhook_oldest_age_seconds\{webhook="CRM"\} (\S+)', told)[0]) > 0
    assert f'portal_work_due{{queue="webhook-{row.pk}",table="api_webhookdelivery"}} 1.0' in told
