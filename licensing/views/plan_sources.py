"""What each statement of a plan's line rests on, so that a reader of the page can open it."""

from typing import Any

from licensing.domain import answer_notes, editions
from licensing.domain.decision import RULES
from licensing.domain.facts import Facts
from licensing.domain.schedule import Deed, sources
from licensing.domain.world import MissingAnswer, World
from licensing.enums import Action, Kind, Programme
from licensing.models import PlanLine
from licensing.views.plan_presenters import ORDERED
from licensing.views.presenters import origins, statement


def add(one: dict[str, Any]) -> None:
    """Add to a line, as ``plan_presenters.lines`` yields it, the sources of its sentence, notes and days."""
    row: PlanLine = one["row"]
    facts = editions.of(row.plan.edition)
    one["cites"] = {"why": _of_rule(row, facts), **_of_days(row, facts)}
    one["cited_notes"] = [
        {"text": text, "sources": _cited(answer_notes.rests_on(key), row, facts)} for key, text in one["notes"]
    ]


def _of_rule(row: PlanLine, facts: Facts) -> list[dict[str, Any]]:
    cites = next((rule.cites for rule in RULES if rule.number == row.rule), ())
    return _cited(cites, row, facts)


def _cited(cites: tuple[answer_notes.Cite, ...], row: PlanLine, facts: Facts) -> list[dict[str, Any]]:
    try:
        return origins(answer_notes.cited(cites, World(editions.case_from(row.case), facts)))
    except MissingAnswer:
        return []


def _of_days(row: PlanLine, facts: Facts) -> dict[str, list[dict[str, Any]]]:
    """Return the sources of each day's lead time, and of what is paid twice."""
    programme = ORDERED.get(Action(row.action))
    on, sector = row.plan.as_of, row.case.get("sector") or ""
    if programme is None:
        return {}
    found = {str(deed): origins(sources(deed, programme, facts, on=on, sector=sector)) for deed in Deed}
    credit = facts.first(Kind.TRANSFER, "no_credit", on=on)
    refund = facts.first(Kind.CELL, "cancellation", Programme.OPEN_VALUE, on=on)
    return {
        **found,
        "overlap": [statement(credit)] if credit else [],
        "no_return": [statement(refund)] if refund else [],
    }
