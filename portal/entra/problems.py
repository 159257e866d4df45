"""What a person reads when a sign-in with Microsoft does not come off: what happened, and what to do.

Source of the numbers: [entra-error-codes].
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.entra.tokens import Refusal

Text = str | Promise


@dataclass(frozen=True)
class Problem:
    """``is_choice``: the person turned back; nothing is wrong."""

    what: Text
    do: Text
    is_choice: bool = False


_AGAIN = _("Start again with “Sign in with Microsoft”. If it happens again, tell your contact at Ingram Micro.")
_ANOTHER = _("Sign in again and choose another account, or use your e-mail address and password.")
_ADMIN = _(
    "Ask the administrator of your Microsoft tenant to allow this portal, then sign in again. Until then, use your "
    "e-mail address and password."
)
_OURS = _("Ingram Micro has to correct this. Until then, use your e-mail address and password.")

_INVALID = Problem(_("Microsoft's answer was not valid, so nobody was signed in."), _AGAIN)
_LATE = Problem(_("The sign-in took too long, or was used already. Nobody was signed in."), _AGAIN)

PROBLEMS: dict[str, Problem] = {
    **dict.fromkeys(Refusal, _INVALID),
    Refusal.EXPIRED: _LATE,
    Refusal.PERSONAL: Problem(
        _("This is a personal Microsoft account. The portal takes work accounts only."),
        _("Sign in again with the account that your company gave you."),
    ),
    Refusal.TENANT: Problem(_("This account belongs to another organisation."), _ANOTHER),
    "state": Problem(
        _("This sign-in was not started in this browser, took longer than ten minutes, or was used already."), _AGAIN
    ),
    "no_answer": Problem(
        _("Microsoft did not answer. Nobody was signed in."),
        _("Try again in a few minutes, or use your e-mail address and password."),
    ),
    "unusable_answer": _INVALID,
    "refused": Problem(_("Microsoft refused the sign-in."), _AGAIN),
    "cancelled": Problem(_("You did not finish the sign-in with Microsoft."), _("Nothing was changed."), True),
    "consent_refused": Problem(
        _("You did not allow the portal to read your name and address from Microsoft."),
        _("Microsoft signs nobody in here without it. Sign in again and accept, or use your address and password."),
        True,
    ),
    "admin_consent": Problem(_("Your organisation lets only its administrators allow new applications."), _ADMIN),
    "not_assigned": Problem(_("Your account is not among those that your organisation lets use this portal."), _ADMIN),
    "other_tenant": Problem(_("Microsoft does not know this account in that organisation."), _ANOTHER),
    "account_closed": Problem(
        _("Microsoft says that this account is disabled, locked, or that its password has expired."),
        _("Sign in at Microsoft first, or ask the administrator of your Microsoft tenant."),
    ),
    "conditional_access": Problem(
        _("A rule of your organisation does not allow this sign-in from this device or place."),
        _("Use a device and network that your organisation allows, or ask its administrator."),
    ),
    "second_factor": Problem(
        _("Your organisation asks for a second factor, which was not given."),
        _("Sign in again and complete it. Set one up first at https://aka.ms/mfasetup if you have none."),
    ),
    "misconfigured": Problem(_("The portal is not registered correctly with Microsoft."), _OURS),
    "no_role": Problem(
        _("Your account is in no group that opens this portal to people of Ingram Micro."),
        _("Ask the administrator of the portal to add you to one. Rights that came with a group have ended."),
    ),
    "no_group": Problem(
        _("Not connected: this account is in no group that opens the portal to people of Ingram Micro."),
        _("Ask the administrator of the portal to add you to one."),
    ),
    "no_account": Problem(
        _("No account of the portal has this address."),
        _("Ask the administrator of the portal to add you, then sign in again."),
    ),
    "staff_elsewhere": Problem(
        _("This is an account of Ingram Micro."),
        _("Use “Sign in with Microsoft (people of Ingram Micro)” on the sign-in page."),
    ),
    "staff_only": Problem(
        _("People of Ingram Micro sign in with Microsoft only."),
        _("Use “Sign in with Microsoft (people of Ingram Micro)” on the sign-in page."),
    ),
    "other_person": Problem(
        _("This Microsoft account is connected to another account of the portal."),
        _("Sign in with it, disconnect it there, then connect it here."),
    ),
    "not_yours": Problem(
        _("You signed in with a Microsoft account that is not connected to your account here."),
        _("Try again with the one that is listed under “Microsoft accounts”."),
    ),
    "not_fresh": Problem(
        _("Microsoft did not confirm that you have just signed in."),
        _("Try again and enter your password at Microsoft. If it happens again, tell your contact at Ingram Micro."),
    ),
}

# AADSTS number -> problem. What is not listed is "refused", with its number beside it.
_NUMBERS = {
    "consent_refused": (65004,),
    "admin_consent": (65001, 65005, 90093, 90094, 90095, 90097, 900941, 900981),
    "not_assigned": (50105, 50177),
    "other_tenant": (50020, 50034, 90002, 90072, 500021, 500212, 51004, 700016),
    "account_closed": (50053, 50055, 50057, 50126, 50144),
    "conditional_access": (53000, 53001, 53002, 53003, 53004, 530032, 530021, 50097, 50005),
    "second_factor": (50072, 50074, 50076, 50079, 50158, 500121),
    "misconfigured": (50011, 7000215, 7000222, 7000112, 700027, 650052, 650056, 70001, 500011),
    "state": (54005, 70000, 70008, 700082, 9002313, 501481, 50089),
    "cancelled": (50199, 50078, 16000),
    "no_answer": (90033, 90006, 90024, 50087),
}
_BY_NUMBER = {f"AADSTS{number}": code for code, numbers in _NUMBERS.items() for number in numbers}


def by_number(number: str, *, otherwise: str = "refused") -> str:
    """Return the problem that an AADSTS number stands for."""
    return _BY_NUMBER.get(number, otherwise)


def of_answer(error: str, number: str, *, subcode: str = "") -> str:
    """Return the problem that Microsoft sends the browser back with. ``error`` is its word in OAuth's list."""
    if subcode == "cancel" and not number:
        return "cancelled"
    usual = {
        "access_denied": "cancelled",
        "consent_required": "admin_consent",
        "interaction_required": "second_factor",
        "temporarily_unavailable": "no_answer",
        "server_error": "no_answer",
        "unauthorized_client": "misconfigured",
        "invalid_client": "misconfigured",
        "invalid_request": "misconfigured",
        "unsupported_response_type": "misconfigured",
        "invalid_resource": "misconfigured",
    }
    return by_number(number, otherwise=usual.get(error, "refused"))
