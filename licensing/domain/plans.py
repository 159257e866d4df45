"""A customer's plan: for each line what to do and by when, with the facts of one edition."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.utils import timezone

from licensing.domain import checklist, contacts, editions, timing, transfer
from licensing.domain.cells import number_key
from licensing.domain.decision import Decision, decide
from licensing.domain.facts import Facts
from licensing.domain.schedule import Schedule, schedule
from licensing.domain.world import Case
from licensing.enums import Action, Deadline, EditionState, Need, Outcome, Programme, Sector, Tenant, Transaction
from licensing.models import Agreement, Customer, Edition, Line, Plan, PlanLine
from portal.partners.models import Partner
from portal.work import heartbeat

_ACTIONS = {
    Outcome.KEEP: Action.KEEP,
    Outcome.CSP_ONLINE: Action.CSP_ONLINE,
    Outcome.OPEN_VALUE: Action.OPEN_VALUE,
    Outcome.ACTIVATE_TOKEN: Action.ACTIVATE,
    Outcome.ASK_BDM: Action.ASK_BDM,
    Outcome.ASK: Action.ANSWER,
}
_DATED = (Action.CSP_ONLINE, Action.OPEN_VALUE, Action.ASK_BDM, Action.ANSWER)
BATCH = 500  # customers
LINES = 2000  # lines written at once, between two signs of life


@transaction.atomic
def make(
    *,
    partner: Partner,
    customers: Iterable[uuid.UUID],
    today: dt.date,
    now: dt.datetime,
    progress: Callable[[float], None] = lambda share: None,
) -> int:
    """Plan these customers of the partner again. Return how many lines were planned.

    Plans do not store whether the reseller may sell, or what has expired; both are computed when displayed.
    """
    edition = Edition.objects.get(state=EditionState.PUBLISHED)
    facts = editions.of(edition)
    planner = _Planner(facts, today=today, country=partner.country)
    wanted = list(customers)
    planned = 0
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        found = Customer.objects.select_for_update().filter(partner=partner, pk__in=some)
        planned += _make(list(found), planner, edition, today, now)
        progress(min(1, (start + BATCH) / len(wanted)))
    return planned


def _make(customers: list[Customer], planner: "_Planner", edition: Edition, today: dt.date, now: dt.datetime) -> int:
    lines: dict[uuid.UUID, list[Line]] = {customer.pk: [] for customer in customers}
    for line in Line.objects.filter(customer__in=lines).order_by("pk"):
        lines[line.customer_id].append(line)
    ends = {
        (one.customer_id, number_key(one.number)): one.end_on for one in Agreement.objects.filter(customer__in=lines)
    }
    numbers = dict(
        Plan.objects.filter(customer__in=lines).values_list("customer").annotate(last=Max("number")).order_by()
    )
    plans, rows = [], []
    for customer in customers:
        plan = Plan(
            customer=customer, number=numbers.get(customer.pk, 0) + 1, edition=edition, as_of=today, made_at=now
        )
        plans.append(plan)
        several = len({line.authorization_number for line in lines[customer.pk] if line.authorization_number}) > 1
        for line in lines[customer.pk]:
            named = (line.license_number, line.authorization_number)
            agreed = next((end for n in named if n and (end := ends.get((customer.pk, number_key(n))))), None)
            rows.append(planner.plan_line(plan, customer, line, several=several, agreed=agreed))
    Plan.objects.filter(customer__in=lines, is_current=True).update(is_current=False)
    Plan.objects.bulk_create(plans)
    for start in range(0, len(rows), LINES):
        heartbeat.beat()
        PlanLine.objects.bulk_create(rows[start : start + LINES])
    return len(rows)


@transaction.atomic
def renew_outdated(now: dt.datetime) -> int:
    """Plan again what was planned with replaced facts, or before a right of it ended or became too old to be saved.

    At most ``BATCH`` customers, of one partner at a time. The earlier plans stay unchanged.
    """
    today = timezone.localdate(now)
    is_late = Exists(PlanLine.objects.filter(_passed_since(today), plan=OuterRef("pk")))
    replaced = ~Q(edition__state=EditionState.PUBLISHED)
    outdated = Plan.objects.filter(replaced | is_late, is_current=True)
    first = outdated.select_related("customer__partner").order_by("made_at", "pk").first()
    if first is None:
        return 0
    partner = Partner.objects.select_for_update().get(pk=first.customer.partner_id)
    wanted = outdated.filter(customer__partner=partner).values_list("customer", flat=True)[:BATCH]
    return make(partner=partner, customers=list(wanted), today=today, now=now)


def _passed_since(today: dt.date) -> Q:
    """Return which plan lines have another answer today than on the day of their plan: an end has passed since."""
    facts = editions.current()
    found = Q(token_until__lt=today, token_until__gte=F("plan__as_of"))
    for need, key in timing.GRACE.items():
        grace = facts.number(key, on=today)
        for days in (0, timing.JUST_AFTER[need] if grace is None else grace):
            passed = Q(expires_on__lt=today - days * transfer.DAY)
            found |= passed & Q(expires_on__gte=F("plan__as_of") - days * transfer.DAY)
    return found


class _Planner:
    """Decides each question once, because many lines ask an equal one."""

    def __init__(self, facts: Facts, *, today: dt.date, country: str) -> None:
        self.facts, self.today, self.country = facts, today, country
        self.is_covered = lru_cache(maxsize=None)(contacts.is_covered)
        self.decide = lru_cache(maxsize=10_000)(lambda case: decide(case, facts))
        self.schedule = lru_cache(maxsize=10_000)(self._schedule)

    def plan_line(
        self, plan: Plan, customer: Customer, line: Line, *, several: bool, agreed: dt.date | None
    ) -> PlanLine:
        covered = self.is_covered(customer.country or self.country)
        case, expiry = case_of(line, customer, agreed=agreed, today=self.today, covered=covered, facts=self.facts)
        found: Decision = self.decide(case)
        action = _ACTIONS.get(found.outcome, Action.ASK_BDM)
        row = PlanLine(
            plan=plan, line=line, uid=line.pk, product=line.product, quantity=line.quantity,
            number=line.authorization_number or line.license_number, case=stored(case), action=action, rule=found.rule,
            question=found.question, notes=[[note.key, note.days] for note in found.notes],
        )  # fmt: skip
        row.warnings = [*line.warnings, *(["several_authorizations"] if several and line.online else [])]
        if is_unclear(line, customer):
            row.action, row.rule, row.question, action = Action.ANSWER, "", "unknown_online", Action.ANSWER
            expiry = line.end_on
        if action in _DATED:
            self._set_dates(row, action, expiry, customer)
        if action == Action.ACTIVATE:
            row.token_until = row.act_on = dict(found.dates).get(Deadline.TOKEN_UNTIL)
        return row

    def _schedule(self, programme: Programme, expiry: dt.date, country: str, is_transfer: bool) -> Schedule:
        return schedule(
            programme, self.facts, today=self.today, expiry=expiry, country=country, is_transfer=is_transfer
        )

    def _set_dates(self, row: PlanLine, action: str, expiry: dt.date | None, customer: Customer) -> None:
        if expiry is None:
            if action in (Action.CSP_ONLINE, Action.OPEN_VALUE):
                row.action, row.question = Action.ANSWER, "end_on"
            return
        # For a tenant of ours, or a new one, an order is enough; only a subscription elsewhere is authorised and
        # transferred. Open Value is ordered through IMOnline: nothing is transferred there.
        renews_sa = row.case.get("need") == Need.SA_RENEWAL
        programme = Programme.OPEN_VALUE if renews_sa else Programme.CSP_ONLINE
        after = timing.ended(Need.ONLINE, expiry, today=self.today, facts=self.facts)
        is_transfer = not renews_sa and checklist.scenario(Tenant(customer.tenant), ended=after) == 2
        days: Schedule = self.schedule(programme, expiry, customer.country or self.country, is_transfer)
        row.expires_on = expiry
        if days.phase in (timing.Phase.JUST_AFTER, timing.Phase.LONG_AFTER):
            # Days before an end that has passed are no advice: it is done today, or it is too late for it.
            row.act_on = self.today if days.phase == timing.Phase.JUST_AFTER else None
            return
        row.order_from, row.order_to, row.overlap_days = days.order_from, days.order_to, days.overlap_max
        row.authorise_by, row.transfer_on, row.rather_on = days.authorise_by, days.transfer_on, days.rather_on
        row.act_on = days.due_on
        if days.rather_on:
            row.warnings = [*row.warnings, "holiday"]


def is_unclear(line: Line, customer: Customer) -> bool:
    """Return True for an unknown product with an end: it may be a service that must move, or a licence that stays."""
    is_known = line.family or line.online or line.token_bought_on or (line.has_sa or customer.has_sa)
    return not is_known and line.end_on is not None and customer.unknown_online is None


def case_of(
    line: Line,
    customer: Customer,
    *,
    agreed: dt.date | None,
    today: dt.date,
    covered: bool | None,
    facts: Facts | None = None,
) -> tuple[Case, dt.date | None]:
    """Return the question that a line asks of the decision table, and the day on which its right ends.

    The line's own end counts before the one of its agreement (``agreed``), and that before the customer's answer.
    """
    has_sa = line.has_sa if line.has_sa is not None else customer.has_sa
    need: Need | None
    expiry = line.end_on or agreed or customer.end_on
    if line.token_bought_on:
        need, expiry = Need.TOKEN, None
    elif line.online or (not line.family and line.end_on and customer.unknown_online):
        need = Need.ONLINE
    elif has_sa is None:
        need = None
    elif has_sa:
        need, expiry = Need.SA_RENEWAL, line.sa_end_on or expiry
    else:
        need, expiry = Need.NO_SA, None
    case = Case(
        need=need,
        transaction=Transaction.RENEWAL,
        sector=Sector(customer.sector) if customer.sector else None,
        product=line.family or "other",
        order_on=today,
        token_bought_on=line.token_bought_on,
        # Conditions ask whether there are five; higher numbers would only make more cases.
        quantity=min(line.quantity, 5),
        starts_asked=True,
        # Whether the reseller may sell affects when they can order, never what is right for their customer.
        ready=True,
        covered=covered,
        tenant=Tenant(customer.tenant),
        ended=timing.ended(need, expiry, today=today, facts=facts),
    )
    return case, expiry


def stored(case: Case) -> dict[str, Any]:
    """Return the case as JSON; ``editions.case_from`` reads it again."""
    return {
        "need": case.need,
        "transaction": case.transaction,
        "sector": case.sector,
        "product": case.product,
        "order_on": case.order_on.isoformat() if case.order_on else None,
        "token_bought_on": case.token_bought_on.isoformat() if case.token_bought_on else None,
        "quantity": case.quantity,
        "ready": case.ready,
        "covered": case.covered,
        "tenant": case.tenant,
    }


def urgency(row: PlanLine, *, today: dt.date) -> transfer.Urgency:
    """Return how urgent a line is today. A day in the past is always shown with overdue or act now."""
    last = row.expires_on or row.token_until
    if last is None:
        return transfer.Urgency.UNDATED
    if last < today - transfer.DAY:
        return transfer.Urgency.OVERDUE
    first = row.act_on or last
    if first < today or (row.expires_on and last <= today):
        return transfer.Urgency.ACT_NOW
    return transfer.Urgency.SOON if first <= today + 30 * transfer.DAY else transfer.Urgency.PLANNED
