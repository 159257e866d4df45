"""Queries: links, the country of the reader, estates and plan lines."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Sum

from licensing.domain.rows import customer_key
from licensing.enums import Action, Need
from licensing.models import Customer, PlanLine, TransferLink
from portal.partners.models import Partner


def transfer_link(country: str, *, on: dt.date) -> TransferLink | None:
    return TransferLink.objects.filter(country=country, valid_from__lte=on).order_by("-valid_from").first()


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
    rows = PlanLine.objects.filter(plan__customer__partner=partner, plan__is_current=True)
    soon = {
        f"due_{days}": Count("pk", filter=Q(act_on__gte=today, act_on__lte=today + dt.timedelta(days=days)))
        for days in (30, 60, 90)
    }
    counts = rows.aggregate(
        lines=Count("pk"),
        quantity=Sum("quantity"),
        overdue=Count("pk", filter=Q(act_on__lt=today)),
        questions=Count("pk", filter=~Q(question="")),
        **soon,
    )
    actions = dict(rows.order_by().values_list("action").annotate(number=Count("pk")))
    due = tuple((days, counts[f"due_{days}"]) for days in (30, 60, 90))
    return Overview(counts["lines"], counts["quantity"] or 0, actions, counts["overdue"], due, counts["questions"])


AHEAD = dt.timedelta(weeks=24)  # twice the long tail: 5 % take more than 12 weeks. Source: [guide] part 2.


def may_be_at_risk(today: dt.date) -> Q:
    """Return a filter for the plan lines that must be in CSP before they expire, ``AHEAD`` at most.

    It includes an online service whose question is open or that a person decides on, and an unknown product that ends:
    what is unknown is not safe.
    """
    unsettled = Q(case__need=Need.ONLINE) | Q(question="unknown_online")
    moves = Q(action=Action.CSP_ONLINE) | Q(unsettled, action__in=[Action.ANSWER, Action.ASK_BDM])
    return moves & Q(plan__is_current=True, expires_on__gte=today, expires_on__lt=today + AHEAD)


def customers(partner: Partner, *, today: dt.date, text: str = "", only: str = "") -> "QuerySet[Customer]":
    """Return the partner's customers with the actions of their current plan, those with the nearest day first."""
    current = Q(plans__is_current=True)
    rows = Customer.objects.filter(partner=partner).annotate(
        lines_number=Count("plans__lines", filter=current),
        act_on=Min("plans__lines__act_on", filter=current),
        questions=Count("plans__lines", filter=current & ~Q(plans__lines__question="")),
    )
    if text:
        rows = rows.filter(key__contains=customer_key(text))
    if only == "questions":
        rows = rows.filter(questions__gt=0)
    elif only == "due":
        rows = rows.filter(act_on__lte=today + dt.timedelta(days=30))
    elif only == "moves":
        rows = rows.filter(Exists(PlanLine.objects.filter(may_be_at_risk(today), plan__customer=OuterRef("pk"))))
    return rows.order_by(F("act_on").asc(nulls_last=True), "name", "pk")


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
