"""The seals and the looks, read only."""

from django.contrib import admin

from portal.audit.models import DetachedMonth, Seal, StaffLook
from portal.work.admin import ReadOnly


@admin.register(Seal)
class SealAdmin(ReadOnly):
    list_display = ["number", "table", "after_id", "upto_id", "count", "sealed_at", "chain"]
    search_fields = ["table", "chain"]
    ordering = ["-number"]


@admin.register(DetachedMonth)
class DetachedMonthAdmin(ReadOnly):
    list_display = ["table", "name", "since", "upto", "rows", "detached_at"]
    ordering = ["table", "upto"]


@admin.register(StaffLook)
class StaffLookAdmin(ReadOnly):
    list_display = ["at", "actor", "what", "enrollment", "company"]
    list_select_related = ["actor"]
    search_fields = ["actor__email", "what"]
    ordering = ["-pk"]
