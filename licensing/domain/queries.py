"""Queries: links, the country of the reader, estates and plan lines."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Sum

from licensing.domain.rows import customer_key
from licensing.enums import Action, Need
from licensing.models import Customer, PlanLine, TransferLink
from portal.geo.models import may_be_shown
from portal.partners.models import Partner


def transfer_link(country: str, *, on: dt.date) -> TransferLink | None:
    """Return the country's link on that day; a demo's placeholder is none in production."""
    link = TransferLink.objects.filter(country=country, valid_from__lte=on).order_by("-valid_from").first()
    return link if link and may_be_shown(link.url) else None


def country_of(user: Any) -> str:
    """Return the country of the person's company, '' for visitors."""
    if not user.is_authenticated:
        return ""
    found = Partner.objects.filter(memberships__user=user).values_list("country", flat=True).first()
    return found or ""


# --- the estate -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Overview:
    """The reseller's first page: counts of lines by action, and of what is due soon."""

    lines: int
    quantity: int
    actions: dict[str, int]
    overdue: int
    due: tuple[tuple[int, int], ...]  # (within so many days, lines)
    questions: int


def overview(partner: Partner, *, today: dt.date) -> Overview:
    """Return the counts, each of the lines that ``wanted`` finds under its name."""
    rows = PlanLine.objects.filter(plan__customer__partner=partner, plan__is_current=True)
    counts = rows.aggregate(
        lines=Count("pk"),
        quantity=Sum("quantity"),
        overdue=Count("pk", filter=wanted("overdue", today=today)),
        questions=Count("pk", filter=wanted("questions", today=today)),
        **{name: Count("pk", filter=wanted(name, today=today)) for name in DUE},
    )
    actions = dict(rows.order_by().values_list("action").annotate(number=Count("pk")))
    due = tuple((days, counts[name]) for name, days in DUE.items())
    return Overview(counts["lines"], counts["quantity"] or 0, actions, counts["overdue"], due, counts["questions"])


DUE = {"due": 30, "due60": 60, "due90": 90}  # filter -> within so many days, what is late included


def wanted(only: str, *, today: dt.date) -> Q | None:
    """Return which lines of current plans a filter of the estate means; None for all of them.

    A counter and the list that it leads to ask this one function.
    """
    current = Q(plan__is_current=True)
    # What was ordered needs no order any more.
    to_do = current & Q(act_on__isnull=False) & (Q(line=None) | Q(line__ordered_on=None))
    if only in DUE:
        return to_do & Q(act_on__lte=today + dt.timedelta(days=DUE[only]))
    if only == "overdue":
        return to_do & Q(act_on__lt=today)
    if only == "questions":
        return current & ~Q(question="")
    if only == "moves":
        return may_be_at_risk(today)
    return current & Q(action=only) if only in Action.values else None


AHEAD = dt.timedelta(weeks=24)  # twice the long tail: 5 % take more than 12 weeks. Source: [guide] part 2.


def may_be_at_risk(today: dt.date) -> Q:
    """Return a filter for the plan lines that must be in CSP before they expire, ``AHEAD`` at most.

    It includes an online service whose question is open or that a person decides on, and an unknown product that ends:
    what is unknown is not safe.
    """
    unsettled = Q(case__need=Need.ONLINE) | Q(question="unknown_online")
    moves = Q(action=Action.CSP_ONLINE) | Q(unsettled, action__in=[Action.ANSWER, Action.ASK_BDM])
    return moves & Q(plan__is_current=True, expires_on__gte=today, expires_on__lt=today + AHEAD)


def customers(
    partner: Partner, *, today: dt.date, text: str = "", only: str = "", among: Iterable[uuid.UUID] | None = None
) -> "QuerySet[Customer]":
    """Return the partner's customers with the actions of their current plan, those with the nearest day first.

    ``among`` limits them to these, for a filter that no query can decide (``readiness.customers_at_risk``).
    """
    current = Q(plans__is_current=True)
    rows = Customer.objects.filter(partner=partner).annotate(
        lines_number=Count("plans__lines", filter=current),
        licences=Sum("plans__lines__quantity", filter=current),
        expires_on=Min("plans__lines__expires_on", filter=current & Q(plans__lines__expires_on__gte=today)),
        act_on=Min("plans__lines__act_on", filter=current),
        questions=Count("plans__lines", filter=current & ~Q(plans__lines__question="")),
    )
    if text:
        rows = rows.filter(key__contains=customer_key(text))
    if among is not None:
        rows = rows.filter(pk__in=list(among))
    if (lines := wanted(only, today=today)) is not None:
        rows = rows.filter(Exists(PlanLine.objects.filter(lines, plan__customer=OuterRef("pk"))))
    return rows.order_by(F("act_on").asc(nulls_last=True), "name", "pk")


def first_lines(customers: Iterable[uuid.UUID], *, today: dt.date, only: str = "") -> dict[uuid.UUID, PlanLine]:
    """Return for each customer the line with the nearest day, of those that the filter means."""
    rows = PlanLine.objects.filter(plan__customer__in=list(customers), plan__is_current=True)
    if (lines := wanted(only, today=today)) is not None:
        rows = rows.filter(lines)
    rows = rows.select_related("plan").order_by("plan__customer", F("act_on").asc(nulls_last=True), "pk")
    return {row.plan.customer_id: row for row in rows.distinct("plan__customer")}


def plan_lines(partner: Partner, *, customer: Customer | None = None) -> "QuerySet[PlanLine]":
    """Return the lines of the current plans, by customer and day."""
    rows = PlanLine.objects.filter(plan__customer__partner=partner, plan__is_current=True)
    if customer:
        rows = rows.filter(plan__customer=customer)
    order = ("plan__customer__name", F("act_on").asc(nulls_last=True), "pk")
    return rows.select_related("plan__customer", "plan__edition", "line").order_by(*order)


CALENDAR_LINES = 1000  # more than anybody reads; a calendar program asks for them every hour
CALENDAR_BACK = dt.timedelta(days=30)
GONE_FOR = dt.timedelta(days=90)  # a calendar that has not asked since then has forgotten them anyway


def calendar_lines(partner: Partner, *, today: dt.date, customer: Customer | None = None) -> "QuerySet[PlanLine]":
    """Return the current plans' lines with the nearest days."""
    rows = plan_lines(partner, customer=customer).filter(act_on__gte=today - CALENDAR_BACK)
    return rows.order_by("act_on", "pk")[:CALENDAR_LINES]


def gone_lines(partner: Partner, *, now: dt.datetime, customer: Customer | None = None) -> "QuerySet[PlanLine]":
    """Return lines that recently had days in a plan and no longer have any, each in its last form."""
    before = _of_late(partner, now, customer).filter(act_on__isnull=False)
    return _last(before.exclude(Exists(_SAME_NOW.filter(act_on__isnull=False))))


def settled_lines(partner: Partner, *, now: dt.datetime, customer: Customer | None = None) -> "QuerySet[PlanLine]":
    """Return lines that recently were to be transferred and now are only to be ordered, each in its last form."""
    before = _of_late(partner, now, customer).filter(authorise_by__isnull=False)
    return _last(before.filter(Exists(_SAME_NOW.filter(act_on__isnull=False, authorise_by=None))))


_SAME_NOW = PlanLine.objects.filter(
    plan__customer=OuterRef("plan__customer"), plan__is_current=True, uid=OuterRef("uid")
)


def _of_late(partner: Partner, now: dt.datetime, customer: Customer | None) -> "QuerySet[PlanLine]":
    rows = PlanLine.objects.filter(
        plan__customer__partner=partner, plan__is_current=False, plan__made_at__gte=now - GONE_FOR
    )
    return rows.filter(plan__customer=customer) if customer else rows


def _last(rows: "QuerySet[PlanLine]") -> "QuerySet[PlanLine]":
    newest = rows.order_by("uid", "-plan__number").distinct("uid")
    return newest.select_related("plan__customer")[:CALENDAR_LINES]
