"""Reference data in the admin. Regions and links are valid from a date: add a row instead of changing one."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminURLFieldWidget
from django.db import models

from portal.geo.models import Country, CspRegion, Marketplace, ProviderLink, RegionCountry
from portal.web.forms import CleanedModelForm

# An address typed without a scheme becomes https.
SECURE_ADDRESSES: dict[Any, dict[str, Any]] = {
    models.URLField: {"widget": AdminURLFieldWidget, "assume_scheme": "https"}
}


class RegionCountryInline(admin.TabularInline):
    model = RegionCountry
    extra = 0
    autocomplete_fields = ["country"]


@admin.register(CspRegion)
class CspRegionAdmin(admin.ModelAdmin):
    form = CleanedModelForm
    list_display = ["code", "name_fr", "name_en", "source"]
    search_fields = ["code", "name_fr", "name_en"]
    show_full_result_count = False
    inlines = [RegionCountryInline]


@admin.register(Country)
class CountryAdmin(admin.ModelAdmin):
    form = CleanedModelForm
    list_display = [
        "code",
        "name_fr",
        "name_en",
        "time_zone",
        "subdivision",
        "cut_off_hour",
        "review_from",
        "review_to",
        "registration_number_needed",
    ]
    list_filter = ["registration_number_needed", "french_territory"]
    search_fields = ["code", "name_fr", "name_en"]
    ordering = ["code"]
    show_full_result_count = False


@admin.register(RegionCountry)
class RegionCountryAdmin(admin.ModelAdmin):
    form = CleanedModelForm
    list_display = ["country", "region", "valid_from"]
    list_filter = ["region"]
    list_select_related = ["country", "region"]
    search_fields = ["country__code", "country__name_fr", "country__name_en"]
    autocomplete_fields = ["country", "region"]
    ordering = ["country", "-valid_from"]
    show_full_result_count = False


@admin.register(Marketplace)
class MarketplaceAdmin(admin.ModelAdmin):
    form = CleanedModelForm
    formfield_overrides = SECURE_ADDRESSES
    list_display = ["code", "name", "region", "address", "source"]
    search_fields = ["code", "name", "countries__name_fr", "countries__name_en"]
    autocomplete_fields = ["countries"]
    show_full_result_count = False


@admin.register(ProviderLink)
class ProviderLinkAdmin(admin.ModelAdmin):
    form = CleanedModelForm
    formfield_overrides = SECURE_ADDRESSES
    list_display = ["region", "valid_from", "url", "tested_on", "source"]
    list_filter = ["region"]
    list_select_related = ["region"]
    search_fields = ["url", "region__code"]
    autocomplete_fields = ["region"]
    date_hierarchy = "valid_from"
    show_full_result_count = False
