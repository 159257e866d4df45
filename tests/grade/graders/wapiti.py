"""wapiti, as each person, against a copy of the database: it sends forms, and what it changes goes with the copy."""

import json
import subprocess
from pathlib import Path

import httpx

from tests.grade import asking
from tests.grade.run import Grader, Result, Run

# Named one by one: others ask endpoints outside for proof. wapiti's own readers of headers are the Observatory's task.
MODULES = (
    "backup", "cookieflags", "crlf", "csrf", "exec", "file", "htaccess", "methods", "permanentxss", "redirect", "sql",
    "upload", "xss",
)  # fmt: skip
PEOPLE = ("visitor", "contact", "reseller", "bdm", "lead", "admin")
SECONDS, SECONDS_OF_ATTACK = 60, 10
# Ends the session, or leaves it.
LEFT_ALONE = ("/accounts/logout/", "/account/sessions/end-others/", "/view-as/end/")
# What wapiti reports and is no fault: class, pattern in its line, why.
JUDGED: tuple[tuple[str, str, str], ...] = ()


def grade(run: Run) -> Result:
    findings, looked = [], []
    for person in PEOPLE[:2] if run.is_sample else PEOPLE:
        starts = [stop.path for stop in run.stops if stop.person == person and stop.form is None]
        if not starts and person != "visitor":
            continue
        server = run.copy() if run.copy else None
        url = server.__enter__() if server else run.url
        try:
            report = _scan(run, url, person, starts)
        finally:
            if server:
                server.__exit__(None, None, None)
        found = [
            f"{kind}: {one['method']} {one['path']} {one['parameter'] or ''}: {one['info']} [{person}]"
            for part in ("vulnerabilities", "anomalies")
            for kind, all_ in report[part].items()
            for one in all_
        ]
        findings += found
        looked.append(f"{person} {report['infos']['crawled_pages_nbr']}")
    return Result(
        reached=f"{len(findings)}",
        findings=sorted(set(findings)),
        is_met=not findings,
        looked_at="pages found: " + ", ".join(looked),
    )


def _scan(run: Run, url: str, person: str, starts: list[str]) -> dict[str, dict[str, list[dict[str, str]]]]:
    out = run.folder / f"wapiti-{person}.json"
    command = [
        str(run.tools / "venv/bin/wapiti"), "--url", f"{url}/", "--scope", "folder", "--module", ",".join(MODULES),
        "--flush-session", "--max-scan-time", str(SECONDS), "--max-attack-time", str(SECONDS_OF_ATTACK), "--depth", "6",
        "--max-files-per-dir", "12", "--max-parameters", "40", "--timeout", "20", "--verify-ssl", "0",
        "--store-session", str(run.folder / f"wapiti-{person}"), "--store-config", str(run.folder / "wapiti"),
        "--format", "json", "--output", str(out), "--no-bugreport", "--verbose", "0",
    ]  # fmt: skip
    for path in LEFT_ALONE:
        command += ["--exclude", f"{url}{path}*"]
    for path in starts[:60]:
        command += ["--start", f"{url}{path}"]
    command += ["--cookie", str(_cookies(run, url, person))]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS + SECONDS_OF_ATTACK * len(MODULES) + 120
    )
    if not out.exists():
        raise RuntimeError(f"wapiti as {person}: {done.stdout[-1000:]} {done.stderr[-1000:]}")
    report: dict[str, dict[str, list[dict[str, str]]]] = json.loads(out.read_text())
    return report


def _cookies(run: Run, url: str, person: str) -> Path:
    """Write the cookies that this person's browser would send: the session's, and the one that forms are held against.

    As a plain header they would keep wapiti's own cookies from being sent, and no form of it would be accepted.
    """
    with httpx.Client(verify=asking.trusting(run.certificate), timeout=30) as client:
        found = {cookie.name: cookie.value for cookie in client.get(f"{url}/accounts/login/").cookies.jar}
    if session := run.sign_in(person):
        name, _, value = session.partition("=")
        found[name] = value
    kept = {
        name: {"value": value, "expires": None, "secure": True, "port": None, "version": 0}
        for name, value in found.items()
    }
    file = run.folder / f"wapiti-{person}-cookies.json"
    file.write_text(json.dumps({".localhost.local": {"/": kept}}))
    return file


GRADER = Grader("wapiti", "0", "wapiti 3.2.3, thirteen modules, as each person", grade)
