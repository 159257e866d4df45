"""What the portal has to know about a kind of check. Every part is required: a missing one stops the start."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment
from onboarding.phases import Phase

Text = str | Promise


class Asked(Enum):
    """Who answers a check: connectors that look at its kind, the desk, or nobody until a person reports."""

    SYSTEMS = auto()
    SYSTEMS_THEN_DESK = auto()
    SYSTEMS_OR_DESK = auto()  # the desk only where no connector is configured
    NOBODY = auto()


@dataclass(frozen=True)
class Around:
    """What a subject may depend on beside the enrollment's answers. Each part is read only when asked for."""

    today: dt.date
    region: Callable[[], str]  # the code of the enrollment's CSP region today, or ''
    registers: Callable[[], tuple[str, ...]]  # the connectors that know a company of the partner's country
    holds: Callable[[Kind], bool]  # whether Microsoft's check of that kind holds


@dataclass(frozen=True)
class Starts:
    """When a check starts, in a sentence for each reader."""

    to_partner: Text
    to_staff: Text


SubjectOf = Callable[[Enrollment, Around], Any]


def _as_it_is(_enrollment: Enrollment, subject: Any, _around: Around) -> Any:
    return subject


@dataclass(frozen=True, kw_only=True)
class CheckSpec:
    """One authority's check of a kind.

    ``subject`` returns what the check is about, compared by value, or None while an answer is missing. ``completed``
    adds what a connector needs and the comparison does not.
    """

    subject: SubjectOf
    asked: Asked
    starts: Starts
    own_phases: tuple[Phase, ...]  # which no other check enters
    completed: Callable[[Enrollment, Any, Around], Any] = _as_it_is


@dataclass(frozen=True, kw_only=True)
class KindRecord:
    """A kind of check.

    Raises:
        ImproperlyConfigured: a part is missing or empty.
    """

    kind: Kind
    proves: Text  # one sentence, for people
    answers: tuple[str, ...]  # what it looks at: reopened when a BDM asks in words of their own
    checks: Mapping[Authority, CheckSpec]
    refusal: str | None  # the reason when Microsoft refuses it without another; None: Microsoft tells no verdict
    is_repeated_nightly: bool  # while the enrollment is ready: what Microsoft can revoke
    may_be_waived: bool
    needs_two_people: bool  # a person's confirmation takes a second person's
    ends_vetting: bool  # it cannot hold before Microsoft's vetting has ended
    begins_when_sent: bool  # its days count from the partner's submission to Microsoft

    def __post_init__(self) -> None:
        parts = {"what it proves": self.proves, "the answers it looks at": self.answers, "its checks": self.checks}
        for authority, spec in self.checks.items():
            parts[f"when the check of {authority!s} starts"] = spec.starts.to_partner and spec.starts.to_staff
        if missing := [name for name, part in parts.items() if not part]:
            raise ImproperlyConfigured(f"The kind of check {self.kind!s} lacks {', '.join(missing)}.")
        if Authority.MICROSOFT in self.checks and Authority.PORTAL in self.checks and not self.refusal:
            raise ImproperlyConfigured(f"The kind of check {self.kind!s} lacks the reason of Microsoft's refusal.")
