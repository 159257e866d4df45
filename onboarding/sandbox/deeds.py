"""What a reseller does by hand in Partner Center, and what it changes in the sandbox's world.

Source: [pc-mpa-status] (in which order an agreement is refused: our guess).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from onboarding.sandbox.records import DeedRefusedError, Reseller
from onboarding.sandbox.shipped import in_our_region

if TYPE_CHECKING:
    from onboarding.sandbox.world import World


def _enrol(world: "World", reseller: Reseller) -> None:
    if reseller.csp != "none":
        raise DeedRefusedError("This reseller is already enrolled in CSP.")
    world.start_vetting(reseller)
    world.add_activity("create_mpn_association", "mpn_association", reseller)


def _confirm_email(world: "World", reseller: Reseller) -> None:
    if reseller.csp == "none":
        raise DeedRefusedError("There is no e-mail to confirm before the enrolment.")
    reseller.email_confirmed = True


def _sign_agreement(world: "World", reseller: Reseller) -> None:
    if reseller.csp == "none":
        raise DeedRefusedError("The Microsoft Partner Agreement is offered after the enrolment; play that first.")
    if reseller.csp == "vetting":
        raise DeedRefusedError(
            f"Microsoft is still verifying this reseller, until {reseller.vetting_ends_at} in simulated time;"
            f" it is now {world.now().isoformat()}. The agreement can be signed after that."
        )
    reseller.agreement_signed = True


def _withdraw_agreement(world: "World", reseller: Reseller) -> None:
    reseller.agreement_signed = False


def _suspend(world: "World", reseller: Reseller) -> None:
    reseller.suspended = True


def _reinstate(world: "World", reseller: Reseller) -> None:
    reseller.suspended = False


def _accept_link(world: "World", reseller: Reseller) -> None:
    if reseller.csp != "active" or not reseller.agreement_signed:
        raise DeedRefusedError("The invitation works once the reseller is active in CSP and the agreement is signed.")
    if not in_our_region(reseller):
        raise DeedRefusedError("The reseller is in another CSP region than the distributor.")
    reseller.tenant = reseller.tenant or _tenant_of(reseller.mpn_id)
    reseller.linked = True
    world.add_activity("create_partner_relationship", "partner_relationship", reseller)


def _remove_link(world: "World", reseller: Reseller) -> None:
    if reseller.linked:
        world.add_activity("remove_partner_relationship", "partner_relationship", reseller)
    reseller.linked = False


DEEDS: dict[str, Callable[["World", Reseller], None]] = {
    "enrol": _enrol,
    "confirm_email": _confirm_email,
    "sign_agreement": _sign_agreement,
    "accept_link": _accept_link,
    "remove_link": _remove_link,
    "withdraw_agreement": _withdraw_agreement,
    "suspend": _suspend,
    "reinstate": _reinstate,
}


def _tenant_of(mpn_id: str) -> str:
    """Return a tenant for resellers without one, visibly made up."""
    return f"00000000-0000-4000-8000-{int(mpn_id):012d}"
