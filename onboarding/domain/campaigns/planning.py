"""A campaign before and around its mails: upload, preview, settings, start and stop."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import override

from onboarding.domain.campaigns import reading, tracking, verdicts
from onboarding.domain.campaigns.reading import ReadRow
from onboarding.domain.campaigns.verdicts import Judged
from onboarding.domain.desk import listing
from onboarding.enums import CampaignState, CampaignStep, InviteeState, RowVerdict
from onboarding.models import Campaign, CampaignRow
from onboarding.models.campaign import MOST_A_DAY, QUEUE
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.geo.models import Country
from portal.notices import outbox
from portal.tables.reading import Sheet
from portal.work import claims

# A person's address is kept for so long after the start; then only what came of the row stays.
KEPT = dt.timedelta(days=365)
FURTHEST = dt.timedelta(days=180)  # of a reminder
BEFORE_ENROLLMENT = (
    InviteeState.WAITING, InviteeState.QUEUED, InviteeState.SENT, InviteeState.OPENED, InviteeState.BOUNCED,
)  # fmt: skip


class NotNowError(Exception):
    """The campaign's state does not allow this: it is still read, was refused, or has nobody to invite."""


class ReminderDaysError(Exception):
    """More than two reminders, one twice, or a day that is past or too far ahead."""


def visible_to(bdm: Bdm) -> QuerySet[Campaign]:
    """Return the campaigns a person uploaded, all for a lead; the newest first, without the files' contents."""
    rows = Campaign.objects.select_related("created_by", "scope_of").defer("content").order_by("-created_at", "-pk")
    return rows if bdm.is_lead else rows.filter(created_by=bdm.user_id)


def upload(*, name: str, note: str, file_name: str, content: bytes, by: User, now: dt.datetime) -> Campaign:
    """Return the campaign of this file, which a worker reads. Two uploads of it at once are one."""
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        waiting = Campaign.objects.filter(state__in=[CampaignState.READING, CampaignState.PREVIEW])
        same = waiting.filter(created_by=by, digest=digest, name=name).first()
        return same or Campaign.objects.create(
            name=name, note=note, file_name=file_name[-200:], digest=digest, content=content, created_by=by,
            created_at=now, queue=QUEUE, next_check_at=now,
        )  # fmt: skip


def preview(*, claim: claims.Claim, campaign: Campaign, sheets: Sequence[Sheet], now: dt.datetime) -> bool:
    """Write the campaign's rows, each with its verdict; nobody is written to. Return False if the claim is lost.

    A file without the needed columns, without rows or with too many is refused with the reason.
    """
    names = _names_of(list(Country.objects.all()))
    try:
        rows = reading.read_rows(sheets, reading.countries_by_name(names))
    except reading.ColumnsMissingInFileError as error:
        return refuse(claim=claim, reason="columns", missing=error.missing)
    except reading.NoRowsError:
        return refuse(claim=claim, reason="no_rows")
    except reading.TooManyRowsError:
        return refuse(claim=claim, reason="too_many")
    judged = verdicts.judge(rows, countries=_countries(campaign.created_by_id, now), but=campaign.pk)
    with transaction.atomic():
        values = {"state": CampaignState.PREVIEW, "content": None, "rows_read": len(rows)}
        if not claims.settle(claim, next_check_at=None, expect={"state": CampaignState.READING}, **values):
            return False
        CampaignRow.objects.bulk_create((_row(campaign, one) for one in judged), batch_size=2_000)
    return True


def _names_of(countries: Sequence[Country]) -> dict[str, list[str]]:
    """Return code -> the country's names in every language of the portal."""
    found: dict[str, list[str]] = {country.code: [] for country in countries}
    for language, _name in settings.LANGUAGES:
        with override(language):
            for country in countries:
                found[country.code].append(str(country))
    return found


def refuse(*, claim: claims.Claim, reason: str, missing: Iterable[str] = ()) -> bool:
    """Mark the file as unusable and delete its content. Return False if the claim is lost."""
    values = {"state": CampaignState.REFUSED, "refused_why": reason, "missing": list(missing), "content": None}
    return claims.settle(claim, next_check_at=None, expect={"state": CampaignState.READING}, **values)


def _countries(user: int | None, now: dt.datetime) -> list[str] | None:
    """Return the countries that this person covers today: none for somebody who is no BDM any more."""
    bdm = Bdm.objects.filter(user=user, user__is_active=True).first() if user else None
    return listing.scope_of(bdm, today=timezone.localdate(now)).countries if bdm else []


def _row(campaign: Campaign, judged: Judged) -> CampaignRow:
    row, verdict = judged.row, judged.verdict
    return CampaignRow(
        campaign=campaign, row_no=row.number, name=row.name, country_id=row.country or None,
        country_typed=row.country_typed, imonline=row.imonline, mpn_id=row.mpn_id, email=row.email,
        contact_name=row.contact_name, verdict=verdict, reasons=judged.reasons, same_as=judged.same_as,
        partner_id=judged.partner, enrollment_id=judged.enrollment,
        state=InviteeState.WAITING if verdict == RowVerdict.FINE else InviteeState.HELD,
    )  # fmt: skip


def judge_again(rows: Sequence[CampaignRow], campaign: Campaign, *, now: dt.datetime) -> list[CampaignRow]:
    """Return those of the rows that may still be invited; the others are held, with what is the matter now."""
    read = [
        ReadRow(row.row_no, row.name, row.country_id or "", row.country_typed, row.imonline, row.mpn_id, row.email)
        for row in rows
    ]
    judged = verdicts.judge(read, countries=_countries(campaign.scope_of_id, now), but=campaign.pk)
    fine = []
    for row, one in zip(rows, judged, strict=True):
        if one.verdict == RowVerdict.FINE:
            fine.append(row)
            continue
        CampaignRow.objects.filter(pk=row.pk, state=InviteeState.WAITING).update(
            verdict=one.verdict, reasons=one.reasons, same_as=one.same_as, partner=one.partner,
            enrollment=one.enrollment, state=InviteeState.HELD,
        )  # fmt: skip
    return fine


@transaction.atomic
def change(*, campaign: Campaign, note: str, per_day: int, reminders: Sequence[dt.date], now: dt.datetime) -> Campaign:
    """Store what the mails say, how many go out a day, and on which days reminders do. Days that are past stay.

    Raises: NotNowError, ReminderDaysError.
    """
    current = _locked(campaign)
    today = timezone.localdate(now)
    days = sorted(reminders)
    new = [day for day in days if day not in current.reminders]
    if len(days) > 2 or len(set(days)) < len(days) or any(not today < day <= today + FURTHEST for day in new):
        raise ReminderDaysError
    current.note, current.per_day, current.reminders = note, min(max(per_day, 1), MOST_A_DAY), days
    fields = ["note", "per_day", "reminders"]
    if current.state == CampaignState.RUNNING and not current.lease_until:
        current.next_check_at, fields = now, [*fields, "next_check_at"]  # the plan is made again
    current.save(update_fields=fields)
    return current


def _locked(campaign: Campaign) -> Campaign:
    """Return the present campaign, locked. Raises: NotNowError: it has no rows."""
    current = Campaign.objects.select_for_update(no_key=True).defer("content").get(pk=campaign.pk)
    if current.state in (CampaignState.READING, CampaignState.REFUSED):
        raise NotNowError
    return current


@transaction.atomic
def start(*, campaign: Campaign, by: User, now: dt.datetime) -> None:
    """Let the mails go out, with the countries of ``by``; also what was stopped. Twice changes nothing.

    Raises: NotNowError: also where nobody is to be invited.
    """
    current = _locked(campaign)
    if current.state == CampaignState.RUNNING:
        return
    if not current.rows.exclude(state=InviteeState.HELD).exists():
        raise NotNowError
    current.state, current.scope_of, current.stopped_at = CampaignState.RUNNING, by, None
    current.started_at = current.started_at or now
    current.next_check_at = now
    current.save(update_fields=["state", "scope_of", "stopped_at", "started_at", "next_check_at"])


@transaction.atomic
def stop(*, campaign: Campaign, now: dt.datetime) -> None:
    """Let no further mail go out, and no link work, until it is started again. Twice changes nothing."""
    rows = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.RUNNING)
    if rows.update(state=CampaignState.STOPPED, stopped_at=now):
        tracking.take_back_unsent(campaign)


@transaction.atomic
def stop_row(*, row: CampaignRow, by: User, now: dt.datetime) -> bool:
    """Stop one invitation. Return False where there is nothing to stop: not invited, stopped, or enrolled."""
    current = CampaignRow.objects.select_for_update(no_key=True).get(pk=row.pk)
    if current.state not in BEFORE_ENROLLMENT:
        return False
    outbox.take_back([tracking.mail_key(current, number) for number in range(current.mails)])
    return tracking.note(current, CampaignStep.STOPPED, at=now, actor=by)


def numbers(campaign: Campaign) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many rows have each verdict, and how many each state."""
    rows = list(campaign.rows.values_list("verdict", "state").annotate(number=Count("pk")).order_by())
    by_verdict: dict[str, int] = {}
    by_state: dict[str, int] = {}
    for verdict, state, number in rows:
        by_verdict[verdict] = by_verdict.get(verdict, 0) + number
        by_state[state] = by_state.get(state, 0) + number
    return by_verdict, by_state


def over(now: dt.datetime) -> "QuerySet[CampaignRow]":
    """Return the rows of campaigns of long ago that still have personal data."""
    return CampaignRow.objects.filter(campaign__created_at__lt=now - KEPT).exclude(email="", contact_name="")
