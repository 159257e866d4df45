"""The administrator's view: everything can be read; a state is changed by deeds, never by hand."""

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from onboarding.domain import clocks, review
from onboarding.models import (
    Check,
    Clock,
    ClockRule,
    DomainChallenge,
    Draft,
    Enrollment,
    Event,
    Forecast,
    Inbound,
    MailboxChallenge,
    Strike,
    Vetting,
)
from portal.accounts.models import User
from portal.work.admin import DueRowAdmin, ReadOnly
from portal.work.models import DueRow


@admin.register(Enrollment)
class EnrollmentAdmin(ReadOnly):
    list_display = ["partner", "country", "state", "moved_at"]
    list_filter = ["state"]
    list_select_related = ["partner", "country"]
    search_fields = ["partner__name", "partner__legal_name", "mpn_id", "location_mpn_id"]


@admin.register(Check)
class CheckAdmin(DueRowAdmin):
    list_display = ["enrollment", "kind", "authority", "state", "turn", "reason", "next_check_at", "parked_at"]
    list_filter = ["kind", "authority", "state", "turn", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["enrollment__partner"]
    search_fields = ["enrollment__partner__name", "reason"]

    def requeue_row(self, request: HttpRequest, row: DueRow, why: str) -> bool:
        # The file's history tells it, and whose turn it is changes with it.
        assert isinstance(row, Check)
        assert isinstance(request.user, User)
        return review.requeue(check=row, why=why, by=request.user, now=timezone.now())


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


@admin.register(ClockRule)
class ClockRuleAdmin(admin.ModelAdmin):
    """The numbers of the clocks. A rule with a country replaces the general one of the same code there."""

    list_display = ["code", "country", "clock", "after", "unit", "audience", "effect", "active"]
    list_editable = ["after", "active"]
    list_filter = ["clock", "audience", "active"]
    list_select_related = ["country"]
    search_fields = ["code", "country__code"]
    autocomplete_fields = ["country"]
    show_full_result_count = False

    def save_model(self, request: HttpRequest, obj: ClockRule, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        clocks.read_all_soon(obj.country_id, now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: ClockRule) -> None:
        super().delete_model(request, obj)
        clocks.read_all_soon(obj.country_id, now=timezone.now())


@admin.register(Clock)
class ClockAdmin(DueRowAdmin):
    list_display = ["enrollment", "alarm", "next_check_at", "calendar", "parked_at"]
    list_filter = ["alarm", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["enrollment__partner"]


@admin.register(Strike)
class StrikeAdmin(ReadOnly):
    list_display = ["due_at", "enrollment", "code", "audience", "told", "calendar"]
    list_filter = ["clock", "audience", "effect"]
    list_select_related = ["enrollment__partner"]


@admin.register(Vetting)
class VettingAdmin(ReadOnly):
    list_display = ["settled_at", "kind", "country", "workdays"]
    list_filter = ["kind"]
    list_select_related = ["country"]


@admin.register(Forecast)
class ForecastAdmin(ReadOnly):
    list_display = ["kind", "country", "half", "nine_in_ten", "count", "until"]
    list_filter = ["kind"]
    list_select_related = ["country"]


@admin.register(Inbound)
class InboundAdmin(DueRowAdmin):
    """What other systems told us. The parked ones are dead letters: take them up again once their cause is gone."""

    list_display = ["received_at", "source", "kind", "occurred_at", "result", "parked_at", "parked_why"]
    list_filter = ["source", ("parked_at", admin.EmptyFieldListFilter), ("handled_at", admin.EmptyFieldListFilter)]
    search_fields = ["external_id", "kind"]
    ordering = ["-received_at"]
