"""Pages of other companies to which the portal sends partners, and what partners are getting."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.widgets import AdminURLFieldWidget
from django.db import models
from django.http import HttpRequest

from onboarding.admin.of_enrollment import OfEnrollment
from onboarding.domain.questions import official_pages
from onboarding.models import DelegateQuestion, Delegation, OfficialPage, Preparation
from portal.web.forms import CleanedModelForm
from portal.work.admin import PortalAdmin, ReadOnly, Task


@admin.register(OfficialPage)
class OfficialPageAdmin(PortalAdmin):
    """The code decides where a page is linked, so pages are neither added nor deleted, only corrected."""

    task = Task.PLACES
    form = CleanedModelForm
    formfield_overrides: ClassVar = {models.URLField: {"widget": AdminURLFieldWidget, "assume_scheme": "https"}}
    list_display = ["code", "url", "source", "read_on", "checked_at", "answer", "broken_since"]
    list_filter = [("broken_since", admin.EmptyFieldListFilter)]
    search_fields = ["code", "url"]
    fields = ["code", "url", "source", "read_on", "checked_at", "answer", "broken_since"]
    readonly_fields = ["code", "checked_at", "answer", "broken_since"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: OfficialPage, form: Any, change: bool) -> None:
        if "url" in form.changed_data:  # a corrected address has not been looked at yet
            obj.checked_at = obj.broken_since = None
            obj.answer = ""
        super().save_model(request, obj, form, change)
        official_pages.forget()


@admin.register(Preparation)
class PreparationAdmin(OfEnrollment, ReadOnly):
    list_display = ["enrollment", "code", "since", "remind_on", "reminders", "ended_at"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["enrollment__partner"]


@admin.register(Delegation)
class DelegationAdmin(OfEnrollment, ReadOnly):
    list_display = ["enrollment", "task", "to", "by", "sent_at", "expires_at", "answer", "revoked_at"]
    list_filter = ["answer"]
    list_select_related = ["enrollment__partner", "by"]
    exclude = ["token_hash"]  # secret


@admin.register(DelegateQuestion)
class DelegateQuestionAdmin(OfEnrollment, ReadOnly):
    enrollment_path = "delegation__enrollment"
    list_display = ["delegation", "at"]
    list_select_related = ["delegation__enrollment__partner"]
