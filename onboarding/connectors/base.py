"""The promise every connector keeps: look at a subject in another company's system, say what was seen, decide nothing.

A connector fails in two ways only. Anything else that escapes ``look`` is a bug and parks the row for staff.
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
    """The other system could not answer now (down, slow, throttled): try again, nobody is to blame.

    ``retry_at`` is when that system asked to be left alone until (UTC), if it said so.
    """

    def __init__(self, message: str, *, retry_at: dt.datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class PermanentError(Exception):
    """The other system refuses us (credentials, contract, our mistake): staff must look, retrying will not help."""


class QueueRefusedError(PermanentError):
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


# --- a question that is asked again -----------------------------------------------------------------------------------

_QUESTIONS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:onboarding:questions")


@dataclass
class Inquiry:
    """What one claim asks another system, told apart from every other question by an id.

    As long as nothing was answered the id is made from the row, so that a retry, by whatever worker, is no new
    question; after any answer it is a new one.
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
    """What connectors ask inside is asked for this claim."""
    token = _asked.set(question := Inquiry(claim))
    try:
        yield question
    finally:
        _asked.reset(token)


def current_inquiry() -> Inquiry:
    """The question of the claim that is being worked on, or one of nobody's."""
    return _asked.get() or Inquiry()
