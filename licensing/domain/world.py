"""A case of the decision aid, and the case with the facts of its day: what the rules read. Pure.

Source: [guide] parts 1 and 3.
"""

import datetime as dt
from dataclasses import dataclass

from licensing.domain import transfer
from licensing.domain.facts import DatedFact, Facts
from licensing.domain.timing import Phase
from licensing.enums import Kind, Need, Programme, RunsOn, Sector, Tenant, Transaction

OPEN_CLOSED = dt.date(2022, 1, 1)  # the first day without Open License. Source: [guide] introduction.
OTHER = "other"  # a product that is not in the list
OTHER_MAKER = "other_maker"  # software that is not Microsoft's


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
    runs_on: RunsOn | None = None  # asked only of software for which it decides
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
    def service_ended(self) -> Phase | None:
        return self.case.ended if self.need != Need.SA_RENEWAL else None

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

    @property
    def unknown_product(self) -> bool:
        """Return True for a product that is in no list; one that nobody asked about is not unknown."""
        return self.case.product == OTHER

    # --- tokens
    @property
    def token_odd(self) -> bool:
        """Return True when Open License cannot have sold the token on that day: after its end, or after the order."""
        if self.need != Need.TOKEN:
            return False
        bought = self._asked("token_bought_on")
        assert isinstance(bought, dt.date)
        return bought >= OPEN_CLOSED or bought > self.on

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

    @property
    def needs_sa(self) -> bool:
        """Return True when the product may be used with Software Assurance, or subscriptions, only."""
        return bool(self.product) and self.product_effect(Programme.CSP_PERPETUAL) == "needs_sa"

    @property
    def place_matters(self) -> bool:
        return bool(self.product) and self.product_effect(Programme.CSP_PERPETUAL) == "needs_sa_elsewhere"

    @property
    def runs_elsewhere(self) -> bool:
        """Return True when the product needs Software Assurance where the customer will use it."""
        return self.place_matters and self._asked("runs_on") == RunsOn.ELSEWHERE
