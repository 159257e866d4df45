"""A wake-up of the workers is quick, and its loss does no harm."""

import os
import time
from typing import Any

import pytest
import redis
from celery import current_app
from celery.worker.request import Request
from django.test import Client
from structlog.contextvars import get_contextvars

from onboarding.models import Enrollment
from portal.work import kinds, registry, wakeups


@pytest.fixture(autouse=True)
def _not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeups, "_silent_until", 0.0)


def test_post_leaves_a_hint_for_each_kind_of_work(as_reseller: Client, enrollment: Enrollment) -> None:
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    broker.flushdb()

    as_reseller.get("/home/")
    before = broker.llen("portal:celery")
    as_reseller.post(f"/enrollments/{enrollment.pk}/steps/mpn-id/", {"mpn_id": "43", "later": "1"})

    assert (before, broker.llen("portal:celery")) == (0, len(kinds.woken_tasks()))


def test_a_worker_s_lines_name_the_request_that_woke_it(
    as_reseller: Client, enrollment: Enrollment, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()
    seen: dict[str, str] = {}
    monkeypatch.setattr(registry, "work_through", lambda kind: seen.update({kind.task: get_contextvars()["woken_by"]}))

    as_reseller.post(
        f"/enrollments/{enrollment.pk}/steps/mpn-id/",
        {"mpn_id": "43", "later": "1"},
        headers={"x-request-id": "a-request-1"},
    )
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue(current_app.conf.task_default_queue)
        for _ in kinds.woken_tasks():
            message = queue.get(timeout=5)
            Request(message, app=current_app._get_current_object(), hostname="test").execute()
        queue.close()

    assert seen == dict.fromkeys(kinds.woken_tasks(), "a-request-1")


def test_no_more_hints_than_anybody_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeups, "MOST_WAITING", 3)
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    broker.flushdb()
    beat = wakeups.Ticks(current_app, lazy=True)
    [*entries] = kinds.beat_schedule().items()
    name, entry = entries[0]
    tick = beat.Entry(**{**entry, "name": name, "app": current_app})

    for _ in range(10):
        beat.apply_async(tick, producer=beat.producer, advance=False)
        assert wakeups.wake_workers(["notices.send_due"])

    assert broker.llen("portal:celery") == 3


def test_a_redis_that_cannot_say_how_many_wait_is_asked_to_take_the_hint() -> None:
    class Full:
        def queue_declare(self, queue: str) -> None:
            raise redis.exceptions.OutOfMemoryError("command not allowed when used memory > 'maxmemory'.")

    assert wakeups.are_enough(Full()) is False


def test_without_redis_the_post_still_answers_and_soon(
    as_reseller: Client, enrollment: Enrollment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*args: Any, **kwargs: Any) -> None:
        with current_app.connection_for_write("redis://127.0.0.1:9/0", transport_options={}) as connection:
            connection.ensure_connection(max_retries=1, timeout=1)

    monkeypatch.setattr(current_app, "send_task", gone)
    path = f"/enrollments/{enrollment.pk}/steps/mpn-id/"
    first = as_reseller.post(path, {"mpn_id": "43", "later": "1"})

    start = time.monotonic()
    second = as_reseller.post(path, {"mpn_id": "439", "later": "1"})

    assert (first.status_code, second.status_code) == (302, 302)
    assert time.monotonic() - start < 1
