"""The scorecard: JSON for programs, a table in this folder's README for people. What is missed stays visible."""

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

BEGIN, END = "<!-- scorecard -->\n", "<!-- end of scorecard -->\n"
MOST_LINES = 12


@dataclass(frozen=True)
class Line:
    """What one grader said. ``sees`` tells whether it found the defect that was planted for it in this run."""

    grader: str
    goal: str
    reached: str
    is_met: bool | None
    sees: bool | None
    command: str
    seconds: float
    looked_at: str = ""
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Scorecard:
    date: dt.date
    command: str
    commit: str
    lines: list[Line]

    @property
    def missed(self) -> list[Line]:
        """Return the graders whose goal was not met, and those that did not see their planted defect."""
        return [line for line in self.lines if line.is_met is False or line.sees is False]


def as_json(card: Scorecard) -> str:
    return json.dumps({**asdict(card), "date": card.date.isoformat()}, indent=1, ensure_ascii=False) + "\n"


def read(text: str) -> Scorecard:
    """Return the scorecard of a JSON text. Raises: ValueError, KeyError, TypeError for any other text."""
    found = json.loads(text)
    lines = [Line(**line) for line in found["lines"]]
    return Scorecard(dt.date.fromisoformat(found["date"]), found["command"], found["commit"], lines)


def as_markdown(card: Scorecard) -> str:
    """Return the table, then what each missed goal was missed by, then what is remarked."""
    met = sum(line.is_met is True for line in card.lines)
    rows = [
        f"{card.date.isoformat()}, commit {card.commit}, `{card.command}`: {met} of {len(card.lines)} goals met.",
        "",
        "| grader | goal | reached | met | sees its defect | looked at | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for line in card.lines:
        cells = (
            line.grader, line.goal, line.reached, _word(line.is_met, "not graded"), _word(line.sees, "not tried"),
            line.looked_at, f"{line.seconds:.0f}",
        )  # fmt: skip
        rows.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    for line in card.lines:
        if line.findings:
            rows += ["", f"**{line.grader}** found:", "", *_listed(line.findings)]
    for line in card.lines:
        if line.remarks:
            rows += ["", f"**{line.grader}** remarks:", "", *_listed(line.remarks)]
    return "\n".join([*rows, ""])


def _listed(lines: list[str]) -> list[str]:
    shown = [f"- {_cell(line)[:300]}" for line in lines[:MOST_LINES]]
    more = len(lines) - MOST_LINES
    return [*shown, f"- and {more} more in `.run/grade/scorecard.json`"] if more > 0 else shown


def _word(value: bool | None, otherwise: str) -> str:
    return otherwise if value is None else "yes" if value else "**no**"


def _cell(text: str) -> str:
    """Return the text without what Markdown or this repository's own readers of pages would take for more."""
    return " ".join(text.replace("|", "/").replace("<", "‹").replace(">", "›").replace("`", "'").split())


def write_into(page: Path, card: Scorecard) -> None:
    """Put the scorecard between the page's two marks."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _old, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{page} has no place for the scorecard")
    page.write_text(f"{before}{BEGIN}{as_markdown(card)}{END}{after}", encoding="utf-8")
