"""What a connector brings back from another system: never a state, only what was seen there."""

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from onboarding.enums import Source

# The reason of a system that is not the one to ask: no verdict, and never shown. The next one is asked at once, or a
# person (``domain.validation``). An outage is no such thing: then the same one is asked again.
CANNOT_TELL = "register_cannot_tell"


class Outcome(Enum):
    GOOD = "good"  # decided: it holds
    BAD = "bad"  # decided: somebody must act; the reason says what
    UNDECIDED = "undecided"  # not decided; never counts against the user


@dataclass(frozen=True)
class Finding:
    """``reason`` is a key of ``domain.reasons.REASONS`` (needed when bad; when undecided it says what is awaited), or
    ``CANNOT_TELL``.

    ``evidence`` is JSON that a person can judge by: what was asked, what was seen. ``retry_at`` is the other system's
    own wish (a negative TTL, a Retry-After), in UTC; None leaves the pace to ``domain.waiting``. ``sure`` is False when
    what was seen has no known meaning: it then takes nothing away from anybody, a person looks.
    """

    outcome: Outcome
    seen_at: dt.datetime
    source: Source = Source.API
    reason: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    retry_at: dt.datetime | None = None
    sure: bool = True
