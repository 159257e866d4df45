"""Files are written before their rows and deleted after them; a due row remembers each until both are one again.

``announce`` before a file is written, and ``keep`` in the transaction that writes its row. If that transaction never
ends, the file is deleted an hour later; after a failed ``save`` too, and no sooner, because a server that was slow to
answer may still write it. ``discard`` in the transaction that gives a file up, then ``delete_now``; if the store is
silent, a worker deletes it later.
"""

import datetime as dt
import logging
import random

from django.core.files.storage import storages

from portal.stores.base import StoreError
from portal.stores.models import FileDeletion
from portal.work import claims, pace
from portal.work.backoff import back_off
from portal.work.kinds import Rate, WorkKind

log = logging.getLogger(__name__)
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)

QUEUE = "files"
WRITTEN_WITHIN = dt.timedelta(hours=1)


class TooLateError(Exception):
    """The file was announced so long ago that it may be deleted already: nothing may name it."""


def announce(store: str, name: str, *, now: dt.datetime) -> None:
    """Say that a file is about to be written. It is deleted unless it is kept within an hour."""
    FileDeletion.objects.create(store=store, name=name, asked_at=now, queue=QUEUE, next_check_at=now + WRITTEN_WITHIN)


def keep(name: str) -> None:
    """Say, in the transaction that writes its row, that the file stays. Raises: TooLateError."""
    taken, _each = FileDeletion.objects.filter(name=name, claim_no=0).delete()
    if not taken:
        raise TooLateError


def discard(store: str, name: str, *, now: dt.datetime) -> None:
    """Say, in the transaction that gives it up, that the file is to be deleted."""
    values = {"asked_at": now, "queue": QUEUE, "next_check_at": now}
    FileDeletion.objects.update_or_create(name=name, defaults=values, create_defaults={"store": store, **values})


def delete_now(name: str) -> bool:
    """Delete a file that is discarded. Return False when its store cannot now: a worker does it then."""
    row = FileDeletion.objects.filter(name=name).first()
    if row is None:
        return True
    try:
        storages[row.store].delete(row.name)
    except OSError as error:
        log.warning("a file is deleted later: %s", error)
        return False
    row.delete()
    return True


def delete(claim: claims.Claim, row: FileDeletion) -> None:
    try:
        storages[row.store].delete(row.name)
    except OSError as error:
        log.warning("no file is deleted now: %s", error)
        now = claims.database_now()
        if isinstance(error, StoreError):
            claims.queue_failed(QUEUE, now=now)
        wait = pace.interval(back_off(row.errors + 1, base=60, cap=3600, rng=_RNG))
        claims.postpone(claim, until=now + wait)
    else:
        claims.queue_answered(QUEUE)
        claims.held(claim).delete()


KIND = WorkKind(
    name="files to delete",
    model=FileDeletion,
    queues={QUEUE: Rate(10, 20)},
    task="portal.delete_due_files",
    do=delete,
    unwoken_because="A request deletes its file itself; what is left waits for its store.",
)
