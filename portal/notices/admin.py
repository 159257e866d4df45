"""The outbox, to look at. What a secret mail says is its reader's alone."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from portal.notices.models import Mail


@admin.register(Mail)
class MailAdmin(admin.ModelAdmin):
    list_display = ["to", "subject", "created_at", "sent_at", "refused_at", "next_check_at", "parked_at"]
    list_filter = ["secret", ("sent_at", admin.EmptyFieldListFilter), ("parked_at", admin.EmptyFieldListFilter)]
    search_fields = ["to", "subject", "key", "about"]
    ordering = ["-created_at"]
    show_full_result_count = False

    def get_exclude(self, request: HttpRequest, obj: Mail | None = None) -> Any:
        return ["text", "html"] if obj and obj.secret else ["html"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Mail | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Mail | None = None) -> bool:
        return False
