"""The desk: its queue, which the database keeps, and the BDMs' work. Read only."""

from django.contrib import admin

from onboarding.admin.of_enrollment import OfEnrollment
from onboarding.models import (
    BulkDeed,
    BulkRow,
    DeskExport,
    FileLook,
    FileWork,
    Loan,
    PipelineCount,
    PipelineEntry,
    ReportCell,
    ReportMonth,
    SavedView,
    Star,
)
from portal.work.admin import DueRowAdmin, ReadOnly, Task


@admin.register(PipelineEntry)
class PipelineEntryAdmin(OfEnrollment, ReadOnly):
    list_display = ["enrollment", "country", "turn", "since", "rank", "parts", "owner", "follow_up_on"]
    list_filter = ["turn"]
    list_select_related = ["enrollment__partner", "country", "owner"]
    ordering = ["rank", "since", "pk"]


@admin.register(PipelineCount)
class PipelineCountAdmin(ReadOnly):
    list_display = ["country", "view", "number", "is_total"]
    list_select_related = ["country"]
    ordering = ["-pk"]


@admin.register(FileWork)
class FileWorkAdmin(OfEnrollment, ReadOnly):
    list_display = ["enrollment", "owner", "owned_since", "follow_up_on", "tags"]
    list_select_related = ["enrollment__partner", "owner"]
    ordering = ["-pk"]


@admin.register(FileLook)
class FileLookAdmin(OfEnrollment, ReadOnly):
    list_display = ["enrollment", "user", "upto", "seen_at"]
    list_select_related = ["enrollment__partner", "user"]
    ordering = ["-pk"]


@admin.register(DeskExport)
class DeskExportAdmin(ReadOnly):
    list_display = ["at", "user", "query", "file_format", "rows"]
    list_select_related = ["user"]
    ordering = ["-at"]


@admin.register(Star)
class StarAdmin(OfEnrollment, ReadOnly):
    list_display = ["enrollment", "user"]
    list_select_related = ["enrollment__partner", "user"]
    ordering = ["-pk"]


@admin.register(SavedView)
class SavedViewAdmin(ReadOnly):
    list_display = ["name", "user", "is_shared", "is_default"]
    list_filter = ["is_shared"]
    list_select_related = ["user"]
    ordering = ["-pk"]


@admin.register(BulkDeed)
class BulkDeedAdmin(DueRowAdmin):
    task = Task.STUCK
    list_display = ["asked_at", "kind", "by", "total", "done_at", "parked_at", "parked_why"]
    list_filter = ["kind", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["by"]
    search_fields = ["by__email", "by__name"]
    ordering = ["-asked_at"]


@admin.register(BulkRow)
class BulkRowAdmin(OfEnrollment, ReadOnly):
    list_display = ["deed", "enrollment", "outcome"]
    list_filter = ["outcome"]
    list_select_related = ["deed", "enrollment__partner"]
    ordering = ["-pk"]


@admin.register(ReportMonth)
class ReportMonthAdmin(ReadOnly):
    list_display = ["month", "computed_at"]
    ordering = ["-month"]


@admin.register(ReportCell)
class ReportCellAdmin(ReadOnly):
    list_display = ["month", "country", "report", "key", "sub", "days", "number"]
    list_select_related = ["country"]
    search_fields = ["report", "key"]
    ordering = ["-pk"]


@admin.register(Loan)
class LoanAdmin(OfEnrollment, ReadOnly):
    list_display = ["enrollment", "lender", "borrower", "until", "lent_at", "ended_by"]
    list_filter = ["ended_by"]
    list_select_related = ["enrollment__partner", "lender", "borrower"]
    ordering = ["-pk"]
