"""Enrollments, their checks and what was answered, asked and brought."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.admin.of_enrollment import OfEnrollment
from onboarding.domain import history
from onboarding.domain.desk import decisions
from onboarding.models import (
    Check,
    Document,
    DomainChallenge,
    Draft,
    Enrollment,
    Event,
    MailboxChallenge,
    Message,
    PartnerRequest,
    Preflight,
    Reading,
    SourceReport,
)
from portal.accounts.models import User
from portal.work.admin import DueRowAdmin, ReadOnly, Task, one_of
from portal.work.models import DueRow


@admin.register(Enrollment)
class EnrollmentAdmin(OfEnrollment, ReadOnly):
    task = Task.STUCK
    enrollment_path = "pk"
    list_display = ["partner", "country", "state", "last_event_at"]
    list_filter = ["state"]
    list_select_related = ["partner", "country"]


@admin.register(Check)
class CheckAdmin(OfEnrollment, DueRowAdmin):
    task = Task.STUCK
    list_display = ["enrollment", "kind", "authority", "state", "turn", "reason", "next_check_at", "parked_at"]
    list_filter = ["kind", "authority", "state", "turn", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["enrollment__partner"]

    def requeue_row(self, request: HttpRequest, row: DueRow, why: str) -> bool:
        # The requeue is written in the enrollment's history, and the turn may change with it.
        assert isinstance(row, Check)
        assert isinstance(request.user, User)
        return decisions.requeue(check=row, why=why, by=request.user, now=timezone.now())


@admin.register(Event)
class EventAdmin(OfEnrollment, ReadOnly):
    list_display = ["at", "enrollment", "kind", "check_kind", "source", "actor"]
    list_filter = [one_of("kind", _("kind"), lambda: history.TITLES.items()), "source"]
    ordering = ["-pk"]
    list_select_related = ["enrollment__partner", "actor"]


@admin.register(Draft)
class DraftAdmin(OfEnrollment, ReadOnly):
    list_display = ["enrollment", "page", "saved_at"]
    list_select_related = ["enrollment__partner"]


@admin.register(MailboxChallenge)
class MailboxChallengeAdmin(OfEnrollment, ReadOnly):
    enrollment_path = "check_row__enrollment"
    list_select_related = ["check_row__enrollment__partner"]
    list_display = ["check_row", "sent_at", "expires_at", "used_at", "replaced_at"]
    exclude = ["token_hash", "code_hash"]


@admin.register(DomainChallenge)
class DomainChallengeAdmin(OfEnrollment, ReadOnly):
    enrollment_path = "check_row__enrollment"
    list_select_related = ["check_row__enrollment__partner"]
    list_display = ["check_row", "domain", "made_at", "expires_at", "replaced_at"]


@admin.register(SourceReport)
class SourceReportAdmin(OfEnrollment, ReadOnly):
    enrollment_path = "check_row__enrollment"
    """Each source's latest report on a check, which explains the state that the check shows."""

    list_display = ["check_row", "source", "state", "reason", "seen_at"]
    list_filter = ["source", "state"]
    list_select_related = ["check_row__enrollment__partner"]
    ordering = ["-id"]


@admin.register(PartnerRequest)
class PartnerRequestAdmin(OfEnrollment, ReadOnly):
    enrollment_path = "check_row__enrollment"
    list_display = ["asked_at", "check_row", "reason", "source", "answered_at", "outcome"]
    list_filter = ["source", "outcome", ("answered_at", admin.EmptyFieldListFilter)]
    list_select_related = ["check_row__enrollment__partner"]


@admin.register(Document)
class DocumentAdmin(OfEnrollment, DueRowAdmin):
    task = Task.STUCK
    """Documents of partners. The content is opened only on the enrollment's page, which checks and records access."""

    list_display = ["uploaded_at", "enrollment", "kind", "kind_of_file", "size", "scan", "parked_at", "parked_why"]
    list_filter = ["kind", "scan", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["enrollment__partner"]
    exclude = ["file"]


@admin.register(Message)
class MessageAdmin(OfEnrollment, ReadOnly):
    list_display = ["written_at", "enrollment", "author", "by_staff", "internal"]
    list_filter = ["internal", "by_staff"]
    list_select_related = ["enrollment__partner", "author"]
    exclude = ["key"]
    ordering = ["-id"]


@admin.register(Reading)
class ReadingAdmin(OfEnrollment, ReadOnly):
    list_display = ["enrollment", "user", "upto", "read_at"]
    list_select_related = ["enrollment__partner", "user"]
    ordering = ["-read_at"]


@admin.register(Preflight)
class PreflightAdmin(DueRowAdmin):
    """Pre-flights are made without an account and deleted after a day; administrators cannot see what was typed."""

    list_display = ["asked_at", "done_at", "parked_at", "parked_why"]
    exclude = ["typed", "found"]
