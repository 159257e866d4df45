"""The visitor's home: the changes that matter most, and the guide's three recommendations, from the published facts."""

import datetime as dt
from itertools import groupby
from typing import Any

from licensing.domain.facts import Facts
from licensing.enums import Kind, Need, Programme
from licensing.views import presenters
from licensing.views.presenters import statement

_ADVICE = (
    (Need.NO_SA, "no_sa", Programme.CSP_PERPETUAL),
    (Need.WITH_SA, "with_sa", Programme.OPEN_VALUE),
    (Need.ONLINE, "online_service", Programme.CSP_ONLINE),
)


def changes(facts: Facts, *, on: dt.date) -> list[dict[str, Any]]:
    """Return the events that an editor marked for the home page, those of one day or month together."""
    marked = {fact.key for fact in facts.of(Kind.EVENT) if fact.value.get("home")}
    rows = [row for row in presenters.events(facts, on=on, sector="") if row["key"] in marked]
    return [{"when": when, "points": list(points)} for when, points in groupby(rows, key=lambda row: row["when"])]


def recommendations(facts: Facts, *, on: dt.date) -> list[dict[str, Any]]:
    """Return the guide's advice for each of the three requests."""
    found = ((need, programme, facts.first(Kind.ADVICE, key, programme, on=on)) for need, key, programme in _ADVICE)
    return [
        {**statement(fact), "request": need.label, "programme": programme.label}
        for need, programme, fact in found
        if fact
    ]
