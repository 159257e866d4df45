"""The one writer of a check's phase, state, reason and turn.

``change`` alters a check in memory and returns the columns to write; ``write`` does both. Neither notifies anybody:
``transitions`` does what follows from a move (history, mails, requests, other checks).
"""

import datetime as dt
from typing import Any

from django.db.models import F
from django.db.models.expressions import Combinable

from onboarding.domain.kinds.registry import may_enter
from onboarding.domain.reasons.catalogue import BDM_ASKS, REASONS
from onboarding.enums import Authority, CheckState, Turn
from onboarding.models import Check
from onboarding.models.check import OPEN_STATES, SETTLED_STATES
from onboarding.phases import PHASES, Phase, phase_of


class NotItsPhaseError(Exception):
    """The phase is another check's own, such as the record of the domain for an e-mail address."""


def phase_for(state: str, reason: str) -> Phase:
    """Return the phase that a finding or a report means by a state and a reason of the catalogue."""
    turn = REASONS[reason].turn if reason and state in OPEN_STATES else Turn.NOBODY
    return phase_of(CheckState(state), reason, turn)


def change(
    check: Check, *, phase: Phase, source: str, now: dt.datetime, reason: str = "", **values: Any
) -> dict[str, Any]:
    """Change the check in memory, and return the columns to write.

    State and turn are the phase's. ``reason`` says why, in the catalogue's codes; without one it is the phase's own.
    ``turn_since`` starts again when the turn changes, ``settled_at`` when the check is settled again, and a BDM's note
    goes when phase or reason change. ``refused_at`` is the first of Microsoft's refusals that is still open. ``now`` is
    aware.

    Raises: NotItsPhaseError.
    """
    if not may_enter(phase, check.kind, check.authority):
        raise NotItsPhaseError(f"{check.kind}, {check.authority} is never in {phase}")
    row = PHASES[phase]
    reason = reason or next(iter(row.reasons), "")
    since = now if row.turn != check.turn or check.turn_since is None else check.turn_since
    if row.turn == Turn.MICROSOFT and check.phase == Phase.QUEUED:
        since = check.turn_since or now  # we have only reviewed since: Microsoft's days have counted all the while
    is_same = (phase, reason) == (check.phase, check.reason)
    settled = row.state in SETTLED_STATES
    values = {
        "turn_since": since,
        "note": check.note if is_same else "",
        "refused_at": _refused_at(check, phase, reason, values.get("seen_at") or now),
        **values,
        "phase": phase,
        "state": row.state,
        "reason": reason,
        "source": source,
        "turn": row.turn,
        "settled_at": (check.settled_at if is_same and check.settled_at else now) if settled else None,
    }
    for name, value in values.items():
        if not isinstance(value, Combinable):
            setattr(check, name, value)
    return values


# Microsoft has the answer again, or decided: no refusal of its is open.
_NO_REFUSAL = (
    Phase.NOT_STARTED, Phase.WITH_MICROSOFT, Phase.WATCHING_MICROSOFT, Phase.PASSED, Phase.WAIVED, Phase.REFUSED,
)  # fmt: skip


def _refused_at(check: Check, phase: Phase, reason: str, seen_at: dt.datetime) -> dt.datetime | None:
    """Return since when a refusal of Microsoft's is open: its 30 days run on while the partner or a BDM acts."""
    if phase in _NO_REFUSAL or not (check.is_validation and check.authority == Authority.MICROSOFT):
        return None
    is_refusal = phase == Phase.PARTNER_ACTS and reason != BDM_ASKS
    return check.refused_at or (seen_at if is_refusal else None)


def write(check: Check, *, phase: Phase, source: str, now: dt.datetime, reason: str = "", **values: Any) -> None:
    """Change the check in memory and in the database."""
    Check.objects.filter(pk=check.pk).update(
        **change(check, phase=phase, reason=reason, source=source, now=now, **values)
    )


def new_claim() -> dict[str, Any]:
    """Return the columns that make the answer of a worker at work on the row stale."""
    return {
        "claim_no": F("claim_no") + 1,
        "lease_until": None,
        "attempt": 0,
        "errors": 0,
        "parked_at": None,
        "parked_why": "",
    }
