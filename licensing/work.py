"""Durable work of licensing: read uploaded estates, make requested plan files, check the links."""

import datetime as dt
import logging
from typing import Any

from django.conf import settings
from django.utils import timezone

from licensing.domain import assets, estate, estate_import, estate_review, plan_files
from licensing.enums import FileState
from licensing.models import PLAN_FILES, QUEUE, EstateFile, PlanFile
from portal import links
from portal.tables import subprocess_reader
from portal.tables.reading import Sheet, Unreadable
from portal.work import claims
from portal.work.kinds import Rate, TimeLimits, WorkKind

log = logging.getLogger(__name__)

# An import of the largest file takes a fraction of it, and all progress renews the lease.
LIMITS = TimeLimits(soft=220, hard=230)


def read(claim: claims.Claim, file: EstateFile) -> None:
    """Examine a file, check it with its owner's mapping, or import it once its owner has approved the review."""
    try:
        _STEPS[FileState(file.state)](claim, file)
    except Unreadable as refusal:
        estate.refuse(claim=claim, reason=refusal.reason, now=claims.database_now())


def _sheets(file: EstateFile, **which: Any) -> list[Sheet]:
    return subprocess_reader.read(bytes(file.content or b""), file.name, country=file.partner.country, **which)


def _look(claim: claims.Claim, file: EstateFile) -> None:
    sheets = _sheets(file, first=estate.LOOK)
    estate.looked(claim=claim, partner=file.partner, sheets=sheets)


def _check(claim: claims.Claim, file: EstateFile) -> None:
    [sheet] = _sheets(file, sheet=file.mapping["sheet"])
    estate_review.check(
        claim=claim, file=file, sheet=sheet,
        progress=lambda done: estate_import.tell_progress(claim, done),
    )  # fmt: skip


def _import(claim: claims.Claim, file: EstateFile) -> None:
    [sheet] = _sheets(file, sheet=file.mapping["sheet"])
    done = estate_import.bring_in(
        claim=claim,
        file=file,
        rows=sheet.rows,
        hidden=sheet.hidden_rows,
        today=timezone.localdate(),
        now=claims.database_now,
    )
    if not done:
        log.warning("estate file %s: a stale import was dropped", file.pk)


_STEPS = {FileState.LOOKING: _look, FileState.CHECKING: _check, FileState.IMPORTING: _import}


def make(claim: claims.Claim, file: PlanFile) -> None:
    if not plan_files.make(claim=claim, file=file, today=timezone.localdate(), now=claims.database_now):
        log.warning("plan file %s: a stale one was dropped", file.pk)


def check_links(now: dt.datetime) -> None:
    """Check once a day whether each link of the library still answers (a periodic job)."""
    for version in assets.links_to_check(now=now):
        is_alive, said = links.answer(version.url)
        assets.checked(version=version, is_alive=is_alive, answer=said, now=now)


ESTATE = WorkKind(
    name="estate",
    model=EstateFile,
    queues={QUEUE: Rate(10, 20)},
    task="licensing.read_due_files",
    do=read,
    lease_seconds=settings.FILE_LEASE_SECONDS,
    select=lambda rows: rows.select_related("partner"),
    time_limits=LIMITS,
    is_long=True,
)
PLANS = WorkKind(
    name="plan files",
    model=PlanFile,
    queues={PLAN_FILES: Rate(10, 20)},
    task="licensing.make_due_plan_files",
    do=make,
    lease_seconds=settings.FILE_LEASE_SECONDS,
    select=lambda rows: rows.defer("content").select_related("partner", "customer"),
    time_limits=LIMITS,
    is_long=True,
)
