"""MDN HTTP Observatory's rules, over TLS, on pages that anybody may ask for."""

import json
import os
import subprocess

from tests.grade.run import Grader, Result, Run

PATHS = ("/", "/accounts/login/", "/preflight/", "/licensing/")
GOAL = 135


def grade(run: Run) -> Result:
    host = run.url.removeprefix("https://")
    wish = [f"{host}{path}" for path in PATHS]
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(run.certificate)}
    done = subprocess.run(
        ["node", "observatory.mjs"], cwd=run.tools, env=environment, input=json.dumps(wish), capture_output=True,
        text=True, timeout=300,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"observatory: {done.stderr[-2000:]}")
    scans = json.loads(done.stdout)
    findings = [
        f"{path}: {name}: {result}"
        for path, scan in zip(PATHS, scans, strict=True)
        for name, result in scan["failed"].items()
    ]
    lowest = min(scans, key=lambda scan: scan["score"])
    if lowest["score"] < GOAL:
        findings.append(f"the lowest score is {lowest['score']}")
    return Result(
        reached=f"{lowest['grade']}, {lowest['score']}",
        findings=findings,
        is_met=lowest["grade"] == "A+" and lowest["score"] >= GOAL,
        looked_at=f"{len(scans)} pages, the lowest score",
    )


GRADER = Grader("MDN HTTP Observatory", "A+, 135 or more", "@mdn/mdn-http-observatory 1.4.8", grade)
