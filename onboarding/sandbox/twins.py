"""The addresses of the registers' twins, by the register's code. A new register's twin is added here."""

from collections.abc import Callable
from dataclasses import dataclass

from onboarding.sandbox import dun_bradstreet, gleif, vies
from onboarding.sandbox.exchange import DISGUISES, TROUBLES, Reply, TwinCall
from onboarding.sandbox.world import World


@dataclass(frozen=True)
class RegisterTwin:
    """A twin with the addresses below ``prefix``. ``orders``: its own errors and shapes, besides the common faults."""

    code: str
    prefix: str
    answer: Callable[[World, TwinCall], Reply]
    orders: frozenset[str] = frozenset()

    @property
    def faults(self) -> set[str]:
        return {*TROUBLES, *DISGUISES, *self.orders}


TWINS = (
    RegisterTwin("vies", vies.PREFIX, vies.answer, frozenset(vies.ERRORS)),
    RegisterTwin("gleif", gleif.PREFIX, gleif.answer, frozenset(gleif.SHAPES)),
)
# The path of each register's address on the sandbox's server.
PATHS = {
    **{twin.code: twin.prefix.rstrip("/") for twin in TWINS},
    "recherche_entreprises": "",
    "dun_bradstreet": dun_bradstreet.PREFIX,
}
