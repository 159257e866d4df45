"""Queries on enrollments: which, in which order, for whom."""

import datetime as dt

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Lower

from onboarding.domain import history
from onboarding.domain.desk.listing import Scope
from onboarding.domain.mail import messages
from onboarding.domain.requests import tracking
from onboarding.enums import Authority, EnrollmentState, Turn
from onboarding.models import Check, Enrollment, Escalation, Event, FileWork, InsightsFile, InsightsRow, Star
from onboarding.models.enrollment import GRACE
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.notices.models import Suppression
from portal.partners.models import Membership

PAGE_SIZE = 50


def of_member(user: User, *, now: dt.datetime) -> QuerySet[Enrollment]:
    """Return every enrollment of the user's companies, each with its number of ``unread`` messages.

    Those that need the user come first. What was withdrawn is among them as long as it can be taken back.
    """
    over = Q(state=EnrollmentState.WITHDRAWN, withdrawn_at__lte=now - GRACE)
    his_turn = Check.objects.filter(enrollment=OuterRef("pk"), turn=Turn.RESELLER)
    return (
        Enrollment.objects.filter(~over, partner__memberships__user=user)
        .select_related("partner", "country", "location_country")
        .annotate(
            urgency=Case(
                When(state=EnrollmentState.WITHDRAWN, then=Value(5)),
                When(set_aside_at__isnull=False, then=Value(4)),
                When(Exists(his_turn), then=Value(0)),
                When(state=EnrollmentState.DRAFT, then=Value(1)),
                When(state=EnrollmentState.SUBMITTED, then=Value(2)),
                default=Value(3),
                output_field=IntegerField(),
            ),
            unread=messages.unread(user, for_staff=False),
        )
        .order_by("urgency", "-last_event_at", "-id")
    )


def visible_to_member(user: User) -> QuerySet[Enrollment]:
    """Return the enrollments of the user's companies, each with the user's ``role`` in the company."""
    return (
        Enrollment.objects.filter(partner__memberships__user=user)
        .annotate(role=F("partner__memberships__role"))
        .select_related("partner", "country", "location_country")
    )


def with_unread(rows: QuerySet[Enrollment], user: User, *, for_staff: bool) -> QuerySet[Enrollment]:
    """Return the rows, each with how many messages the user has not read (``unread``)."""
    return rows.annotate(unread=messages.unread(user, for_staff=for_staff))


def covered_by(scope: Scope) -> QuerySet[Enrollment]:
    """Return every enrollment that a BDM may open (``listing.scope_of``)."""
    rows = Enrollment.objects.select_related("partner", "country", "clock")
    if scope.countries is None:
        return rows
    lent = Q(pk__in=scope.lent) if scope.lent else Q()
    return rows.filter(Q(country__in=scope.countries) | lent)


def with_unreachable(rows: QuerySet[Enrollment]) -> QuerySet[Enrollment]:
    """Return the rows, each with the addresses of its company's people that refuse our mails (``unreachable``)."""
    refuses = Suppression.objects.filter(pk=Lower(OuterRef("user__email")))
    people = Membership.objects.filter(Exists(refuses), partner=OuterRef("partner")).order_by("user__email")
    return rows.annotate(unreachable=ArraySubquery(people.values("user__email")))


def with_star(rows: QuerySet[Enrollment], user: User) -> QuerySet[Enrollment]:
    """Return the rows, each with whether the user has starred it (``is_starred``)."""
    return rows.annotate(is_starred=Exists(Star.objects.filter(enrollment=OuterRef("pk"), user=user)))


def escalations(enrollment: Enrollment) -> QuerySet[Escalation]:
    """Return the escalations of an enrollment, the newest first.

    They stay for ever, so BDMs see who was notified when.
    """
    return enrollment.escalations.order_by("-due_at", "-id")[:20]


def timeline(enrollment: Enrollment, *, limit: int = 40, for_staff: bool = False) -> QuerySet[Event]:
    """Return the newest events; partners do not see how Ingram Micro shares its work."""
    rows = enrollment.events.select_related("actor").order_by("-at", "-id")
    return (rows if for_staff else rows.exclude(kind__in=history.STAFF_ONLY))[:limit]


def tries(enrollment: Enrollment) -> list[Event]:
    """Return the events that count how often each validation went to Microsoft (``tracking.tries``), oldest first."""
    rows = enrollment.events.filter(kind__in=tracking.TOLD_OF_TRIES, check_authority=Authority.MICROSOFT)
    return list(rows.order_by("at", "id"))


def contacts_of(enrollment: Enrollment) -> QuerySet[Bdm]:
    """Return the person at Ingram for an enrollment: its owner, else who covers its country, else a lead."""
    owner = FileWork.objects.filter(pk=enrollment.pk).values("owner")
    is_covered = Q(countries=enrollment.country_id, is_lead=False)
    rows = Bdm.objects.active().filter(Q(user__in=owner) | is_covered | Q(is_lead=True)).distinct()
    first = Case(
        When(user__in=owner, then=Value(0)), When(is_lead=False, then=Value(1)), default=Value(2),
        output_field=IntegerField(),
    )  # fmt: skip
    return rows.annotate(first=first).order_by("first", "user__name", "pk")[:1]


def insights_files(bdm: Bdm) -> QuerySet[InsightsFile]:
    """Return the files that the BDM uploaded, all for a lead; the newest first."""
    rows = InsightsFile.objects.select_related("uploaded_by").order_by("-uploaded_at", "-id")
    return rows if bdm.is_lead else rows.filter(uploaded_by=bdm.user_id)


def insights_rows(file: InsightsFile, outcome: str) -> QuerySet[InsightsRow]:
    """Return the rows of one outcome in the file's order, each with its enrollment's partner and country."""
    rows = InsightsRow.objects.filter(file=file, outcome=outcome).order_by("row_no")
    return rows.select_related("enrollment__partner", "enrollment__country")
