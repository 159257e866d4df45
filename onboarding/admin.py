"""The administrator's view: everything can be read; a state is changed by deeds, never by hand."""

from typing import Any

from django import forms
from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.domain import clocks, review
from onboarding.domain.reasons import REASONS
from onboarding.domain.steps import PAGES
from onboarding.enums import DocumentKind, Kind
from onboarding.models import (
    Action,
    Check,
    Clock,
    ClockRule,
    Document,
    DomainChallenge,
    Draft,
    Enrollment,
    Event,
    Forecast,
    Inbound,
    MailboxChallenge,
    Reason,
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


@admin.register(Action)
class ActionAdmin(ReadOnly):
    list_display = ["asked_at", "check_row", "reason", "source", "answered_at", "outcome"]
    list_filter = ["source", "outcome", ("answered_at", admin.EmptyFieldListFilter)]
    list_select_related = ["check_row"]
    search_fields = ["reason"]


@admin.register(Document)
class DocumentAdmin(DueRowAdmin):
    """What partners brought. The content is opened on the file's page only, where access is checked and told."""

    list_display = ["uploaded_at", "enrollment", "kind", "kind_of_file", "size", "scan", "parked_at", "parked_why"]
    list_filter = ["kind", "scan", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["enrollment__partner"]
    exclude = ["file"]


class ReasonForm(ModelForm):
    """Choices for what is kept as lists of codes."""

    kinds = forms.MultipleChoiceField(choices=Kind.choices, required=False, widget=forms.CheckboxSelectMultiple)
    wants = forms.MultipleChoiceField(choices=DocumentKind.choices, required=False, widget=forms.CheckboxSelectMultiple)
    fields_ = forms.MultipleChoiceField(
        label=_("answers to reopen"),
        choices=[
            (str(page.title), [(name, name) for name in (*page.company_fields, *page.fields)])
            for page in PAGES.values()
        ],
        required=False,
    )

    class Meta:
        model = Reason
        fields = (
            "code", "kinds", "authority", "title_en", "title_fr", "todo_en", "todo_fr", "wants", "accepts_en",
            "accepts_fr", "takes_en", "takes_fr", "retired_at",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fields_"].initial = self.instance.fields
        if self.instance.shipped:
            # Code decides where the portal itself raises it.
            del self.fields["kinds"], self.fields["authority"]

    def save(self, commit: bool = True) -> Reason:
        self.instance.fields = self.cleaned_data["fields_"]
        saved: Reason = super().save(commit)
        return saved


@admin.register(Reason)
class ReasonAdmin(admin.ModelAdmin):
    """The catalogue. A reason is retired, never deleted: old files still say it."""

    form = ReasonForm
    list_display = ["code", "title_fr", "title_en", "concerns", "shipped", "edited_at", "retired_at"]
    list_filter = ["shipped", ("retired_at", admin.EmptyFieldListFilter), ("edited_at", admin.EmptyFieldListFilter)]
    search_fields = ["code", "title_en", "title_fr"]

    def get_readonly_fields(self, request: HttpRequest, obj: Reason | None = None) -> list[str]:
        return ["code"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Reason | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Reason, form: ModelForm, change: bool) -> None:
        obj.edited_at = timezone.now()
        super().save_model(request, obj, form, change)
        REASONS.read()
