"""A company's history, in words for its people."""

import datetime as dt
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from portal.geo.models import Country
from portal.partners import domain
from portal.partners.models import CompanyEvent, Deed, Partner, PartnerView, Role


@dataclass(frozen=True)
class Line:
    """A line of ``components/timeline.html``."""

    at: dt.datetime
    title: str | Promise
    detail: str
    who: str
    source_label: str = ""


def lines(partner: Partner) -> list[Line]:
    """Return the newest events as lines. A company older than this history begins with its registration."""
    events = domain.history(partner)
    found = [Line(event.at, Deed(event.deed).label, _detail(event), str(event.actor or "")) for event in events]
    if len(events) < domain.HISTORY and not any(event.deed == Deed.REGISTERED for event in events):
        found.append(Line(partner.created_at, Deed.REGISTERED.label, "", ""))
    return found


def looks(partner: Partner) -> list[PartnerView]:
    """Return the last times that people of Ingram Micro saw the portal as one of the company's people."""
    found = PartnerView.objects.filter(companies__contains=[partner.pk]).select_related("viewer", "seen_as")
    return list(found.order_by("-started_at")[: domain.HISTORY])


def _detail(event: CompanyEvent) -> str:
    data = event.data
    if event.deed == Deed.CORRECTED:
        return "; ".join(f"{_name(before)} → {_name(after)}" for before, after in data["changes"])
    if event.deed == Deed.ROLE_CHANGED:
        words = {"person": event.person, "before": Role(data["before"]).label, "after": Role(data["after"]).label}
        return _("%(person)s: %(before)s → %(after)s") % words
    if data.get("role"):
        return str(Role(data["role"]).label)
    return str(event.person or "") if event.person_id != event.actor_id else ""


def _name(value: str) -> str:
    country = Country.objects.filter(pk=value).first() if len(value) == 2 and value.isupper() else None
    return str(country or value)
