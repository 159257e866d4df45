"""Campaigns: read each spreadsheet for its preview, then send its mails in waves."""

from django.conf import settings

from onboarding.domain.campaigns import planning, sending
from onboarding.enums import CampaignState
from onboarding.models import Campaign
from onboarding.models.campaign import QUEUE
from portal.tables import subprocess_reader
from portal.tables.reading import Unreadable
from portal.work import claims
from portal.work.kinds import Rate, TimeLimits, WorkKind


def do(claim: claims.Claim, campaign: Campaign) -> None:
    if campaign.state == CampaignState.READING:
        _read(claim, campaign)
    elif campaign.state == CampaignState.RUNNING:
        sending.wave(claim=claim, campaign=campaign, now=claims.database_now())
    else:
        claims.settle(claim, next_check_at=None)


def _read(claim: claims.Claim, campaign: Campaign) -> None:
    try:
        sheets = subprocess_reader.read(bytes(campaign.content or b""), campaign.file_name)
    except Unreadable as refusal:
        planning.refuse(claim=claim, reason=refusal.reason)
        return
    planning.preview(claim=claim, campaign=campaign, sheets=sheets, now=claims.database_now())


KIND = WorkKind(
    name="campaigns",
    model=Campaign,
    queues={QUEUE: Rate(10, 20)},
    task="onboarding.do_campaigns",
    do=do,
    select=lambda rows: rows.select_related("created_by", "scope_of"),
    lease_seconds=settings.FILE_LEASE_SECONDS,
    time_limits=TimeLimits(soft=220, hard=230),
    is_long=True,
)
