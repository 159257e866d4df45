"""The steps that bring a customer's subscription into CSP, and who does them: the guide's two scenarios. Pure.

The tenant decides the steps, never the programme. For an unknown tenant the longer scenario is shown: none of its steps
does harm, and its first takes days.

Source: [guide] part 4; the Microsoft Customer Agreement is of [MCAA], the roles in the tenant of [GDAP]; who does what
when another partner serves the tenant is our interpretation.
"""

from dataclasses import dataclass
from enum import StrEnum

from licensing.domain.timing import Phase
from licensing.enums import Tenant


class Owner(StrEnum):
    RESELLER = "reseller"
    CUSTOMER = "customer"
    INGRAM = "ingram"


@dataclass(frozen=True)
class Step:
    code: str
    owner: Owner


# A code in both lists is one step: its tick stays when the answer changes.
_CREATE = Step("create", Owner.RESELLER)
_OTHER_PARTNER = Step("other_partner", Owner.INGRAM)
_AUTHORISE = Step("authorise", Owner.CUSTOMER)
_MCA = Step("mca", Owner.CUSTOMER)
_GDAP = Step("gdap", Owner.CUSTOMER)
_TENANT = Step("tenant", Owner.RESELLER)
_DOMAIN = Step("domain", Owner.RESELLER)
_ORDER = Step("order", Owner.RESELLER)
_TRANSFER = Step("transfer", Owner.RESELLER)
_CHECK = Step("check", Owner.CUSTOMER)

_BUY = (_MCA, _ORDER, _GDAP, _CHECK)
_MOVE = (_AUTHORISE, _MCA, _TENANT, _DOMAIN, _ORDER, _TRANSFER, _GDAP, _CHECK)
STEPS: dict[Tenant, tuple[Step, ...]] = {
    Tenant.NONE: (_CREATE, *_BUY),
    Tenant.OURS: _BUY,
    Tenant.OUTSIDE: _MOVE,
    Tenant.OTHER_PARTNER: (_OTHER_PARTNER, *_MOVE),
    # The longer list: none of its steps does harm, and its first takes days.
    Tenant.UNKNOWN: _MOVE,
}
CODES = frozenset(step.code for steps in STEPS.values() for step in steps)


def scenario(tenant: Tenant, *, ended: Phase | None = None) -> int:
    """Return 1 when a new subscription is bought, 2 when one outside CSP is transferred.

    ``ended`` says how long ago the subscription ended; of one that ended long ago nothing is left to transfer.
    """
    return 1 if tenant in (Tenant.NONE, Tenant.OURS) or ended == Phase.LONG_AFTER else 2


def steps(tenant: Tenant, *, ended: Phase | None = None) -> tuple[Step, ...]:
    """Return the steps for this tenant, without a transfer where nothing is left to transfer."""
    return tuple(step for step in STEPS[tenant] if step != _TRANSFER or ended != Phase.LONG_AFTER)
