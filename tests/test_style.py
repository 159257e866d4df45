"""How docstrings and comments of product code read: the worst habits do not come back.

A docstring says first what comes back, and stands without its neighbour. A person, and a company, is no "he".
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
APPS = ("api", "licensing", "onboarding", "portal")

# what nobody writes here -> what to write
WORDS = {
    r"he|his|him|himself": '"they" for people, the name for a company',
    r"whoever": '"the person who" or "those who"',
    r"anew": '"again"',
    r"mend(?:s|ed|ing)?": '"correct" or "repair"',
}
OPENINGS = {
    r"The same\b": "say what is returned or done, without the neighbour",
    r"As\s": "say what is returned or done, without the neighbour",
}

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstrings(text: str) -> Iterator[tuple[int, str]]:
    """Yield each docstring with the number of its first line."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node) is not None:
            first = node.body[0]
            assert isinstance(first, ast.Expr)
            assert isinstance(first.value, ast.Constant)
            yield first.lineno, str(first.value.value)


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield each comment with the number of its line."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def faults(path: str, text: str) -> list[str]:
    """Return what to write differently, each as "file:line: …", in the order of the lines."""
    documented = list(docstrings(text))
    found: list[tuple[int, str]] = []
    for start, remark in [*documented, *comments(text)]:
        for number, line in enumerate(remark.split("\n"), start):
            for word, instead in WORDS.items():
                found += [
                    (number, f'"{match[0]}": write {instead}') for match in re.finditer(rf"\b(?:{word})\b", line, re.I)
                ]
    for start, remark in documented:
        for opening, instead in OPENINGS.items():
            if match := re.match(opening, remark.lstrip()):
                found.append((start, f'begins with "{match[0].strip()}": {instead}'))
    return [f"{path}:{number}: {fault}" for number, fault in sorted(found)]


def product_code() -> Iterator[tuple[str, str]]:
    for path in sorted(path for app in APPS for path in (ROOT / app).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_docstrings_and_comments_read_plainly() -> None:
    texts = dict(product_code())

    found = [fault for path, text in texts.items() for fault in faults(path, text)]

    assert found == [], "\n".join(["", *found])
    assert len(texts) > 250


# --- what finds them, held against what it must find --------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('"""Ask Microsoft.\n\nOnce he has refused, wait.\n"""\n', [3]),
        ("def a():\n    '''The same for\n    many.'''\n", [2]),
        ('class A:\n    """As ``b``: himself."""\n', [2, 2]),
        ('async def a():\n    """\n    The same, not yet written.\n    """\n', [2]),
        ("LIMIT = 3  # whoever asks, asks anew\n", [1, 1]),
        ("x = 1\n# Mended, and mends.\n", [2, 2]),
    ],
)
def test_finds(text: str, lines: list[int]) -> None:
    found = faults("a.py", text)

    assert [int(fault.split(":")[1]) for fault in found] == lines


@pytest.mark.parametrize(
    "text",
    [
        '"""Return the other half; as before."""\n',
        "label = 'whoever he is'  # a string is somebody else's\n",
        '"""Recommend amendments: the history, this, where, then."""\n',
        'def a():\n    """Assign it."""\n    "The same string is no docstring of ours, he said"\n',
    ],
)
def test_leaves_alone(text: str) -> None:
    assert faults("a.py", text) == []


def test_message_names_place_and_remedy() -> None:
    assert faults("portal/a.py", "# Start anew.\n") == ['portal/a.py:1: "anew": write "again"']
