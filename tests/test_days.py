"""The day of a moment is the one where the portal counts its days, not that of UTC, which begins later.

Somebody who works after midnight would find yesterday in a report, and a day that was typed would be shown as the next.
"""

import ast
import datetime as dt
from collections.abc import Iterator

import pytest
from django.utils import timezone

from portal import days
from tests.test_architecture import APPS, ROOT, name_of

# What these hold is in a zone already, or is a cell of a file, which has none.
_LOCAL = {"local", "cell", "value"}
_PARTS = {"year", "month", "day"}


def days_of_utc(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what takes the day of a moment, or writes it out, without its zone."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr="date"), args=[]) if not _is_local(value):
                yield node
            case ast.Attribute(value=ast.Call() as call, attr=part) if part in _PARTS and _is_now(call):
                yield node
            case ast.FormattedValue(value=ast.Attribute(attr=name), format_spec=ast.JoinedStr() as spec):
                if name.split("_")[-1] == "at" and "%d" in ast.unparse(spec):
                    yield node


def days_of_now(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what takes the day of the moment at which a test runs. A constant of a test has one day everywhere."""
    yield from (found for found in days_of_utc(tree) if any(map(_says_now, ast.walk(found))))


def _is_local(node: ast.expr) -> bool:
    return getattr(node, "id", "") in _LOCAL or (
        isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".astimezone")
    )


def _is_now(node: ast.Call) -> bool:
    return ast.unparse(node.func) == "timezone.now"


def _says_now(node: ast.AST) -> bool:
    return (isinstance(node, ast.Name) and node.id == "now") or (isinstance(node, ast.Call) and _is_now(node))


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ("now.date()", True),
        ("(now - KEPT).date()", True),
        ("timezone.now().month", True),
        ("f'{self.made_at:%Y-%m-%d}'", True),
        ("timezone.localdate(now)", False),
        ("now.astimezone(zone).date()", False),
        ("f'{timezone.localtime(self.made_at):%Y-%m-%d}'", False),
    ],
)
def test_the_finder_finds(code: str, *, is_found: bool) -> None:
    assert bool(list(days_of_utc(ast.parse(code)))) is is_found


def test_the_finder_of_tests_finds() -> None:
    assert list(days_of_now(ast.parse("now.date()")))
    assert list(days_of_now(ast.parse("(timezone.now() - DAY).date()")))
    assert not list(days_of_now(ast.parse("(NOW - DAY).date()")))


def test_no_module_takes_the_day_of_utc() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for app in APPS
        for path in sorted((ROOT / app).glob("**/*.py"))
        if "migrations" not in path.parts
        for node in days_of_utc(ast.parse(path.read_text()))
    ]

    assert found == []


def test_no_test_takes_the_day_of_utc() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in sorted((ROOT / "tests").glob("**/*.py"))
        for node in days_of_now(ast.parse(path.read_text()))
    ]

    assert found == []


@pytest.mark.parametrize("day", [dt.date(2026, 3, 29), dt.date(2026, 7, 31), dt.date(2026, 12, 31)])
def test_a_day_ends_where_it_began(day: dt.date) -> None:
    end = days.end_of(day)

    assert timezone.localdate(end) == day
    assert timezone.localdate(end + dt.timedelta(microseconds=1)) == day + dt.timedelta(days=1)
