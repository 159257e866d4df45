"""Admin of due rows: everything is visible, nothing editable, and parked rows can be requeued."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.work import claims
from portal.work.models import DueRow


class ReadOnly(admin.ModelAdmin):
    """Rows that only domain functions may change."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class WhyForm(ActionForm):
    why = forms.CharField(label=_("Reason:"), required=False, max_length=200)


class DueRowAdmin(ReadOnly):
    """Due rows. Administrators requeue parked ones with a reason, which the admin's log stores."""

    action_form = WhyForm
    actions = ["requeue"]

    @admin.action(description=_("Resume the parked ones (needs a reason)"), permissions=["requeue"])
    def requeue(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        why = request.POST.get("why", "").strip()
        if not why:
            self.message_user(request, _("Write a reason beside the action: nothing was changed."), messages.ERROR)
            return
        taken = [row for row in queryset.filter(parked_at__isnull=False) if self.requeue_row(request, row, why)]
        for row in taken:
            self.log_change(request, row, why)
        told = ngettext("%(count)s row is looked at again.", "%(count)s rows are looked at again.", len(taken))
        self.message_user(request, told % {"count": len(taken)})

    def requeue_row(self, request: HttpRequest, row: DueRow, why: str) -> bool:
        return claims.requeue(type(row), row.pk)

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request)
