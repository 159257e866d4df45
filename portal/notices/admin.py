"""The outbox, to look at. What a secret mail says is its reader's alone."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from portal.notices.models import Mail
from portal.work.admin import DueRowAdmin


@admin.register(Mail)
class MailAdmin(DueRowAdmin):
    list_display = ["to", "subject", "created_at", "sent_at", "refused_at", "next_check_at", "parked_at"]
    list_filter = ["secret", ("sent_at", admin.EmptyFieldListFilter), ("parked_at", admin.EmptyFieldListFilter)]
    search_fields = ["to", "subject", "key", "about"]
    ordering = ["-created_at"]

    def get_exclude(self, request: HttpRequest, obj: Mail | None = None) -> Any:
        return ["text", "html"] if obj and obj.secret else ["html"]
