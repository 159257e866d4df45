"""The one claim loop: claim due rows of a kind, then do or park each of them."""

import time
from collections.abc import Callable
from typing import Any

import pghistory
from django.conf import settings
from structlog.contextvars import bound_contextvars

from portal.work import claims, isolation, kinds
from portal.work.kinds import Row, WorkKind
from portal.work.wakeups import wake_workers


def do_once(kind: WorkKind[Any], *, until: float = float("inf")) -> int:
    """Claim what is due, up to the kind's limit of each queue, and do it; return how many rows were claimed.

    ``until`` (``time.monotonic``) is the moment after which a kind with ``take`` starts nothing.
    """
    with pghistory.context(work=kind.name):
        return _do_once(kind, until)


def _do_once(kind: WorkKind[Any], until: float) -> int:
    if kind.take is not None:
        return kind.take(until)
    claimed = 0
    for queue in kind.rates():
        due = claims.claim_due(kind.model, queue=queue, limit=kind.limit, lease_seconds=kind.lease_seconds)
        for claim in due:
            assert kind.do is not None
            do_claim(kind, claim, kind.do)
        claimed += len(due)
    return claimed


def do_every_kind() -> int:
    """Run one turn of the plain loop (``manage.py work``). Return how many rows of all kinds were claimed."""
    return sum(do_once(kind) for kind in kinds.KINDS.values())


def do_claim(kind: WorkKind[Row], claim: claims.Claim, do: Callable[[claims.Claim, Row], object]) -> None:
    """Do one row if the claim still holds it; park it after too many claims without an answer.

    A failure stays with that row, and is logged with the row's ids.

    Raises: what ``isolation.isolate_failure`` lets through.
    """
    row = kind.select(claims.held(claim)).first()
    if row is None:
        return
    with bound_contextvars(**kind.log_context(row)), isolation.bound(claim):
        if isolation.exceeded_attempts(claim):
            claims.park(claim, why=isolation.EXCEEDED_ATTEMPTS, now=claims.database_now())
            return
        with isolation.isolate_failure(claim, cap=kind.longest_back_off):
            do(claim, row)


def work_through(kind: WorkKind[Any]) -> None:
    """Run the kind's Celery task: go on until nothing is due, or the time budget of a message is used up."""
    if kind.is_long:
        do_once(kind)
        return
    end = time.monotonic() + settings.WORK_BUDGET_SECONDS
    while time.monotonic() < end and do_once(kind, until=end):
        pass
    if time.monotonic() > end:
        # There may be more: a free worker continues, and messages queued behind this one get their turn.
        wake_workers((kind.task,))
