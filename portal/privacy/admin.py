"""Exports and erasures in the admin, read only: who asked when, and what became of it."""

from django.contrib import admin

from portal.privacy.models import DataExport, Erasure
from portal.work.admin import DueRowAdmin, ReadOnly


@admin.register(DataExport)
class DataExportAdmin(DueRowAdmin):
    list_display = ["asked_at", "asked_by", "partner", "made_at", "size", "forgotten_at", "parked_at"]
    list_select_related = ["asked_by", "partner"]
    search_fields = ["asked_by__email"]
    ordering = ["-asked_at"]
    # Its address would lead to somebody's whole file.
    exclude = ["file"]


@admin.register(Erasure)
class ErasureAdmin(ReadOnly):
    list_display = ["asked_at", "user", "due_at", "withdrawn_at", "held_at", "done_at"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    ordering = ["-asked_at"]
