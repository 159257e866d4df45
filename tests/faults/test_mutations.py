"""Can the suite fail? With a safety taken out of the programs, the experiments that it is for must turn red."""

import os
import re
import subprocess
import sys

import pytest

from tests.faults.programs import ROOT

pytestmark = pytest.mark.faults
# the safety that is taken out: (the experiment that must notice, what it must say)
MUTATIONS = {
    "no fence": (
        "test_f05_worker_paused_past_its_lease",
        r"ended as action_needed name_differs|mails were written for \d+ open challenges",
    ),
    "no attempt at claim": ("test_f20_poison", r"waited \d+ s in vain"),
    "no outbox": ("test_f03_killed_exactly_between_two_steps", r"arrived and was never committed"),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.long
def test_suite_notices(mutation: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, complaint = MUTATIONS[mutation]

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/faults", "-k", name, "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, "FAULTS_MUTATION": mutation, "FAULTS_REPORT": ""},
        capture_output=True,
        text=True,
    )

    said = re.search(complaint, run.stdout)
    with capsys.disabled():
        print(f"\nmutation {mutation!r}: {name} is {'red' if run.returncode == 1 else 'GREEN'}: {said and said[0]}")  # noqa: T201
    assert run.returncode == 1, run.stdout[-3000:]
    assert said, run.stdout[-3000:]
