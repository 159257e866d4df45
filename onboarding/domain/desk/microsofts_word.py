"""Microsoft's decision on a validation, as a BDM learns it outside of the portal (mail, ticket, their own system)."""

import datetime as dt

from django.db import transaction

from onboarding.domain.desk import decisions
from onboarding.domain.reasons.catalogue import BDM_ASKS
from onboarding.enums import Authority, MicrosoftSays
from onboarding.models import Check
from portal.accounts.models import User


class NotMicrosoftsError(Exception):
    """The check is none of Microsoft's three validations."""


class ReasonUnknownError(Exception):
    """A rejection names one of the reasons that may be raised on the check."""


@transaction.atomic
def report(
    *, check: Check, says: MicrosoftSays, reason: str, note: str, basis_seen: str, by: User, now: dt.datetime
) -> None:
    """Record the decision, with what follows for the partner, as the BDM's page would.

    ``reason`` and ``note`` belong to a rejection: the partner reads them. ``basis_seen`` is ``decisions.basis`` of the
    check on which the caller decided.

    Raises: NotMicrosoftsError, ReasonUnknownError, and what ``onboarding.domain.desk.decisions`` raises.
    """
    if check.authority != Authority.MICROSOFT or not check.is_validation:
        raise NotMicrosoftsError
    if says == MicrosoftSays.AUTHORIZED:
        decisions.confirm(check=check, by=by, now=now, note=note, basis_seen=basis_seen)
    elif says == MicrosoftSays.ENDED:
        decisions.refuse(check=check, note=note, by=by, now=now, basis_seen=basis_seen)
    else:
        if reason not in decisions.reasons_for(check) or reason == BDM_ASKS:
            raise ReasonUnknownError
        decisions.ask(check=check, note=note, reason=reason, by=by, now=now, basis_seen=basis_seen)
