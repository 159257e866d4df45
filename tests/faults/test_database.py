"""F7 to F13: PostgreSQL restarts, crashes, refuses, hangs and locks."""

import contextlib
import subprocess
import sys
import threading
import time
from typing import Any

import psycopg2
import pytest

from tests.faults.checker import Allowed
from tests.faults.harness import LEASE_SECONDS, Stage
from tests.faults.programs import ROOT
from tests.faults.servers import wait_until

pytestmark = pytest.mark.faults
# Callers during the database's outage ask once more: two pool children, the loop, and mail.
ASKED_AGAIN = Allowed(calls=8, mails=8)


@pytest.mark.long
def test_f07_database_restarts(stage: Stage) -> None:
    """PostgreSQL restarts in fast mode under load; no program is restarted"""
    stage.start("beat")
    stage.celery(concurrency=2)
    stage.loop()
    stage.submit_drafts()
    stage.until_busy()

    stage.cluster.restart()
    stage.healed()

    stage.goes_on(5 + LEASE_SECONDS)
    stage.check(ASKED_AGAIN)
    assert stage.all_run(), stage.log()[-3000:]


@pytest.mark.long
def test_f08_database_crashes(stage: Stage) -> None:
    """SIGKILL for the postmaster under load, then crash recovery"""
    stage.start("beat")
    stage.celery(concurrency=2)
    stage.loop()
    stage.submit_drafts(every=0.1)
    stage.until_busy()

    stage.cluster.crash()
    stage.cluster.start()
    stage.healed()

    stage.check(ASKED_AGAIN)
    assert stage.all_run(), stage.log()[-3000:]


@pytest.mark.long
def test_f09_connections_are_cut(stage: Stage) -> None:
    """pg_terminate_backend five times a second for ten seconds"""
    stage.queues(rate=3)
    stage.start("beat")
    stage.celery(concurrency=2)
    stage.loop()
    stage.submit_drafts()
    stage.until_busy()

    cut, end = 0, time.monotonic() + 10
    while time.monotonic() < end:
        backends = stage.cluster.run(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name <> 'nemesis'", [stage.database]
        )
        if backends:
            [pid] = stage.rng.choice(backends)
            stage.cluster.run("SELECT pg_terminate_backend(%s)", [pid])
            cut += 1
        time.sleep(0.2)
    stage.healed()

    assert cut > 20
    stage.check(Allowed(calls=cut, mails=cut), note=f"{cut} cut")
    assert stage.all_run(), stage.log()[-3000:]


@pytest.mark.long
def test_f10_connections_are_exhausted(stage: Stage) -> None:
    """Every connection that the server allows is taken, for six seconds"""
    stage.queues(rate=3)
    with stage.visitor() as visitor:
        stage.start("beat")
        stage.celery(concurrency=2)
        stage.loop()
        stage.until_busy()
        end = time.monotonic() + 6
        held: list[Any] = []
        while time.monotonic() < end:
            with contextlib.suppress(psycopg2.OperationalError):
                connection = stage.cluster.connect(stage.database)
                held.append(connection)
                continue
            time.sleep(0.05)
        for connection in held:
            connection.close()
        stage.healed()

        wait_until(lambda: visitor.ask("/readyz")[1] == 200, 3)
        stage.goes_on(3 + LEASE_SECONDS)
        stage.check(ASKED_AGAIN, note=f"{len(held)} held")

    assert len(held) > 50
    assert stage.all_run(), stage.log()[-3000:]
    assert not visitor.wrong(statuses=(200, 503))


@pytest.mark.long
def test_f11_snapshot_is_held(stage: Stage) -> None:
    """A REPEATABLE READ transaction stays open under load; the portal's own are ended by the server"""
    stage.start("beat")
    stage.loop()
    reader = stage.cluster.connect(stage.database)
    reader.autocommit = False
    with reader.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM onboarding_check")
    # The same by a program with the portal's settings, whose transactions may not idle.
    forgetful = _python(
        stage,
        "from django.db import connection, transaction\n"
        "import time\n"
        "with transaction.atomic():\n"
        "    connection.cursor().execute('SELECT 1')\n"
        "    print('open', flush=True)\n"
        "    time.sleep(30)\n",
        options="-c idle_in_transaction_session_timeout=2s",
    )
    assert forgetful.stdout
    assert forgetful.stdout.readline() == b"open\n"
    idle = """SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND state = 'idle in transaction'
        AND application_name <> 'nemesis' AND now() - state_change > interval '1 s'"""
    wait_until(lambda: stage.value(idle, [stage.database]), 10)
    wait_until(lambda: not stage.value(idle, [stage.database]), 10)
    forgetful.kill()
    forgetful.communicate()

    while_held = _sweeps(stage, seconds=5)
    reader.rollback()
    reader.close()
    stage.healed()
    stage.cluster.run("VACUUM onboarding_check", name=stage.database)
    after = _sweeps(stage, seconds=2)

    assert while_held < 10 * after, f"a sweep took {while_held * 1000:.1f} ms, then {after * 1000:.1f} ms"
    stage.check(note=f"sweep p99 {while_held * 1000:.0f} ms, then {after * 1000:.0f} ms")


@pytest.mark.long
def test_f12_table_is_locked_and_a_migration_gives_up(stage: Stage) -> None:
    """ACCESS EXCLUSIVE on the checks for three seconds; then a migration with lock_timeout behind a reader"""
    stage.queues(rate=3)
    stage.start("beat")
    stage.celery(concurrency=2)
    stage.loop()
    stage.submit_drafts(every=0.5)
    stage.until_busy()
    holder = stage.cluster.connect(stage.database)
    holder.autocommit = False
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE onboarding_check IN ACCESS EXCLUSIVE MODE")
        time.sleep(3)
    holder.rollback()

    with holder.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM onboarding_check")
    start = time.monotonic()
    migration = _python(
        stage,
        "from django.db import connection, models\n"
        "from onboarding.models import Check\n"
        "field = models.IntegerField(null=True)\n"
        "field.set_attributes_from_name('added')\n"
        "with connection.schema_editor() as editor:\n"
        "    editor.add_field(Check, field)\n",
        options="-c lock_timeout=1s",
    )
    _, errors = migration.communicate(timeout=30)
    waited = time.monotonic() - start
    holder.rollback()
    holder.close()
    stage.healed()

    assert migration.returncode
    assert b"lock timeout" in errors
    [(columns,)] = stage.cluster.run(
        """SELECT count(*) FROM information_schema.columns
        WHERE table_name = 'onboarding_check' AND column_name = 'added'""",
        name=stage.database,
    )
    assert not columns
    stage.check(ASKED_AGAIN, note=f"the migration gave up after {waited:.1f} s with its start")
    assert stage.all_run()


@pytest.mark.long
def test_f13_deadlocks(stage: Stage) -> None:
    """Somebody locks checks and companies in the opposite order, for ten seconds"""
    stage.cluster.run(f"ALTER DATABASE \"{stage.database}\" SET deadlock_timeout = '100ms'")
    stage.queues(rate=4)
    stage.start("beat")
    stage.celery(concurrency=2)
    stage.loop()
    stage.submit_drafts()
    stage.until_busy()
    stop = threading.Event()
    ours = 0

    def lock_the_other_way_round() -> None:
        nonlocal ours
        other = stage.cluster.connect(stage.database)
        other.autocommit = False
        while not stop.is_set():
            try:
                with other.cursor() as cursor:
                    cursor.execute(
                        """SELECT c.id, e.partner_id FROM onboarding_check c JOIN onboarding_enrollment e
                        ON e.id = c.enrollment_id WHERE c.lease_until > now() LIMIT 1 FOR UPDATE OF c"""
                    )
                    for _, partner in cursor.fetchall():
                        time.sleep(0.03)
                        cursor.execute("SELECT id FROM partners_partner WHERE id = %s FOR UPDATE", [partner])
                other.commit()
            except psycopg2.errors.DeadlockDetected:
                ours += 1
                other.rollback()
        other.close()

    threads = [threading.Thread(target=lock_the_other_way_round) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(10)
    stop.set()
    for thread in threads:
        thread.join(30)
    stage.healed()

    theirs = stage.log().count("deadlock detected")
    stage.check(Allowed(calls=theirs + 4, mails=4), note=f"{theirs} deadlocks were the workers', {ours} the other's")
    assert theirs + ours > 0
    assert stage.all_run()


def _python(stage: Stage, code: str, *, options: str) -> "subprocess.Popen[bytes]":
    """A program with the portal's settings and these of the database."""
    environment = {**stage.programs.environment, "DATABASE_OPTIONS": options, "SABOTAGE": "{}"}
    return subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def _sweeps(stage: Stage, *, seconds: float) -> float:
    """The 99th percentile of a look for due work where there is none (s), measured for a while."""
    times, end = [], time.monotonic() + seconds
    connection = stage.cluster.connect(stage.database)
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            start = time.perf_counter()
            cursor.execute(
                """SELECT id FROM onboarding_check
                WHERE lane = 'recherche_entreprises' AND next_check_at <= now() - interval '1 day'
                AND parked_at IS NULL ORDER BY next_check_at LIMIT 1 FOR UPDATE SKIP LOCKED"""
            )
            times.append(time.perf_counter() - start)
            time.sleep(0.005)
    connection.close()
    return sorted(times)[int(len(times) * 0.99)]
