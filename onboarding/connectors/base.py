"""The promise every connector keeps: look at a subject in another company's system, say what was seen, decide nothing.

A connector fails in two ways only. Anything else that escapes ``look`` is a bug and parks the row for staff.
"""

import datetime as dt
from typing import Protocol, TypeVar

from onboarding.domain.finding import Finding

Subject = TypeVar("Subject", contravariant=True)


class TemporaryError(Exception):
    """The other system could not answer now (down, slow, throttled): try again, nobody is to blame.

    ``retry_at`` is when that system asked to be left alone until (UTC), if it said so.
    """

    def __init__(self, message: str, *, retry_at: dt.datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class PermanentError(Exception):
    """The other system refuses us (credentials, contract, our mistake): staff must look, retrying will not help."""


class LaneRefusedError(PermanentError):
    """The other system refuses our sign-in: no row of this connector would fare better."""


class AccountRefusedError(PermanentError):
    """One of our accounts there is refused: rows of its region wait until ``rests_until`` (UTC), others go on."""

    def __init__(self, message: str, *, rests_until: dt.datetime) -> None:
        super().__init__(message)
        self.rests_until = rests_until


class Connector(Protocol[Subject]):
    def look(self, subject: Subject, *, now: dt.datetime) -> Finding:
        """Raises: TemporaryError, PermanentError."""
        ...
