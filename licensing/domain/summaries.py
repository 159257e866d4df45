"""What the companies of a channel hold, one line a company: customers, licences, and how many are at risk."""

import uuid

from django.db.models import Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from licensing.models import Customer, PlanLine
from onboarding.models import PipelineEntry
from portal.partners.models import Partner


def estates(
    companies: QuerySet[Partner], *, countries: list[str] | None, after: uuid.UUID | None, size: int
) -> list[Partner]:
    """Return those of the companies that have customers, by key; one more than ``size``.

    Each has ``customers_number``, ``lines_number``, ``licences``, ``questions`` (lines that wait for an answer) and
    ``licences_at_risk``, which a job writes once a day for each enrollment (``readiness.tell_the_desk``), here of the
    ``countries`` (None: all).
    """
    customers = Customer.objects.filter(partner=OuterRef("pk")).order_by().values("partner")
    current = PlanLine.objects.filter(plan__customer__partner=OuterRef("pk"), plan__is_current=True)
    lines = current.order_by().values("plan__customer__partner")
    open_ = lines.exclude(question="")
    entries = PipelineEntry.objects.filter(enrollment__partner=OuterRef("pk")).order_by()
    if countries is not None:
        entries = entries.filter(country__in=countries)
    rows = companies.filter(Exists(Customer.objects.filter(partner=OuterRef("pk")))).annotate(
        customers_number=_number(customers.annotate(found=Count("pk"))),
        lines_number=_number(lines.annotate(found=Count("pk"))),
        licences=_number(lines.annotate(found=Sum("quantity"))),
        questions=_number(open_.annotate(found=Count("pk"))),
        licences_at_risk=_number(entries.values("enrollment__partner").annotate(found=Sum(F("licences_at_risk")))),
    )
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.order_by("pk")[: size + 1])


def _number(rows: "QuerySet[object]") -> Coalesce:  # type: ignore[type-var]
    return Coalesce(Subquery(rows.values("found"), output_field=IntegerField()), Value(0))
