"""F14 to F19: Redis dies, is emptied, hangs, is read-only, is full, and says everything ten times.

Where Celery itself may end (kombu 5.7 stumbles now and then when Redis dies under it: "'NoneType' object has no
attribute 'hostname'"), the Procfile's worker is started, whose supervisor starts it again.
"""

import threading
import time
from contextlib import nullcontext

import pytest
import redis
from celery import Celery

from portal.celery import app
from portal.work import kinds
from portal.work.wakeups import MOST_WAITING
from tests.faults.harness import TICK_SECONDS, Stage
from tests.faults.proxy import Proxy
from tests.faults.servers import Broker, wait_until

pytestmark = pytest.mark.faults
# Celery's transport finds out by itself that a connection is dead, or, where none of its commands fails, the supervisor
# starts it again (Source: [kombu-redis], [celery-history]).
NOTICED_SECONDS = 60


@pytest.mark.long
def test_f14_redis_dies(stage: Stage) -> None:
    """SIGKILL for Redis, five seconds without, then an empty one"""
    stage.queues(rate=2)
    with stage.visitor() as visitor:
        stage.start("beat")
        stage.start("worker")
        stage.loop()
        stage.submit_drafts()
        stage.until_busy()

        stage.broker.kill()
        before = stage.answered()
        time.sleep(5)
        meanwhile = stage.answered() - before
        stage.broker.start()
        stage.healed()

        stage.check(note=f"{meanwhile} answers meanwhile")
    assert meanwhile > 0
    assert stage.all_run()
    assert not visitor.wrong()


@pytest.mark.long
def test_f15_redis_is_emptied(stage: Stage) -> None:
    """FLUSHALL every two seconds for ten seconds; tasks with an ETA, as a control, are lost"""
    control = 20
    with Celery(broker=stage.broker.url).connection_for_write() as connection:
        for _ in range(control):
            app.send_task("control", countdown=5, queue="control", connection=connection)
    kept = stage.broker.client().llen("portal:control") + stage.broker.client().llen("control")
    stage.queues(rate=3)
    stage.start("beat")
    stage.celery(concurrency=2)
    stage.submit_drafts()
    stage.until_busy()

    for _ in range(5):
        stage.broker.client().flushall()
        time.sleep(2)
    stage.healed()

    left = stage.broker.client().llen("portal:control") + stage.broker.client().llen("control")
    stage.check(note=f"control: {kept - left} of {control} tasks with an ETA lost")
    assert (kept, left) == (control, 0)
    assert stage.all_run()


@pytest.mark.long
def test_f15b_nobody_takes_the_hints(stage: Stage) -> None:
    """Beat ticks twenty times a second for ten seconds, and no Celery is there; then one comes"""
    stage.programs.environment["WORK_TICK_SECONDS"] = "0.05"
    stage.start("beat")
    queue = stage.broker.client()
    wait_until(lambda: queue.llen("portal:celery") >= MOST_WAITING, 40)
    time.sleep(5)
    most, bytes_ = queue.llen("portal:celery"), queue.info("memory")["used_memory"]
    time.sleep(5)
    more = queue.info("memory")["used_memory"] - bytes_
    stage.programs.environment["WORK_TICK_SECONDS"] = str(TICK_SECONDS)
    stage.celery()
    stage.healed()

    stage.check(note=f"{most} hints waited at most, {more / 1000:.0f} kB more in five seconds")
    assert most <= MOST_WAITING + 2 * len(kinds.woken_tasks())
    assert more < 50_000


def _listens(broker: Broker) -> bool:
    """Return True when a Celery asks Redis for messages, which a living one does every second."""
    clients = broker.client().client_list()
    return any(client["cmd"] == "brpop" and int(client["idle"]) <= 3 for client in clients)


@pytest.mark.long
def test_f16_redis_hangs(stage: Stage) -> None:
    """SIGSTOP for Redis for 15 seconds; then every connection to it is half-open"""
    with Proxy(stage.broker.port) as proxy:
        stage.programs.environment["REDIS_URL"] = f"redis://127.0.0.1:{proxy.port}/0"
        stage.programs.environment["WORK_STALL_SECONDS"] = "12"
        stage.queues(rate=2)
        with stage.visitor() as visitor:
            stage.start("beat")
            stage.start("worker")
            stage.until_busy()
            stage.broker.pause()
            time.sleep(15)
            stage.broker.resume()
            wait_until(lambda: _listens(stage.broker), NOTICED_SECONDS)

            proxy.swallow()
            time.sleep(5)
            assert not _listens(stage.broker)
            proxy.heal()
            stage.healed()
            wait_until(lambda: _listens(stage.broker), NOTICED_SECONDS)
            noticed = time.monotonic() - stage.healed_at

            stage.check(note=f"Celery listened again after {noticed:.0f} s; the loop never stopped")
    assert stage.all_run()
    # A POST waits for Redis once, for half a second to connect and half a second to be answered.
    assert not visitor.wrong(seconds=1.5)


@pytest.mark.long
def test_f17_redis_is_read_only(stage: Stage) -> None:
    """REPLICAOF a host that is not there, for six seconds, then NO ONE"""
    stage.queues(rate=2)
    with stage.visitor() as visitor:
        stage.start("beat")
        stage.start("worker")
        stage.loop()
        stage.until_busy()
        stage.broker.client().replicaof("127.0.0.1", "9")
        before = stage.answered()
        time.sleep(6)
        meanwhile = stage.answered() - before
        stage.broker.client().replicaof("NO", "ONE")
        stage.healed()

        stage.check(note=f"{meanwhile} answers meanwhile")
    assert meanwhile > 0
    assert stage.all_run(), stage.log()[-3000:]
    assert not visitor.wrong()


@pytest.mark.long
def test_f18_redis_is_full(stage: Stage) -> None:
    """maxmemory is reached: first nothing may be written, then anything may be thrown away"""
    stage.queues(rate=2)
    with stage.visitor() as visitor:
        stage.start("beat")
        stage.start("worker")
        stage.loop()
        stage.until_busy()
        client = stage.broker.client()
        meanwhile = []
        for policy in ("noeviction", "allkeys-lru"):
            client.config_set("maxmemory-policy", policy)
            client.config_set("maxmemory", "4mb")
            with pytest.raises(redis.ResponseError) if policy == "noeviction" else nullcontext():
                for number in range(200):
                    client.set(f"ballast{number}", "x" * 50_000)
            before = stage.answered()
            time.sleep(4)
            meanwhile.append(stage.answered() - before)
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "0")
        stage.healed()

        stage.check(note=f"{meanwhile[0]} and {meanwhile[1]} answers meanwhile")
    assert all(meanwhile)
    assert stage.all_run(), stage.log()[-3000:]
    assert not visitor.wrong()


@pytest.mark.long
def test_f19_everything_is_said_ten_times(stage: Stage) -> None:
    """Two beats, two workers, every hint ten times, messages unacknowledged for a second come again"""
    stage.programs.environment["FAULTS_VISIBILITY"] = "1"
    stage.queues(rate=4)
    for number in range(2):
        stage.programs.environment["BEAT_SCHEDULE"] = str(stage.folder / f"beat{number}")
        stage.start("beat")
        stage.start("worker")
    stage.submit_drafts()
    stop = threading.Event()

    def shout() -> None:
        with Celery(broker=stage.broker.url).connection_for_write(
            transport_options={"global_keyprefix": "portal:"}
        ) as connection:
            while not stop.wait(0.5):
                for name in kinds.woken_tasks() * 10:
                    app.send_task(name, expires=10, connection=connection)

    thread = threading.Thread(target=shout, daemon=True)
    thread.start()
    stage.until_busy()
    time.sleep(4)
    stop.set()
    thread.join(10)
    stage.healed()

    # Wake-ups expire or are taken: nothing piles up in Redis.
    wait_until(lambda: stage.broker.client().llen("portal:celery") < MOST_WAITING, 40)
    stage.check()
    wait_until(lambda: stage.broker.client().llen("portal:celery") < 5, 30)
