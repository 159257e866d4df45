"""Where a draft of the facts changes what is shown: aid, comparison, calendar, home, transfer guide and plans."""

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext as _

from licensing.domain import comparison, editions
from licensing.domain.decision import decide
from licensing.domain.facts import DatedFact, Facts
from licensing.domain.question_grid import questions
from licensing.domain.world import Case
from licensing.enums import Kind
from licensing.models import Edition, PlanLine

SHOWN = 20  # changes named for each place; the number tells the others
PLANS = 2000  # different questions of plans that are compared


@dataclass(frozen=True)
class Change:
    """What a reader sees before and after; '' where it was not, or is no more, there."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Place:
    """A place with its changes. ``url_name`` is the page; '' where it belongs to one reader."""

    title: str
    url_name: str
    number: int
    changes: list[Change]


def places(draft: Edition, *, today: dt.date) -> list[Place]:
    """Return each place that would show something else today if this draft were published."""
    before, after = editions.current(), editions.of(draft)
    found = [
        _place(_("What should my customer buy?"), "licensing:advice", _answers(before, after, today)),
        _place(_("Compare the programmes"), "licensing:compare", _cells(before, after, today)),
        _place(_("Calendar of changes"), "licensing:calendar", _texts(before, after, (Kind.EVENT,))),
        _place(_("The visitor's home"), "home", _at_home(before, after)),
        _place(_("Transfer guide"), "licensing:transfer", _texts(before, after, (Kind.TRANSFER, Kind.ADVICE))),
        _plans(before, after, today),
    ]
    return [place for place in found if place.number]


def _place(title: str, url_name: str, changes: list[Change]) -> Place:
    return Place(title, url_name, len(changes), changes[:SHOWN])


def _answers(before: Facts, after: Facts, today: dt.date) -> list[Change]:
    changes = []
    for case in questions(after, on=today):
        was, now = _answer(case, before, today), _answer(case, after, today)
        if was != now:
            changes.append(Change(_named(case), was, now))
    return changes


def _answer(case: Case, facts: Facts, on: dt.date) -> str:
    return " · ".join(text for text in editions.words(case, decide(case, facts), facts, on=on)[:2] if text)


def _named(case: Case) -> str:
    parts = (case.need, case.transaction, case.sector)
    labels = [str(part.label) for part in parts if part]
    return ", ".join([*labels, *([case.product] if case.product else [])])


def _cells(before: Facts, after: Facts, today: dt.date) -> list[Change]:
    def cells(facts: Facts) -> dict[str, str]:
        table = comparison.compare(facts, on=today)
        return {
            f"{row.fact.text(editions.language())}, {cell.programme.label}": "; ".join(
                f"{one.text(editions.language())} ({one.citation(editions.language())})" for one in cell.readings
            )
            for _group, rows in table.groups
            for row in rows
            for cell in row.cells
        }

    return _compared(cells(before), cells(after))


def _texts(before: Facts, after: Facts, kinds: Iterable[str]) -> list[Change]:
    return _said(before, after, lambda fact: fact.kind in kinds)


def _at_home(before: Facts, after: Facts) -> list[Change]:
    advice = ("no_sa", "with_sa", "online_service", "no_data_loss", "unused_token")
    return _said(
        before,
        after,
        lambda fact: bool(fact.value.get("home")) or (fact.kind == Kind.ADVICE and fact.key in advice),
    )


def _said(before: Facts, after: Facts, is_shown: Callable[[DatedFact], bool]) -> list[Change]:
    def said(facts: Facts) -> dict[str, str]:
        language = editions.language()
        return {
            " ".join(filter(None, [fact.key, fact.programme, str(fact.rank or "")])): " ".join(
                [str(fact.start or ""), fact.text(language), fact.note(language), f"({fact.citation(language)})"]
            ).strip()
            for fact in facts.every
            if is_shown(fact)
        }

    return _compared(said(before), said(after))


def _compared(before: dict[str, str], after: dict[str, str]) -> list[Change]:
    names = dict.fromkeys([*before, *after])
    return [
        Change(name, before.get(name, ""), after.get(name, ""))
        for name in names
        if before.get(name, "") != after.get(name, "")
    ]


def _plans(before: Facts, after: Facts, today: dt.date) -> Place:
    """Return how many lines of customers' plans would be planned differently; no customer is named."""
    rows = PlanLine.objects.filter(plan__is_current=True).values("case").annotate(lines=Count("pk"))
    changes, number = [], 0
    for row in rows.order_by("-lines")[:PLANS]:
        case = editions.case_from(json.loads(row["case"]) if isinstance(row["case"], str) else row["case"])
        was, now = _answer(case, before, today), _answer(case, after, today)
        if was != now:
            number += row["lines"]
            changes.append(Change(f"{row['lines']} × {_named(case)}", was, now))
    return Place(_("Customers' plans"), "", number, changes[:SHOWN])
