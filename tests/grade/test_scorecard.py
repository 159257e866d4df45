"""The scorecard is read as it was written, shows what was missed, and leaves the rest of the page alone."""

import datetime as dt
import re
from pathlib import Path

import pytest

from portal import pages
from tests.grade.product import ROOT
from tests.grade.scorecard import BEGIN, END, MOST_LINES, Line, Scorecard, as_json, as_markdown, read, write_into


def line(**given: object) -> Line:
    values = {"grader": "axe", "goal": "0", "reached": "0", "is_met": True, "sees": True, "command": "axe",
              "seconds": 1.4, **given}  # fmt: skip
    return Line(**values)  # type: ignore[arg-type]


def card(*lines: Line) -> Scorecard:
    return Scorecard(dt.date(2026, 11, 30), "make grade", "abc1234", [*lines])


def test_json_is_read_as_it_was_written() -> None:
    written = card(line(findings=["image-alt: [1x: «/é/»]"]), line(grader="Nu", is_met=None, sees=None))

    assert read(as_json(written)) == written


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"date": "yesterday", "lines": []}', '{"date": "2026-11-30"}'])
def test_another_text_is_no_scorecard(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        read(text)


@pytest.mark.parametrize(
    ("given", "is_missed"),
    [({}, False), ({"is_met": False}, True), ({"sees": False}, True), ({"is_met": None, "sees": None}, False)],
)
def test_missed_is_a_goal_not_met_or_a_blind_grader(given: dict[str, object], is_missed: bool) -> None:
    assert bool(card(line(**given)).missed) is is_missed


def test_table_says_how_many_goals_are_met_and_shows_every_miss() -> None:
    shown = as_markdown(card(line(), line(grader="Nu", is_met=False, reached="2 messages", findings=["a | <b>"] * 20)))

    assert "1 of 2 goals met" in shown
    assert "| Nu | 0 | 2 messages | **no** | yes |" in shown
    assert shown.count("- a / ‹b›") == MOST_LINES
    assert f"and {20 - MOST_LINES} more" in shown


def test_page_keeps_what_stands_around_the_scorecard(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"# Before\n{BEGIN}old\n{END}After\n")

    for _ in range(2):
        write_into(page, card(line()))

    text = page.read_text()
    assert text.startswith(f"# Before\n{BEGIN}2026-11-30") and text.endswith(f"{END}After\n")
    assert "old" not in text


def test_page_without_its_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("# No place\n")

    with pytest.raises(ValueError, match="no place"):
        write_into(page, card(line()))


def test_page_of_this_folder_has_its_place(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(Path(__file__).with_name("README.md").read_text())

    write_into(page, card(line()))


def test_statement_about_accessibility_names_the_day_of_the_scorecard() -> None:
    [day] = re.findall(r"^(\d{4}-\d\d-\d\d), commit", (ROOT / "tests/grade/README.md").read_text(), re.M)

    assert dt.date.fromisoformat(day) == pages.LOOKED_ON
