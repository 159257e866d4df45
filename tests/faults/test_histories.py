"""F31: workers and the database die while histories are sealed; then every sealed row is read back."""

import re
import subprocess
import sys

import pytest
from django.db import connection

from portal.audit import verifying
from tests.faults.checker import Allowed
from tests.faults.harness import Stage
from tests.faults.programs import ROOT
from tests.faults.servers import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.long]
KILLS = 3
# As in F02, for each kill; and what the database's death makes its callers ask again.
ASKED_AGAIN = Allowed(calls=4 * KILLS + 8, mails=2 * KILLS + 8)
FAULT = re.compile(r"^onboarding_checkhistory, (-?\d+) < id <= (\d+): a row was changed$", re.M)


def test_f31_histories_are_read_back(stage: Stage) -> None:
    """SIGKILL for workers and the postmaster while histories are sealed; verify_audit, and again with a row altered"""
    stage.start("beat")
    stage.submit_drafts(every=0.1)
    worker = stage.start("worker")
    for _ in range(KILLS):
        _seal(stage)
        stage.until_busy(3)
        stage.programs.kill(worker)
        worker = stage.start("worker")
    _seal(stage)
    stage.until_busy(3)
    stage.cluster.crash()
    stage.cluster.start()
    stage.healed()

    stage.check(ASKED_AGAIN)
    wait_until(lambda: _is_sealed(stage), 90)
    whole = _verify(stage)
    altered = _alter(stage)
    told = _verify(stage)

    assert (whole.returncode, "0 rows not sealed yet" in whole.stdout) == (0, True), whole.stdout + whole.stderr
    [(after, upto)] = FAULT.findall(told.stderr)
    assert told.returncode == 1
    assert int(after) < altered <= int(upto)
    assert told.stderr.count("id <=") == 1  # no other row of no other history


def _seal(stage: Stage) -> None:
    """Make the periodic job due that seals the histories, once an hour in operation."""
    stage.cluster.run(
        "UPDATE portal_chore SET next_check_at = now() WHERE name = 'seal histories'", name=stage.database
    )


def _is_sealed(stage: Stage) -> bool:
    """Return whether no row is left to seal; a row is sealed by the second run that finds it."""
    connection.close()
    if not verifying.verify(now=stage.clock()).unsealed:
        return True
    _seal(stage)
    return False


def _verify(stage: Stage) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "verify_audit"], cwd=ROOT, env=stage.programs.environment, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip


def _alter(stage: Stage) -> int:
    """Alter a sealed row as somebody with all rights on the database can; the key of the row."""
    [(pk,)] = stage.cluster.run(
        """SET session_replication_role = replica;
        UPDATE onboarding_checkhistory SET reason = 'altered' WHERE pgh_id = (
            SELECT pgh_id FROM onboarding_checkhistory ORDER BY pgh_id OFFSET 40 LIMIT 1) RETURNING pgh_id""",
        name=stage.database,
    )
    return int(pk)
