"""The lines of an enrollment's history, as texts."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.domain.enrollment import tenant_proof
from onboarding.domain.questions.preparations import PREPARATIONS
from onboarding.domain.questions.tasks import TASKS
from onboarding.domain.reasons.words import Reader, Words, words_for
from onboarding.enums import VALIDATIONS, Authority, Kind, Source
from onboarding.models import Event

Text = str | Promise


@dataclass(frozen=True)
class TimelineLine:
    at: dt.datetime
    title: Text
    who: str
    source_label: Text
    detail: Text


def lines(
    events: Sequence[Event], *, audience: Reader, words_of: Mapping[int, str] | None = None
) -> list[TimelineLine]:
    """Return the lines; ``words_of`` has names and reasons that the events themselves do not keep."""
    words = words_for(audience)
    return [
        TimelineLine(
            at=event.at,
            title=_line_title(event, words),
            who=str(event.actor) if event.actor else "",
            source_label=_source_label(event),
            detail=(words_of or {}).get(event.pk) or _line_detail(event, words),
        )
        for event in events
    ]


def _source_label(event: Event) -> Text:
    if not event.source:
        return ""
    # What is about no check, a reminder say, was seen nowhere: the portal did it.
    is_our_deed = event.source == Source.API and (not event.check_kind or event.kind == "mail_sent")
    if event.kind in (tenant_proof.PROVEN, tenant_proof.DIFFERS):
        return _("Sign-in with Microsoft")
    return _("By the portal") if is_our_deed else Source(event.source).label


def _line_title(event: Event, words: Words) -> Text:
    title = words.event(event.kind)
    if not event.check_kind:
        return title
    what: Text = Kind(event.check_kind).label
    if event.check_kind in VALIDATIONS:
        what = f"{what} ({Authority(event.check_authority).label})"
    return gettext("%(what)s: %(title)s") % {"what": what, "title": title}


def _line_detail(event: Event, words: Words) -> Text:
    if event.kind in (tenant_proof.PROVEN, tenant_proof.DIFFERS):
        return str(event.data["told"])
    if "reason" in event.data:
        return words.reason(event.data["reason"])
    if "page" in event.data:
        return words.page(event.data["page"])
    if event.data.get("preparation") in PREPARATIONS:
        return PREPARATIONS[event.data["preparation"]].title
    if event.data.get("task") in TASKS:
        return TASKS[event.data["task"]].title
    # In Microsoft's own words.
    return str(event.data.get("told", ""))
