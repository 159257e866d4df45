"""Every kind of question that the decision aid can be asked on a day: what an edition must answer. Pure."""

import datetime as dt
import itertools
from collections.abc import Iterator

from licensing.domain.facts import Facts
from licensing.domain.world import Case
from licensing.enums import Kind, Need, RunsOn, Sector, Transaction

_LICENCES = (Need.NO_SA, Need.WITH_SA, Need.SA_RENEWAL)
_BOUGHT = (dt.date(2021, 12, 15), dt.date(2012, 1, 3))  # a token that may still be alive, and one that cannot


def questions(facts: Facts, *, on: dt.date) -> Iterator[Case]:
    """Yield one case for each combination of need, transaction, sector, product and place of use."""
    families = [fact.key for fact in facts.of(Kind.FAMILY, on)]
    for need in Need:
        for transaction, sector, product, runs_on, bought in itertools.product(
            (Transaction.NEW, Transaction.RENEWAL),
            Sector,
            families if need in _LICENCES else [None],
            (RunsOn.OWN, RunsOn.ELSEWHERE) if need == Need.NO_SA else (RunsOn.OWN,),
            _BOUGHT if need == Need.TOKEN else [None],
        ):
            yield Case(
                need=need, transaction=transaction, sector=sector, product=product, order_on=on, quantity=5,
                ready=True, runs_on=runs_on, token_bought_on=bought,
            )  # fmt: skip
