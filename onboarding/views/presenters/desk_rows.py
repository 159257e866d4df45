"""The rows of the desk's list, ready to be written out: a page has fifty, so each word is looked up once."""

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from onboarding.domain.desk import pipeline
from onboarding.domain.questions.steps import STEPS
from onboarding.domain.reasons.words import Words
from onboarding.enums import Authority, Kind, Turn
from onboarding.models import PipelineEntry
from portal.web.templatetags.portal import day


@dataclass(frozen=True)
class DeskRow:
    """An enrollment in the list; ``found`` is what a search found in it. A text that does not apply is empty."""

    pk: uuid.UUID
    url: str
    partner: str
    pick: str
    where: str
    found: str
    turn: str
    turn_label: Any
    title: Any
    parts: list[Any]
    suspension: str
    suspended_on: str
    messages_url: str
    unread: str
    since: str
    waits: str
    days: int
    owner: str
    follow_up: str


def desk_row(entry: PipelineEntry, words: Words, *, query: str, found: str) -> DeskRow:
    """Return the row; its address leads back to the view ``query``."""
    now, enrollment = timezone.now(), entry.enrollment
    partner, country = str(enrollment.partner), str(enrollment.country)
    waits, unread = (now - entry.since).days, entry.unread  # type: ignore[attr-defined]
    return DeskRow(
        pk=enrollment.pk,
        url=file_url(enrollment.pk, query),
        partner=partner,
        pick=_("Choose %(partner)s, %(country)s") % {"partner": partner, "country": country},
        where=f"{country} · {_steps_done(entry)}",
        found=found,
        turn=entry.turn,
        turn_label=words.turn(entry.turn),
        title=title_of(entry, words),
        parts=[pipeline.LABELS[part] for part in entry.parts],
        suspension=_suspension(entry),
        suspended_on=day(entry.suspension_on),
        messages_url=reverse("onboarding:desk_messages", args=[enrollment.pk]) if unread else "",
        unread=_unread(unread) if unread else "",
        since=day(entry.since),
        waits=ngettext("%(days)s day", "%(days)s days", waits) % {"days": waits},
        days=(now - entry.progressed_at).days,
        owner=str(entry.owner or ""),
        follow_up=day(entry.follow_up_on),
    )


def file_url(pk: uuid.UUID | None, query: str) -> str:
    """Return the address of an enrollment's page that leads back to the view ``query``; empty for no enrollment."""
    if pk is None:
        return ""
    address = reverse("onboarding:desk_enrollment", args=[pk])
    return f"{address}?{urlencode({'from': query})}" if query else address


def title_of(entry: PipelineEntry, words: Words) -> Any:
    """Return what the turn is about: the check and its reason, or the state of the enrollment."""
    if not entry.reason:
        return entry.enrollment.get_state_display() if entry.turn != Turn.RESELLER else _("Draft to be completed")
    kind, authority = Kind(entry.kind).label, Authority(entry.authority).label
    return _("%(what)s (%(authority)s): %(title)s") % {
        "what": kind, "authority": authority, "title": words.reason(entry.reason),
    }  # fmt: skip


def _steps_done(entry: PipelineEntry) -> str:
    words = ngettext("%(done)s of %(total)s steps done", "%(done)s of %(total)s steps done", entry.steps_done)
    return words % {"done": entry.steps_done, "total": len(STEPS)}


def _unread(count: int) -> str:
    return ngettext("%(count)s new message", "%(count)s new messages", count) % {"count": count}


def _suspension(entry: PipelineEntry) -> str:
    if entry.suspension_on is None:
        return ""
    return _("Suspension since") if entry.suspension_on <= timezone.localdate() else _("Suspension on")
