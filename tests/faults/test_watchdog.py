"""``manage.py worker``: two children under one supervisor that lets neither die or fall silent."""

import os
import re
import signal
from pathlib import Path

import pytest

from onboarding.models import Enrollment
from tests.builders import make_submitted
from tests.faults.conftest import Programs, wait_for
from tests.faults.test_worker import settled_or_his_turn

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def children(pid: int) -> dict[str, int]:
    """The supervisor's children by what they run."""
    pids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    texts = {int(p): Path(f"/proc/{p}/cmdline").read_bytes().decode() for p in pids}
    return {name: p for p, text in texts.items() for name in ("celery", "work") if re.search(f"\0{name}\0", text)}


@pytest.fixture
def submitted(programs: Programs, settings: object) -> Enrollment:
    settings.PARTNER_CENTER_URL = settings.RECHERCHE_ENTREPRISES_URL = programs.environment["SANDBOX_URL"]  # type: ignore[attr-defined]
    return make_submitted()


def test_worker_without_redis_does_all_due_work(programs: Programs, submitted: Enrollment) -> None:
    programs.environment["REDIS_URL"] = "redis://127.0.0.1:9/0"

    programs.start("worker")

    wait_for(lambda: settled_or_his_turn(submitted))


@pytest.mark.long
def test_silent_and_dead_children_are_started_again(programs: Programs) -> None:
    programs.environment["WORK_STALL_SECONDS"] = "12"
    supervisor = programs.start("worker")
    wait_for(lambda: len(children(supervisor.pid)) == 2)
    before = children(supervisor.pid)

    os.kill(before["celery"], signal.SIGSTOP)
    os.kill(before["work"], signal.SIGKILL)
    wait_for(
        lambda: len(now := children(supervisor.pid)) == 2 and not set(now.values()) & set(before.values()), seconds=60
    )

    log = programs.log.read_text()
    assert "celery showed no sign of life" in log
    assert "loop ended: started again" in log


@pytest.mark.long
def test_sigterm_ends_the_worker_and_leaves_nobody(programs: Programs) -> None:
    supervisor = programs.start("worker")
    wait_for(lambda: len(children(supervisor.pid)) == 2)
    pids = list(children(supervisor.pid).values())

    supervisor.terminate()

    assert supervisor.wait(30) == 0
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    programs.running.remove(supervisor)
