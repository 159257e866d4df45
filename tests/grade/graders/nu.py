"""The Nu HTML checker: what the server sent, page by page, checked against the standard."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

from tests.grade.run import Answer, Grader, Result, Run, grouped

# What it reports and is no fault here: pattern in the message, why.
JUDGED: tuple[tuple[str, str], ...] = (
    (
        r"role.* (unnecessary for element|must not be used on a) .?(table|tr|th|td|thead|tbody)",
        "Where a style sheet lays a table out as blocks, on a phone, Safari forgets that it is one: its roles say so.",
    ),
)
_CHANGES = re.compile(r'(name="csrfmiddlewaretoken" value="|nonce=")[^"]*')


def grade(run: Run) -> Result:
    folder = run.folder / "html"
    folder.mkdir(exist_ok=True)
    places: dict[str, str] = {}
    for answer in run.answers:
        if answer.is_page and answer.text:
            name = _write(answer, folder)
            places.setdefault(name, f"{answer.stop} {answer.language}")
    findings = [
        (f"{message.get('subType') or message['type']}: {message['message']}",
         f"{places.get(Path(message['url']).name, message['url'])} line {message.get('lastLine', '?')}")
        for message in _check(run, folder)
        if not any(re.search(pattern, message["message"]) for pattern, _why in JUDGED)
    ]  # fmt: skip
    return Result(
        reached=f"{len(findings)} messages", findings=grouped(findings), is_met=not findings,
        looked_at=f"{len(places)} different pages",
        remarks=[why for _pattern, why in JUDGED],
    )  # fmt: skip


def _write(answer: Answer, folder: Path) -> str:
    digest = hashlib.sha256(_CHANGES.sub(r"\1", answer.text).encode()).hexdigest()[:16]
    (folder / f"{digest}.html").write_text(answer.text, encoding="utf-8")
    return f"{digest}.html"


def _check(run: Run, folder: Path) -> list[dict[str, str]]:
    jar = run.tools / "node_modules/vnu-jar/build/dist/vnu.jar"
    command = [
        "java",
        "-Xss2m",
        "-jar",
        str(jar),
        "--format",
        "json",
        "--exit-zero-always",
        "--skip-non-html",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900)
    messages: list[dict[str, str]] = json.loads(done.stderr)["messages"]
    return messages


GRADER = Grader("Nu HTML checker", "0", "vnu-jar 26.9.27 on what was sent", grade, frozenset({"answers"}))
