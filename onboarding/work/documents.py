"""Uploaded documents: have each scanned for viruses."""

import logging
import random

from onboarding.connectors import scanner
from onboarding.connectors.base import PermanentError, TemporaryError
from onboarding.domain.requests import documents
from onboarding.models import Document
from onboarding.models.document import QUEUE
from portal.work import claims, pace
from portal.work.backoff import back_off
from portal.work.kinds import Rate, WorkKind

log = logging.getLogger(__name__)
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


def scan(claim: claims.Claim, document: Document) -> None:
    try:
        with document.file.open("rb") as content:
            state, says = scanner.scan(content.chunks())
    except (PermanentError, FileNotFoundError) as error:
        log.error("parked: %s", error)
        claims.park(claim, why=str(error), now=claims.database_now())
    except (TemporaryError, OSError) as error:  # of the scanner, or of the store of documents
        log.warning("no answer now: %s", error)
        now = claims.database_now()
        claims.queue_failed(QUEUE, now=now)
        wait = pace.interval(back_off(document.errors + 1, base=60, cap=3600, rng=_RNG))
        claims.postpone(claim, until=now + wait)
    else:
        claims.queue_answered(QUEUE)
        documents.scanned(claim=claim, state=state, says=says, now=claims.database_now())


KIND = WorkKind(
    name="documents",
    model=Document,
    queues={QUEUE: Rate(10, 20)},
    task="onboarding.scan_due_documents",
    do=scan,
    # A store and a scanner that are both slow take most of a lease.
    limit=1,
)
