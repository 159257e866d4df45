"""What should my customer buy? One table, read from the top: the first rule that applies gives the answer.

A rule that needs a missing answer asks for it, so the table asks only what it needs, in its order. Pure: the facts of
an edition and the answers go in; rule numbers, programmes and days come out.

Source: [guide] parts 1 and 3; each rule names its own in ``cites``.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from licensing.domain import answer_notes, checklist, transfer
from licensing.domain.answer_notes import Cite, Note, WhyNot, cited
from licensing.domain.facts import DatedFact, Facts
from licensing.domain.timing import Phase
from licensing.domain.world import OTHER_MAKER, Case, MissingAnswer, World
from licensing.enums import Confidence, Deadline, Kind, Need, Outcome, Programme, Status

Condition = Callable[[World], bool]


@dataclass(frozen=True)
class Rule:
    """A row of the table.

    ``sure``: stated in the guide, derived from it, or left open by it. ``ask`` adds the contact.
    """

    number: str
    holds: Condition
    outcome: Outcome
    sure: Confidence
    cites: tuple[Cite, ...] = ()
    ask: bool = False


_E, _D, _C = Confidence.EXPLICIT, Confidence.DERIVED, Confidence.CONFLICTING
_PERPETUAL, _ONLINE = Programme.CSP_PERPETUAL, Programme.CSP_ONLINE
_OPEN, _VALUE = Programme.OPEN_LICENSE, Programme.OPEN_VALUE
# A cite with "*" is about the customer's sector, or about the product.
_TOKEN = ((Kind.ADVICE, "unused_token", ""), (Kind.NUMBER, "token.activation", ""))
_NO_SA, _SA = (Kind.ADVICE, "no_sa", _PERPETUAL), (Kind.ADVICE, "with_sa", _VALUE)
_SERVICE = (Kind.ADVICE, "online_service", _ONLINE)
_SECTOR_PERPETUAL, _SECTOR_VALUE = (Kind.SECTOR, "*", _PERPETUAL), (Kind.SECTOR, "*", _VALUE)
_SECTOR_ONLINE, _PRODUCT = (Kind.SECTOR, "*", _ONLINE), (Kind.PRODUCT, "*", _PERPETUAL)
# A perpetual licence stays valid. The guide's "wait until your Open licences expire" is true of subscriptions and
# Software Assurance only; read literally it would make customers buy twice.
_NO_LICENCE_ALONE = (Kind.PRODUCT, "*", _PERPETUAL)
_SERVICE_GRACE = (Kind.NUMBER, "online.grace", "")
_UNBROKEN, _GRACE = (Kind.ADVICE, "sa_only_unbroken", ""), (Kind.NUMBER, "sa_renewal.grace", "")
_U = Confidence.UNVERIFIED
_KEEP = ((Kind.CELL, "license_type", _OPEN), (Kind.TRANSFER, "only_what_expires", ""))

NO_ANSWER = "R99"  # the rule that answers only where the facts have a hole

# fmt: off
RULES: tuple[Rule, ...] = (
    Rule("R22", lambda w: w.case.product == OTHER_MAKER and w.need != Need.TOKEN,
         Outcome.ASK_BDM, _D, ((Kind.CELL, "products", _OPEN), (Kind.CELL, "products", _PERPETUAL))),
    Rule("R21", lambda w: w.token_odd,
         Outcome.ASK_BDM, _C, (*_TOKEN, (Kind.EVENT, "open_end", ""))),
    Rule("R01", lambda w: w.token_alive,
         Outcome.ACTIVATE_TOKEN, _E, _TOKEN),
    Rule("R02", lambda w: w.token_unsure,
         Outcome.ASK_BDM, _C, _TOKEN),
    Rule("R03", lambda w: w.no_sa and w.running,
         Outcome.KEEP, _D, _KEEP),
    Rule("R04", lambda w: w.online and not w.sold(_ONLINE),
         Outcome.ASK_BDM, _C, (_SECTOR_ONLINE, _SERVICE, (Kind.ADVICE, "open_value_online", _VALUE))),
    Rule("R23", lambda w: w.online and w.service_ended == Phase.LONG_AFTER,
         Outcome.CSP_ONLINE, _D, (_SERVICE_GRACE, _SECTOR_ONLINE)),
    Rule("R24", lambda w: w.online and w.service_ended == Phase.JUST_AFTER,
         Outcome.CSP_ONLINE, _U, (_SERVICE_GRACE, _SECTOR_ONLINE)),
    Rule("R05", lambda w: w.online,
         Outcome.CSP_ONLINE, _E, (_SERVICE, (Kind.ADVICE, "no_data_loss", _ONLINE), _SECTOR_ONLINE)),
    Rule("R16", lambda w: w.sa_ended == Phase.LONG_AFTER,
         Outcome.ASK_BDM, _D, (_SA, _UNBROKEN, _GRACE)),
    Rule("R17", lambda w: w.sa_ended == Phase.JUST_AFTER,
         Outcome.ASK_BDM, _U, (_SA, _UNBROKEN, _GRACE)),
    Rule("R20", lambda w: w.no_sa and w.unknown_product,
         Outcome.ASK_BDM, _U, (_NO_SA,)),
    Rule("R06", lambda w: w.with_sa and not w.sold(_VALUE) and w.open_on_sale,
         Outcome.OPEN_LICENSE, _D, (_SECTOR_VALUE, (Kind.CELL, "sa", _OPEN))),
    Rule("R07", lambda w: w.with_sa and w.sold(_VALUE),
         Outcome.OPEN_VALUE, _E, (_SA, (Kind.CELL, "sa", _VALUE))),
    Rule("R08", lambda w: w.no_sa and w.excluded and not w.open_on_sale and w.sold(_VALUE),
         Outcome.OPEN_VALUE, _D, (_PRODUCT, (Kind.EVENT, "open_end", "")), ask=True),
    Rule("R09", lambda w: w.no_sa and w.excluded and w.open_on_sale,
         Outcome.OPEN_LICENSE, _D, (_PRODUCT, (Kind.CELL, "products", _OPEN))),
    Rule("R10", lambda w: w.no_sa and w.not_yet and w.open_on_sale,
         Outcome.OPEN_LICENSE, _D, (_PRODUCT, (Kind.CELL, "products", _OPEN))),
    Rule("R18", lambda w: w.no_sa and w.needs_sa and w.sold(_VALUE),
         Outcome.OPEN_VALUE, _D, (_NO_LICENCE_ALONE, _SA)),
    Rule("R19", lambda w: w.no_sa and w.runs_elsewhere and w.sold(_VALUE),
         Outcome.OPEN_VALUE, _D, (_NO_LICENCE_ALONE, _SA, (Kind.ADVICE, "software_subscription", ""))),
    Rule("R11", lambda w: w.no_sa and not w.excluded and w.differs(_PERPETUAL),
         Outcome.ASK_BDM, _C, (_SECTOR_PERPETUAL,)),
    Rule("R12", lambda w: w.no_sa and not w.commercial and w.unsold(_PERPETUAL) and w.open_on_sale,
         Outcome.OPEN_LICENSE, _D, (_SECTOR_PERPETUAL,)),
    Rule("R13", lambda w: w.no_sa and w.unsold(_PERPETUAL) and w.open_on_sale,
         Outcome.OPEN_LICENSE, _D, (_SECTOR_PERPETUAL,)),
    Rule("R14", lambda w: w.no_sa and w.limited(_PERPETUAL),
         Outcome.ASK_BDM, _C, (_SECTOR_PERPETUAL,)),
    Rule("R15", lambda w: w.no_sa and not w.excluded and w.sold(_PERPETUAL),
         Outcome.CSP_PERPETUAL, _E, (_NO_SA, _SECTOR_PERPETUAL)),
    Rule(NO_ANSWER, lambda w: True,
         Outcome.ASK_BDM, _C, (_NO_SA, _SA, _SERVICE)),
)
# fmt: on


@dataclass(frozen=True)
class Decision:
    """An answer, or a ``question``: the field of Case that is missing, with everything else empty.

    ``scenario`` is the guide's, 1 or 2, with its ``steps``; 0 where nothing moves to CSP.
    """

    outcome: Outcome
    status: Status
    rule: str = ""
    sure: Confidence = Confidence.EXPLICIT
    question: str = ""
    notes: tuple[Note, ...] = ()
    others: tuple[WhyNot, ...] = ()
    cites: tuple[DatedFact, ...] = ()
    dates: tuple[tuple[Deadline, dt.date], ...] = ()
    product: str = ""
    scenario: int = 0
    steps: tuple[checklist.Step, ...] = ()
    edition: int = 0

    @property
    def blocked(self) -> tuple[Note, ...]:
        return tuple(note for note in self.notes if note.level == "blocked")


def decide(case: Case, facts: Facts) -> Decision:
    """Return the answer to a case, or the next question. Never guesses, never raises for a missing answer."""
    world = World(case, facts)
    try:
        rule = next(rule for rule in RULES if rule.holds(world))
        on = world.on
        notes = answer_notes.notes(rule.outcome, world)
    except MissingAnswer as missing:
        return Decision(Outcome.ASK, Status.QUESTION, question=missing.question, edition=facts.edition)
    return Decision(
        outcome=rule.outcome,
        status=_status(rule, notes),
        rule=rule.number,
        sure=rule.sure,
        notes=notes,
        others=tuple(answer_notes.others(rule.outcome, world)),
        cites=tuple(fact for fact in cited(rule.cites, world) if fact.holds(on)),
        dates=tuple(_dates(rule, world, on)),
        product=case.product or "",
        scenario=checklist.scenario(case.tenant, ended=case.ended) if rule.outcome == Outcome.CSP_ONLINE else 0,
        steps=checklist.steps(case.tenant, ended=case.ended) if rule.outcome == Outcome.CSP_ONLINE else (),
        edition=facts.edition,
    )


def asks(case: Case, facts: Facts) -> list[str]:
    """Return the answers that the table needed, in the order in which it asked. The others made no difference."""
    empty = {
        "need": None,
        "transaction": None,
        "sector": None,
        "product": None,
        "token_bought_on": None,
        "quantity": None,
        "runs_on": None,
    }
    known = replace(case, **empty, starts=None, starts_asked=False)  # type: ignore[arg-type]
    asked: list[str] = []
    while (question := decide(known, facts).question) and question not in asked:
        asked.append(question)
        if question == "starts":
            known = replace(known, starts=case.starts, starts_asked=case.starts_asked)
        else:
            known = replace(known, **{question: getattr(case, question)})
    return asked


def _status(rule: Rule, notes: tuple[Note, ...]) -> Status:
    if rule.outcome == Outcome.ASK_BDM or rule.ask:
        return Status.ASK_BDM
    return Status.WITH_CONDITIONS if any(note.level != "warning" for note in notes) else Status.DECIDED


# --- sources and days -------------------------------------------------------------------------------------------
def _dates(rule: Rule, world: World, on: dt.date) -> list[tuple[Deadline, dt.date]]:
    found: list[tuple[Deadline, dt.date]] = []
    if rule.outcome == Outcome.ACTIVATE_TOKEN and world.token_until:
        found.append((Deadline.TOKEN_UNTIL, world.token_until))
    days = transfer.return_days(rule.outcome, world.facts, on=on, sector=world.case.sector or "")
    if days:
        found.append((Deadline.RETURN_UNTIL, transfer.return_until(on, days)))
    return found
