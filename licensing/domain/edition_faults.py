"""What would break a page if an edition were published: facts no page can show, questions without an answer."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from licensing.domain import decision
from licensing.domain.facts import DatedFact, Facts, SourceRef
from licensing.domain.question_grid import questions
from licensing.enums import Kind


def unanswered(facts: Facts, *, on: dt.date) -> list[str]:
    """Return the questions that no rule answers with these facts, or whose answer has no sentence; or []."""
    found: dict[str, None] = {}
    for case in questions(facts, on=on):
        answer = decision.decide(case, facts)
        keys = [answer.rule, *(note.key for note in answer.notes), *(other.key for other in answer.others)]
        missing = [key for key in keys if not all(facts.sentence(key, one, on=on) for one in ("en", "fr"))]
        if answer.rule == decision.NO_ANSWER:
            who = case.sector.label if case.sector else ""
            found[
                _("no answer any more: %(need)s, %(sector)s") % {"need": case.need and case.need.label, "sector": who}
            ] = None
        for key in missing:
            found[_("the sentence %(key)s is missing") % {"key": key}] = None
    return list(found)


# The names a sentence may contain; ``views.presenters.filled`` fills them in.
_NAMES = {"product": "", "until": "", "days": 0, "caution": ""}


def faults(facts: Facts) -> list[str]:
    """Return what would break a page if these facts were published, in the editor's language; or []."""
    return [f"{fact.kind} / {fact.key}: {fault}" for fact in facts.every if (fault := fault_of(fact))]


def fault_of(fact: DatedFact) -> str:
    """Return why a page could not show this fact; '' if it can."""
    if not isinstance(fact.value, dict):
        return _("the value is no object: write it in braces, {} if there is nothing to say")
    if fact.kind == Kind.SENTENCE:
        return _fault_of_text(fact.en) or _fault_of_text(fact.fr)
    if fact.kind == Kind.EVENT and fact.start is None:
        return _("an event needs its first day")
    amount = fact.value.get("amount")
    if fact.kind == Kind.NUMBER and "amount" in fact.value and (type(amount) is not int or amount < 0):
        return _("the amount is no whole number: %(amount)s") % {"amount": amount}
    return ""


def sketch(*, kind: str, key: str, value: dict[str, Any], start: dt.date | None, fr: str, en: str) -> DatedFact:
    """Return a fact that is being typed, with only the fields that decide whether a page can show it."""
    return DatedFact(
        kind=kind, key=key, source=SourceRef("", "", "", "", dt.date.min), start=start, value=value, fr=fr, en=en
    )


def _fault_of_text(text: str) -> str:
    if not text.strip():
        return _("a sentence needs both languages")
    try:
        text.format(**_NAMES)
    except (KeyError, IndexError, ValueError, AttributeError):
        return _("the sentence names what nobody fills in; it may name: %(names)s") % {"names": ", ".join(_NAMES)}
    return ""
