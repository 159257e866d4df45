"""The whole history of an enrollment for staff, page by page: what people did, what systems said, which mails went out.

Names and reasons are not kept in the events: they are looked up here, once a page.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan

from onboarding.models import Enrollment, Event, Message
from portal.accounts.models import User
from portal.audit import detaching
from portal.notices.models import Mail

PAGE_SIZE = 50


class Show(StrEnum):
    """What a page of the history shows."""

    ALL = "all"
    PEOPLE = "people"
    SYSTEMS = "systems"
    MAILS = "mails"


class NoSuchPageError(Exception):
    """The address names no position in the history."""


@dataclass(frozen=True)
class HistoryPage:
    """Events or mails, the newest first; ``older`` leads to the next page, '' at the end.

    ``gone_before``: what was before this moment is not at hand any more, because its months were detached.
    """

    events: Sequence[Event] = ()
    mails: Sequence[Mail] = ()
    older: str = ""
    words: dict[int, str] = field(default_factory=dict)
    gone_before: dt.datetime | None = None


def page(
    enrollment: Enrollment, show: Show, *, now: dt.datetime, before: str = "", size: int = PAGE_SIZE
) -> HistoryPage:
    """Return the newest page, or the one before a position. Raises: NoSuchPageError."""
    if show == Show.MAILS:
        return _mails(enrollment, before, size)
    rows = enrollment.events.select_related("actor").order_by("-at", "-id")
    if show != Show.ALL:
        rows = rows.filter(actor__isnull=show == Show.SYSTEMS)
    found = list((_before(rows, before) if before else rows)[: size + 1])
    shown = found[:size]
    older = f"{shown[-1].at.isoformat()}~{shown[-1].pk}" if len(found) > size else ""
    return HistoryPage(
        events=shown, older=older, words=words_of(shown), gone_before=None if older else _gone_before(enrollment, now)
    )


def _gone_before(enrollment: Enrollment, now: dt.datetime) -> dt.datetime | None:
    """Return the day before which lines of this enrollment were detached. No query is made for one that is younger."""
    if enrollment.created_at > now - detaching.AT_HAND:
        return None
    gone = detaching.gone_before(Event._meta.db_table)
    return gone if gone is not None and enrollment.created_at < gone else None


def _before(rows: QuerySet[Event], position: str) -> QuerySet[Event]:
    moment, _tilde, key = position.partition("~")
    try:
        at, pk = dt.datetime.fromisoformat(moment), _number(key)
    except (ValueError, OverflowError):
        raise NoSuchPageError from None
    if at.tzinfo is None or not 2000 <= at.year <= 2999:
        raise NoSuchPageError
    return rows.filter(TupleLessThan(Tuple(F("at"), F("id")), (at, pk)))


def _mails(enrollment: Enrollment, before: str, size: int) -> HistoryPage:
    rows = Mail.objects.filter(thread=f"enrollment-{enrollment.pk}").defer("text", "html").order_by("-id")
    try:
        found = list((rows.filter(pk__lt=_number(before)) if before else rows)[: size + 1])
    except ValueError:
        raise NoSuchPageError from None
    return HistoryPage(mails=found[:size], older=str(found[size - 1].pk) if len(found) > size else "")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValueError(text)
    return int(text)


def words_of(events: Sequence[Event]) -> dict[int, str]:
    """Return, by event, the name of the new owner, or the reason for which a file was handed back."""
    owners = {event.pk: event.data["to"] for event in events if "to" in event.data}
    notes = {event.pk: event.data["note"] for event in events if "note" in event.data}
    names = {user.pk: str(user) for user in User.objects.filter(pk__in=set(owners.values()))} if owners else {}
    texts = dict(Message.objects.filter(pk__in=notes.values()).values_list("pk", "body")) if notes else {}
    return {pk: names.get(to, "") for pk, to in owners.items()} | {pk: texts.get(no, "") for pk, no in notes.items()}
