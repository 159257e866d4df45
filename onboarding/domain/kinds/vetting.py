"""Microsoft's half of the three validations: it starts with the submission in Partner Center, and people tell it."""

from collections.abc import Callable
from typing import Any

from onboarding.domain.kinds.record import Around, Asked, CheckSpec
from onboarding.domain.kinds.texts import WITH_MICROSOFT
from onboarding.enums import EnrollmentState
from onboarding.models import Enrollment


def is_sent(enrollment: Enrollment) -> bool:
    """Return whether the file was submitted here, so that checks of it may start."""
    return enrollment.state != EnrollmentState.DRAFT


def microsofts(told: Callable[[Enrollment], Any]) -> CheckSpec:
    """Return Microsoft's check of a validation; ``told`` is what the partner gave Microsoft. Source: [guide] part 2."""

    def subject(enrollment: Enrollment, _around: Around) -> Any:
        return told(enrollment) if is_sent(enrollment) and enrollment.sent_to_microsoft_on else None

    return CheckSpec(subject=subject, asked=Asked.NOBODY, own_phases=(), starts=WITH_MICROSOFT)
