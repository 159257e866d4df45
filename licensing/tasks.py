"""Doors into the domain: files that are due are looked at or imported. The rows are the queue; Celery only knocks."""

import datetime as dt
import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from licensing.domain import assets, estate, plan_files
from licensing.enums import FileState
from licensing.models import PLAN_FILES, QUEUE, EstateFile, PlanFile
from licensing.readers import links
from portal.tables import subprocess_reader
from portal.tables.reading import Unreadable
from portal.work import claims, isolation

log = logging.getLogger(__name__)

SOFT_LIMIT, HARD_LIMIT = 220, 230  # seconds; an import of the largest file takes a fraction of it


@shared_task(name="licensing.read_due_files", soft_time_limit=SOFT_LIMIT, time_limit=HARD_LIMIT)
def read_due_files() -> None:
    read_once()


def read_once() -> int:
    """Claim one file and look at it or import it; returns how many were claimed."""
    due = claims.claim_due(EstateFile, queue=QUEUE, limit=1, lease_seconds=settings.FILE_LEASE_SECONDS)
    for claim in due:
        _read(claim)
    return len(due)


def _read(claim: claims.Claim) -> None:
    file = claims.held(claim).select_related("partner").first()
    if file is None:
        return
    now = claims.database_now()
    if isolation.exceeded_attempts(claim):
        claims.park(claim, why=isolation.EXCEEDED_ATTEMPTS, now=now)
        return
    with isolation.isolate_failure(claim):
        try:
            _look(claim, file) if file.state == FileState.LOOKING else _import(claim, file)
        except Unreadable as refusal:
            estate.refuse(claim=claim, reason=refusal.reason, now=claims.database_now())


def _look(claim: claims.Claim, file: EstateFile) -> None:
    sheets = subprocess_reader.read(bytes(file.content or b""), file.name, first=estate.LOOK)
    estate.looked(claim=claim, partner=file.partner, sheets=sheets)


def _import(claim: claims.Claim, file: EstateFile) -> None:
    sheets = subprocess_reader.read(bytes(file.content or b""), file.name, sheet=file.mapping["sheet"])
    done = estate.bring_in(
        claim=claim, file=file, rows=sheets[0].rows, today=timezone.localdate(), now=claims.database_now
    )
    if not done:
        log.warning("estate file %s: a stale import was dropped", file.pk)


@shared_task(name="licensing.make_due_plan_files", soft_time_limit=SOFT_LIMIT, time_limit=HARD_LIMIT)
def make_due_plan_files() -> None:
    make_once()


def make_once() -> int:
    """Claim one file that somebody asked for and make it; returns how many were claimed."""
    due = claims.claim_due(PlanFile, queue=PLAN_FILES, limit=1, lease_seconds=settings.FILE_LEASE_SECONDS)
    for claim in due:
        _make(claim)
    return len(due)


def _make(claim: claims.Claim) -> None:
    file = claims.held(claim).defer("content").select_related("partner", "customer").first()
    if file is None:
        return
    if isolation.exceeded_attempts(claim):
        claims.park(claim, why=isolation.EXCEEDED_ATTEMPTS, now=claims.database_now())
        return
    with isolation.isolate_failure(claim):
        if not plan_files.make(claim=claim, file=file, today=timezone.localdate(), now=claims.database_now):
            log.warning("plan file %s: a stale one was dropped", file.pk)


def check_links(now: dt.datetime) -> None:
    """A chore: ask every link of the library once a day whether it still answers."""
    for version in assets.links_to_check(now=now):
        is_alive, said = links.answer(version.url)
        assets.checked(version=version, is_alive=is_alive, answer=said, now=now)
