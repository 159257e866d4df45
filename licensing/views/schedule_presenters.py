"""The days of a plan as texts, each with the source of its lead time; and where today stands to the end."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licensing.domain.editions import language
from licensing.domain.facts import DatedFact, Facts
from licensing.domain.schedule import Deed, Schedule, sources
from licensing.domain.timing import Phase
from licensing.enums import Kind, Programme
from licensing.views.presenters import moment, origins, statement
from portal.web.templatetags.portal import to


def days(
    facts: Facts, programme: Programme, plan: Schedule, *, today: dt.date, sector: str = ""
) -> list[dict[str, Any]]:
    """Return the days that are still ahead, each with the sources of its lead time; what is late is said as today."""
    order = _("today")
    if plan.order_from and plan.order_to and plan.order_to > today:
        order = to(plan.order_from, plan.order_to)
    transfer_said = _day_or_today(plan.transfer_on, today)
    if plan.rather_on:
        transfer_said = ngettext(
            "%(transfer)s; not a working day: rather on %(day)s, with %(days)s more day of overlap",
            "%(transfer)s; not a working day: rather on %(day)s, with %(days)s more days of overlap",
            plan.rather_overlap,
        ) % {"transfer": transfer_said, "day": moment(plan.rather_on), "days": plan.rather_overlap}  # fmt: skip
    rows = [
        (Deed.AUTHORISE, _("Have the relationship authorised by"), _day_or_today(plan.authorise_by, today)),
        (Deed.ORDER, _("Order"), order if plan.order_from else ""),
        (Deed.TRANSFER, _("Ask for the transfer on"), transfer_said),
        (Deed.RETURN, _("Last safe day to return or cancel"), moment(plan.return_until)),
        (Deed.KEYS, _("Use the keys until"), moment(plan.keys_until)),
    ]
    found = [
        {
            "label": label,
            "when": when,
            "sources": origins(sources(deed, programme, facts, on=today, sector=sector)),
        }
        for deed, label, when in rows
        if when
    ]
    if plan.overlap_max:
        paid = _("%(least)s to %(most)s days, without credit from Microsoft")
        said = paid % {"least": plan.overlap_min, "most": plan.overlap_max}
        credit = facts.first(Kind.TRANSFER, "no_credit", on=today)
        found.append({"label": _("Paid twice"), "when": said, "sources": [statement(credit)] if credit else []})
    return found


def _day_or_today(day: dt.date | None, today: dt.date) -> str:
    if day is None:
        return ""
    return moment(day) if day > today else _("today")


def standing(facts: Facts, plan: Schedule, *, today: dt.date) -> dict[str, str]:
    """Return where today stands to the end, as a meaning and a sentence that says first what cannot be done."""
    match plan.phase:
        case Phase.LONG_AFTER:
            return {"status": "refused", "text": facts.sentence("M_service_gone", language(), on=today)}
        case Phase.JUST_AFTER:
            return {"status": "turn", "text": facts.sentence("M_service_ended", language(), on=today)}
        case Phase.WINDOW:
            return {"status": "turn", "text": _("Act now: the days of this transfer have begun.")}
    return {
        "status": "moving",
        "text": _("There is time: nothing is due before %(day)s.") % {"day": moment(plan.first)},
    }


def remarks(facts: Facts, *, on: dt.date) -> list[DatedFact]:
    """Return the three remarks of the guide's part 3: no data lost, no migration, and unused tokens for five years."""
    found = (facts.first(Kind.ADVICE, key, programme, on=on) for key, programme in _REMARKS)
    return [fact for fact in found if fact]


_REMARKS = (("no_data_loss", Programme.CSP_ONLINE), ("unused_token", ""))
