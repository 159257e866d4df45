"""What is told to other systems, while workers die, Redis is away, PostgreSQL crashes and the receiver is cut off."""

import threading
from collections import defaultdict
from collections.abc import Iterator

import pytest
from django.db import connection

from api.domain.webhooks import subscriptions
from api.domain.webhooks.subscriptions import Wish
from api.enums import ApiScope, WebhookStyle
from api.models import ApiClient, WebhookDelivery
from portal.work.models import Queue
from tests.api.receivers import Message, Receiver, receiving
from tests.builders import make_user
from tests.faults.checker import Allowed
from tests.faults.harness import Stage, is_there
from tests.faults.servers import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.long]
PATHS = ("/crm", "/warehouse", "/portal")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def subscribe(stage: Stage, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three receivers be told everything, and the programs call them on loopback."""
    allowed = receiver.url.removeprefix("http://")
    stage.programs.environment["WEBHOOK_ALLOW"] = allowed
    monkeypatch.setattr("django.conf.settings.WEBHOOK_ALLOW", [allowed])
    by, now = make_user("webhooks@ingram.example", is_staff=True), stage.clock()
    client = ApiClient.objects.create(
        name="CRM", made_by=by, everywhere=True, scopes=[ApiScope.ENROLLMENTS.value, ApiScope.WEBHOOKS.value]
    )
    for path in PATHS:
        wish = Wish(name=path, address=receiver.url + path, kinds=subscriptions.ALL_KINDS, everywhere=True)
        _row, secret = subscriptions.make(style=WebhookStyle.STANDARD, client=client, wish=wish, by=by, now=now)
        receiver.secrets.append(secret)
    connection.close()


def settled(stage: Stage) -> bool:
    return not stage.value("SELECT count(*) FROM api_webhookdelivery WHERE next_check_at IS NOT NULL")


def nothing_is_lost(stage: Stage, receiver: Receiver) -> int:
    """Wait until all is taken, hold each message against the database, and return how many came twice."""
    connection.close()

    def hurry() -> bool:
        # The pauses of a receiver that was down would last longer than the experiment.
        Queue.objects.filter(name__startswith="webhook-").update(closed_until=None, rate=1000, burst=1000)
        waiting = WebhookDelivery.objects.filter(next_check_at__isnull=False, lease_until=None)
        waiting.update(next_check_at=stage.clock())
        connection.close()
        return settled(stage)

    wait_until(hurry, 90)
    rows = stage.cluster.run(
        """SELECT s.name, 'evt_' || d.id, d.enrollment::text, d.sequence FROM api_webhookdelivery d
        JOIN api_webhooksubscription s ON s.id = d.subscription_id""",
        name=stage.database,
    )
    repeated = 0
    for path in PATHS:
        messages = receiver.at(path)
        assert all(message.is_genuine for message in messages)
        wanted = {(number, file, sequence) for name, number, file, sequence in rows if name == path}
        came = [(m.id, m.body["data"]["enrollment"], m.sequence) for m in messages]
        assert {*came} == wanted  # none lost, none made up, each id with one number
        _no_gaps(messages)
        repeated += len(came) - len({*came})
    written = stage.value(
        """SELECT count(*) FROM onboarding_event v WHERE v.kind IN ('check_passed', 'check_action_needed')
        AND v.id > (SELECT min(substr(reference, 7)::bigint) FROM api_webhookdelivery WHERE reference LIKE 'event-%')"""
    )
    assert 0 < written <= len([row for row in rows if row[0] == PATHS[0]])
    return repeated


def _no_gaps(messages: list[Message]) -> None:
    """First arrivals of an enrollment come as 1, 2, 3, …"""
    first: dict[str, list[int]] = defaultdict(list)
    for message in messages:
        numbers = first[message.body["data"]["enrollment"]]
        if message.sequence not in numbers:
            numbers.append(message.sequence)
    for numbers in first.values():
        assert numbers == list(range(1, len(numbers) + 1)), numbers


def test_f29_worker_is_killed_while_a_receiver_holds_its_message(
    stage: Stage, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL for a worker whose message the receiver has and has not answered, five times, under load"""
    subscribe(stage, receiver, monkeypatch)
    stage.queues(rate=20)
    workers = [stage.loop(), stage.loop()]
    stage.submit_drafts()
    for _ in range(5):
        receiver.answers["/crm"] = ["hang"]
        before = len(receiver.at("/crm"))
        wait_until(lambda before=before: len(receiver.at("/crm")) > before, 40)
        stage.programs.kill(workers.pop(0))
        receiver.answers["/crm"] = [204]
        receiver.released.set()
        receiver.released = threading.Event()
        workers.append(stage.loop())
    stage.healed()
    stage.check(Allowed(calls=12, mails=10))
    repeated = nothing_is_lost(stage, receiver)

    assert stage.line is not None
    stage.line.note = f"{len(receiver.messages)} messages, {repeated} twice with one id, none lost"


def test_f30_redis_and_postgresql_die_and_the_receiver_is_cut_off(
    stage: Stage, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL for Redis and the postmaster; receivers answer 500, hang, and close in mid-response meanwhile"""
    subscribe(stage, receiver, monkeypatch)
    stage.queues(rate=20)
    stage.loop()
    stage.celery(concurrency=2)
    stage.start("beat")
    stage.submit_drafts()
    stage.until_busy(4)
    receiver.answers["/crm"], receiver.answers["/warehouse"] = ["cut", "close", 500, 503, "hang"], ["hang", "cut", 500]
    stage.broker.kill()
    wait_until(lambda: len(receiver.at("/crm")) > 3, 60)
    stage.cluster.crash()
    stage.cluster.start()
    wait_until(lambda: is_there(lambda: stage.value("SELECT 1")), 30)
    healthy = len(receiver.at("/portal"))
    wait_until(lambda: len(receiver.at("/portal")) > healthy or settled(stage), 60)  # the others delay it not
    stage.broker.start()
    receiver.answers.clear()
    receiver.released.set()
    stage.healed()
    stage.check(Allowed(calls=12, mails=10))
    repeated = nothing_is_lost(stage, receiver)

    assert stage.line is not None
    stage.line.note = f"{len(receiver.messages)} messages, {repeated} twice with one id, none lost"
