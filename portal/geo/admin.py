"""Reference data in the admin. Regions and links are valid from a date: add a row instead of changing one."""

from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminURLFieldWidget
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.geo.models import (
    MICROSOFTS_HOSTS,
    Country,
    CspRegion,
    Marketplace,
    ProviderLink,
    RegionCountry,
    is_microsofts,
)
from portal.web.guard_rails import AskingForm, ReferenceAdmin
from portal.work.admin import Task

# An address typed without a scheme becomes https.
SECURE_ADDRESSES: dict[Any, dict[str, Any]] = {
    models.URLField: {"widget": AdminURLFieldWidget, "assume_scheme": "https"}
}


def signed_in(request: HttpRequest) -> User:
    return cast(User, request.user)


class RegionCountryInline(admin.TabularInline):
    """The countries of a region, to look at. A move is a row of its own, valid from a day."""

    model = RegionCountry
    extra = 0
    can_delete = False
    readonly_fields = ["country", "valid_from"]
    max_num = 0


@admin.register(CspRegion)
class CspRegionAdmin(ReferenceAdmin):
    task = Task.PLACES
    list_display = ["code", "name_fr", "name_en", "source"]
    search_fields = ["code", "name_fr", "name_en"]
    inlines = [RegionCountryInline]


@admin.register(Country)
class CountryAdmin(ReferenceAdmin):
    task = Task.PLACES
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


@admin.register(RegionCountry)
class RegionCountryAdmin(ReferenceAdmin):
    """The region of each country from a day on. What is valid already stays; a move is a new row."""

    task = Task.PLACES
    list_display = ["country", "region", "valid_from"]
    list_filter = ["region"]
    list_select_related = ["country", "region"]
    search_fields = ["country__code", "country__name_fr", "country__name_en"]
    ordering = ["country", "-valid_from"]

    def get_readonly_fields(self, request: HttpRequest, obj: RegionCountry | None = None) -> Any:
        is_valid = obj is not None and obj.pk and obj.valid_from <= timezone.localdate()
        return ["country", "region", "valid_from"] if is_valid else []

    def depends_on(self, obj: RegionCountry) -> Iterator[str]:
        if obj.valid_from <= timezone.localdate():
            yield gettext("It decides, or did decide, the country's region. Add a row that is valid from another day.")


@admin.register(Marketplace)
class MarketplaceAdmin(ReferenceAdmin):
    task = Task.PLACES
    formfield_overrides = SECURE_ADDRESSES
    list_display = ["code", "name", "region", "address", "source"]
    search_fields = ["code", "name", "countries__name_fr", "countries__name_en"]
    filter_horizontal = ["countries"]


class ProviderLinkForm(AskingForm):
    """A link by which partners give rights to a provider: only Microsoft's own pages are accepted."""

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if not is_microsofts(url):
            raise forms.ValidationError(
                _("This must be a secure address (https://) of Microsoft: %(hosts)s. Copy it in Partner Center.")
                % {"hosts": ", ".join(MICROSOFTS_HOSTS)}
            )
        return url


@admin.register(ProviderLink)
class ProviderLinkAdmin(ReferenceAdmin):
    """Ingram's official links. A second person confirms each before a partner sees it; nobody alters it afterwards."""

    task = Task.PLACES
    form = ProviderLinkForm
    formfield_overrides = SECURE_ADDRESSES
    list_display = ["region", "valid_from", "url", "state", "tested_on", "source"]
    list_filter = ["region", ("confirmed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["region", "proposed_by", "confirmed_by"]
    search_fields = ["url", "region__code"]
    date_hierarchy = "valid_from"
    actions = ["confirm"]

    @admin.display(description=_("state"))
    def state(self, link: ProviderLink) -> str:
        if link.confirmed_at is None:
            told = gettext("Waits for a second person. Entered by %(who)s.")
            return told % {"who": link.proposed_by or "-"}
        return gettext("Confirmed by %(who)s") % {"who": link.confirmed_by} if link.confirmed_by else gettext("In use")

    def get_readonly_fields(self, request: HttpRequest, obj: ProviderLink | None = None) -> Any:
        return ["region", "url", "provider_tenant", "valid_from", "state"] if obj and obj.confirmed_at else []

    def save_model(self, request: HttpRequest, obj: ProviderLink, form: forms.ModelForm, change: bool) -> None:
        if obj.confirmed_at is None or not change:
            obj.confirmed_at, obj.proposed_by = None, signed_in(request)
        super().save_model(request, obj, form, change)
        if obj.confirmed_at is None:
            self.message_user(
                request, _("Partners see this link once a second administrator has confirmed it."), messages.WARNING
            )

    def depends_on(self, obj: ProviderLink) -> Iterator[str]:
        if obj.confirmed_at is not None:
            yield gettext("Partners may have used it. Add a link that is valid from a later day.")

    @admin.action(description=_("Confirm, as the second person"), permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[ProviderLink]) -> None:
        user, done = signed_in(request), 0
        for link in queryset.filter(confirmed_at=None):
            if link.proposed_by_id == user.pk:
                told = _("%(link)s: you entered it yourself. Another administrator must confirm it.")
                self.message_user(request, told % {"link": link}, messages.ERROR)
                continue
            done += ProviderLink.objects.filter(pk=link.pk, confirmed_at=None).update(
                confirmed_at=timezone.now(), confirmed_by=user
            )
            self.log_change(request, link, "confirmed")
        told_of = ngettext("%(count)s link is confirmed.", "%(count)s links are confirmed.", done)
        self.message_user(request, told_of % {"count": done})
