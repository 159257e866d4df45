"""What should my customer buy? One table, read from the top: the first rule that applies gives the answer.

A rule that needs a missing answer asks for it, so the table asks only what it needs, in its order. Pure: the facts of
an edition and the answers go in; rule numbers, programmes and days come out.

Source: [guide] parts 1 and 3; each rule names its own in ``cites``.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from licensing.domain import checklist, transfer
from licensing.domain.facts import DatedFact, Facts
from licensing.domain.timing import Phase
from licensing.enums import Confidence, Deadline, Kind, Need, Outcome, Programme, Sector, Status, Tenant, Transaction

OPEN_CLOSED = dt.date(2022, 1, 1)  # the first day without Open License. Source: [guide] introduction.
OTHER = "other"  # a product that is not in the list


@dataclass(frozen=True)
class Case:
    """The answers so far; None means: not asked yet. ``product`` is a family's key; ``quantity`` counts licences.

    ``ready`` is the reseller's own state in CSP: True, False, or None when unknown; ``imonline`` is the state of their
    account in IMOnline. ``covered`` is True when a BDM covers the customer's country, and None when the country is
    unknown. ``tenant`` decides the scenario of a move and no programme, so it is optional.
    """

    need: Need | None = None
    transaction: Transaction | None = None
    sector: Sector | None = None
    product: str | None = None
    order_on: dt.date | None = None
    token_bought_on: dt.date | None = None
    quantity: int | None = None
    starts: bool | None = None  # has an Open Value agreement, or an Enterprise product on 5 devices
    starts_asked: bool = False
    ready: bool | None = None
    imonline: bool | None = None
    covered: bool | None = None
    tenant: Tenant = Tenant.UNKNOWN
    ended: Phase | None = None  # how long ago the service or Software Assurance ended; None: it runs, or is not known


class MissingAnswer(Exception):
    """The table needs an answer first; ``question`` names the field of Case."""

    def __init__(self, question: str) -> None:
        super().__init__(question)
        self.question = question


class World:
    """The case with the facts of its day: what the conditions of the table read."""

    def __init__(self, case: Case, facts: Facts) -> None:
        self.case, self.facts = case, facts

    def _asked(self, question: str) -> object:
        answer = getattr(self.case, question)
        if answer is None:
            raise MissingAnswer(question)
        return answer

    @property
    def on(self) -> dt.date:
        day = self._asked("order_on")
        assert isinstance(day, dt.date)
        return day

    @property
    def need(self) -> Need:
        return Need(str(self._asked("need")))

    @property
    def no_sa(self) -> bool:
        return self.need == Need.NO_SA

    @property
    def with_sa(self) -> bool:
        return self.need in (Need.WITH_SA, Need.SA_RENEWAL)

    @property
    def online(self) -> bool:
        """Return True when an online service is needed, also after a token became too old to be activated."""
        return self.need == Need.ONLINE or self.token_lost

    @property
    def sa_ended(self) -> Phase | None:
        return self.case.ended if self.need == Need.SA_RENEWAL else None

    @property
    def running(self) -> bool:
        return self._asked("transaction") in (Transaction.RENEWAL, Transaction.TRANSFER)

    @property
    def sector(self) -> Sector:
        return Sector(str(self._asked("sector")))

    @property
    def commercial(self) -> bool:
        return self.sector == Sector.COMMERCIAL

    @property
    def product(self) -> str:
        return str(self._asked("product"))

    # --- tokens
    @property
    def token_until(self) -> dt.date | None:
        if self.need != Need.TOKEN:
            return None
        bought = self._asked("token_bought_on")
        assert isinstance(bought, dt.date)
        return transfer.token_until(bought, years=self.facts.number("token.activation", on=self.on) or 5)

    @property
    def token_alive(self) -> bool:
        return self.token_until is not None and self.on <= self.token_until

    @property
    def token_lost(self) -> bool:
        """Return True when the token is void by every reading: after the agreement and after Open License (C17)."""
        if self.token_until is None:
            return False
        agreement = self.facts.number("open.term", on=self.on) or 2
        latest = max(transfer.add_years(self.token_until, agreement), transfer.add_years(OPEN_CLOSED - transfer.DAY, 5))
        return self.on > latest

    @property
    def token_unsure(self) -> bool:
        return self.token_until is not None and not self.token_alive and not self.token_lost

    # --- what is sold
    def effects(self, programme: Programme) -> list[DatedFact]:
        return self.facts.readings(Kind.SECTOR, self.sector, programme, on=self.on)

    def effect(self, programme: Programme) -> str:
        """Return available, not_available, limited or differs: for this sector on this day."""
        if programme == Programme.OPEN_LICENSE:
            return "available" if self.open_on_sale else "not_available"
        said = {str(fact.value.get("effect")) for fact in self.effects(programme)}
        return said.pop() if len(said) == 1 else "differs"

    def sold(self, programme: Programme) -> bool:
        return self.effect(programme) == "available"

    def unsold(self, programme: Programme) -> bool:
        return self.effect(programme) == "not_available"

    def limited(self, programme: Programme) -> bool:
        return self.effect(programme) == "limited"

    def differs(self, programme: Programme) -> bool:
        return self.effect(programme) == "differs"

    @property
    def open_on_sale(self) -> bool:
        """Return True while Open License is sold. From ``OPEN_CLOSED`` on no edition can bring it back."""
        open_license = self.facts.first(Kind.PROGRAMME, Programme.OPEN_LICENSE, on=self.on)
        return self.on < OPEN_CLOSED and open_license is not None

    def product_fact(self, programme: Programme) -> DatedFact | None:
        product = self.case.product
        return self.facts.first(Kind.PRODUCT, product, programme, on=self.on) if product else None

    def product_effect(self, programme: Programme) -> str:
        fact = self.product_fact(programme)
        return str(fact.value.get("effect")) if fact else ""

    @property
    def excluded(self) -> bool:
        return bool(self.product) and self.product_effect(Programme.CSP_PERPETUAL) == "excluded"

    @property
    def not_yet(self) -> bool:
        return bool(self.product) and self.product_effect(Programme.CSP_PERPETUAL) == "not_yet"


Condition = Callable[[World], bool]
Cite = tuple[Kind, str, str]  # kind, key, programme of a fact


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
_KEEP = ((Kind.CELL, "license_type", _OPEN), (Kind.TRANSFER, "only_what_expires", ""))

# fmt: off
RULES: tuple[Rule, ...] = (
    Rule("R01", lambda w: w.token_alive,
         Outcome.ACTIVATE_TOKEN, _E, _TOKEN),
    Rule("R02", lambda w: w.token_unsure,
         Outcome.ASK_BDM, _C, _TOKEN),
    Rule("R03", lambda w: w.no_sa and w.running,
         Outcome.KEEP, _D, _KEEP),
    Rule("R04", lambda w: w.online and not w.sold(_ONLINE),
         Outcome.ASK_BDM, _C, (_SECTOR_ONLINE, _SERVICE)),
    Rule("R05", lambda w: w.online,
         Outcome.CSP_ONLINE, _E, (_SERVICE, _SECTOR_ONLINE)),
    Rule("R16", lambda w: w.sa_ended == Phase.LONG_AFTER,
         Outcome.ASK_BDM, _D, (_SA,)),
    Rule("R17", lambda w: w.sa_ended == Phase.JUST_AFTER,
         Outcome.ASK_BDM, _C, (_SA,)),
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
    Rule("R99", lambda w: True,
         Outcome.ASK_BDM, _C, (_NO_SA, _SA, _SERVICE)),
)
# fmt: on


@dataclass(frozen=True)
class Note:
    """A sentence's key with the values to fill in; ``level`` is condition, blocked or warning."""

    key: str
    level: str = "warning"
    days: int | None = None


@dataclass(frozen=True)
class WhyNot:
    programme: Programme
    key: str
    possible: bool


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
        notes = _notes(rule, world)
    except MissingAnswer as missing:
        return Decision(Outcome.ASK, Status.QUESTION, question=missing.question, edition=facts.edition)
    return Decision(
        outcome=rule.outcome,
        status=_status(rule, notes),
        rule=rule.number,
        sure=rule.sure,
        notes=notes,
        others=tuple(_others(rule, world)),
        cites=_cites(rule, world),
        dates=tuple(_dates(rule, world, on)),
        product=case.product or "",
        scenario=checklist.scenario(case.tenant) if rule.outcome == Outcome.CSP_ONLINE else 0,
        steps=checklist.STEPS[case.tenant] if rule.outcome == Outcome.CSP_ONLINE else (),
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


# --- notes beside the answer -------------------------------------------------------------------------------------
def _notes(rule: Rule, world: World) -> tuple[Note, ...]:
    """Return what is said beside the answer: of the token, of the programme, of this customer."""
    lost = [Note("M_token_lost")] if world.need == Need.TOKEN and world.token_lost else []
    return (*lost, *_of_programme(rule, world), *_of_customer(rule, world.case))


def _of_programme(rule: Rule, world: World) -> list[Note]:
    case, facts, on = world.case, world.facts, world.on
    notes: list[Note] = []
    match rule.outcome:
        case Outcome.OPEN_VALUE:
            notes += _open_value_start(world)
            notes.append(_imonline(case))
            notes.append(Note("M_ov_final"))
            if world.need == Need.SA_RENEWAL:
                notes.append(Note("M_running_sa"))
        case Outcome.CSP_PERPETUAL:
            notes += [
                Note("M_perpetual_no_sa"),
                Note("M_perpetual_return", days=facts.number("perpetual.return", on=on)),
                Note("M_perpetual_keys"),
                Note("M_perpetual_support"),
            ]
            effect = world.product_effect(Programme.CSP_PERPETUAL)
            notes += (
                [Note("M_needs_sa")] if effect == "needs_sa" else [Note("M_caution")] if effect == "caution" else []
            )
        case Outcome.CSP_ONLINE:
            days = facts.number("csp_online.cancel", on=on)
            if case.need == Need.ONLINE and case.ended:
                gone = case.ended == Phase.LONG_AFTER
                notes.append(Note("M_service_gone" if gone else "M_service_ended", "condition"))
            notes += [Note("M_online_cancel", days=days) if days else Note("M_online_cancel_any"), Note("M_web_direct")]
            if case.tenant == Tenant.OTHER_PARTNER:
                notes.append(Note("M_other_partner", "condition"))
        case Outcome.OPEN_LICENSE:
            notes += [Note("M_open_until"), _imonline(case)]
    return notes


def _of_customer(rule: Rule, case: Case) -> list[Note]:
    notes: list[Note] = []
    if case.product == OTHER and rule.outcome in Programme.values:
        notes.append(Note("M_product_unknown", "condition"))
    if rule.outcome in (Outcome.CSP_PERPETUAL, Outcome.CSP_ONLINE) and case.ready is not True:
        notes.append(Note("M_ready_unknown") if case.ready is None else Note("M_not_ready", "blocked"))
    # In countries without a BDM we have not verified that the programme is sold.
    if case.covered is False and rule.outcome in Programme.values:
        notes.append(Note("M_not_covered", "condition"))
    return notes


def _imonline(case: Case) -> Note:
    """Return where Open License and Open Value are ordered, which has nothing to do with CSP."""
    return Note("M_no_imonline", "condition") if case.imonline is False else Note("M_imonline")


def _open_value_start(world: World) -> list[Note]:
    """Return the conditions, which depend on the quantity. The programme does not."""
    case = world.case
    least = world.facts.number("open_value.min", on=world.on) or 5
    if case.quantity is None:
        raise MissingAnswer("quantity")
    if case.quantity >= least or case.starts:
        return []
    if case.starts is None and not case.starts_asked:
        raise MissingAnswer("starts")
    return [Note("M_ov_start_unknown" if case.starts is None else "M_ov_start", "condition")]


# --- why not the others -----------------------------------------------------------------------------------------
def _others(rule: Rule, world: World) -> list[WhyNot]:
    return [
        WhyNot(programme, *_why_not(programme, rule, world))
        for programme in Programme
        if programme.value != rule.outcome.value
    ]


def _why_not(programme: Programme, rule: Rule, world: World) -> tuple[str, bool]:
    """Return the key of the sentence on why this programme is not the answer, and whether it is possible at all."""
    if programme == Programme.OPEN_LICENSE and not world.open_on_sale:
        return "N_open_closed", False
    if rule.outcome in (Outcome.KEEP, Outcome.ACTIVATE_TOKEN):
        return "N_nothing_to_buy", True
    for holds, key, possible in _NOT[programme]:
        if _is_known(holds, world):
            return key, possible
    return ("N_ask_first" if rule.outcome == Outcome.ASK_BDM else "N_second"), True


def _is_known(holds: Callable[[World], bool], world: World) -> bool:
    """Return whether a condition is met; one that depends on a question we did not ask is not."""
    try:
        return holds(world)
    except MissingAnswer:
        return False


_NOT: dict[Programme, tuple[tuple[Condition, str, bool], ...]] = {
    Programme.CSP_ONLINE: (
        (lambda w: w.with_sa, "N_no_sa", False),
        (lambda w: w.no_sa, "N_is_subscription", True),
        (lambda w: w.online and w.differs(_ONLINE), "N_sources_differ", True),
    ),
    Programme.CSP_PERPETUAL: (
        (lambda w: w.with_sa, "N_no_sa", False),
        (lambda w: not w.no_sa, "N_not_online", False),
        (lambda w: w.excluded, "N_excluded", False),
        (lambda w: w.not_yet, "N_not_yet_product", False),
        (lambda w: w.differs(_PERPETUAL), "N_sources_differ", True),
        (lambda w: w.limited(_PERPETUAL), "N_limited", True),
        (lambda w: not w.sold(_PERPETUAL), "N_not_for_sector", False),
    ),
    Programme.OPEN_LICENSE: (
        (lambda w: w.product_effect(_OPEN) == "excluded", "N_open_new_sku", False),
        (lambda w: True, "N_open_possible", True),
    ),
    Programme.OPEN_VALUE: (
        (lambda w: not (w.no_sa or w.with_sa), "N_open_value_online", False),
        (lambda w: not w.sold(_VALUE), "N_not_for_sector", False),
        (lambda w: w.no_sa, "N_more_than_asked", True),
    ),
}


# --- sources and days -------------------------------------------------------------------------------------------
def _cites(rule: Rule, world: World) -> tuple[DatedFact, ...]:
    found: list[DatedFact] = []
    for kind, key, programme in rule.cites:
        if key == "*":
            key = str((world.case.sector if kind == Kind.SECTOR else world.case.product) or "")
        if kind == Kind.EVENT:
            found += [fact for fact in world.facts.of(kind, world.on) if fact.key == key]
        else:
            found += world.facts.readings(kind, key, programme, on=world.on)
    return tuple(found)


def _dates(rule: Rule, world: World, on: dt.date) -> list[tuple[Deadline, dt.date]]:
    found: list[tuple[Deadline, dt.date]] = []
    if rule.outcome == Outcome.ACTIVATE_TOKEN and world.token_until:
        found.append((Deadline.TOKEN_UNTIL, world.token_until))
    days = world.facts.number(transfer.RETURNS[rule.outcome], on=on) if rule.outcome in transfer.RETURNS else None
    if days:
        found.append((Deadline.RETURN_UNTIL, transfer.return_until(on, days)))
    return found
