"""BDMs and the countries they cover."""

from django.contrib import admin

from portal.coverage.models import Absence, Bdm
from portal.web.forms import CleanedModelForm
from portal.work.admin import ReadOnly


@admin.register(Bdm)
class BdmAdmin(admin.ModelAdmin):
    form = CleanedModelForm
    list_display = ["user", "is_lead", "phone"]
    list_filter = ["is_lead"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name", "countries__code"]
    autocomplete_fields = ["user", "countries"]
    show_full_result_count = False


@admin.register(Absence)
class AbsenceAdmin(ReadOnly):
    list_display = ["bdm", "first_on", "last_on", "stand_in"]
    list_select_related = ["bdm__user", "stand_in__user"]
    ordering = ["-last_on", "-pk"]
