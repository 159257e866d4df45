"""What balancers, Prometheus and people on call see."""

import datetime as dt
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from portal import servers
from portal.notices.models import Mail
from portal.work import claims, kinds, metrics
from portal.work.models import Queue

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def gone(execute: Any, sql: str, params: Any, many: bool, context: Any) -> None:
    raise DatabaseError


@pytest.fixture(autouse=True)
def _nothing_is_due(db: None) -> None:
    """The jobs that every deployment has are due since the tables were made: minutes ago, late in a whole run."""
    for model in kinds.models():
        model._default_manager.exclude(next_check_at=None).update(next_check_at=None)


def make_mail(count: int = 1, **fields: Any) -> None:
    start = Mail.objects.count()
    Mail.objects.bulk_create(
        Mail(key=f"k{start + n}", to="a@company.example", subject="s", text="t", queue="mail", **fields)
        for n in range(count)
    )


def metric(text: str, name: str, **labels: str) -> float:
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
    [value] = [s.value for s in samples if s.name == name and labels.items() <= s.labels.items()]
    return float(value)


def test_livez_asks_nobody(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/livez").content == b"ok"


def test_readyz_asks_the_database_and_tells_of_redis(client: Client) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (200, b"ok\nredis: ok\ndocuments: ok")


def test_readyz_is_ready_without_redis(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{servers.free_port()}/0"
    from portal import health  # noqa: PLC0415

    health._redis_client.cache_clear()
    answer = client.get("/readyz")
    health._redis_client.cache_clear()

    assert answer.status_code == 200
    assert b"redis: no answer" in answer.content


@pytest.mark.parametrize("path", ["/readyz", "/healthz/work"])
def test_nobody_is_well_without_the_database(client: Client, path: str) -> None:
    with connection.execute_wrapper(gone):
        assert client.get(path).status_code == 503


def test_work_is_late_when_the_oldest_due_row_has_waited_too_long(client: Client, settings: Any) -> None:
    settings.WORK_LATE_SECONDS = 60
    make_mail(next_check_at=claims.database_now() - 5 * MINUTE)

    answer = client.get("/healthz/work")

    assert answer.status_code == 503
    facts = answer.json()
    assert (facts["ok"], facts["queues"][0]["due"]) == (False, 1)
    assert 290 < facts["oldest_due_seconds"] < 400


def test_resting_lane_is_not_late(client: Client, settings: Any) -> None:
    settings.WORK_LATE_SECONDS = 60
    make_mail(next_check_at=claims.database_now() - 5 * MINUTE)
    claims.close_queue("mail", until=claims.database_now() + MINUTE)

    assert client.get("/healthz/work").status_code == 200


def test_metrics_are_the_database_s_figures(client: Client) -> None:
    now = claims.database_now()
    make_mail(3, next_check_at=now - MINUTE)
    make_mail(5, next_check_at=now + 60 * MINUTE)
    make_mail(next_check_at=now, parked_at=now, parked_why="ValueError")
    make_mail(next_check_at=now + MINUTE, lease_until=now + MINUTE)
    Queue.objects.filter(pk="mail").update(fenced=2, expired=1, closed_until=now + MINUTE)

    text = client.get("/metrics").content.decode()

    assert metric(text, "portal_work_due", table="notices_mail", queue="mail") == 3
    assert 55 < metric(text, "portal_work_oldest_due_age_seconds", table="notices_mail") < 90
    assert metric(text, "portal_work_running", table="notices_mail") == 1
    assert metric(text, "portal_work_parked", table="notices_mail") == 1
    assert metric(text, "portal_outbox_due") == 3
    assert metric(text, "portal_queue_breaker_open", queue="mail") == 1
    assert metric(text, "portal_queue_fenced_total", queue="mail") == 2
    assert metric(text, "portal_queue_lease_expired_total", queue="mail") == 1
    assert metric(text, "portal_oldest_transaction_seconds") >= 0


def test_age_of_the_oldest_unsent_mail_counts_those_that_wait_for_another_try(client: Client) -> None:
    now = claims.database_now()
    for minutes, fields in (
        (300, {"next_check_at": None, "sent_at": now}),
        (240, {"next_check_at": None, "refused_at": now}),
        (180, {"next_check_at": now, "parked_at": now, "parked_why": "ValueError"}),
        (120, {"next_check_at": now + 60 * MINUTE}),
        (60, {"next_check_at": now}),
    ):
        make_mail(**fields)
        Mail.objects.filter(pk=Mail.objects.latest("pk").pk).update(created_at=now - minutes * MINUTE)

    waiting = client.get("/metrics").content.decode()
    Mail.objects.update(next_check_at=None)
    none = client.get("/metrics").content.decode()

    assert 7200 <= metric(waiting, "portal_mail_oldest_unsent_seconds", queue="mail") < 7260
    assert metric(none, "portal_mail_oldest_unsent_seconds", queue="mail") == 0


def test_metrics_name_the_release_that_answers(client: Client, settings: Any) -> None:
    settings.BUILD = {"release": "1.2.3", "commit": "0123456789ab"}

    text = client.get("/metrics").content.decode()

    assert 'portal_build_info{commit="0123456789ab",release="1.2.3"} 1.0' in text


def test_metrics_cost_the_same_for_one_row_and_for_many(client: Client, django_assert_num_queries: Any) -> None:
    make_mail(next_check_at=claims.database_now())
    count = 2 * len(kinds.models()) + 4 + len(metrics.MORE_GAUGES)  # those of months need two, those of stores none

    with django_assert_num_queries(count):
        client.get("/metrics")
    make_mail(200, next_check_at=claims.database_now())
    with django_assert_num_queries(count):
        client.get("/metrics")


def test_metrics_are_for_whoever_has_the_token(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "a-long-token"

    given = [client.get("/metrics", headers={"authorization": f"Bearer {t}"}).status_code for t in ("", "a-long-token")]

    assert (client.get("/metrics").status_code, given) == (404, [404, 200])


def test_metrics_without_a_token_are_this_machine_s_and_never_production_s(client: Client, settings: Any) -> None:
    elsewhere = client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code
    settings.PRODUCTION = True

    assert (elsewhere, client.get("/metrics").status_code) == (404, 404)


def test_claims_of_dead_workers_and_stale_answers_are_counted() -> None:
    make_mail(next_check_at=claims.database_now() - MINUTE)
    start = claims.database_now()
    [dead] = claims.claim_due(Mail, queue="mail", limit=1, now=start, lease_seconds=1)
    [alive] = claims.claim_due(Mail, queue="mail", limit=1, now=start + MINUTE, lease_seconds=1)

    assert claims.settle(alive, next_check_at=None) is True
    assert claims.settle(dead, next_check_at=None) is False

    queue = Queue.objects.get(pk="mail")
    assert (queue.expired, queue.fenced, queue.claimed_at) == (1, 1, start + MINUTE)


@pytest.mark.django_db(transaction=True)
def test_forgotten_transaction_raises_its_alarm(client: Client) -> None:
    """The alarm of F11: a transaction that somebody left open holds back vacuum, and with it every claim."""
    forgetful = psycopg2.connect(_dsn())
    with forgetful.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM notices_mail")
        during = client.get("/metrics").content.decode()
    forgetful.close()

    assert metric(during, "portal_oldest_transaction_seconds") > 0
    assert metric(during, "portal_idle_in_transaction") == 1


def _dsn() -> str:
    wanted = {**connection.get_connection_params()}
    return " ".join(f"{name}={wanted[name]}" for name in ("dbname", "user", "host", "port") if wanted.get(name))
