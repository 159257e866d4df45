"""Lines of a plan as texts, for pages and exports alike."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licensing.domain import checklist, editions, plans, readiness, timing, transfer
from licensing.domain.decision import RULES
from licensing.domain.facts import Facts
from licensing.domain.transfer import Urgency
from licensing.enums import Action, Need, Programme, Sector, Tenant
from licensing.models import PlanLine
from licensing.views import presenters, wording
from portal.partners.models import Partner

_MEANINGS = {
    Urgency.OVERDUE: "refused", Urgency.ACT_NOW: "turn", Urgency.SOON: "moving", Urgency.PLANNED: "none",
    Urgency.UNDATED: "none",
}  # fmt: skip


def urgency_label(urgency: Urgency) -> str:
    return {
        Urgency.OVERDUE: _("overdue"),
        Urgency.ACT_NOW: _("act now"),
        Urgency.SOON: _("within 30 days"),
        Urgency.PLANNED: _("planned"),
        Urgency.UNDATED: _("no date"),
    }[urgency]


def lines(rows: Iterable[PlanLine], *, partner: Partner, today: dt.date) -> Iterator[dict[str, Any]]:
    """Yield each line with its texts, from the facts of the line's own edition."""
    ready = readiness.ready_countries(partner)
    facts_of: dict[Any, Facts] = {}
    reasons: dict[tuple[Any, ...], str] = {}
    for row in rows:
        edition = row.plan.edition
        if edition.pk not in facts_of:
            facts_of[edition.pk] = editions.of(edition)
        facts = facts_of[edition.pk]
        key = (edition.pk, row.rule, row.case.get("product"), row.token_until)
        if key not in reasons:
            reasons[key] = reason(facts, row)
        country = row.plan.customer.country or partner.country
        yield line(row, facts, why=reasons[key], today=today, country=country, is_ready=country in ready)


def line(row: PlanLine, facts: Facts, *, why: str, today: dt.date, country: str, is_ready: bool) -> dict[str, Any]:
    urgency, days = plans.urgency(row, today=today), plan_days(row, today=today)
    said = [code for code in row.warnings if code not in _OF_TODAY]
    if row.expires_on and row.expires_on < today:
        said = [code for code in said if code != "holiday"]
        said.append("expired")
    return {
        "row": row,
        "customer": row.plan.customer.name,
        "product": row.product,
        "number": row.number,
        "quantity": row.quantity,
        "action": Action(row.action).label,
        "is_kept": row.action == Action.KEEP,
        "question": wording.worded(wording.QUESTIONS, row.question) if row.question else "",
        "why": why,
        "rule": row.rule,
        "scenario": _scenario(row),
        "edition": row.plan.edition.number,
        "urgency": _MEANINGS[urgency],
        "urgency_label": urgency_label(urgency),
        "is_dated": urgency != Urgency.UNDATED,
        "days": days,
        "late": _late(row, facts, today=today, is_ready=is_ready),
        "blocked": row.action == Action.CSP_ONLINE and not is_ready,
        "warnings": [_warning(row, code, today=today) for code in said],
        # An edition that is older than a sentence lacks it.
        "notes": _notes(row, facts),
        "deadlines": (after := _deadlines(row, facts, country=country)),
        "too_late": bool(after and after.return_until) and not _returnable(row, facts, today=today),
        "no_return": bool(row.line and row.line.ordered_on and row.action == Action.OPEN_VALUE),
    }


@dataclass(frozen=True)
class PlanDays:
    """The days of a line that are still advice on the day of reading; None: not part of the plan, or over."""

    authorise_by: dt.date | None = None
    order_from: dt.date | None = None
    order_to: dt.date | None = None
    transfer_on: dt.date | None = None
    rather_on: dt.date | None = None
    overlap: int = 0


def plan_days(row: PlanLine, *, today: dt.date) -> PlanDays:
    """Return the days of a plan as they are read today: none has passed, and what is late is to be done today."""
    if row.expires_on is None or row.expires_on < today:
        return PlanDays()

    def ahead(day: dt.date | None) -> dt.date | None:
        return max(day, today) if day else None

    order_from = ahead(row.order_from)
    is_ordered = row.line is not None and row.line.ordered_on is not None
    return PlanDays(
        authorise_by=ahead(row.authorise_by),
        order_from=None if is_ordered else order_from,
        order_to=None if is_ordered else ahead(row.order_to),
        transfer_on=ahead(row.transfer_on),
        rather_on=row.rather_on if row.rather_on and row.rather_on >= today else None,
        overlap=min(row.overlap_days, (row.expires_on - order_from).days) if order_from else 0,
    )


def _scenario(row: PlanLine) -> int | None:
    """Return the guide's scenario of a line that moves to CSP."""
    tenant = Tenant(row.case.get("tenant") or Tenant.UNKNOWN)
    ended = timing.ended(Need.ONLINE, row.expires_on, today=row.plan.as_of)
    return checklist.scenario(tenant, ended=ended) if row.action == Action.CSP_ONLINE else None


def _late(row: PlanLine, facts: Facts, *, today: dt.date, is_ready: bool) -> str:
    """Return what is left to do after the days to order have passed; '' before that, or once it is ordered."""
    programme = _ORDERED_BEFORE_END.get(Action(row.action))
    was_ordered = row.line is not None and row.line.ordered_on is not None
    if programme is None or was_ordered or row.expires_on is None:
        return ""
    if row.expires_on < today:
        return _("It has ended: order today if it is still wanted, and ask your contact what can still be saved.")
    leads = transfer.leads(facts, on=row.plan.as_of, programme=programme)
    if row.expires_on - leads.order_min * transfer.DAY >= today:
        return ""
    if row.action == Action.CSP_ONLINE and not is_ready:
        return _("The days to order have passed: order as soon as your enrolment is finished.")
    return _("The days to order have passed: order today.")


_ORDERED_BEFORE_END = {Action.CSP_ONLINE: Programme.CSP_ONLINE, Action.OPEN_VALUE: Programme.OPEN_VALUE}

# These change from day to day, so they are computed for today; plans of earlier versions also store them.
_OF_TODAY = {"not_ready", "expired"}
ORDERED = {
    Action.CSP_ONLINE: Programme.CSP_ONLINE,
    Action.OPEN_VALUE: Programme.OPEN_VALUE,
    # To buy beside a licence that stays.
    Action.KEEP: Programme.CSP_PERPETUAL,
}


def _notes(row: PlanLine, facts: Facts) -> list[tuple[str, str]]:
    """Return the conditions of the answer, and warnings about it, each with its key."""
    product, on = row.case.get("product"), row.plan.as_of
    found = [(key, presenters.filled(facts, key, product=product, on=on, days=days)) for key, days in row.notes]
    return [(key, text) for key, text in found if text]


def _warning(row: PlanLine, code: str, *, today: dt.date) -> str:
    text = str(wording.worded(wording.WARNINGS, code))
    if code == "holiday" and row.rather_on and row.rather_on < today:
        # A day that has passed is no advice.
        return text + " " + _("The working day before it has passed: ask for the transfer today.")
    if code == "holiday" and row.rather_on and row.transfer_on:
        more = (row.transfer_on - row.rather_on).days
        text += " " + ngettext(
            "Rather on %(day)s: %(days)s day more is paid twice.",
            "Rather on %(day)s: %(days)s days more are paid twice.",
            more,
        ) % {"day": presenters.moment(row.rather_on), "days": more}  # fmt: skip
    return text


def _deadlines(row: PlanLine, facts: Facts, *, country: str) -> transfer.Deadlines | None:
    programme = ORDERED.get(Action(row.action))
    if row.line is None or row.line.ordered_on is None or programme is None:
        return None
    return transfer.deadlines(
        programme, facts, ordered_on=row.line.ordered_on, keys_on=row.line.keys_on, country=country,
        sector=row.case.get("sector") or "",
    )  # fmt: skip


def _returnable(row: PlanLine, facts: Facts, *, today: dt.date) -> bool:
    """Return True when the whole order can still be returned today."""
    programme = ORDERED[Action(row.action)]
    ordered_on = row.line.ordered_on if row.line else None
    return ordered_on is not None and transfer.gives_credit(
        programme, facts, ordered_on=ordered_on, returned_on=today, whole=True
    )


def reason(facts: Facts, row: PlanLine) -> str:
    """Return the sentence of the rule that answered; '' while a question is open."""
    if not row.rule:
        return ""
    return presenters.filled(facts, row.rule, product=row.case.get("product"), on=row.plan.as_of, until=row.token_until)


def statements(facts: Facts, rules: set[str], *, on: dt.date) -> list[dict[str, Any]]:
    """Return what the given rules cite, each statement once, with its source."""
    cited = {cite for rule in RULES if rule.number in rules for cite in rule.cites if cite[1] != "*"}
    found = [fact for kind, key, programme in sorted(cited) for fact in facts.readings(kind, key, programme, on=on)]
    said = [{**presenters.statement(fact), "text": presenters.named(facts, fact, on=on)} for fact in found]
    return list({(one["text"], one["source"]): one for one in said if one["text"]}.values())


def sources(facts: Facts, rules: set[str], *, on: dt.date) -> list[str]:
    """Return the sources that the given rules cite, each once, as texts for a file."""
    return [f"{one['text']} ({one['source']}, {one['dated']})" for one in statements(facts, rules, on=on)]


def heads() -> list[str]:
    """Return the titles of an export. Those of the line itself come first: the file can be uploaded again."""
    return [
        _("Customer"), _("Product"), _("Part number"), _("Authorization number"), _("Licence or agreement number"),
        _("Program"), _("Quantity"), _("Software Assurance"), _("Start date"), _("End date"),
        _("End of Software Assurance"), _("Token bought on"), _("Sector"), _("Country"),
        _("Action"), _("Urgency"), _("Open question"),
        _("Authorise by"), _("Order from"), _("Order until"), _("Transfer on"), _("Expiry"), _("Activate until"),
        _("Scenario"), _("Days paid twice, at most"), _("Ordered on"), _("Return until"), _("Use the keys until"),
        _("Why"), _("Warnings"), _("Edition"),
    ]  # fmt: skip


def cells(one: dict[str, Any]) -> list[object]:
    row, days, after = one["row"], one["days"], one["deadlines"] or transfer.Deadlines()
    return [
        *_of_line(one), str(one["action"]), one["urgency_label"],
        str(one["question"]), days.authorise_by, days.order_from, days.order_to, days.transfer_on, row.expires_on,
        row.token_until, one["scenario"], days.overlap or None, row.line and row.line.ordered_on,
        after.return_until, after.keys_until, one["why"], " ".join(warnings(one)),
        one["edition"],
    ]  # fmt: skip


def _of_line(one: dict[str, Any]) -> list[object]:
    """Return the line as it was imported; a line that was removed has only what its plan holds."""
    line, customer = one["row"].line, one["row"].plan.customer
    about = [Sector(customer.sector).label if customer.sector else "", customer.country]
    if line is None:
        return [one["customer"], one["product"], "", "", one["number"], "", one["quantity"], *[None] * 5, *about]
    has_sa = {True: _("Yes"), False: _("No"), None: ""}[line.has_sa]
    return [
        one["customer"], line.product, line.part_number, line.authorization_number, line.license_number,
        line.program, line.quantity, has_sa, line.start_on, line.end_on, line.sa_end_on, line.token_bought_on, *about,
    ]  # fmt: skip


def warnings(one: dict[str, Any]) -> list[str]:
    """Return all warnings, for files; a page shows what blocks its lines once, with a link to the solution."""
    blocked = [wording.worded(wording.WARNINGS, "not_ready")] if one["blocked"] else []
    return [str(text) for text in (*blocked, *one["warnings"])]


def first_line(row: PlanLine | None) -> dict[str, Any] | None:
    """Return the nearest line of a customer for the list: its product, quantity and action."""
    if row is None:
        return None
    return {"product": row.product, "quantity": row.quantity, "action": Action(row.action).label, "act_on": row.act_on}


def overview_counts(actions: dict[str, int]) -> list[tuple[str, str, int]]:
    return [(action.value, str(action.label), actions[action]) for action in Action if actions.get(action)]
