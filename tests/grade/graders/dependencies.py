"""Age and advisories of what the lock files pin. Without an answer from outside, the scorecard says so and no more."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.grade.run import Grader, Result, Run

# An advisory is known for it since 2024. Who does not find it has not asked.
CANARY = "django==4.2.0\n"
NOT_REACHABLE = "not reachable"


def pins(lock: str) -> list[str]:
    """Return ``name==version`` of every pin in the text of a lock file."""
    return re.findall(r"^([A-Za-z0-9._-]+(?:\[[^\]]*\])?==[^\s\\;]+)", lock, re.MULTILINE)


def _audit(run: Run, requirements: str) -> list[dict[str, object]] | None:
    """Return the advisories, or None where the service that knows them gives no answer."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(requirements)
        command = [str(run.tools / "venv/bin/pip-audit"), "--requirement", str(file), "--no-deps", "--disable-pip"]
        try:
            done = subprocess.run(
                [*command, "--format", "json", "--progress-spinner", "off"], capture_output=True, text=True, timeout=300
            )
            found = json.loads(done.stdout)["dependencies"]
        except (subprocess.TimeoutExpired, ValueError, KeyError):
            return None
    return [{"name": one["name"], "id": each["id"]} for one in found for each in one.get("vulns", [])]


def grade_advisories(run: Run) -> Result:
    if not _audit(run, CANARY):
        return Result(NOT_REACHABLE, [], is_met=None, looked_at="no answer about a version with a known advisory")
    lock = "\n".join(path.read_text() for path in run.locks)
    found = _audit(run, "\n".join(pins(lock)))
    if found is None:
        return Result(NOT_REACHABLE, [], is_met=None, looked_at="no answer")
    lines = [f"{one['name']}: {one['id']}" for one in found]
    return Result(f"{len(lines)}", lines, not lines, f"{len(pins(lock))} pins")


def grade_age(run: Run) -> Result:
    """Count what is behind its newest release. It is no fault by itself: the goal is to know."""
    command = [sys.executable, "-m", "pip", "list", "--outdated", "--format", "json", "--disable-pip-version-check"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        behind = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        behind = None
    if behind is None:
        return Result(NOT_REACHABLE, [], is_met=None, looked_at="no answer from the package index")
    pinned = {pin.partition("==")[0].partition("[")[0].lower() for path in run.locks for pin in pins(path.read_text())}
    ours = [one for one in behind if one["name"].lower() in pinned]
    major = [one for one in ours if one["version"].split(".")[0] != one["latest_version"].split(".")[0]]
    return Result(
        reached=f"{len(ours)} of {len(pinned)} behind, {len(major)} by a first number",
        findings=[],
        is_met=True,
        looked_at="requirements.lock",
        remarks=[f"{one['name']} {one['version']}, newest {one['latest_version']}" for one in sorted(ours, key=str)],
    )


ADVISORIES = Grader("Advisories", "0", "pip-audit 2.10.1 on requirements.lock, after a canary", grade_advisories)
AGE = Grader("Age of dependencies", "known", "pip list --outdated", grade_age)
