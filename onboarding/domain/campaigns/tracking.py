"""How far each invitation has come: its steps are stored with their times, and its state follows from them."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from onboarding.enums import CampaignStep, InviteeState
from onboarding.models import Campaign, CampaignEvent, CampaignRow
from portal.accounts.models import User
from portal.notices import outbox
from portal.notices.models import Mail

PORTION = 2_000  # rows of each kind in one run; the next run goes on
LOOKED_BACK = dt.timedelta(days=30)  # a mail is tried for some days only
# The first of these that happened is the state: who has an enrollment has it, whatever became of a mail.
_ORDER = (
    CampaignStep.READY, CampaignStep.SUBMITTED, CampaignStep.STARTED, CampaignStep.REFUSED, CampaignStep.STOPPED,
    CampaignStep.BOUNCED, CampaignStep.OPENED, CampaignStep.SENT, CampaignStep.QUEUED,
)  # fmt: skip


def state_of(steps: Collection[str]) -> InviteeState:
    """Return the state of an invitation with these steps."""
    return next((InviteeState(step.value) for step in _ORDER if step in steps), InviteeState.WAITING)


@transaction.atomic
def note(
    row: CampaignRow,
    step: CampaignStep,
    *,
    at: dt.datetime,
    number: int = 0,
    actor: User | None = None,
    **data: Any,
) -> bool:
    """Write a step of an invitation and its state. Return False for a step that is written already."""
    CampaignRow.objects.select_for_update(no_key=True).get(pk=row.pk)
    values = {"at": at, "actor": actor, "data": data}
    _event, is_new = CampaignEvent.objects.get_or_create(row=row, step=step, number=number, defaults=values)
    row.state = state_of(set(row.events.values_list("step", flat=True)))
    CampaignRow.objects.filter(pk=row.pk).update(state=row.state)
    return is_new


def mail_key(row: CampaignRow, number: int) -> str:
    return f"campaign-{row.key}-{number}"


@transaction.atomic
def take_back_unsent(campaign: Campaign) -> None:
    """Take back the last mail of each row where it has not left yet: the row is again as it was before that mail."""
    states = [InviteeState.QUEUED, InviteeState.SENT, InviteeState.OPENED]
    rows = campaign.rows.select_for_update(no_key=True).filter(state__in=states, mails__gte=1)
    last = {mail_key(row, row.mails - 1): row for row in rows}
    for key in outbox.take_back(last):
        row = last[key]
        row.events.filter(step=CampaignStep.QUEUED, number=row.mails - 1).delete()
        state = state_of(set(row.events.values_list("step", flat=True)))
        CampaignRow.objects.filter(pk=row.pk).update(mails=row.mails - 1, state=state)


def follow(now: dt.datetime) -> None:
    """Write what happened since the last run: mails sent or refused, enrollments submitted or ready."""
    _follow_mails(now)
    for state, step, column in (
        (InviteeState.STARTED, CampaignStep.SUBMITTED, "submitted_at"),
        (InviteeState.SUBMITTED, CampaignStep.READY, "ready_at"),
    ):
        rows = CampaignRow.objects.filter(state=state, **{f"enrollment__{column}__isnull": False})
        for row in rows.select_related("enrollment")[:PORTION]:
            note(row, step, at=getattr(row.enrollment, column))


def _follow_mails(now: dt.datetime) -> None:
    ended = CampaignEvent.objects.filter(
        row=OuterRef("row"), number=OuterRef("number"), step__in=[CampaignStep.SENT, CampaignStep.BOUNCED]
    )
    open_ = CampaignEvent.objects.filter(step=CampaignStep.QUEUED, at__gt=now - LOOKED_BACK).exclude(Exists(ended))
    events = {
        mail_key(event.row, event.number): event for event in open_.select_related("row").order_by("at")[:PORTION]
    }
    for mail in Mail.objects.filter(key__in=events):
        event = events[mail.key]
        if mail.refused_at:
            note(event.row, CampaignStep.BOUNCED, at=mail.refused_at, number=event.number)
        elif mail.sent_at:
            note(event.row, CampaignStep.SENT, at=mail.sent_at, number=event.number)
