"""The rules of the clocks, and what they did."""

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from onboarding.domain.clocks import escalation
from onboarding.models import (
    Clock,
    ClockRule,
    Escalation,
    Forecast,
    KeptForecast,
    Vetting,
)
from portal.web.forms import CleanedModelForm
from portal.work.admin import DueRowAdmin, ReadOnly


@admin.register(ClockRule)
class ClockRuleAdmin(admin.ModelAdmin):
    form = CleanedModelForm
    """The numbers of the clocks. A rule with a country replaces the general rule of that code there."""

    list_display = ["code", "country", "clock", "after", "unit", "audience", "effect", "active"]
    list_editable = ["after", "active"]
    list_filter = ["clock", "audience", "active"]
    list_select_related = ["country"]
    search_fields = ["code", "country__code"]
    autocomplete_fields = ["country"]
    show_full_result_count = False

    def save_model(self, request: HttpRequest, obj: ClockRule, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        escalation.read_all_soon(obj.country_id, now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: ClockRule) -> None:
        super().delete_model(request, obj)
        escalation.read_all_soon(obj.country_id, now=timezone.now())


@admin.register(Clock)
class ClockAdmin(DueRowAdmin):
    list_display = ["enrollment", "alarm", "next_check_at", "calendar", "parked_at"]
    list_filter = ["alarm", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["enrollment__partner"]


@admin.register(Escalation)
class EscalationAdmin(ReadOnly):
    list_display = ["due_at", "enrollment", "code", "audience", "told", "calendar"]
    list_filter = ["clock", "audience", "effect"]
    list_select_related = ["enrollment__partner"]


@admin.register(Vetting)
class VettingAdmin(ReadOnly):
    list_display = ["settled_at", "kind", "country", "workdays"]
    list_filter = ["kind"]
    list_select_related = ["country"]


@admin.register(KeptForecast)
class KeptForecastAdmin(ReadOnly):
    list_display = ["made_on", "enrollment", "half_on", "nine_in_ten_on", "ready_on", "stage", "scope", "count"]
    list_filter = ["stage"]
    list_select_related = ["enrollment__partner"]


@admin.register(Forecast)
class ForecastAdmin(ReadOnly):
    list_display = ["kind", "country", "half", "nine_in_ten", "count", "until"]
    list_filter = ["kind"]
    list_select_related = ["country"]
