"""Companies in the admin: names can be corrected, and a company keeps an owner."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.geo.models import Country
from portal.partners.models import (
    CompanyEvent,
    HandOver,
    Invitation,
    InvitationStop,
    Membership,
    Partner,
    PartnerView,
    Role,
)
from portal.web.forms import CleanedModelForm
from portal.work.admin import PortalAdmin, ReadOnly, Task, one_of


class MembersFormSet(forms.BaseInlineFormSet):
    """The people of a company, one of whom is an owner."""

    def clean(self) -> None:
        super().clean()
        left = [form.cleaned_data for form in self.forms if form.is_valid() and not form.cleaned_data.get("DELETE")]
        if not any(self.errors) and not any(row.get("role") == Role.OWNER for row in left):
            raise forms.ValidationError(
                _("A company keeps at least one owner. Give someone this role before you take it from another.")
            )


class MembershipInline(admin.TabularInline):
    model = Membership
    formset = MembersFormSet
    extra = 0
    autocomplete_fields = ["user"]
    readonly_fields = ["since"]

    def get_extra(self, request: HttpRequest, obj: Partner | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1


class NewPartnerForm(CleanedModelForm):
    """A company with its country, which nobody changes afterwards: its enrollments depend on it."""

    country = forms.ModelChoiceField(label=_("country of the registered office"), queryset=Country.objects.all())

    class Meta:
        model = Partner
        fields = ["name", "country"]

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"].pk)


@admin.register(Partner)
class PartnerAdmin(PortalAdmin):
    task = Task.PEOPLE
    form = CleanedModelForm
    list_display = ["name", "legal_name", "country", "duns", "created_at"]
    list_filter = [one_of("country", _("country"), lambda: [(row.pk, str(row)) for row in Country.objects.all()])]
    search_fields = ["name", "legal_name", "duns", "mail_domain", "registration_number"]
    ordering = ["name"]
    # Fields that checks depend on are changed on the company's page, because a change starts the checks again.
    readonly_fields = [
        "id", "created_at", "country", "legal_name", "registration_number", "duns", "street", "postal_code", "city",
        "website", "mail_domain",
    ]  # fmt: skip
    inlines = [MembershipInline]

    def get_form(self, request: HttpRequest, obj: Partner | None = None, change: bool = False, **kwargs: Any) -> type:
        if obj is None:
            kwargs["form"] = NewPartnerForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Partner | None = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else [(None, {"fields": NewPartnerForm.Meta.fields})]

    def get_readonly_fields(self, request: HttpRequest, obj: Partner | None = None) -> Any:
        return self.readonly_fields if obj else []


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    """Who belongs where. People are added, changed and removed on the company's page, which keeps an owner."""

    list_display = ["partner", "user", "role", "since"]
    list_filter = ["role"]
    list_select_related = ["partner", "user"]
    search_fields = ["partner__name", "partner__legal_name", "user__email", "user__name"]


@admin.register(CompanyEvent)
class CompanyEventAdmin(ReadOnly):
    task = Task.PEOPLE
    list_display = ["partner", "deed", "at", "actor", "person"]
    list_filter = ["deed"]
    list_select_related = ["partner", "actor", "person"]
    search_fields = ["partner__name", "partner__legal_name", "actor__email", "person__email"]


@admin.register(HandOver)
class HandOverAdmin(ReadOnly):
    task = Task.PEOPLE
    list_display = ["partner", "by", "to", "offered_at", "expires_at", "answer", "answered_at"]
    list_filter = ["answer"]
    list_select_related = ["partner", "by", "to"]
    search_fields = ["partner__name", "partner__legal_name", "by__email", "to__email"]


@admin.register(Invitation)
class InvitationAdmin(PortalAdmin):
    task = Task.PEOPLE
    list_display = ["email", "partner", "role", "invited_by", "expires_at", "accepted_at", "withdrawn_at"]
    list_filter = ["role"]
    list_select_related = ["partner", "invited_by"]
    search_fields = ["email", "partner__name"]
    # The token's hash is secret.
    exclude = ["token_hash"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False


@admin.register(PartnerView)
class PartnerViewAdmin(ReadOnly):
    list_display = ["started_at", "viewer", "seen_as", "reason", "ended_at", "expires_at", "pages"]
    list_select_related = ["viewer", "seen_as"]
    search_fields = ["viewer__email", "seen_as__email", "reason"]
    ordering = ["-started_at"]


@admin.register(InvitationStop)
class InvitationStopAdmin(PortalAdmin):
    """Addresses that want no invitation. Deleting one is for a person who has changed their mind."""

    task = Task.PEOPLE
    list_display = ["address", "since"]
    search_fields = ["address"]
    ordering = ["-since"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: InvitationStop | None = None) -> bool:
        return False
