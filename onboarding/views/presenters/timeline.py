"""The lines of an enrollment's history, as texts."""

import datetime as dt
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext

from onboarding.domain import history
from onboarding.domain.questions.steps import PAGES
from onboarding.domain.reasons.catalogue import REASONS
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


def lines(events: list[Event]) -> list[TimelineLine]:
    return [
        TimelineLine(
            at=event.at,
            title=_line_title(event),
            who=str(event.actor) if event.actor else "",
            source_label=Source(event.source).label if event.source else "",
            detail=_line_detail(event),
        )
        for event in events
    ]


def _line_title(event: Event) -> Text:
    title: Text = history.TITLES.get(event.kind, event.kind)
    if not event.check_kind:
        return title
    what: Text = Kind(event.check_kind).label
    if event.check_kind in VALIDATIONS:
        what = f"{what} ({Authority(event.check_authority).label})"
    return gettext("%(what)s: %(title)s") % {"what": what, "title": title}


def _line_detail(event: Event) -> Text:
    if "reason" in event.data:
        return REASONS[event.data["reason"]].title
    if "page" in event.data:
        return PAGES[event.data["page"]].title
    # In Microsoft's own words.
    return str(event.data.get("told", ""))
