"""What other systems sent, and files of the Insights export."""

from django.contrib import admin
from django.http import HttpRequest

from onboarding.models import Inbound, InsightsFile, InsightsRow, InsightsShape
from portal.web.forms import CleanedModelForm
from portal.work.admin import DueRowAdmin, PortalAdmin, ReadOnly


@admin.register(Inbound)
class InboundAdmin(DueRowAdmin):
    """Messages from other systems. Parked ones are dead letters: requeue them when their cause is gone."""

    list_display = ["received_at", "source", "kind", "occurred_at", "result", "parked_at", "parked_why"]
    list_filter = [("parked_at", admin.EmptyFieldListFilter), ("handled_at", admin.EmptyFieldListFilter)]
    search_fields = ["external_id", "kind", "source"]
    ordering = ["-received_at"]


@admin.register(InsightsFile)
class InsightsFileAdmin(DueRowAdmin):
    list_display = ["uploaded_at", "name", "as_of", "state", "rows", "uploaded_by", "parked_at", "parked_why"]
    list_filter = ["state", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["uploaded_by"]
    exclude = ["content", "found"]
    ordering = ["-uploaded_at"]


@admin.register(InsightsShape)
class InsightsShapeAdmin(PortalAdmin):
    form = CleanedModelForm
    """How files are read.

    After a mistake an administrator deletes the row, and the next file of that shape asks again.
    """

    list_display = ["shape", "saved_by", "saved_at"]
    list_select_related = ["saved_by"]
    readonly_fields = ["shape", "mapping", "saved_by", "saved_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(InsightsRow)
class InsightsRowAdmin(ReadOnly):
    list_display = ["file", "row_no", "outcome", "reason", "number", "name"]
    list_filter = ["outcome"]
    list_select_related = ["file"]
    search_fields = ["number"]
    ordering = ["-id"]
