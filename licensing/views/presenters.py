"""Presenters: texts in the reader's language, sources, and days as precise as their source."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from licensing.domain.comparison import Cell, Comparison
from licensing.domain.decision import Decision
from licensing.domain.editions import language
from licensing.domain.facts import DatedFact, Facts, SourceRef
from licensing.domain.readiness import Selling
from licensing.enums import Confidence, Deadline, Kind, Outcome, Precision, Programme, Sector, SourceKind, Status
from licensing.views import wording
from portal.web.templatetags.portal import written


def moment(day: dt.date | None, precision: str = Precision.DAY) -> str:
    """Return "July 2021" where the source gives a month: no day may be invented."""
    if day is None:
        return ""
    rough = {Precision.MONTH: "F Y", Precision.YEAR: "Y"}.get(Precision(precision))
    return date_format(day, rough) if rough else written(day)


def period(fact: DatedFact) -> str:
    """Return "until 10 January 2022", "since March 2022", "from … to …"."""
    start = moment(fact.start, fact.precision)
    last = moment(fact.end, fact.precision)
    if start and last:
        return _("from %(start)s, before %(end)s") % {"start": start, "end": last}
    if last:
        return _("before %(end)s") % {"end": last}
    return _("since %(start)s") % {"start": start} if start else ""


def statement(fact: DatedFact) -> dict[str, Any]:
    return {
        "text": fact.text(language()),
        "note": fact.note(language()),
        "source": fact.citation(language()),
        "code": fact.source.code,
        "dated": dated(fact.source),
        "sure": "" if fact.confidence == Confidence.EXPLICIT else Confidence(fact.confidence).label,
        "is_unverified": fact.confidence == Confidence.UNVERIFIED,
        "period": period(fact),
        "translated": fact.is_translated(language()),
    }


def dated(source: SourceRef) -> str:
    """Return when a source was published, where it shows it, and when it was read."""
    read = _("last read on %(day)s") % {"day": moment(source.read_on)}
    if source.published_on is None:
        return read
    return _("published on %(day)s and %(read)s") % {"day": moment(source.published_on), "read": read}


def named(facts: Facts, fact: DatedFact, *, on: dt.date) -> str:
    """Return a cell of the comparison with its row's name, without which it means nothing."""
    row = facts.first(Kind.ROW, fact.key, on=on) if fact.kind == Kind.CELL else None
    text = fact.text(language())
    return _("%(row)s: %(text)s") % {"row": row.text(language()), "text": text} if row and text else text


def differs(facts: Facts, conflict: str) -> str:
    """Return why sources differ on this, and what we show; '' where they agree."""
    found = [fact for fact in facts.of(Kind.CONFLICT) if fact.key == conflict] if conflict else []
    return found[0].text(language()) if found else ""


# --- the calendar -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Dot:
    """A place in the picture: percent from the left, level from the line upwards."""

    x: str
    y: int
    row: dict[str, Any]


def events(facts: Facts, *, on: dt.date, sector: str) -> list[dict[str, Any]]:
    chosen = [
        fact
        for fact in facts.of(Kind.EVENT)
        if not sector or not fact.value.get("sectors") or sector in fact.value["sectors"]
    ]
    return [
        {
            **statement(fact),
            "key": fact.key,
            "when": moment(fact.start, fact.precision),
            "day": fact.start,
            "is_past": fact.start is not None and fact.start <= on,
            "sectors": [Sector(name).label for name in fact.value.get("sectors", ())],
            "differs": differs(facts, fact.conflict),
        }
        for fact in sorted(chosen, key=lambda fact: (fact.start or dt.date.min, fact.position))
    ]


def picture(rows: list[dict[str, Any]], *, on: dt.date) -> dict[str, Any]:
    """Return the years as a line with a dot above it for each event; dots that would overlap are stacked."""
    if not rows:
        return {}
    first = dt.date(min(rows[0]["day"], on).year, 1, 1)
    last = dt.date(max(rows[-1]["day"], on).year + 1, 1, 1)
    span = (last - first).days

    def x(day: dt.date) -> float:
        return 2 + 96 * (day - first).days / span

    dots: list[Dot] = []
    ends: list[float] = []  # the right end of each level
    for row in rows:
        at = x(row["day"])
        level = next((n for n, end in enumerate(ends) if at - end > 7), len(ends))
        ends[level:] = [at, *ends[level + 1 :]]
        dots.append(Dot(f"{at:.2f}%", 0 - 24 * level, row))
    height = 24 * len(ends) + 46
    return {
        "dots": [{"x": dot.x, "y": height - 38 + dot.y, "row": dot.row} for dot in dots],
        "years": [
            {"year": year, "x": f"{x(dt.date(year, 1, 1)):.2f}%", "y": height - 6}
            for year in range(first.year, last.year)
        ],
        "today": f"{x(on):.2f}%",
        "height": height,
        "line": height - 26,
    }


# --- the comparison ---------------------------------------------------------------------------------------------
def comparison(facts: Facts, found: Comparison) -> dict[str, Any]:
    titles = {"general": _("General comparison"), "billing": _("Billing and operations"), "support": _("Support")}
    columns = [
        {
            "key": column.programme,
            "name": column.fact.text(language()),
            "on_sale": column.on_sale,
            "note": "" if column.on_sale else _not_on_sale(column.fact, found.on),
        }
        for column in found.columns
    ]
    names = {str(column.programme): column.fact.text(language()) for column in found.columns}
    return {
        "columns": columns,
        "groups": [
            {
                "key": key,
                "title": titles[key],
                "rows": [
                    {
                        "key": row.fact.key,
                        "title": row.fact.text(language()),
                        "differs": row.differs,
                        "cells": [_cell(facts, cell, names.get(cell.programme, "")) for cell in row.cells],
                    }
                    for row in rows
                ],
            }
            for key, rows in found.groups
        ],
        "footnotes": [
            {"mark": fact.key, **statement(fact), "differs": differs(facts, fact.conflict)} for fact in found.footnotes
        ],
        "hidden": found.hidden,
    }


def _not_on_sale(fact: DatedFact, on: dt.date) -> str:
    if fact.end and fact.end <= on:
        return _("Closed since %(day)s: running agreements only") % {"day": moment(fact.end)}
    return _("Not on sale before %(day)s") % {"day": moment(fact.start, fact.precision)}


def _cell(facts: Facts, cell: Cell, column: str) -> dict[str, Any]:
    readings = [statement(fact) for fact in cell.readings]
    conflict = cell.readings[0].conflict if cell.readings else ""
    return {
        "column": column,
        "text": readings[0]["text"] if readings else _("nothing at this date"),
        "note": readings[0]["note"] if readings else "",
        "readings": readings,
        "differs": differs(facts, conflict),
        "footnotes": cell.footnotes,
        "other_times": [statement(fact) for fact in cell.at_other_times],
        "public": bool(cell.readings) and cell.readings[0].source.code != "guide",
    }


# --- the decision aid -------------------------------------------------------------------------------------------
_MEANINGS = {Status.DECIDED: "done", Status.WITH_CONDITIONS: "turn", Status.ASK_BDM: "moving"}


def answer(facts: Facts, found: Decision, *, on: dt.date) -> dict[str, Any]:
    """Return the answer as texts: what, why, with which conditions, why not the others, by which sources."""
    return {
        "title": Outcome(found.outcome).label,
        "status": _MEANINGS.get(found.status, "none"),
        "status_label": found.status.label,
        "why": sentence(facts, found, found.rule, on=on),
        "sure": _sure(found),
        "rule": found.rule,
        "notes": [
            {"text": text, "level": note.level, **_NOTE_LOOKS[note.level], "sources": origins(note.cites)}
            for note in found.notes
            if (text := sentence(facts, found, note.key, on=on, days=note.days))
        ],
        "others": [
            {
                "name": Programme(other.programme).label,
                "text": sentence(facts, found, other.key, on=on),
                "possible": other.possible,
                "sources": origins(other.cites),
            }
            for other in found.others
        ],
        "dates": [{"label": key.label, "day": day} for key, day in found.dates],
        "scenario": found.scenario,
        "steps": [(wording.STEPS[step.code], wording.OWNERS[step.owner]) for step in found.steps],
        "sources": _cited(facts, found, on=on),
        "differs": _conflicts(facts, found),
        "asks_person": found.status == Status.ASK_BDM,
        "edition": found.edition,
    }


def way_to_sell(selling: Selling) -> dict[str, Any] | None:
    """Return what the reader needs before an order in CSP: the next step of their enrollment, or a new one."""
    if selling.ready or selling.partner is None:
        return None
    if selling.enrollment is None:
        url = reverse("onboarding:start", args=[selling.partner.pk])
        return {"text": _("Begin an enrolment for this country"), "url": url}
    if selling.step is None:
        return None
    spec = selling.step.spec
    return {
        "text": _("Step %(number)s of 5, %(title)s") % {"number": spec.number, "title": spec.title},
        "status": selling.step.status.label,
        "url": selling.enrollment.get_absolute_url(),
    }


def sentence(facts: Facts, found: Decision, key: str, *, on: dt.date, days: int | None = None) -> str:
    until = dict(found.dates).get(Deadline.TOKEN_UNTIL)
    return filled(facts, key, product=found.product, on=on, until=until, days=days)


def filled(
    facts: Facts, key: str, *, product: str | None, on: dt.date, until: dt.date | None = None, days: int | None = None
) -> str:
    """Return a sentence of the edition with its values, in the reader's language."""
    return facts.said(key, language(), product=product, on=on, until=moment(until), days=days)


def _cited(facts: Facts, found: Decision, *, on: dt.date) -> list[dict[str, Any]]:
    """Return what the sources say, each once; facts without a text only name their source."""
    seen: dict[str, dict[str, Any]] = {}
    for fact in found.cites:
        said = {**statement(fact), "text": named(facts, fact, on=on)}
        seen.setdefault(said["source"] + said["text"], said)
    return list(seen.values())


def _conflicts(facts: Facts, found: Decision) -> list[dict[str, Any]]:
    """Return on what sources differ: all that they say, each with its days, and which of them decides today."""
    every = [*found.cites, *(fact for note in found.notes for fact in note.cites)]
    named_ = {fact.conflict: fact for fact in reversed(every) if fact.conflict}
    return [
        {"text": text, "readings": [statement(one) for one in facts.every if _same_subject(one, fact) and one.fr]}
        for name, fact in reversed(named_.items())
        if (text := differs(facts, name))
    ]


def _same_subject(one: DatedFact, other: DatedFact) -> bool:
    return (one.kind, one.key, one.programme) == (other.kind, other.key, other.programme)


def origins(cites: Iterable[DatedFact]) -> list[dict[str, Any]]:
    """Return the sources of a sentence, each once."""
    return list({(fact.source.code, fact.place): statement(fact) for fact in cites}.values())


def _sure(found: Decision) -> str:
    """Return how sure an answer is: of the guide where only the guide is cited, else of the sources."""
    if found.sure in (Confidence.CONFLICTING, Confidence.UNVERIFIED):
        return str(Confidence(found.sure).label)
    if all(fact.source.kind == SourceKind.GUIDE for fact in found.cites if fact.kind != Kind.SECTOR):
        return _("stated in the guide") if found.sure == Confidence.EXPLICIT else _("follows from the guide")
    return _("stated in the sources") if found.sure == Confidence.EXPLICIT else _("follows from the sources")


# How a note of the answer is shown: the meaning of its text and the icon before it.
_NOTE_LOOKS = {
    "blocked": {"status": "refused", "drawing": "locked"},
    "condition": {"status": "turn", "drawing": "turn"},
    "warning": {"status": "none", "drawing": "chevron"},
}
