"""Webhooks from the event to the receiver: whose, in which order, signed, and what a receiver may do to them."""

import datetime as dt
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api import work
from api.domain import clients
from api.domain.webhooks import deliveries, fanout, subscriptions
from api.domain.webhooks.subscriptions import Wish, WishError
from api.enums import ApiScope, DeliveryAnswer, WebhookKind, WebhookOff, WebhookStyle
from api.models import ApiClient, WebhookChange, WebhookDelivery, WebhookSubscription
from onboarding.domain import history
from onboarding.domain.checks import writer
from onboarding.domain.enrollment import withdrawal
from onboarding.domain.requests import tracking
from onboarding.enums import Authority, Ending, Kind
from onboarding.models import Check, Clock, Enrollment, Event, PartnerRequest
from onboarding.phases import Phase
from portal import encryption
from portal.notices.models import Mail
from portal.privacy import retention
from portal.work import claims
from portal.work.models import Queue
from tests.api import verifying
from tests.api.conftest import make_caller
from tests.api.receivers import Message, Receiver, receiving
from tests.builders import NOW, check_of, make_bdm, make_enrollment, make_user
from tests.builders import submit as make_submitted  # the triggers of webhooks see each row

pytestmark = pytest.mark.django_db
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
READER = (ApiScope.ENROLLMENTS, ApiScope.WEBHOOKS)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving() as receiver:
        settings.WEBHOOK_ALLOW = [receiver.url.removeprefix("http://")]
        settings.WAITING_PACE = 1
        settings.WORK_LEASE_SECONDS = 3  # so that a receiver that hangs is given up after a second
        yield receiver


def subscribe(receiver: Receiver, path: str = "/hook", **wished: Any) -> WebhookSubscription:
    client = wished.pop("client", None) or make_caller(*READER).client
    wish = {
        "name": f"{path} of {client}", "address": receiver.url + path, "kinds": subscriptions.ALL_KINDS,
        "everywhere": not wished.get("countries"), **wished,
    }  # fmt: skip
    row, secret = subscriptions.make(
        style=WebhookStyle.STANDARD, client=client, wish=Wish(**wish), by=client.made_by, now=timezone.now()
    )
    receiver.secrets.append(secret)
    return row


def happen(enrollment: Enrollment, *kinds: str) -> None:
    for kind in kinds:
        history.add(enrollment, kind, at=NOW)


def make_due() -> None:
    """Let every wait be over."""
    WebhookDelivery.objects.filter(next_check_at__isnull=False).update(next_check_at=LONG_AGO)
    Queue.objects.update(closed_until=None, tokens=1000, burst=1000)


def send(*, turns: int = 1) -> None:
    for _ in range(turns):
        make_due()
        work.take(float("inf"))


def send_all() -> None:
    for _ in range(60):
        make_due()
        if not work.take(float("inf")):
            return


def only(row: WebhookSubscription) -> WebhookDelivery:
    return WebhookDelivery.objects.get(subscription=row)


# --- from the event ---------------------------------------------------------------------------------------------------


def test_database_has_the_functions_that_the_table_makes() -> None:
    """A change of the table needs a migration that replaces them (``fanout.sql``)."""
    for name, statement in fanout.functions().items():
        with connection.cursor() as cursor:
            cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [name])
            [(source,)] = cursor.fetchall()
        assert source.strip() in statement, name


def test_every_line_of_history_that_is_told_exists() -> None:
    assert set(fanout.OF_EVENTS) <= set(history.TITLES)
    told = {*fanout.OF_EVENTS.values(), *fanout.OF_VIEWS.values(), *fanout.OF_PARTS.values()}
    others = {WebhookKind.ENROLLMENT_TURN, WebhookKind.REQUEST_OPENED, WebhookKind.REQUEST_CLOSED}
    assert told | others == set(subscriptions.ALL_KINDS)


def test_what_happens_arrives_signed_once_in_order_and_without_a_person(receiver: Receiver) -> None:
    row = subscribe(receiver)
    enrollment = make_submitted()

    send_all()

    messages = receiver.at("/hook")
    assert [message.sequence for message in messages] == list(range(1, len(messages) + 1))
    assert len({message.id for message in messages}) == len(messages) == row.deliveries.count()
    assert all(message.is_genuine for message in messages)
    kinds = [message.body["type"] for message in messages]
    assert kinds[0] == "enrollment.created"
    assert {"enrollment.submitted", "check.moved", "enrollment.turn_changed"} <= {*kinds}
    assert {message.body["data"]["enrollment"] for message in messages} == {str(enrollment.pk)}
    assert messages[0].body["data"]["url"].endswith(f"/api/v1/enrollments/{enrollment.pk}")
    sent = b"".join(message.raw for message in messages).decode()
    for word in (enrollment.contact_email, "Dominique", str(enrollment.partner), enrollment.created_by.email):
        assert word not in sent
    events = [message.body["data"]["event"] for message in messages if "event" in message.body["data"]]
    assert events == sorted(events)


def test_requests_and_the_desk_are_told(receiver: Receiver) -> None:
    row = subscribe(receiver)
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)

    def told(do: Callable[[], object]) -> set[str]:
        row.deliveries.all().delete()
        do()
        return set(row.deliveries.values_list("kind", flat=True))

    request = PartnerRequest(check_row=check, reason="bdm_asks", source="bdm", asked_at=NOW)
    assert told(request.save) == {"request.opened"}
    assert told(lambda: PartnerRequest.objects.update(answered_at=NOW)) == set()
    closed = told(lambda: tracking.close([check], Ending.HELD, now=NOW))
    assert closed == {"request.closed"}
    sent = row.deliveries.get()
    assert (sent.reference, sent.check_kind, sent.enrollment) == (f"request-{request.pk}", "domain", enrollment.pk)
    assert told(lambda: tracking.close([check], Ending.HELD, now=NOW)) == set()

    Check.objects.filter(pk=check.pk).update(subject_key="x")
    seen = {"source": "bdm", "now": NOW, "seen_at": NOW}
    writer.write(check, phase=Phase.WITH_MICROSOFT, **seen)
    moved = told(lambda: writer.write(check, phase=Phase.BDM_REVIEWS_ANSWER, **{**seen, "source": "reseller"}))
    assert moved == {"enrollment.needs_bdm", "enrollment.turn_changed"}
    refused_at = timezone.now() - dt.timedelta(days=25)
    near = told(lambda: Check.objects.filter(pk=check.pk).update(refused_at=refused_at))
    assert near == {"enrollment.suspension_near"}
    late = told(lambda: Clock.objects.filter(enrollment=enrollment).update(alarm="long_tail"))
    assert late == {"enrollment.over_12_weeks"}
    withdrawn = told(lambda: withdrawal.withdraw(enrollment=enrollment, by=enrollment.created_by, now=NOW))
    assert withdrawn == {"enrollment.withdrawn", "enrollment.turn_changed"}


def test_an_event_that_is_undone_is_never_told(receiver: Receiver) -> None:
    row = subscribe(receiver)
    enrollment = make_enrollment()
    before = row.deliveries.count()
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT undone")
        happen(enrollment, "ready")
        assert row.deliveries.count() == before + 1
        cursor.execute("ROLLBACK TO undone")

    assert row.deliveries.count() == before


def test_only_what_is_asked_for_is_written(receiver: Receiver) -> None:
    french = subscribe(receiver, "/fr", countries=["FR"])
    ready = subscribe(receiver, "/ready", kinds=[WebhookKind.ENROLLMENT_READY])
    off = subscribe(receiver, "/off")
    subscriptions.switch_off(subscription=off, why=WebhookOff.BY_HAND, by=None, now=NOW)
    happen(make_enrollment(country="DE"), "ready", "set_aside")
    happen(make_enrollment(country="FR"), "ready")

    found = {row: [d.country for d in row.deliveries.order_by("pk")] for row in (french, ready, off)}

    assert {*found[french]} == {"FR"}
    assert found[ready] == ["DE", "FR"]
    assert found[off] == []


# --- whose ------------------------------------------------------------------------------------------------------------


def test_what_the_client_may_not_see_is_withheld_without_a_gap(receiver: Receiver) -> None:
    bdm = make_bdm("FR", "BE")
    client = make_caller(*READER, bdm=bdm).client
    row = subscribe(receiver, client=client, kinds=[WebhookKind.ENROLLMENT_READY, WebhookKind.ENROLLMENT_SET_ASIDE])
    for country in ("FR", "DE", "BE"):
        happen(make_enrollment(country=country), "ready", "set_aside")
    ApiClient.objects.filter(pk=client.pk).update(everywhere=False, countries=["FR", "DE"])

    send_all()

    assert {message.body["data"]["country"] for message in receiver.at("/hook")} == {"FR"}
    assert [message.sequence for message in receiver.at("/hook")] == [1, 2]
    assert row.deliveries.filter(answer=DeliveryAnswer.WITHHELD, next_check_at=None).count() == 4


@pytest.mark.parametrize("how", ["revoked", "expired", "scope", "nobody"])
def test_client_that_has_ended_is_told_nothing_and_its_webhook_goes_off(receiver: Receiver, how: str) -> None:
    bdm = make_bdm("FR")
    client = make_caller(*READER, bdm=bdm).client
    row = subscribe(receiver, client=client)
    happen(make_enrollment(), "ready")
    if how == "revoked":
        clients.revoke(client=client, now=timezone.now())
    elif how == "expired":
        ApiClient.objects.filter(pk=client.pk).update(expires_at=LONG_AGO)
    elif how == "scope":
        ApiClient.objects.filter(pk=client.pk).update(scopes=["webhooks"])
    else:
        type(bdm).objects.filter(pk=bdm.pk).delete()

    send_all()

    row.refresh_from_db()
    assert (row.off_why, receiver.messages) == (WebhookOff.ENDED, [])
    assert not row.deliveries.filter(next_check_at__isnull=False).exists()
    assert Mail.objects.get(code="webhook_off").to == client.made_by.email


# --- what a receiver does ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "expected", "status"),
    [
        (500, DeliveryAnswer.STATUS, 500), (404, DeliveryAnswer.STATUS, 404), (429, DeliveryAnswer.STATUS, 429),
        ((302, {"Location": "http://127.0.0.1:1/inside"}), DeliveryAnswer.REDIRECT, 302),
        ((307, {"Location": "/other"}), DeliveryAnswer.REDIRECT, 307),
        ("hang", DeliveryAnswer.UNREACHABLE, None), ("cut", DeliveryAnswer.UNREACHABLE, None),
        ("close", DeliveryAnswer.UNREACHABLE, None), ("huge", DeliveryAnswer.TOO_LARGE, None),
    ],
)  # fmt: skip
def test_what_was_not_taken_comes_again_with_its_id_and_number(
    receiver: Receiver, answer: Any, expected: DeliveryAnswer, status: int | None
) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    happen(make_enrollment(), "ready")
    receiver.answers["/hook"] = [answer, 204]

    send()

    failed = only(row)
    assert (failed.answer, failed.status, failed.tries, failed.delivered_at) == (expected, status, 1, None)
    assert failed.next_check_at is not None and failed.next_check_at > timezone.now()
    assert row.__class__.objects.get(pk=row.pk).failing_since is not None
    assert receiver.at("/other") == []
    send()
    done = only(row)
    assert (done.answer, done.tries, done.next_check_at) == (DeliveryAnswer.TAKEN, 2, None)
    first, second = receiver.at("/hook")
    assert (first.id, first.sequence, first.raw) == (second.id, second.sequence, second.raw)
    assert first.is_genuine and second.is_genuine
    assert row.__class__.objects.get(pk=row.pk).failing_since is None


@pytest.mark.parametrize("answer", ["headers", "informational"])
def test_answer_that_never_begins_is_given_up_in_time(receiver: Receiver, answer: str) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    happen(make_enrollment(), "ready")
    receiver.answers["/hook"] = [answer, 204]
    began = time.monotonic()

    send()

    assert time.monotonic() - began < 6  # the receiver writes for twelve seconds
    assert (only(row).answer, only(row).status, only(row).tries) == (DeliveryAnswer.UNREACHABLE, None, 1)


def test_waits_follow_the_table_and_then_it_is_given_up(receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY, WebhookKind.ENROLLMENT_SET_ASIDE])
    happen(make_enrollment(), "ready", "set_aside")
    receiver.answers["/hook"] = [400]
    first = row.deliveries.earliest("pk")
    waits = []

    for _ in range(9):
        send()
        first.refresh_from_db()
        assert first.next_check_at and first.tried_at
        waits.append((first.next_check_at - first.tried_at).total_seconds())
    send()

    assert [most / least for most, least in zip(waits, deliveries.INTERVALS, strict=True)] == [
        pytest.approx(1.05, abs=0.06)
    ] * 9
    first.refresh_from_db()
    assert (first.tries, first.next_check_at, bool(first.failed_at)) == (10, None, True)
    assert {message.sequence for message in receiver.at("/hook")} == {1}  # the next waited
    receiver.answers["/hook"] = [204]
    send()
    assert receiver.at("/hook")[-1].sequence == 2


def test_retry_after_is_kept(receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    happen(make_enrollment(), "ready")
    receiver.answers["/hook"] = [(503, {"Retry-After": "3600"})]

    send()

    sent = only(row)
    assert sent.next_check_at and sent.tried_at
    assert sent.next_check_at - sent.tried_at == dt.timedelta(hours=1)


def only_for(*files: Enrollment, answer: Any, others: Any = 204) -> Callable[[Message], Any]:
    """Return an answer to the messages of these enrollments, and another one to the rest."""
    named = {str(each.pk) for each in files}
    return lambda message: answer if message.body["data"]["enrollment"] in named else others


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        (500, deliveries.INTERVALS),
        ((429, {"Retry-After": "3600"}), (3600,)),
    ],
)
def test_success_of_one_enrollment_shortens_no_wait_of_another(
    receiver: Receiver, answer: Any, waits: tuple[int, ...]
) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    refused, taken = make_enrollment(), make_enrollment()
    receiver.answers["/hook"] = [only_for(refused, answer=answer)]
    happen(refused, "ready")
    work.take(float("inf"))

    for _ in range(10):
        happen(taken, "ready")
        work.take(float("inf"))

    assert row.deliveries.filter(enrollment=taken.pk, delivered_at__isnull=False).count() == 10
    waiting = row.deliveries.get(enrollment=refused.pk)
    assert 1 <= waiting.tries <= min(2, len(waits))
    assert waiting.next_check_at and waiting.tried_at
    wait = (waiting.next_check_at - waiting.tried_at).total_seconds()
    assert wait / waits[waiting.tries - 1] == pytest.approx(1.05, abs=0.06)


def test_receiver_that_is_back_gets_early_what_failed_but_once_and_not_against_its_wish(receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    asked, own, *others = [make_enrollment() for _ in range(8)]
    polite, wrong = (503, {"Retry-After": "3600"}), only_for(own, answer=404, others=500)
    receiver.answers["/hook"] = [lambda message: only_for(asked, answer=polite, others=wrong(message))(message)]
    for enrollment in (asked, own, *others):
        happen(enrollment, "ready")
    send()
    waiting = row.deliveries.filter(next_check_at__isnull=False)
    in_hours = timezone.now() + dt.timedelta(hours=5)
    waiting.exclude(enrollment=asked.pk).update(errors=5, next_check_at=in_hours)

    def is_back() -> None:
        """Let a new message arrive, as the probe."""
        receiver.answers["/hook"] = [204]
        probe = make_enrollment()
        happen(probe, "ready")
        row.deliveries.filter(enrollment=probe.pk).update(next_check_at=LONG_AGO)
        Queue.objects.filter(pk=subscriptions.queue_of(row)).update(closed_until=None, tokens=1000, burst=1000)
        work.take(float("inf"))

    is_back()

    early = waiting.filter(next_check_at__lte=timezone.now())
    assert {*early.values_list("enrollment", flat=True)} == {each.pk for each in others}
    assert {*early.values_list("not_before", flat=True)} == {in_hours}
    wished = waiting.get(enrollment=asked.pk)
    assert wished.tried_at and wished.next_check_at == wished.tried_at + dt.timedelta(hours=1)

    receiver.answers["/hook"] = [500]
    early.update(next_check_at=LONG_AGO)
    work.take(float("inf"))
    assert Queue.objects.get(pk=subscriptions.queue_of(row)).failures >= 5
    is_back()

    assert waiting.count() == 8
    assert not waiting.filter(next_check_at__lte=timezone.now()).exists()


def test_gone_switches_off_with_a_mail(receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    for _ in range(3):
        happen(make_enrollment(), "ready")
    receiver.answers["/hook"] = [410]

    send()

    row.refresh_from_db()
    assert row.off_why == WebhookOff.GONE
    assert not row.deliveries.filter(next_check_at__isnull=False).exists()
    assert row.deliveries.filter(failed_at__isnull=False).count() == 3
    assert row.client is not None
    mail = Mail.objects.get(code="webhook_off")
    assert (mail.to, "(410)" in mail.text) == (row.client.made_by.email, True)


def test_days_without_a_success_switch_off_with_one_mail(receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    happen(make_enrollment(), "ready")
    receiver.answers["/hook"] = [500]
    send()
    almost = timezone.now() - deliveries.OFF_AFTER + dt.timedelta(minutes=1)
    WebhookSubscription.objects.update(failing_since=almost)
    send()
    row.refresh_from_db()
    assert row.off_at is None
    WebhookSubscription.objects.update(failing_since=almost - dt.timedelta(minutes=2))

    send(turns=2)

    row.refresh_from_db()
    assert row.off_why == WebhookOff.FAILING
    assert Mail.objects.filter(code="webhook_off").count() == 1
    assert [change.what for change in row.changes.order_by("pk")] == ["made", "off"]


def test_receiver_that_is_down_rests_longer_each_time_and_gets_all_when_it_is_back(receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    files = [make_enrollment() for _ in range(12)]
    for enrollment in files:
        happen(enrollment, "ready")
    receiver.answers["/hook"] = [500]
    name = subscriptions.queue_of(row)
    pauses = []
    for _ in range(6):
        send()
        queue = Queue.objects.get(pk=name)
        if queue.closed_until:
            pauses.append((queue.closed_until - timezone.now()).total_seconds())
    tried = len(receiver.at("/hook"))
    assert [round(pause, -1) for pause in pauses] == [240, 480, *[900] * (len(pauses) - 2)]
    assert not row.deliveries.filter(next_check_at__lt=timezone.now()).exists()  # nothing is overdue meanwhile
    assert tried < 15

    receiver.answers["/hook"] = [204]
    Queue.objects.filter(pk=name).update(closed_until=None)
    row.deliveries.filter(pk=row.deliveries.earliest("pk").pk).update(next_check_at=LONG_AGO)
    work.take(float("inf"))

    assert Queue.objects.get(pk=name).failures == 0
    send_all()
    assert {m.body["data"]["enrollment"] for m in receiver.at("/hook")} == {str(each.pk) for each in files}
    assert row.deliveries.filter(delivered_at=None).count() == 0


def test_what_happens_while_a_receiver_rests_is_not_overdue(receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    until = timezone.now() + dt.timedelta(minutes=10)
    Queue.objects.filter(pk=subscriptions.queue_of(row)).update(closed_until=until, failures=9)

    happen(make_enrollment(), "ready")

    assert only(row).next_check_at == until
    work.take(float("inf"))
    assert receiver.messages == []


def test_client_without_a_country_today_loses_its_messages_and_not_its_webhook(receiver: Receiver) -> None:
    client = make_caller(*READER, bdm=make_bdm("BE"), countries=("FR",)).client
    row = subscribe(receiver, client=client, everywhere=True, kinds=[WebhookKind.ENROLLMENT_READY])
    happen(make_enrollment(), "ready")

    send_all()

    row.refresh_from_db()
    assert (row.off_at, only(row).answer, receiver.messages) == (None, DeliveryAnswer.WITHHELD, [])


def test_receiver_that_hangs_delays_no_other(receiver: Receiver) -> None:
    slow, quick = subscribe(receiver, "/slow"), subscribe(receiver, "/quick")
    receiver.answers["/slow"] = ["hang"]
    files = [make_enrollment() for _ in range(6)]
    make_due()

    work.take(float("inf"))

    assert {m.body["data"]["enrollment"] for m in receiver.at("/quick")} == {str(each.pk) for each in files}
    order = [message.path for message in receiver.messages]
    assert order.index("/quick") < 5
    assert quick.deliveries.exclude(delivered_at=None).exists() and not slow.deliveries.exclude(delivered_at=None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.long
def test_receivers_take_turns_whatever_waits_for_each(receiver: Receiver, settings: Any) -> None:
    settings.WORK_LEASE_SECONDS = 60
    client = make_caller(*READER).client
    wish = {"client": client, "kinds": [WebhookKind.ENROLLMENT_READY]}
    busy = [f"/busy{number}" for number in range(8)]
    for path in busy:
        subscribe(receiver, path, **wish)
    for _ in range(60):
        happen(make_enrollment(), "ready")
    WebhookDelivery.objects.update(next_check_at=LONG_AGO)
    subscribe(receiver, "/quiet", **wish)
    happen(make_enrollment(), "ready")
    # Nobody's turn comes because the others have used up their budget.
    Queue.objects.filter(name__startswith="webhook").update(tokens=1000, burst=1000)

    work.take(float("inf"))

    order = [message.path for message in receiver.messages]
    assert {*order[:50]} == {*busy, "/quiet"}
    assert len(order) > 400


def test_next_turn_is_of_whose_last_claim_is_longest_ago(receiver: Receiver) -> None:
    client = make_caller(*READER).client
    wish = {"client": client, "kinds": [WebhookKind.ENROLLMENT_READY]}
    rows = [subscribe(receiver, f"/{number}", **wish) for number in range(9)]
    for _ in range(8):
        happen(make_enrollment(), "ready")

    first = deliveries.due()[:8]
    for pk in first:
        assert len(claims.claim_due(WebhookDelivery, queue=f"{fanout.QUEUE}{pk}", limit=4)) == 4
    second = deliveries.due()

    numbers = [row.pk for row in rows]
    assert (first, second) == (numbers[:8], [numbers[8], *numbers[:8]])


def test_receiver_without_budget_is_left_out(receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    happen(make_enrollment(), "ready")
    queue = Queue.objects.filter(pk=subscriptions.queue_of(row))
    assert deliveries.due() == [row.pk]

    queue.update(tokens=0.5, rate=0.01, refilled_at=timezone.now())
    assert deliveries.due() == []

    queue.update(failures=5)  # a probe needs none
    assert deliveries.due() == [row.pk]


def test_due_receivers_are_found_without_reading_what_is_due(receiver: Receiver) -> None:
    client = make_caller(*READER).client
    for number in range(3):
        subscribe(receiver, f"/{number}", client=client, kinds=[WebhookKind.ENROLLMENT_READY])
    enrollment = make_enrollment()
    history.add_all([history.line(enrollment, "ready", at=NOW) for _ in range(3_000)])
    with CaptureQueriesContext(connection) as captured:
        assert len(deliveries.due()) == 3

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE api_webhookdelivery")
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {captured[-1]['sql']}")
        plan = [line for [line] in cursor.fetchall()]

    [read] = [line for line in plan if " on webhookdelivery_due " in line or " on api_webhookdelivery " in line]
    assert "using webhookdelivery_due on" in read
    assert re.search(r"actual rows=1(\.00)? loops=3", read)


def test_fault_of_ours_in_one_webhook_stops_no_other(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, good = (subscribe(receiver, path, kinds=[WebhookKind.ENROLLMENT_READY]) for path in ("/broken", "/good"))
    happen(make_enrollment(), "ready")
    # What no constraint forbids and no code of ours can read.
    WebhookDelivery.objects.filter(subscription=broken).update(reference="event-unreadable")

    for _ in range(9):
        send()

    assert len(receiver.at("/good")) == 1
    parked = only(broken)
    assert (receiver.at("/broken"), bool(parked.parked_at), parked.delivered_at) == ([], True, None)
    assert only(good).delivered_at is not None


# --- forged addresses -------------------------------------------------------------------------------------------------

FORGED = [
    "http://crm.example/hook", "https://127.0.0.1/hook", "https://[::1]/", "https://10.1.2.3/x", "https://169.254.169.254/",
    "ftp://crm.example", "https://user:secret@crm.example/", "https://", "crm.example", "https://crm.example\\@10.0.0.1/",
    "https://192.168.0.1:8443/a", "https://[fd00::1]/", "x" * 3000, "http://minio.example:9000/x",
    "https://10.1.2.3:9000/x",
]  # fmt: skip
OURS = ["minio.example:9000", "10.1.2.3:9000", "127.0.0.1:443"]  # what the portal itself may call


@pytest.mark.parametrize("address", FORGED)
def test_address_that_may_not_be_called_is_refused_when_it_is_typed(settings: Any, address: str) -> None:
    settings.OUTBOUND_ALLOW = OURS
    client = make_caller(*READER).client
    wish = Wish(name="x", address=address, kinds=[WebhookKind.ENROLLMENT_READY], everywhere=True)

    with pytest.raises(WishError) as refused:
        subscriptions.make(style=WebhookStyle.STANDARD, client=client, wish=wish, by=client.made_by, now=NOW)

    assert [field for field, _message in refused.value.faults] == ["address"]
    assert not WebhookSubscription.objects.exists()


@pytest.mark.parametrize("address", FORGED)
def test_address_that_may_not_be_called_is_refused_when_it_is_sent_to(
    receiver: Receiver, settings: Any, address: str
) -> None:
    """As one that was typed before a rule, or a setting, changed."""
    settings.OUTBOUND_ALLOW = OURS
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    WebhookSubscription.objects.update(address=encryption.encrypt(address))
    happen(make_enrollment(), "ready")

    send()

    assert (only(row).answer, only(row).status, receiver.messages) == (DeliveryAnswer.REFUSED, None, [])


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fe80::1"])
def test_name_that_turns_out_to_be_inside_is_refused_when_the_connection_opens(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    row = subscribe(receiver, address="https://rebound.example/hook", kinds=[WebhookKind.ENROLLMENT_READY])
    happen(make_enrollment(), "ready")
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: [(2, 1, 6, "", (address, 443))])

    send()

    assert (only(row).answer, only(row).status, receiver.messages) == (DeliveryAnswer.REFUSED, None, [])


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_two_secrets_sign_for_a_day_and_a_second_rotation_keeps_the_one_that_is_known(receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    [known] = receiver.secrets
    now = timezone.now()
    lost = subscriptions.rotate(subscription=row, by=make_user(), now=now)
    new = subscriptions.rotate(subscription=row, by=make_user(), now=now + dt.timedelta(hours=1))
    happen(make_enrollment(), "ready")
    send()
    [message] = receiver.at("/hook")
    fits = {secret: verifying.verify(message.headers, message.raw, secret) for secret in (known, lost, new)}
    assert list(fits.values()) == [True, False, True]

    WebhookSubscription.objects.update(old_secret_until=LONG_AGO)
    happen(make_enrollment(), "ready")
    send()

    last = receiver.at("/hook")[-1]
    assert [verifying.verify(last.headers, last.raw, secret) for secret in (known, new)] == [False, True]
    assert not verifying.verify(last.headers, last.raw + b" ", new)
    stored = json.dumps(list(WebhookSubscription.objects.values_list("secret", "old_secret", "address")))
    assert not any(word in stored for word in (known, new, receiver.url))


def test_receivers_code_of_the_readme_has_ten_lines() -> None:
    assert verifying.lines() <= 10


def test_secrets_that_cannot_be_decrypted_lose_nothing(receiver: Receiver, settings: Any) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    happen(make_enrollment(), "ready")
    keys, settings.SECRETS_KEYS = settings.SECRETS_KEYS, ["9Wq3mM3bTt2b8zq0m5kq3m8V0W2bqXH0m1cQ0oXv3yE="]
    send()
    assert (only(row).answer, receiver.messages) == (DeliveryAnswer.SEALED, [])

    settings.SECRETS_KEYS = keys
    send()

    assert len(receiver.at("/hook")) == 1


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_ping_and_replay(receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    by = make_user(is_staff=True)
    for _ in range(2):
        deliveries.ping(subscription=row, by=by, now=timezone.now(), key="one")
    happen(make_enrollment(), "ready")
    send_all()
    assert sorted(message.body["type"] for message in receiver.messages) == ["enrollment.ready", "webhook.ping"]
    sent = row.deliveries.get(kind=WebhookKind.ENROLLMENT_READY)

    assert deliveries.replay(delivery=sent, by=by, now=timezone.now())
    assert not deliveries.replay(delivery=sent, by=by, now=timezone.now())
    send_all()

    again = [message for message in receiver.messages if message.id == sent.message_id]
    assert [message.sequence for message in again] == [1, 1]
    assert [change.what for change in row.changes.order_by("pk")] == ["made", "ping", "replayed"]


def test_all_that_was_given_up_since_a_moment_is_sent_again(receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    for _ in range(4):
        happen(make_enrollment(), "ready")
    now = timezone.now()
    subscriptions.switch_off(subscription=row, why=WebhookOff.BY_HAND, by=None, now=now)
    row.deliveries.filter(pk=row.deliveries.earliest("pk").pk).update(failed_at=now - dt.timedelta(days=2))
    since = now - dt.timedelta(days=1)
    with pytest.raises(deliveries.IsOffError):
        deliveries.replay_failed(subscription=row, since=since, by=None, now=now)
    assert subscriptions.switch_on(subscription=row, by=make_user(), now=now)

    number = deliveries.replay_failed(subscription=row, since=since, by=None, now=now)
    send_all()

    assert number == len(receiver.at("/hook")) == 3
    assert not Mail.objects.filter(code="webhook_off").exists()


def test_log_is_forgotten_after_thirty_days_and_numbers_go_on(receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    enrollment = make_enrollment()
    happen(enrollment, "ready")
    send()
    happen(enrollment, "ready")

    assert retention.run(NOW + dt.timedelta(days=29))["webhook-deliveries"] == 0
    assert retention.run(NOW + dt.timedelta(days=31))["webhook-deliveries"] == 1
    send()

    assert [message.sequence for message in receiver.at("/hook")] == [1, 2]
    assert row.deliveries.count() == 1


# --- costs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subscribed", [0, 3, pytest.param(20, marks=pytest.mark.long)])
def test_a_burst_costs_as_many_queries_as_without_subscriptions(receiver: Receiver, subscribed: int) -> None:
    client = make_caller(*READER).client
    for number in range(subscribed):
        subscribe(receiver, f"/{number}", client=client, kinds=[WebhookKind.ENROLLMENT_READY])
    enrollment = make_enrollment()
    lines = [history.line(enrollment, "ready", at=NOW) for _ in range(10_000)]

    with CaptureQueriesContext(connection) as captured:
        history.add_all(lines)

    inserts = [query for query in captured if "INSERT" in query["sql"]]
    assert len(captured) == len(inserts) <= 2
    assert WebhookDelivery.objects.count() == 10_000 * subscribed
    assert Event.objects.filter(kind="ready").count() == 10_000


def test_a_turn_costs_as_much_for_many_waiting_deliveries(receiver: Receiver) -> None:
    row = subscribe(receiver, kinds=[WebhookKind.ENROLLMENT_READY])
    Queue.objects.filter(pk=subscriptions.queue_of(row)).update(burst=4, tokens=4, rate=0.01)
    costs = []
    for number in (4, 100):
        for _ in range(number):
            happen(make_enrollment(), "ready")
        Queue.objects.update(tokens=4)
        with CaptureQueriesContext(connection) as captured:
            assert work.take(float("inf")) == 4
        # How often it looks whether more is due follows from the time, not from the rows.
        looks = [q for q in captured if "AS queue ON" in q["sql"] or q["sql"].lstrip().startswith("WITH moment")]
        costs.append(len(captured) - len(looks))

    assert costs[0] == costs[1]


def test_changes_are_kept_for_the_audit(receiver: Receiver) -> None:
    row = subscribe(receiver)
    by = make_user()
    wish = Wish(name="CRM", address="", kinds=[WebhookKind.CHECK_CONCLUDED], countries=["FR"])

    subscriptions.change(subscription=row, wish=wish, by=by, now=NOW)
    subscriptions.change(subscription=row, wish=wish, by=by, now=NOW)

    [made, changed] = WebhookChange.objects.order_by("pk")
    assert (made.what, changed.what, changed.by) == ("made", "changed", by)
    assert changed.detail.startswith("name: /hook")
    assert "countries: * -> FR; kinds: enrollment.created" in changed.detail
    assert "/hook" not in changed.detail.partition("host")[2]
