"""The interface of all connectors: check a subject in another company's system, return what was seen, decide nothing.

A connector fails in two ways only. Any other exception from ``look`` is a bug and parks the row for staff.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from onboarding.domain.checks.finding import Finding
from portal.work.claims import Claim

Subject = TypeVar("Subject", contravariant=True)


class TemporaryError(Exception):
    """The other system could not answer now (down, slow, throttled): a later try may work.

    ``retry_at`` is the time before which that system wants no request (UTC), if it gave one.
    """

    def __init__(self, message: str, *, retry_at: dt.datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class PermanentError(Exception):
    """The other system refuses us (credentials, contract, our mistake): staff must act, retries will not help."""


class QueueRefusedError(PermanentError):
    """The other system refuses our sign-in, so every row of this connector would fail."""


class AccountRefusedError(PermanentError):
    """One of our accounts there is refused: rows of its region wait until ``rests_until`` (UTC), others go on."""

    def __init__(self, message: str, *, rests_until: dt.datetime) -> None:
        super().__init__(message)
        self.rests_until = rests_until


class Connector(Protocol[Subject]):
    def look(self, subject: Subject, *, now: dt.datetime) -> Finding:
        """Return what the other system shows about the subject. Raises: TemporaryError, PermanentError."""
        ...


# --- a question that is asked again -----------------------------------------------------------------------------------

_QUESTIONS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:onboarding:questions")


@dataclass
class Inquiry:
    """The question of one claim to another system, with an id that no other question has.

    Until an answer comes the id is made from the row, so that a retry by any worker is no new question; after an answer
    the next question has a new id.
    """

    claim: Claim | None = None
    was_answered: bool = False

    def id(self, *content: Any) -> str:
        if self.claim is None or self.was_answered:
            return str(uuid.uuid4())
        table, pk, number = self.claim.model._meta.db_table, str(self.claim.pk), self.claim.question
        return str(uuid.uuid5(_QUESTIONS, json.dumps([table, pk, number, *content])))


_asked: ContextVar[Inquiry | None] = ContextVar("asked", default=None)


@contextmanager
def inquiring(claim: Claim) -> Iterator[Inquiry]:
    """Yield the inquiry of this claim, which connectors use for all requests inside."""
    token = _asked.set(question := Inquiry(claim))
    try:
        yield question
    finally:
        _asked.reset(token)


def current_inquiry() -> Inquiry:
    """Return the inquiry of the claim in progress, or one that belongs to no claim."""
    return _asked.get() or Inquiry()
