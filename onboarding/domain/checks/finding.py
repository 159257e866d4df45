"""The result of a connector: what it saw in another system, never a state."""

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from onboarding.enums import Source

# The reason of a system that has no answer: no verdict, and never shown. The next one is asked at once, or a person
# (``domain.checks.recording``). After an outage the system that failed is asked again.
CANNOT_TELL = "register_cannot_tell"


class Outcome(Enum):
    GOOD = "good"  # decided: the check holds
    BAD = "bad"  # decided: somebody must act; the reason says what
    UNDECIDED = "undecided"  # not decided; never counts against the user


@dataclass(frozen=True)
class Finding:
    """A finding. ``reason`` is a key of the catalogue of reasons, or ``CANNOT_TELL``.

    A bad finding needs a reason; an undecided one may have the reason for which it waits. ``evidence`` is JSON for
    people who judge: what was asked, what was seen. ``retry_at`` is the other system's own wish (a negative TTL, a
    Retry-After), in UTC; with None ``polling`` decides. ``sure`` is False when what was seen has no known meaning: then
    nobody loses anything by it, and a person decides.
    """

    outcome: Outcome
    seen_at: dt.datetime
    source: Source = Source.API
    reason: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    retry_at: dt.datetime | None = None
    sure: bool = True
