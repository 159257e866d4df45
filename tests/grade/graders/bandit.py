"""bandit on the product's code: what it reports is corrected, or is one of at most five that are explained here."""

import json
import subprocess
from pathlib import Path

from tests.grade.run import Grader, Result, Run

MOST_REASONED = 5
# file -> bandit's numbers there, and why each line is right.
REASONED: dict[str, tuple[frozenset[str], str]] = {
    "onboarding/domain/desk/reports.py": (
        frozenset({"B608"}), "Statements are put together from constants of the module; every value is a parameter."
    ),
    "onboarding/domain/desk/search.py": (
        frozenset({"B608"}), "Columns are constants of the module; every value, also what is searched, is a parameter."
    ),
    "portal/together.py": (
        frozenset({"B608"}), "Django's own compiler made the statement that is wrapped; its values stay parameters."
    ),
    "portal/web/templatetags/portal.py": (
        frozenset({"B308", "B703"}), "The icons are constants of the module; a name that is unknown gets the empty one."
    ),
}  # fmt: skip


def grade(run: Run) -> Result:
    program = run.tools / "venv/bin/bandit"
    command = [str(program), "--recursive", "--format", "json", "--quiet", "--exclude", "*/migrations/*"]
    done = subprocess.run([*command, *map(str, run.sources)], capture_output=True, text=True, timeout=300)
    report = json.loads(done.stdout)
    root = run.sources[0].parent
    found, reasoned, low = [], set(), 0
    for one in report["results"]:
        path = Path(one["filename"]).resolve().relative_to(root).as_posix()
        numbers, _why = REASONED.get(path, (frozenset(), ""))
        if one["issue_severity"] == "LOW":
            low += 1
        elif one["test_id"] in numbers:
            reasoned.add(path)
        else:
            found.append(f"{path}:{one['line_number']} {one['test_id']} {one['issue_severity']}: {one['issue_text']}")
    silenced = report["metrics"]["_totals"]["nosec"]
    return Result(
        reached=f"{len(found)}, {len(reasoned)} reasoned, {silenced} silenced, {low} of low severity",
        findings=found,
        is_met=not found and len(reasoned) + silenced <= MOST_REASONED,
        looked_at=f"{report['metrics']['_totals']['loc']} lines; medium and high severity count",
        remarks=[f"{path}: {why}" for path, (_numbers, why) in REASONED.items() if path in reasoned],
    )


GRADER = Grader(
    "bandit", f"0, at most {MOST_REASONED} reasoned", "bandit 1.9.4 -r api licensing onboarding portal", grade
)
