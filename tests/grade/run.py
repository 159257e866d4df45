"""What graders are given, and what each gives back."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Stop:
    """A page in one of its states, as one person sees it. ``form`` is what the person sends there first."""

    name: str
    path: str
    person: str
    state: str = ""
    form: Fields | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, (self.person, self.path, f"({self.state})" if self.state else "")))


@dataclass
class Answer:
    """What the server answered to a stop in one language, over HTTPS and without a browser."""

    stop: Stop
    language: str
    status: int
    path: str
    headers: list[tuple[str, str]]
    text: str

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    @property
    def is_page(self) -> bool:
        """Return whether this is a whole document: a fragment for a page that is there has no doctype."""
        is_html = any(value.startswith("text/html") for value in self.all("content-type"))
        return is_html and self.text.lstrip()[:15].lower() == "<!doctype html>"


@dataclass
class Visit:
    """What a browser saw of a stop: with an empty cache, in one language, width and colour scheme."""

    stop: Stop
    language: str
    width: int
    scheme: str
    status: int = 0
    requests: list[tuple[str, float]] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    violations: list[dict[str, Any]] = field(default_factory=list)
    unjudged: list[dict[str, Any]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.stop} {self.language} {self.width} {self.scheme}"


@dataclass
class Run:
    """One run against one server. ``sign_in`` returns a session's cookie of a person, as ``name=value`` or ''."""

    url: str
    certificate: Path
    folder: Path
    tools: Path
    stops: list[Stop]
    answers: list[Answer]
    visits: list[Visit]
    sources: list[Path]
    locks: list[Path]
    sign_in: Callable[[str], str]
    speak: Callable[[str], None] = lambda _language: None
    copy: Callable[[], Any] | None = None
    is_sample: bool = False


@dataclass(frozen=True)
class Result:
    """What one grader found. ``reached`` stands in the scorecard; each finding is a line with its place."""

    reached: str
    findings: list[str]
    is_met: bool | None  # None: could not be graded here
    looked_at: str = ""
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Grader:
    name: str
    goal: str
    command: str
    grade: Callable[[Run], Result]
    needs: frozenset[str] = frozenset()  # "answers", "visits"


def grouped(findings: Iterable[tuple[str, str]], *, most: int = 3) -> list[str]:
    """Return one line for each kind of finding, with how often and its first places."""
    places: dict[str, list[str]] = {}
    for what, where in findings:
        places.setdefault(what, []).append(where)
    return [
        f"{what} [{len(where)}x: {'; '.join(list(dict.fromkeys(where))[:most])}]"
        for what, where in sorted(places.items())
    ]


def dump(value: object, path: Path) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, default=_plain) + "\n", encoding="utf-8")


def _plain(value: object) -> object:
    if hasattr(value, "__dataclass_fields__"):
        return asdict(value)  # type: ignore[call-overload]
    return str(value)
