"""OWASP's ASVS 5.0.0, levels 1 and 2: each requirement has an answer in ``tests/asvs.toml``, and the answer exists.

Source: [asvs].
"""

import ast
import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
# Counted in OWASP/ASVS, 5.0/docs_en/OWASP_Application_Security_Verification_Standard_5.0.0_en.csv: lines of each level.
PER_LEVEL = {1: 70, 2: 183}
# The same file: lines of levels 1 and 2 in each chapter.
PER_CHAPTER = {
    1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13, 14: 9, 15: 13, 16: 16,
    17: 7,
}  # fmt: skip
ANSWERS = ("tests", "places", "not_here", "open")
Line = dict[str, Any]


@cache
def lines() -> list[Line]:
    found: list[Line] = tomllib.loads((ROOT / "tests/asvs.toml").read_text(encoding="utf-8"))["line"]
    return found


def number(line: Line) -> tuple[int, ...]:
    return tuple(map(int, line["id"].split(".")))


def answer(line: Line) -> str:
    """Return the kind of answer; '' for none, or for more than one."""
    given = [kind for kind in ANSWERS if line.get(kind)]
    return given[0] if len(given) == 1 else ""


@cache
def names_of(path: str) -> frozenset[str]:
    """Return the names of a file's tests; none if there is no such file."""
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def is_test(name: str) -> bool:
    path, _, function = name.rpartition("::")
    return path.startswith("tests/") and function in names_of(path.partition("::")[0])


def is_place(name: str) -> bool:
    """Return whether the file exists, and the word after the colon stands in it."""
    path, _, word = name.partition(":")
    return (ROOT / path).is_file() and word in (ROOT / path).read_text(encoding="utf-8")


def summary() -> str:
    kinds = Counter(answer(line) for line in lines())
    instead = sum("instead" in line for line in lines())
    return (
        f"`tests/asvs.toml` answers each of the {len(lines())} requirements of levels 1 and 2 of OWASP's ASVS 5.0.0: "
        f"{kinds['tests']} by tests, {kinds['places']} by a place in code or README, {kinds['not_here']} do not apply, "
        f"{kinds['open']} are open. {instead} are met in another way than the standard asks for; the table says how."
    )


def test_table_has_every_line_of_both_levels_once() -> None:
    found = [line["id"] for line in lines()]

    assert [each for each, times in Counter(found).items() if times > 1] == []
    assert Counter(line["level"] for line in lines()) == PER_LEVEL
    assert Counter(number(line)[0] for line in lines()) == PER_CHAPTER
    assert [line["id"] for line in sorted(lines(), key=number)] == found


@pytest.mark.parametrize("line", lines(), ids=lambda line: line["id"])
def test_every_line_has_one_answer_in_our_words(line: Line) -> None:
    kind = answer(line)

    assert kind in ("tests", "places", "not_here")
    assert set(line) - {"id", "level", "subject", kind, "instead"} == ({"how"} if kind == "places" else set())
    assert 3 <= len(line["subject"].split()) <= 10
    for sentence in (line.get("how"), line.get("not_here"), line.get("instead")):
        assert sentence is None or re.fullmatch(r"[A-Z0-9].{10,}\.", sentence)
    assert kind != "not_here" or "instead" not in line


def test_every_test_that_it_names_exists() -> None:
    named = [name for line in lines() for name in line.get("tests", ())]

    assert sorted({name for name in named if not is_test(name)}) == []
    assert [line["id"] for line in lines() if len(set(line.get("tests", ()))) != len(line.get("tests", ()))] == []
    assert len(set(named)) > 150


def test_every_place_that_it_names_exists() -> None:
    named = [name for line in lines() for name in line.get("places", ())]

    assert sorted({name for name in named if not is_place(name)}) == []
    assert len(named) > 40


def test_readme_tells_how_many_there_are() -> None:
    text = " ".join((ROOT / "tests/README.md").read_text(encoding="utf-8").split())

    assert summary() in text


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("tests/test_asvs.py::test_readme_tells_how_many_there_are", True),
        ("tests/test_asvs.py::test_that_is_gone", False),
        ("tests/test_gone.py::test_readme_tells_how_many_there_are", False),
        ("tests/test_asvs.py::summary", False),
        ("tests/test_asvs.py", False),
    ],
)
def test_what_is_no_test_is_found(name: str, found: bool) -> None:
    assert is_test(name) is found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("portal/settings.py:ALLOWED_HOSTS", True),
        ("portal/settings.py", True),
        ("portal/settings.py:NOWHERE_TO_BE_SEEN", False),
        ("portal/gone.py", False),
        ("portal", False),
    ],
)
def test_what_is_no_place_is_found(name: str, found: bool) -> None:
    assert is_place(name) is found


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"tests": ["a"]}, "tests"),
        ({}, ""),
        ({"tests": []}, ""),
        ({"tests": ["a"], "open": "b"}, ""),
        ({"open": "b"}, "open"),
    ],
)
def test_two_answers_or_none_are_found(line: Line, kind: str) -> None:
    assert answer(line) == kind
