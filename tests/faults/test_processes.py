"""F1 to F6: the portal's own processes die, stop and lie."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults import load
from tests.faults.checker import Allowed
from tests.faults.harness import LEASE_SECONDS, TICK_SECONDS, Stage, children_of
from tests.faults.programs import ROOT
from tests.faults.servers import wait_until

pytestmark = pytest.mark.faults
# A dead holder's row is taken up after its lease and two ticks; the rest is a busy machine's.
TAKEN_UP_SECONDS = LEASE_SECONDS + 2 * TICK_SECONDS + 6


@pytest.mark.long
def test_f01_pool_child_killed_in_mid_call(stage: Stage) -> None:
    """SIGKILL for Celery's pool child while it asks the register"""
    stage.hold_back("recherche_entreprises", but=1)
    stage.witness.fault("register", "slow", 50)
    stage.start("beat")
    celery = stage.celery()
    for _ in range(2):
        pk, claim = stage.caught("recherche_entreprises")

        os.kill(children_of(celery.pid)[0], signal.SIGKILL)
        stage.healed()

        wait_until(lambda pk=pk, claim=claim: stage.claim_no(pk) > claim, TAKEN_UP_SECONDS)

    stage.check(Allowed(calls=2))


@pytest.mark.long
def test_f02_worker_killed_with_all_its_children(stage: Stage) -> None:
    """SIGKILL for the worker's whole process group, then a new worker"""
    stage.hold_back("recherche_entreprises", but=1)
    stage.witness.fault("register", "slow", 50)
    stage.start("beat")
    worker = stage.start("worker")
    for _ in range(2):
        pk, claim = stage.caught("recherche_entreprises")

        stage.programs.kill(worker)
        worker = stage.start("worker")
        stage.healed()

        # The new worker's own start comes on top.
        wait_until(lambda pk=pk, claim=claim: stage.claim_no(pk) > claim, TAKEN_UP_SECONDS + 8)

    # Whatever each of its processes had under way may be asked or sent again.
    stage.check(Allowed(calls=8, mails=4))


POINTS = (
    "claim committed",
    "answer heard",
    "answer written, not committed",
    "mails written, not committed",
    "answer committed",
    "mail claimed",
    "mail sent",
    "mail settled",
)


@pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.long)])
def test_f03_killed_exactly_between_two_steps(stage: Stage, times: int) -> None:
    """SIGKILL between claim, call, answer, commit, sending and settling: eight points, twice each"""
    stage.sabotage(points={f"{point}:kill": times for point in POINTS})
    stage.submit_drafts()
    stage.start("beat")
    stage.celery(concurrency=2)

    with suppress(AssertionError):  # said at the end, after what came of it
        wait_until(lambda: stage.struck() == times * len(POINTS), 40)
    stage.healed()

    # Only what was asked or sent, and not yet written down, is asked or sent again.
    stage.check(Allowed(calls=3 * times, mails=times))
    assert {point: stage.struck(point) for point in POINTS} == dict.fromkeys(POINTS, times)


@pytest.mark.long
def test_f04_database_did_it_and_nobody_heard(stage: Stage) -> None:
    """Claim, answer and settling are committed, and the caller gets an error instead of an answer"""
    lies = ("claim committed", "answer committed", "mail claimed", "mail settled")
    stage.sabotage(points={f"{point}:lie": 3 for point in lies})
    stage.submit_drafts()
    stage.start("beat")
    stage.celery(concurrency=2)

    wait_until(lambda: stage.struck() == 3 * len(lies), 60)
    stage.healed()

    stage.check()


@pytest.mark.long
def test_f05_worker_paused_past_its_lease(stage: Stage) -> None:
    """SIGSTOP in mid-call past the lease; meanwhile another worker answers, and the world has changed"""
    [pk] = stage.hold_back("recherche_entreprises", but=1)
    [company] = load.companies([0])
    stage.witness.ask("companies", **{**company, "name": "UNE TOUT AUTRE SOCIETE"})
    stage.witness.fault("register", "slow")
    first = stage.loop()
    caught, claim = stage.caught("recherche_entreprises")
    assert caught == pk

    os.killpg(first.pid, signal.SIGSTOP)
    stage.witness.ask("companies", **company)
    stage.loop()
    wait_until(lambda: stage.value("SELECT state FROM onboarding_check WHERE id = %s", [pk]) == "passed", 30)
    os.killpg(first.pid, signal.SIGCONT)
    stage.healed()

    # What the first one brings back now, late, is of a world that is gone.
    dropped = f"check {pk}: a stale answer was dropped"
    state = "SELECT state FROM onboarding_check WHERE id = %s"
    wait_until(lambda: dropped in stage.log() or stage.value(state, [pk]) != "passed", 20)
    stage.check(Allowed(calls=1))
    assert dropped in stage.log()
    assert stage.claim_no(pk) == claim + 1


@pytest.mark.long
def test_f06_cold_shutdown_at_any_moment(stage: Stage) -> None:
    """SIGQUIT for Celery at fifty random moments, in mid-commit as well"""
    _shut_down_coldly(stage, times=50)


# The benchmarks' rival brings it, in an environment of its own that make faults builds.
PSYCOPG_3 = next((ROOT / ".run/bench/lib").glob("python*/site-packages"), None)


@pytest.mark.long
@pytest.mark.skipif(PSYCOPG_3 is None, reason="psycopg 3 is not here: make faults installs it")
def test_f06b_the_same_with_psycopg_3(stage: Stage) -> None:
    """The same twenty times with psycopg 3, whose commit is Python's, instead of psycopg2"""
    stage.programs.environment["PYTHONPATH"] = str(PSYCOPG_3)

    _shut_down_coldly(stage, times=20)

    celery = stage.programs.running[-1]
    assert all("psycopg_binary" in Path(f"/proc/{pid}/maps").read_text() for pid in children_of(celery.pid))


def _shut_down_coldly(stage: Stage, *, times: int) -> None:
    stage.queues(rate=2)
    stage.start("beat")
    stage.submit_drafts()
    for _ in range(times):
        celery = stage.celery(concurrency=2)
        before, some = stage.answered(), stage.rng.randrange(1, 4)
        wait_until(lambda n=before + some: stage.answered() >= n, 40)

        os.killpg(celery.pid, signal.SIGQUIT)
        celery.wait(30)
        stage.programs.running.remove(celery)
    stage.healed()

    stage.celery()
    stage.check(Allowed(calls=2 * times, mails=2 * times))
