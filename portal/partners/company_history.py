"""A company's history, in words for its people."""

import datetime as dt
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from portal.geo.models import Country
from portal.partners import events as company_events
from portal.partners.models import CompanyEvent, Deed, Partner, PartnerView, Role
from portal.wording import colon


@dataclass(frozen=True)
class Line:
    """A line of ``components/timeline.html``."""

    at: dt.datetime
    title: str | Promise
    detail: str
    who: str
    source_label: str = ""


@dataclass(frozen=True)
class Story:
    """The newest events of a company, and who had which role when."""

    events: list[Line]
    roles: list[Line]


ABOUT_ROLES = (
    Deed.REGISTERED, Deed.JOINED, Deed.ROLE_CHANGED, Deed.REMOVED, Deed.LEFT, Deed.HAND_OVER_ACCEPTED,
    Deed.WITHOUT_OWNER, Deed.REVIEWED,
)  # fmt: skip
MOST = 500  # events that are read


def of(partner: Partner) -> Story:
    """Return the newest events as lines. A company older than this history begins with its registration."""
    found = company_events.history(partner, most=MOST)
    lines = [(Deed(event.deed), _line(event)) for event in found]
    if len(found) < MOST and not any(deed == Deed.REGISTERED for deed, _told in lines):
        lines.append((Deed.REGISTERED, Line(partner.created_at, Deed.REGISTERED.label, "", "")))
    newest = [line for _deed, line in lines[: company_events.HISTORY]]
    return Story(newest, [line for deed, line in lines if deed in ABOUT_ROLES])


def _line(event: CompanyEvent) -> Line:
    return Line(event.at, Deed(event.deed).label, _detail(event), str(event.actor or ""))


def looks(partner: Partner) -> list[PartnerView]:
    """Return the last times that people of Ingram Micro saw the portal as one of the company's people."""
    found = PartnerView.objects.filter(companies__contains=[partner.pk]).select_related("viewer", "seen_as")
    return list(found.order_by("-started_at")[: company_events.HISTORY])


def _detail(event: CompanyEvent) -> str:
    data = event.data
    if event.deed == Deed.CORRECTED:
        return "; ".join(f"{_name(before)} → {_name(after)}" for before, after in data["changes"])
    if event.deed == Deed.ROLE_CHANGED:
        words = {"person": event.person, "before": Role(data["before"]).label, "after": Role(data["after"]).label}
        return _("%(person)s: %(before)s → %(after)s") % words
    if data.get("role"):
        role = str(Role(data["role"]).label)
        return f"{event.person}{colon()}{role}" if event.person_id else role
    return str(event.person or "") if event.person_id != event.actor_id else ""


def _name(value: str) -> str:
    country = Country.objects.filter(pk=value).first() if len(value) == 2 and value.isupper() else None
    return str(country or value)
