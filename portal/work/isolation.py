"""Isolate failures: a row that fails is tried again, later each time, and parked in the end, without harm to others.

A job that goes through many rows or people isolates each in the same way (``each``).
"""

import logging
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from structlog.contextvars import bound_contextvars

from portal.work import claims, heartbeat
from portal.work.backoff import back_off

log = logging.getLogger(__name__)
_Key = TypeVar("_Key")
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


def exceeded_attempts(claim: claims.Claim) -> bool:
    """Return True, and log it, when so many claims of this row ended without an answer that it must be parked."""
    if claim.attempt <= settings.WORK_MAX_ATTEMPTS:
        return False
    log.error("%s parked: no answer after %s claims", _name(claim), settings.WORK_MAX_ATTEMPTS)
    return True


EXCEEDED_ATTEMPTS = "no answer after several claims"


def bound(claim: claims.Claim) -> AbstractContextManager[None]:
    """Return a context that adds the row's ids and queue to log lines."""
    name = str(claim.model._meta.model_name)
    return bound_contextvars(**{name: claim.pk, "claim": claim.number, "attempt": claim.attempt, "queue": claim.queue})


@contextmanager
def isolate_failure(claim: claims.Claim, *, cap: float = 60) -> Iterator[None]:
    """Catch a bug inside: log it with the row's ids and count the attempt.

    The next one is at most ``cap`` seconds away.

    Raises: SoftTimeLimitExceeded, and errors of a database that is unreachable, in which case the lease releases the
    row.
    """
    with bound(claim):
        try:
            yield
        except SoftTimeLimitExceeded:
            raise
        except (OperationalError, InterfaceError) as error:
            # Not the row's fault. A claim that lost a deadlock releases the row.
            log.warning("the database did not answer: %s", error)
            if not connection.is_usable():
                raise
            _later(claim, cap)
        except Exception:
            log.exception("%s failed", _name(claim))
            _later(claim, cap)


def _later(claim: claims.Claim, cap: float) -> None:
    claims.retry_after_bug(claim, until=claims.database_now() + back_off(claim.attempt, base=1, cap=cap, rng=_RNG))


def _name(claim: claims.Claim) -> str:
    return f"{claim.model._meta.model_name} {claim.pk}"


def each(keys: Iterable[_Key], do: Callable[[_Key], int], *, what: str, most: int | None = None) -> int:
    """Call ``do`` with each key, and return the sum of what it returns.

    A key that fails keeps no other from its turn: it is logged as ``what`` with the key, and the first failure is
    raised at the end. ``do`` has a transaction of its own. ``most``: end after so many that did not fail.

    Raises: SoftTimeLimitExceeded, and errors of a database that is unreachable, at once.
    """
    done: list[int] = []
    failures: list[Exception] = []
    for key in keys:
        heartbeat.beat()
        try:
            done.append(do(key))
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:  # one that fails for ever must not stand before those behind it
            if not connection.is_usable():
                raise
            log.exception("%s %s failed", what, key)
            failures.append(error)
        if len(done) == most:
            break
    if failures:
        raise failures[0]
    return sum(done)
