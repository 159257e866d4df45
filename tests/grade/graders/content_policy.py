"""csp_evaluator on every policy that was sent, and every page must have one."""

import json
import re
import subprocess

from tests.grade.run import Grader, Result, Run, grouped

NOTE = 50  # csp_evaluator's MEDIUM_MAYBE: "'self' can be a problem if ..."; the smaller, the worse


def grade(run: Run) -> Result:
    policies: dict[str, tuple[str, str]] = {}
    findings = []
    for answer in run.answers:
        sent = answer.all("content-security-policy")
        if answer.is_page and not sent:
            findings.append(("a page without a policy", str(answer.stop)))
        for policy in sent:
            policies.setdefault(re.sub(r"'nonce-[^']+'", "'nonce'", policy), (policy, str(answer.stop)))
    done = subprocess.run(
        ["node", "csp.mjs"], cwd=run.tools, input=json.dumps([policy for policy, _where in policies.values()]),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    notes = 0
    for (_policy, where), found in zip(policies.values(), json.loads(done.stdout), strict=True):
        for one in found:
            if one["severity"] < NOTE:
                findings.append(
                    (f"{one['severity']}: {one['directive']} {one.get('value', '')}: {one['description']}", where)
                )
            else:
                notes += 1
    return Result(
        reached=f"{len(findings)} above note, {notes} notes",
        findings=grouped(findings),
        is_met=not findings,
        looked_at=f"{len(policies)} different policies of {len(run.answers)} answers",
    )


GRADER = Grader("csp_evaluator", "0 above note", "csp_evaluator 1.1.8 on every answer", grade, frozenset({"answers"}))
