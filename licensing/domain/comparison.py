"""The four programmes side by side, on a given day. Pure.

Source: [guide] part 1, comparison table: 15 rows in three groups, three footnotes.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from licensing.domain.facts import DatedFact, Facts
from licensing.enums import Kind, Programme

GROUPS = ("general", "billing", "support")


@dataclass(frozen=True)
class Column:
    """A programme. ``on_sale`` is for the day; ``fact`` names the programme and its days."""

    programme: Programme
    fact: DatedFact
    on_sale: bool


@dataclass(frozen=True)
class Cell:
    """A cell. ``readings`` are valid on the day, the safer first; ``at_other_times`` are earlier or later ones."""

    programme: Programme
    readings: tuple[DatedFact, ...]
    at_other_times: tuple[DatedFact, ...]
    footnotes: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    fact: DatedFact
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        """Return True when the chosen programmes differ in this row."""
        return len({cell.readings[0].en if cell.readings else "" for cell in self.cells}) > 1


@dataclass(frozen=True)
class Comparison:
    on: dt.date
    columns: tuple[Column, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    footnotes: tuple[DatedFact, ...]
    hidden: int  # rows left out because all programmes are equal there


def compare(
    facts: Facts,
    *,
    on: dt.date,
    programmes: Collection[str] = (),
    rows: Collection[str] = (),
    only_differences: bool = False,
) -> Comparison:
    """Return the table of a day. No choice means everything; unknown names are ignored."""
    chosen = [p for p in Programme if p in programmes] or list(Programme)
    titles = facts.of(Kind.ROW, on)
    wanted = [fact for fact in titles if fact.key in rows] or titles
    found = [_row(facts, fact, chosen, on) for fact in wanted]
    shown = [row for row in found if row.differs or not only_differences]
    used = {mark for row in shown for cell in row.cells for mark in cell.footnotes}
    return Comparison(
        on,
        tuple(column for programme in chosen if (column := _column(facts, programme, on))),
        tuple(
            (group, members)
            for group in GROUPS
            if (members := tuple(row for row in shown if row.fact.value.get("group") == group))
        ),
        tuple(note for note in facts.of(Kind.FOOTNOTE, on) if note.key in used),
        len(found) - len(shown),
    )


def _column(facts: Facts, programme: Programme, on: dt.date) -> Column | None:
    named = [fact for fact in facts.of(Kind.PROGRAMME) if fact.key == programme]
    return Column(programme, named[0], named[0].holds(on)) if named else None


def _row(facts: Facts, fact: DatedFact, programmes: list[Programme], on: dt.date) -> Row:
    return Row(fact, tuple(_cell(facts, fact.key, programme, on) for programme in programmes))


def _cell(facts: Facts, key: str, programme: Programme, on: dt.date) -> Cell:
    every = [fact for fact in facts.of(Kind.CELL) if fact.key == key and fact.programme == programme]
    readings = facts.readings(Kind.CELL, key, programme, on=on)
    marks = {mark for fact in readings for mark in fact.value.get("footnotes", ())}
    others = sorted((f for f in every if not f.holds(on)), key=lambda f: (f.start or dt.date.min, f.rank))
    return Cell(programme, tuple(readings), tuple(others), tuple(sorted(marks)))
