"""What the browser itself says: blocked by the page's policy, and errors of scripts."""

from tests.grade.run import Grader, Result, Run, Visit, grouped

# Chromium reports a page's own 4xx as a failed load.
_OWN_STATUS = "Failed to load resource: the server responded with a status of"


def _errors(visit: Visit) -> list[str]:
    lines = [line for line in visit.console if "Content Security Policy" not in line]
    if visit.status >= 400:
        own = next((line for line in lines if _OWN_STATUS in line and str(visit.status) in line), None)
        if own:
            lines.remove(own)
    return lines


def grade_policy(run: Run) -> Result:
    found = [(line, str(visit)) for visit in run.visits for line in visit.blocked]
    found += [
        (line, str(visit)) for visit in run.visits for line in visit.console
        if "Content Security Policy" in line and not visit.blocked
    ]  # fmt: skip
    return Result(f"{len(found)} seen", grouped(found), not found, f"{len(run.visits)} visits")


def grade_console(run: Run) -> Result:
    found = [(line, str(visit)) for visit in run.visits for line in _errors(visit)]
    found += [(f"status {visit.status}", str(visit)) for visit in run.visits if visit.status >= 500]
    return Result(f"{len(found)} seen", grouped(found), not found, f"{len(run.visits)} visits")


POLICY = Grader("Policy violations", "0", "Chromium, while pages are opened", grade_policy, frozenset({"visits"}))
CONSOLE = Grader("Console errors", "0", "Chromium, warnings included", grade_console, frozenset({"visits"}))
