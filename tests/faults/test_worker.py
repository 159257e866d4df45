"""What kills such systems does not lose or double a check: a killed worker, an emptied Redis, no Redis at all."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
import redis

from onboarding.enums import Authority, CheckState, Kind
from onboarding.models import Check, Enrollment
from onboarding.sandbox import servers as sandbox_servers
from onboarding.sandbox.records import Fault
from portal import servers
from tests.builders import check_of, make_submitted
from tests.faults.conftest import ROOT, Programs, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

REGISTER = (Kind.LEGAL_ENTITY, Authority.PORTAL)


@pytest.fixture
def submitted(programs: Programs, settings: object) -> Enrollment:
    settings.PARTNER_CENTER_URL = settings.RECHERCHE_ENTREPRISES_URL = programs.environment["SANDBOX_URL"]  # type: ignore[attr-defined]
    return make_submitted()


def settled_or_his_turn(enrollment: Enrollment) -> bool:
    """Every check that a worker can do has an answer."""
    looked_at = Check.objects.filter(enrollment=enrollment).exclude(queue__in=["", "desk"]).exclude(subject_key="")
    return not looked_at.filter(reason="looking").exists()


@pytest.mark.long
def test_worker_killed_in_mid_check_completes_once_after_restart(
    programs: Programs, sandbox: sandbox_servers.Sandbox, submitted: Enrollment
) -> None:
    sandbox.world.add_fault(Fault("register", "timeout", 1))
    programs.start("beat")
    worker = programs.start("worker")
    wait_for(lambda: any(call.service == "register" for call in sandbox.world.calls()))
    assert check_of(submitted, *REGISTER).lease_until is not None

    programs.kill(worker)
    held = check_of(submitted, *REGISTER)
    programs.start("worker")
    wait_for(lambda: settled_or_his_turn(submitted))

    check = check_of(submitted, *REGISTER)
    assert held.reason == "looking"
    assert check.claim_no > held.claim_no
    assert (
        submitted.events.filter(check_kind=Kind.LEGAL_ENTITY, kind__in=["check_passed", "check_action_needed"]).count()
        == 1
    )
    assert sum(call.service == "register" for call in sandbox.world.calls()) == 2


@pytest.mark.long
def test_every_line_of_a_worker_whose_child_is_killed_is_json(programs: Programs) -> None:
    programs.environment |= {"LOG_FORMAT": "json", "LOG_LEVEL": "INFO"}
    worker = programs.run(
        "celery -A portal --quiet worker --loglevel WARNING --concurrency 1 --without-gossip --without-mingle"
    )
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")

    wait_for(lambda: children.read_text().split())
    os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
    wait_for(lambda: "exited with" in programs.log.read_text())

    lines = [json.loads(line) for line in programs.log.read_text().splitlines()]
    [told] = [line for line in lines if "exited with" in line["event"]]
    assert (told["logger"], told["level"]) == ("multiprocessing", "error")


@pytest.mark.long
def test_redis_emptied_again_and_again_delays_nothing_for_good(programs: Programs, submitted: Enrollment) -> None:
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    programs.start("beat")
    programs.start("worker")

    def emptied_and_done() -> bool:
        broker.flushall()
        return settled_or_his_turn(submitted)

    wait_for(emptied_and_done, seconds=45)


@pytest.mark.long
def test_plain_loop_finishes_everything_without_redis(programs: Programs, submitted: Enrollment) -> None:
    programs.environment["REDIS_URL"] = "redis://127.0.0.1:9/0"

    programs.run("python manage.py work --every 0.2")

    wait_for(lambda: settled_or_his_turn(submitted))
    assert check_of(submitted, Kind.MPN_ID, Authority.MICROSOFT).state == CheckState.PASSED


def test_web_program_answers_and_is_healthy(programs: Programs) -> None:
    port = str(servers.free_port())
    programs.environment["PORT"] = port
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT, env=programs.environment, check=True,
    )  # fmt: skip
    programs.start("web")
    servers.wait_for_port(int(port))

    with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
        assert answer.status == 200
    for program in ("web", "beat", "worker"):
        if program != "web":
            programs.start(program)
        healthy = [sys.executable, "portal/alive.py", program]
        wait_for(
            lambda c=healthy: subprocess.run(c, cwd=ROOT, env=programs.environment, capture_output=True).returncode == 0
        )  # type: ignore[misc]
