"""The page of sources: each with what rests on it, how sure that is, and when it is to be read again."""

import datetime as dt
from collections import defaultdict
from typing import Any

from licensing.domain import reviews
from licensing.domain.editions import language
from licensing.domain.facts import DatedFact, Facts
from licensing.enums import Kind, SourceKind
from licensing.views import presenters

_SAID_ELSEWHERE = (Kind.SENTENCE, Kind.FAMILY, Kind.ROW)  # our own words and names, not what a source says


def sources(facts: Facts, *, on: dt.date) -> list[dict[str, Any]]:
    """Return the sources that the published facts rest on, the guide first, then Microsoft, then the others."""
    resting: dict[str, list[DatedFact]] = defaultdict(list)
    for fact in facts.every:
        if fact.kind not in _SAID_ELSEWHERE and not fact.value.get("gap"):
            resting[fact.source.code].append(fact)
    due = reviews.due_days(resting)
    order = [SourceKind.GUIDE, SourceKind.MICROSOFT, SourceKind.DISTRIBUTOR, SourceKind.PRESS, SourceKind.ADMIN]
    found = sorted(resting, key=lambda code: (order.index(SourceKind(facts.sources[code].kind)), code))
    return [_source(facts, code, resting[code], due.get(code), on) for code in found]


def _source(facts: Facts, code: str, resting: list[DatedFact], due: dt.date | None, on: dt.date) -> dict[str, Any]:
    source = facts.sources[code]
    said = [{**presenters.statement(fact), "text": presenters.named(facts, fact, on=on)} for fact in resting]
    return {
        "code": code,
        "title": source.title(language()),
        "kind": SourceKind(source.kind).label,
        "place": source.place_words(source.place, language()),
        "is_link": source.place.startswith("https://"),
        "published_on": source.published_on,
        "read_on": source.read_on,
        "due_on": due,
        "is_overdue": due is not None and due <= on,
        "facts": list({one["text"] + one["period"]: one for one in said if one["text"]}.values()),
    }


def gaps(facts: Facts, *, on: dt.date) -> list[str]:
    """Return what the portal says nothing about."""
    return [fact.text(language()) for fact in facts.of(Kind.ADVICE, on) if fact.value.get("gap")]
