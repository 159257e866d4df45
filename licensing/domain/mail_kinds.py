"""The mails about customers' licences."""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from licensing.domain.reminders import Due
from licensing.models import Line, Source
from portal.notices.registry import Category, Notification, Reader


def _licences_due() -> dict[str, Any]:
    return {
        "partner": "Exemple Informatique",
        "day": dt.date(2026, 11, 30),
        "due": [
            Due("order_from", Line(), "Boulangerie Modèle", "Windows Server 2025 Standard", 2),
            Due("authorise_by", Line(), "Garage Fictif", "Microsoft 365 Business Premium", 14),
        ],
        "more": 3,
        "link": settings.SITE_URL + reverse("licensing:estate", args=[uuid.UUID(int=0)]) + "?only=due",
    }


def _sources_due() -> dict[str, Any]:
    read_on = dt.date(2026, 5, 20)
    titles = {"title_fr": "Microsoft, annulations", "title_en": "Microsoft, cancellations"}
    source = Source(code="NCEC", read_on=read_on, **titles)
    return {"sources": [source], "link": settings.SITE_URL + "/admin/licensing/source/?due=1"}


def _edition_held() -> dict[str, Any]:
    why = _("It is a copy of edition %(number)s, which has been replaced.") % {"number": 12}
    return {
        "number": 13,
        "why": why,
        "link": f"{settings.SITE_URL}/admin/licensing/edition/{uuid.UUID(int=0)}/preview/",
    }


KINDS = (
    Notification(
        code="licences_due",
        is_bulk=True,
        title=_("Customer licences need action"),
        when=_("Three days before the day in the plan."),
        readers=(Reader.OWNER, Reader.CONTRIBUTOR),
        category=Category.LICENCES,
        may_wait=True,
        may_opt_out=True,
        example=_licences_due,
    ),
    Notification(
        code="sources_due",
        is_bulk=True,
        title=_("Sources of the licensing facts are to be read again"),
        when=_("A source that is cited was last read 180 days ago, or as long as it allows."),
        readers=(Reader.ADMIN,),
        category=Category.WORK,
        why=_("Public advice relies on these facts, and nobody else watches them."),
        example=_sources_due,
    ),
    Notification(
        code="edition_held",
        is_bulk=True,
        title=_("A draft of the facts was not published on its day"),
        when=_("On the day of the draft, if it has a fault or another edition was published meanwhile."),
        readers=(Reader.ADMIN,),
        category=Category.WORK,
        why=_("The day was chosen so that the pages are right on it."),
        example=_edition_held,
    ),
)
