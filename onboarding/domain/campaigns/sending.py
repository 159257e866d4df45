"""Send the invitations of a campaign in waves: so many mails a day, on weekdays, each once.

Before a wave every row is judged again, because somebody may have enrolled, refused or changed countries meanwhile.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from onboarding.domain.campaigns import links, planning, tracking
from onboarding.domain.mail import notifications
from onboarding.enums import CampaignState, CampaignStep, InviteeState
from onboarding.models import Campaign, CampaignEvent, CampaignRow
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.work import claims

PORTION = 100  # mails within one claim
BETWEEN = dt.timedelta(days=3)  # between two mails to one person
MORNING = 8  # o'clock, when a day's wave begins
# Where invitations are not written in English, unless the reader's account says otherwise. Belgium and Switzerland have
# several languages: most of our partners there write French.
WRITTEN_IN = {
    "fr": frozenset(
        [
            "FR",
            "BE",
            "LU",
            "CH",
            "MC",
            "GP",
            "MQ",
            "GF",
            "RE",
            "YT",
            "NC",
            "PF",
            "PM",
            "WF",
            "BL",
            "MF",
            "TF",
            "SN",
            "CI",
            "CM",
            "ML",
            "BF",
            "NE",
            "TD",
            "GA",
            "CG",
            "CD",
            "BJ",
            "TG",
            "GN",
            "MG",
            "DJ",
            "KM",
            "RW",
            "BI",
            "CF",
            "MA",
            "DZ",
            "TN",
            "HT",
        ]
    ),
    "de": frozenset(("DE", "AT", "LI")),
}


def wave(*, claim: claims.Claim, campaign: Campaign, now: dt.datetime) -> None:
    """Send what today's number of mails still allows, a portion at a time, and settle the claim."""
    if not Bdm.objects.filter(user=campaign.scope_of_id, user__is_active=True).exists():
        # The person who started it is gone: another one looks, and starts it again.
        claims.settle(claim, next_check_at=None, state=CampaignState.STOPPED, stopped_at=now)
        return
    today = timezone.localdate(now)
    if today.weekday() < 5:
        left = campaign.per_day - _sent_on(campaign, now)
        for row, number in _due(campaign, now)[: min(max(left, 0), PORTION)]:
            _send(row, number, campaign, now)
    campaign.refresh_from_db(fields=["per_day", "reminders"])
    if claims.settle(claim, next_check_at=_next(campaign, now), expect={"state": CampaignState.RUNNING}):
        return
    claims.held(claim).update(lease_until=None, next_check_at=None)  # it was stopped meanwhile


def _sent_on(campaign: Campaign, now: dt.datetime) -> int:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    events = CampaignEvent.objects.filter(row__campaign=campaign, step=CampaignStep.QUEUED, at__gte=midnight)
    return events.count()


def _due(campaign: Campaign, now: dt.datetime) -> list[tuple[CampaignRow, int]]:
    """Return the next rows with the number of their mail: reminders whose day has come, then invitations."""
    waiting = campaign.rows.filter(state=InviteeState.WAITING).order_by("row_no")[:PORTION]
    fine = planning.judge_again(list(waiting), campaign, now=now)
    reminded = [(row, row.mails) for row in _to_remind(campaign, now)[:PORTION] if not _wrote_lately(row, now)]
    return [*reminded, *((row, 0) for row in fine)]


def _to_remind(campaign: Campaign, now: dt.datetime) -> list[CampaignRow]:
    come = sum(day <= timezone.localdate(now) for day in campaign.reminders)
    rows = campaign.rows.filter(state__in=[InviteeState.SENT, InviteeState.OPENED], mails__gte=1, mails__lte=come)
    return list(rows.order_by("mails", "row_no")[: PORTION * 2])


def _wrote_lately(row: CampaignRow, now: dt.datetime) -> bool:
    return row.events.filter(step=CampaignStep.QUEUED, at__gt=now - BETWEEN).exists()


@transaction.atomic
def _send(row: CampaignRow, number: int, campaign: Campaign, now: dt.datetime) -> None:
    """Put one mail into the outbox, if row and campaign still allow it; a second call finds it written."""
    current = Campaign.objects.select_for_update(no_key=True).defer("content").get(pk=campaign.pk)
    fresh = CampaignRow.objects.select_for_update(no_key=True, of=("self",)).select_related("country").get(pk=row.pk)
    allowed = (InviteeState.SENT, InviteeState.OPENED) if number else (InviteeState.WAITING,)
    if current.state != CampaignState.RUNNING or fresh.state not in allowed or fresh.mails != number:
        return
    CampaignRow.objects.filter(pk=fresh.pk).update(mails=number + 1)
    tracking.note(fresh, CampaignStep.QUEUED, at=now, number=number)
    notifications.channel_invitation(
        fresh,
        token=links.token_of(fresh, now=now),
        by=campaign.scope_of or campaign.created_by,
        note=current.note,
        number=number,
        language=language_of(fresh),
        until=now + links.LIFE,
        key=tracking.mail_key(fresh, number),
        now=now,
    )


def language_of(row: CampaignRow) -> str:
    """Return the language of the reader's account, else that of the country."""
    known = User.objects.filter(email=row.email).values_list("language", flat=True).first()
    written = (code for code, countries in WRITTEN_IN.items() if row.country_id in countries)
    return known or next((code for code in written if code in dict(settings.LANGUAGES)), "en-gb")


def _next(campaign: Campaign, now: dt.datetime) -> dt.datetime | None:
    """Return when the campaign has something to do again; None: nothing is left."""
    today = timezone.localdate(now)
    is_full = campaign.per_day <= _sent_on(campaign, now) or today.weekday() >= 5
    waits = campaign.rows.filter(state=InviteeState.WAITING).exists()
    reminds = _to_remind(campaign, now)
    if (waits or any(not _wrote_lately(row, now) for row in reminds)) and not is_full:
        return now
    if waits or reminds:
        return _morning(today + dt.timedelta(days=1))
    ahead = [day for day in campaign.reminders if day > today]
    return _morning(min(ahead)) if ahead else None


def _morning(day: dt.date) -> dt.datetime:
    """Return the morning of this day, or of the Monday after it."""
    day += dt.timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)
    return dt.datetime.combine(day, dt.time(MORNING), tzinfo=timezone.get_default_timezone())
