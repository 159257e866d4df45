"""Companies in the admin: names can be corrected, memberships are read only."""

from django.contrib import admin
from django.http import HttpRequest

from portal.partners.models import Invitation, Membership, Partner
from portal.web.forms import CleanedModelForm


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]
    readonly_fields = ["since"]


@admin.register(Partner)
class PartnerAdmin(admin.ModelAdmin):
    form = CleanedModelForm
    list_display = ["name", "legal_name", "country", "duns", "created_at"]
    list_filter = ["country"]
    search_fields = ["name", "legal_name", "duns", "mail_domain", "registration_number"]
    ordering = ["name"]
    show_full_result_count = False
    # Fields that checks depend on are changed on the company's page, because a change starts the checks again.
    readonly_fields = [
        "id", "created_at", "country", "legal_name", "registration_number", "duns", "street", "postal_code", "city",
        "website", "mail_domain",
    ]  # fmt: skip
    inlines = [MembershipInline]


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    form = CleanedModelForm
    list_display = ["partner", "user", "role", "since"]
    list_filter = ["role"]
    list_select_related = ["partner", "user"]
    search_fields = ["partner__name", "partner__legal_name", "user__email", "user__name"]
    autocomplete_fields = ["partner", "user"]
    show_full_result_count = False
    readonly_fields = ["since"]


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    list_display = ["email", "partner", "role", "invited_by", "expires_at", "accepted_at", "withdrawn_at"]
    list_filter = ["role"]
    list_select_related = ["partner", "invited_by"]
    search_fields = ["email", "partner__name"]
    show_full_result_count = False
    # The token's hash is secret.
    exclude = ["token_hash"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False
