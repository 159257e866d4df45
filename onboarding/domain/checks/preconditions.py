"""What must be so before a request is the partner's turn: a code of another system knows only its own half.

Partner Center answers "not signed" from the day of enrolment, but offers the agreement only once Microsoft's vetting
has ended [ms-mpa]; it answers "no relationship" whether or not the partner has reached the step in which it is
accepted. Until a precondition is met, the check shows another reason, which is not the partner's turn.
"""

from collections.abc import Callable
from dataclasses import dataclass

from onboarding.domain.checks.routing import Checks
from onboarding.domain.questions.requirements import is_answered
from onboarding.domain.questions.steps import PAGES
from onboarding.enums import VALIDATIONS, Authority
from onboarding.models import Enrollment


@dataclass(frozen=True)
class Precondition:
    """``instead`` is the reason that a check shows until ``is_met``."""

    instead: str
    is_met: Callable[[Enrollment, Checks], bool]


def is_vetted(_enrollment: Enrollment, checks: Checks) -> bool:
    """Return whether Microsoft's three validations have passed, as far as anybody reported."""
    return all(checks[kind, Authority.MICROSOFT].holds for kind in VALIDATIONS)


def has_marketplace(enrollment: Enrollment, _checks: Checks) -> bool:
    """Return whether step 4 is answered, which step 5 follows."""
    return is_answered(enrollment, PAGES["marketplace"])


PRECONDITIONS: dict[str, Precondition] = {
    "agreement_unsigned": Precondition("agreement_not_offered_yet", is_vetted),
    "not_accepted_yet": Precondition("marketplace_first", has_marketplace),
}
_WITHHELD = {precondition.instead: reason for reason, precondition in PRECONDITIONS.items()}


def reason_now(reason: str, enrollment: Enrollment, checks: Checks) -> str:
    """Return the reason that may be shown now: ``reason``, what stands instead of it, or what was withheld before."""
    wanted = _WITHHELD.get(reason, reason)
    precondition = PRECONDITIONS.get(wanted)
    if precondition is None or precondition.is_met(enrollment, checks):
        return wanted
    return precondition.instead
