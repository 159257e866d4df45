"""Campaigns, their rows and steps. Read only."""

from django.contrib import admin

from onboarding.models import Campaign, CampaignEvent, CampaignRow
from portal.work.admin import DueRowAdmin, ReadOnly, Task


@admin.register(Campaign)
class CampaignAdmin(DueRowAdmin):
    task = Task.STUCK
    list_display = ["created_at", "name", "state", "created_by", "rows_read", "per_day", "parked_at", "parked_why"]
    list_filter = ["state", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["created_by"]
    search_fields = ["name", "created_by__email"]
    exclude = ["content"]
    ordering = ["-created_at"]


@admin.register(CampaignRow)
class CampaignRowAdmin(ReadOnly):
    list_display = ["campaign", "row_no", "name", "country", "verdict", "state", "mails"]
    list_filter = ["verdict", "state"]
    list_select_related = ["campaign", "country"]
    search_fields = ["name", "email"]
    # Who has the key could sign nothing with it, yet it names a link.
    exclude = ["key"]
    ordering = ["-pk"]


@admin.register(CampaignEvent)
class CampaignEventAdmin(ReadOnly):
    list_display = ["at", "row", "step", "number", "actor"]
    list_filter = ["step"]
    list_select_related = ["row", "actor"]
    ordering = ["-pk"]
