"""New programs take over from old ones under load (F27), and everything at once for a while (F28)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.faults import load
from tests.faults.checker import Allowed
from tests.faults.harness import Stage
from tests.faults.programs import ROOT
from tests.faults.servers import wait_until

pytestmark = pytest.mark.faults
SOAK_SECONDS = float(os.environ.get("FAULTS_SOAK", "120"))
EXPAND = """
import time
from django.db import OperationalError, connection, models
from onboarding.models import Check
field = models.IntegerField(null=True)
field.set_attributes_from_name("added")
for _ in range(20):
    try:
        with connection.schema_editor() as editor:
            editor.add_field(Check, field)
        break
    except OperationalError:
        time.sleep(0.2)
else:
    raise SystemExit("never got the lock")
"""


@pytest.mark.long
def test_f27_rolling_deploy(stage: Stage) -> None:
    """A column is added under load, then new programs start and the old ones are asked to end"""
    stage.queues(rate=3)
    stage.start("beat")
    stage.start("worker")
    stage.loop()
    old = list(stage.programs.running)
    stage.submit_drafts()
    stage.until_busy()

    subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", EXPAND],
        cwd=ROOT, env={**stage.programs.environment, "DATABASE_OPTIONS": "-c lock_timeout=500ms"}, check=True,
    )  # fmt: skip
    stage.programs.environment["BEAT_SCHEDULE"] = str(stage.folder / "beat-new")
    stage.start("beat")
    stage.start("worker")
    stage.loop()
    stage.until_busy()
    for program in old:
        program.terminate()
    for program in old:
        assert program.wait(40) == 0
        stage.programs.running.remove(program)
    stage.healed()

    stage.check()
    assert stage.all_run()
    assert "Traceback" not in stage.log()
    assert " failed" not in stage.log()


@pytest.mark.long
def test_f28_everything_at_random(stage: Stage) -> None:
    """All of it, drawn by the seed, for two minutes"""
    stage.queues(rate=(load.SUBMITTED + load.DRAFTS) / SOAK_SECONDS)
    stage.start("beat")
    for _ in range(2):
        stage.celery(concurrency=2)
        stage.loop()
    stage.submit_drafts(every=SOAK_SECONDS / load.DRAFTS / 1.5)
    stage.until_busy(2)
    done = 0
    end = time.monotonic() + SOAK_SECONDS
    faults = _faults(stage)
    while time.monotonic() < end:
        stage.rng.choice(faults)()
        done += 1
        time.sleep(stage.rng.uniform(0.5, 2))
    stage.broker.resume()
    stage.broker.start()
    stage.healed()

    # Each fault may repeat what every one of eight processes had under way.
    stage.check(Allowed(calls=8 * done, mails=8 * done), note=f"{done} faults")


def _faults(stage: Stage) -> list[Callable[[], None]]:
    rng, programs = stage.rng, stage.programs

    def workers() -> list["subprocess.Popen[bytes]"]:
        return [p for p in programs.running[1:] if p.poll() is None]

    def kill_one() -> None:
        victim = rng.choice(workers())
        programs.kill(victim)
        rng.choice([stage.celery, stage.loop])()

    def pause_one() -> None:
        victim = rng.choice(workers())
        os.killpg(victim.pid, signal.SIGSTOP)
        time.sleep(rng.uniform(1, 5))
        os.killpg(victim.pid, signal.SIGCONT)

    def cut_all() -> None:
        stage.cluster.run(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = %s AND application_name <> 'nemesis'""",
            [stage.database],
        )

    def crash_database() -> None:
        stage.cluster.crash()
        stage.cluster.start()

    def redis_away() -> None:
        stage.broker.kill()
        time.sleep(rng.uniform(0, 2))
        stage.broker.start()

    def redis_hangs() -> None:
        stage.broker.pause()
        time.sleep(rng.uniform(0.5, 2))
        stage.broker.resume()

    def trouble_outside() -> None:
        service = rng.choice(["register", "partner_center"])
        stage.witness.fault(service, rng.choice(["503", "429", "slow", "html", "broken"]), rng.randrange(1, 6))

    def trouble_with_names() -> None:
        stage.witness.fault("dns", rng.choice(["servfail", "timeout"]), rng.randrange(1, 4))

    def trouble_with_mail() -> None:
        stage.witness.fault("smtp", rng.choice(["450", "451", "slow"]), rng.randrange(1, 4))

    return [
        kill_one,
        pause_one,
        cut_all,
        stage.cluster.restart,
        crash_database,
        redis_away,
        redis_hangs,
        lambda: wait_until(stage.broker.client().flushall, 5) and None,
        trouble_outside,
        trouble_with_names,
        trouble_with_mail,
    ]
