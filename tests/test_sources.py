"""Every citation leads to a source that the repository lists, and every source listed is cited.

``Source: [id]`` in a comment or a docstring, and a fact's own ``source``, name an entry of ``sources.toml`` of the same
app, or of an app below it.
"""

import datetime as dt
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from licensing.domain.decision import RULES
from onboarding.forms.preflight import SOURCES as PREFLIGHT_SOURCES

ROOT = Path(__file__).parents[1]
LISTS = {
    "portal": ROOT / "portal/sources.toml",
    "onboarding": ROOT / "onboarding/sources.toml",
    "licensing": ROOT / "licensing/data/sources.toml",
}
# app -> the lists it may cite, its own first
MAY_CITE = {
    "portal": ("portal",),
    "onboarding": ("onboarding", "portal"),
    "licensing": ("licensing", "onboarding", "portal"),
    "api": ("licensing", "onboarding", "portal"),
}

_ID = re.compile(r"(?:^|(?<=[\s(]))\[([A-Za-z][A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)\]", re.M)
_BARE = re.compile(r"\bSources?:(?!\s*(?:#\s*)?\[)")
_ELSEWHERE = re.compile(
    r"\b(?:domain|findings|guide)/[\w-]+\.md|\b(?:product|design|architecture|glossary|house-style)\.md|peer-products"
    r"|\bproduct rules?\b|\bproduct \d"
)
_NUMBER = re.compile(r"\b[RC]\d\d\b(?!-)")


@dataclass(frozen=True)
class Citation:
    path: str
    source: str

    @property
    def lists(self) -> tuple[str, ...]:
        parts = Path(self.path).parts
        app = parts[1] if parts[0] == "tests" else parts[0]
        return MAY_CITE.get(app, MAY_CITE["licensing"])


@lru_cache
def entries(app: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = tomllib.loads(LISTS[app].read_text(encoding="utf-8"))["sources"]
    return found


def files(*endings: str) -> Iterator[tuple[str, str]]:
    """Path and text of what we wrote: the apps, their pages and styles, the tests but this, files at the root."""
    folders = ("api", "licensing", "onboarding", "portal", "static", "templates", "tests")
    written = [*(path for folder in folders for path in (ROOT / folder).rglob("*")), *ROOT.glob("*")]
    for path in sorted(written):
        if path.is_file() and path.suffix in endings and path != Path(__file__):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


@lru_cache(None)
def remarks(path: str, text: str) -> tuple[str, ...]:
    return tuple(_remarks(path, text))


def _remarks(path: str, text: str) -> Iterator[str]:
    """Comments and docstrings; of product code every other string too, as one may be shown to an administrator."""
    if path.endswith(".toml"):
        yield "\n".join(line for line in text.splitlines() if line.startswith("#"))
        return
    comments: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            comments.append(token.string)
        elif token.type == tokenize.STRING and (token.string.startswith('"""') or not path.startswith("tests/")):
            yield token.string.strip('"')
    yield "\n".join(comments)


def cited_in_words(path: str, text: str) -> list[Citation]:
    return [Citation(path, source) for remark in remarks(path, text) for source in _ID.findall(remark)]


def cited_by_facts(value: Any, path: str) -> Iterator[Citation]:
    """The ``source`` of any table of a reviewed file."""
    if isinstance(value, list):
        for item in value:
            yield from cited_by_facts(item, path)
    elif isinstance(value, dict):
        if isinstance(value.get("source"), str):
            yield Citation(path, value["source"])
        for item in value.values():
            yield from cited_by_facts(item, path)


@lru_cache
def every_citation() -> list[Citation]:
    found = [Citation("onboarding/forms/preflight.py", name) for name in PREFLIGHT_SOURCES]
    for path, text in files(".py", ".toml"):
        found += cited_in_words(path, text)
        if "/data/" in path:
            found += cited_by_facts(tomllib.loads(text), path)
    return found


def list_of(citation: Citation) -> str | None:
    return next((app for app in citation.lists if citation.source in entries(app)), None)


def elsewhere(text: str) -> list[str]:
    """What the text cites that nobody finds in the repository."""
    return [match[0] for match in _ELSEWHERE.finditer(text) if not (ROOT / match[0]).is_file()]


def test_every_citation_resolves() -> None:
    found = every_citation()

    assert [citation for citation in found if list_of(citation) is None] == []
    assert {"portal", "onboarding", "licensing"} == {list_of(citation) for citation in found}
    assert len(found) > 200


def test_every_source_is_cited() -> None:
    cited = {(list_of(citation), citation.source) for citation in every_citation()}

    assert {(app, source) for app in LISTS for source in entries(app)} - cited == set()


def test_citations_say_which_source_they_mean() -> None:
    bare = [
        (path, remark[match.start() : match.start() + 60])
        for path, text in files(".py", ".toml")
        for remark in remarks(path, text)
        for match in _BARE.finditer(remark)
        if remark != match[0]  # a label that pages print
    ]

    assert bare == []


def test_no_document_outside_the_repository_is_cited() -> None:
    texts = list(files(".py", ".toml", ".html", ".txt", ".css", ".js", ".md", ".yml"))

    assert {path: found for path, text in texts if (found := elsewhere(text))} == {}
    assert len(texts) > 400


@pytest.mark.parametrize("app", LISTS)
def test_entries_are_whole(app: str) -> None:
    data = tomllib.loads(LISTS[app].read_text(encoding="utf-8"))
    read_on, titles = data["read_on"], ("fr", "en") if app == "licensing" else ("title",)

    assert type(read_on) is dt.date
    assert data["sources"]
    for source, entry in data["sources"].items():
        assert re.fullmatch(r"[A-Z0-9]{2,}|[a-z0-9]+(-[a-z0-9]+)*", source), source
        assert all(str(entry.get(name, "")).strip() for name in (*titles, "publisher", "place")), source
        published_on = entry.get("published_on", read_on)
        assert type(published_on) is dt.date, source
        assert published_on <= read_on, source


def test_numbers_of_rules_and_conflicts_resolve() -> None:
    data = ROOT / "licensing/data"
    conflicts = {entry["key"] for entry in tomllib.loads((data / "texts.toml").read_text(encoding="utf-8"))["conflict"]}
    named = {
        (path, number)
        for path, text in files(".py", ".toml")
        if path.startswith(("licensing/", "tests/licensing/"))
        for number in _NUMBER.findall(text if path.endswith(".toml") else "\n".join(remarks(path, text)))
    }

    assert {each for each in named if each[1] not in conflicts | {rule.number for rule in RULES}} == set()
    assert len({number for _, number in named}) > 20


# --- what finds them, held against what it must find --------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "text", "sources"),
    [
        (
            "portal/a.py",
            '"""What it does.\n\nSource: [guide] part 2; [no-such-page].\n"""\n',
            ["guide", "no-such-page"],
        ),
        ("portal/a.py", "DAYS = 5  # at most (Source: [MSN])\n", ["MSN"]),
        ("portal/a.py", 'WHERE = "seen in a sample [pc-errors]"\n', ["pc-errors"]),
        ("portal/a.py", "first: list[str] = rows[index]  # type: ignore[index]\n", []),
        ("tests/a.py", 'HEADER = "a [button] of a page"  # Source: [guide].\n', ["guide"]),
        ("portal/data/a.toml", "# Source: [guide].\nname = '[guide]'\n", ["guide"]),
    ],
)
def test_finds_citations(path: str, text: str, sources: list[str]) -> None:
    assert [citation.source for citation in cited_in_words(path, text)] == sources


def test_unknown_and_upward_citations_do_not_resolve() -> None:
    assert list_of(Citation("onboarding/a.py", "no-such-page")) is None
    assert list_of(Citation("portal/a.py", "pc-errors")) is None
    assert list_of(Citation("tests/portal/a.py", "pc-errors")) is None
    assert list_of(Citation("onboarding/a.py", "ms-regions")) == "portal"
    assert list_of(Citation("onboarding/a.py", "guide")) == "onboarding"


def test_finds_sources_that_are_not_named() -> None:
    assert _BARE.search("Source: the vendor's page.")
    assert _BARE.search("Sources, as I said: none. Source: https://example.org")
    assert not _BARE.search("Source:\n# [guide] part 2")


@pytest.mark.parametrize(
    "text", ["see domain/licensing.md 4.1", "product.md 6", "product rule 5", "product 5 (api)", 'design.md, "Tokens"']
)
def test_finds_documents_outside(text: str) -> None:
    assert len(elsewhere(text)) == 1
