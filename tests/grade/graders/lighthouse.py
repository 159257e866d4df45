"""Lighthouse on ten pages: the median of three runs of each, in the categories that apply."""

import json
import statistics
import subprocess
from typing import Any

from tests.grade.browsing import chromium
from tests.grade.run import Grader, Result, Run, Stop

PAGES = 10
TIMES = 3
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
# By name and person: what visitors see first, a wizard's page, the file, the desk, the largest tables.
CHOSEN = (
    ("home", "visitor"),
    ("account_login", "visitor"),
    ("onboarding:preflight", "visitor"),
    ("licensing:advice", "visitor"),
    ("onboarding:home", "reseller"),
    ("onboarding:enrollment", "reseller"),
    ("onboarding:page", "reseller"),
    ("licensing:estate", "reseller"),
    ("onboarding:desk", "bdm"),
    ("onboarding:desk_enrollment", "bdm"),
)


def chosen(run: Run) -> list[Stop]:
    plain = {(stop.name, stop.person): stop for stop in reversed(run.stops) if not stop.state}
    return [plain[key] for key in CHOSEN if key in plain] or run.stops[:PAGES]


def grade(run: Run) -> Result:
    findings, lowest = [], dict.fromkeys(CATEGORIES, 100.0)
    stops = chosen(run)[: 2 if run.is_sample else PAGES]
    run.speak("fr")
    for stop in stops:
        rounds = _measure(run, stop, times=1 if run.is_sample else TIMES)
        # A page that search engines are told not to list has no grade of how they like it.
        applies = CATEGORIES if rounds[0]["indexed"] else CATEGORIES[:-1]
        for category in applies:
            score = statistics.median(one["scores"][category] for one in rounds)
            lowest[category] = min(lowest[category], score)
            if score < 100:
                why = sorted({name for one in rounds for name in one["failed"].get(category, [])})
                findings.append(f"{category} {score:.0f}: {stop}: {', '.join(why)}")
    return Result(
        reached=", ".join(f"{name} {score:.0f}" for name, score in lowest.items()),
        findings=findings,
        is_met=not findings,
        looked_at=f"{len(stops)} pages, median of {1 if run.is_sample else TIMES}; the lowest of each category",
    )


def _measure(run: Run, stop: Stop, *, times: int) -> list[dict[str, Any]]:
    wish = {
        "url": f"{run.url}{stop.path}", "cookie": run.sign_in(stop.person), "times": times, "chromium": chromium(),
    }  # fmt: skip
    done = subprocess.run(
        ["node", "lighthouse.mjs"], cwd=run.tools, input=json.dumps(wish), capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        raise RuntimeError(f"lighthouse: {done.stderr[-2000:]}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


GRADER = Grader("Lighthouse", "100 in each category that applies", "lighthouse 12.6.1, mobile, simulated", grade)
