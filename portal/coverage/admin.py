"""BDMs and the countries they cover."""

from django.contrib import admin

from portal.coverage.models import Bdm
from portal.web.forms import CleanedModelForm


@admin.register(Bdm)
class BdmAdmin(admin.ModelAdmin):
    form = CleanedModelForm
    list_display = ["user", "is_lead", "phone"]
    list_filter = ["is_lead"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name", "countries__code"]
    autocomplete_fields = ["user", "countries"]
    show_full_result_count = False
