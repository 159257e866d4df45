"""Insights exports: examine each file, then import what a person confirmed."""

import logging

from django.conf import settings

from onboarding.domain.partner_center import insights, insights_import
from onboarding.enums import ImportState
from onboarding.models import InsightsFile
from onboarding.models.insights import QUEUE
from portal.tables import subprocess_reader
from portal.tables.reading import Unreadable
from portal.work import claims
from portal.work.kinds import Rate, TimeLimits, WorkKind

log = logging.getLogger(__name__)


def read(claim: claims.Claim, file: InsightsFile) -> None:
    content = bytes(file.content or b"")
    try:
        if file.state == ImportState.LOOKING:
            insights.looked(claim=claim, file=file, sheets=subprocess_reader.read(content, file.name))
            return
        rows = subprocess_reader.read(content, file.name, sheet=file.mapping["sheet"])[0].rows
    except Unreadable as refusal:
        insights.refuse(claim=claim, reason=refusal.reason, now=claims.database_now())
        return
    if not insights_import.bring_in(claim=claim, file=file, rows=rows, now=claims.database_now):
        log.warning("insights file %s: another worker goes on with it", file.pk)


KIND = WorkKind(
    name="insights",
    model=InsightsFile,
    queues={QUEUE: Rate(10, 20)},
    task="onboarding.read_insights",
    do=read,
    lease_seconds=settings.FILE_LEASE_SECONDS,
    # Every progress renews the lease.
    time_limits=TimeLimits(soft=220, hard=230),
    is_long=True,
)
