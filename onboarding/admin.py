"""The administrator's view: everything can be read; a state is changed by deeds, never by hand."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from onboarding.models import Check, DomainChallenge, Draft, Enrollment, Event, MailboxChallenge


class ReadOnly(admin.ModelAdmin):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Enrollment)
class EnrollmentAdmin(ReadOnly):
    list_display = ["partner", "country", "state", "moved_at"]
    list_filter = ["state"]
    list_select_related = ["partner", "country"]
    search_fields = ["partner__name", "partner__legal_name", "mpn_id", "location_mpn_id"]


@admin.register(Check)
class CheckAdmin(ReadOnly):
    list_display = ["enrollment", "kind", "authority", "state", "turn", "reason", "next_check_at", "parked_at"]
    list_filter = ["kind", "authority", "state", "turn", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["enrollment__partner"]
    search_fields = ["enrollment__partner__name", "reason"]


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ["at", "enrollment", "kind", "check_kind", "source", "actor"]
    list_filter = ["kind", "source"]
    list_select_related = ["enrollment__partner", "actor"]


@admin.register(Draft)
class DraftAdmin(ReadOnly):
    list_display = ["enrollment", "page", "saved_at"]
    list_select_related = ["enrollment__partner"]


@admin.register(MailboxChallenge)
class MailboxChallengeAdmin(ReadOnly):
    list_display = ["check_row", "sent_at", "expires_at", "used_at", "replaced_at"]
    exclude = ["token_hash", "code_hash"]


@admin.register(DomainChallenge)
class DomainChallengeAdmin(ReadOnly):
    list_display = ["check_row", "domain", "made_at", "expires_at", "replaced_at"]
