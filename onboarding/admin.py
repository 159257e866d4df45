"""The admin of onboarding: everything can be read; a state changes only through domain functions, never by hand."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from onboarding.domain.clocks import escalation
from onboarding.domain.desk import decisions
from onboarding.domain.partner_center import accounts, reseller_validation
from onboarding.domain.questions.steps import PAGES, STEPS, kinds_of_step
from onboarding.domain.reasons.catalogue import REASONS, kinds_of
from onboarding.domain.reasons.shipped import SHIPPED
from onboarding.enums import Authority, DocumentKind, Kind, Turn
from onboarding.forms.steps import FORMS
from onboarding.models import (
    Check,
    Clock,
    ClockRule,
    CountryRules,
    Document,
    DomainChallenge,
    Draft,
    DutyKind,
    Enrollment,
    Escalation,
    Event,
    Forecast,
    Inbound,
    InsightsFile,
    InsightsRow,
    InsightsShape,
    MailboxChallenge,
    Message,
    PartnerCenterAccount,
    PartnerCenterCode,
    PartnerCenterDuty,
    PartnerRequest,
    Preflight,
    Reading,
    Reason,
    ResellerAuthorization,
    ResellerLink,
    SourceReport,
    Vetting,
)
from portal import encryption
from portal.accounts.models import User
from portal.geo.models import CspRegion
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
        # The requeue is written in the enrollment's history, and the turn may change with it.
        assert isinstance(row, Check)
        assert isinstance(request.user, User)
        return decisions.requeue(check=row, why=why, by=request.user, now=timezone.now())


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


@admin.register(Forecast)
class ForecastAdmin(ReadOnly):
    list_display = ["kind", "country", "half", "nine_in_ten", "count", "until"]
    list_filter = ["kind"]
    list_select_related = ["country"]


@admin.register(Inbound)
class InboundAdmin(DueRowAdmin):
    """Messages from other systems. Parked ones are dead letters: requeue them when their cause is gone."""

    list_display = ["received_at", "source", "kind", "occurred_at", "result", "parked_at", "parked_why"]
    list_filter = ["source", ("parked_at", admin.EmptyFieldListFilter), ("handled_at", admin.EmptyFieldListFilter)]
    search_fields = ["external_id", "kind"]
    ordering = ["-received_at"]


@admin.register(SourceReport)
class SourceReportAdmin(ReadOnly):
    """Each source's latest report on a check, which explains the state that the check shows."""

    list_display = ["check_row", "source", "state", "reason", "seen_at"]
    list_filter = ["source", "state"]
    list_select_related = ["check_row__enrollment__partner"]
    ordering = ["-id"]


@admin.register(InsightsFile)
class InsightsFileAdmin(DueRowAdmin):
    list_display = ["uploaded_at", "name", "as_of", "state", "rows", "uploaded_by", "parked_at", "parked_why"]
    list_filter = ["state", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["uploaded_by"]
    exclude = ["content", "found"]
    ordering = ["-uploaded_at"]


@admin.register(InsightsShape)
class InsightsShapeAdmin(admin.ModelAdmin):
    """How files are read.

    After a mistake an administrator deletes the row, and the next file of that shape asks again.
    """

    list_display = ["shape", "saved_by", "saved_at"]
    list_select_related = ["saved_by"]
    readonly_fields = ["shape", "mapping", "saved_by", "saved_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(InsightsRow)
class InsightsRowAdmin(ReadOnly):
    list_display = ["file", "row_no", "outcome", "reason", "number", "name"]
    list_filter = ["outcome"]
    list_select_related = ["file"]
    search_fields = ["number"]
    ordering = ["-id"]


@admin.register(PartnerRequest)
class PartnerRequestAdmin(ReadOnly):
    list_display = ["asked_at", "check_row", "reason", "source", "answered_at", "outcome"]
    list_filter = ["source", "outcome", ("answered_at", admin.EmptyFieldListFilter)]
    list_select_related = ["check_row"]
    search_fields = ["reason"]


@admin.register(Document)
class DocumentAdmin(DueRowAdmin):
    """Documents of partners. The content is opened only on the enrollment's page, which checks and records access."""

    list_display = ["uploaded_at", "enrollment", "kind", "kind_of_file", "size", "scan", "parked_at", "parked_why"]
    list_filter = ["kind", "scan", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["enrollment__partner"]
    exclude = ["file"]


@admin.register(Message)
class MessageAdmin(ReadOnly):
    list_display = ["written_at", "enrollment", "author", "by_staff", "internal"]
    list_filter = ["internal", "by_staff"]
    list_select_related = ["enrollment__partner", "author"]
    exclude = ["key"]
    ordering = ["-id"]


@admin.register(Reading)
class ReadingAdmin(ReadOnly):
    list_display = ["enrollment", "user", "upto", "read_at"]
    list_select_related = ["enrollment__partner", "user"]
    ordering = ["-read_at"]


class ReasonForm(ModelForm):
    """Choices for fields that are stored as lists of codes."""

    kinds = forms.MultipleChoiceField(
        label=_("checks it may be raised on"),
        choices=Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    wants = forms.MultipleChoiceField(
        label=_("documents asked for"),
        choices=DocumentKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    fields_ = forms.MultipleChoiceField(
        label=_("answers to reopen"),
        help_text=_(
            "An answer is reopened only where its page is open to the file: the others are not asked, so that the "
            "partner can always send his answer."
        ),
        choices=[
            (page.title, [(name, FORMS[slug].base_fields[name].label) for name in (*page.company_fields, *page.fields)])
            for slug, page in PAGES.items()
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

    def save(self, commit: bool = True) -> Reason:
        self.instance.fields = self.cleaned_data["fields_"]
        saved: Reason = super().save(commit)
        return saved


_ADDRESSED: dict[str, str | Promise] = {
    Turn.RESELLER: _("The partner"),
    Turn.INGRAM: "Ingram Micro",
    Turn.MICROSOFT: "Microsoft",
    Turn.NOBODY: _("Nobody: the portal looks by itself"),
}


@admin.register(Reason)
class ReasonAdmin(admin.ModelAdmin):
    """The catalogue. A reason is retired, never deleted, because old enrollments still refer to it."""

    form = ReasonForm
    list_display = ["code", "title", "audience", "belongs_to", "shipped", "edited_at", "retired_at"]
    list_filter = ["shipped", ("retired_at", admin.EmptyFieldListFilter), ("edited_at", admin.EmptyFieldListFilter)]
    search_fields = ["code", "title_en", "title_fr"]

    def get_fields(self, request: HttpRequest, obj: Reason | None = None) -> list[Any]:
        # Code decides where the portal raises its own reasons.
        where = ["belongs_to"] if obj and obj.shipped else ["kinds", "authority"]
        return [
            "code", "audience", *where, "title_fr", "title_en", "todo_fr", "todo_en", "fields_", "wants", "accepts_fr",
            "accepts_en", "takes_fr", "takes_en", "retired_at",
        ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Reason | None = None) -> list[str]:
        shown = ["audience", "belongs_to"]
        if obj is None:
            return shown
        return [*shown, "code", "kinds", "authority"] if obj.shipped else [*shown, "code"]

    @admin.display(description=_("title"))
    def title(self, reason: Reason) -> str:
        return reason.title_fr if (get_language() or "").startswith("fr") else reason.title_en

    @admin.display(description=_("whom it addresses"))
    def audience(self, reason: Reason) -> str:
        shipped = SHIPPED.get(reason.code)
        return str(_ADDRESSED[shipped.turn if shipped else Turn.RESELLER])

    @admin.display(description=_("step or validation"))
    def belongs_to(self, reason: Reason) -> str:
        kinds = kinds_of(reason.code) if reason.shipped else tuple(reason.kinds)
        told = [
            gettext("%(what)s: %(title)s")
            % {
                "what": f"{step.number}. {step.title}",
                "title": ", ".join(str(Kind(kind).label) for kind in of_step),
            }
            for step in STEPS
            if (of_step := [kind for kind in kinds if kind in kinds_of_step(step)])
        ]
        if not told:
            return str(_("every step"))
        who = f" ({Authority(reason.authority).label})" if reason.authority else ""
        return "; ".join(told) + who

    def has_delete_permission(self, request: HttpRequest, obj: Reason | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Reason, form: ModelForm, change: bool) -> None:
        obj.edited_at = timezone.now()
        super().save_model(request, obj, form, change)
        REASONS.read()


class AccountForm(ModelForm):
    """The token is typed here and never shown again."""

    new_token = forms.CharField(
        label=_("New refresh token"),
        required=False,
        max_length=8000,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "From a consent with multi-factor sign-in by somebody who is Admin agent. It is kept encrypted and never "
            "shown again. Leave empty to keep the present one."
        ),
    )
    region = forms.ChoiceField(label=_("CSP region"), required=False)

    class Meta:
        model = PartnerCenterAccount
        fields = ["region", "tenant", "client_id"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        regions = [(region.code, str(region)) for region in CspRegion.objects.order_by("code")]
        field = self.fields["region"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("every region")), *regions]
        field.help_text = PartnerCenterAccount._meta.get_field("region").help_text  # type: ignore[union-attr]

    def clean_tenant(self) -> str:
        tenant = str(self.cleaned_data["tenant"]).strip().lower()
        if not all(c.isalnum() or c in ".-" for c in tenant):
            raise ValidationError(
                _("A tenant is a domain, as ingram.onmicrosoft.com, or an ID of 32 digits and dashes.")
            )
        return tenant

    def clean_new_token(self) -> str:
        token = str(self.cleaned_data["new_token"])
        if token and not encryption.has_key():
            raise ValidationError(_("SECRETS_KEYS is not set: a token cannot be kept here."))
        return token


@admin.register(PartnerCenterAccount)
class PartnerCenterAccountAdmin(admin.ModelAdmin):
    """The accounts that read Partner Center in each CSP region. A worker tries a new token at once."""

    form = AccountForm
    list_display = ["__str__", "tenant", "state", "token_age", "resellers_read_at", "last_error"]
    readonly_fields = [
        "state", "token_age", "consented_at", "refreshed_at", "refused_at", "last_error",
        "resellers_read_at", "doubted_count", "doubted_at", "activity_read_until",
    ]  # fmt: skip
    fields = ["region", "tenant", "client_id", "new_token", *readonly_fields]
    actions = ["renew_now", "do_all_now"]
    show_full_result_count = False

    @admin.display(description=_("state"))
    def state(self, account: PartnerCenterAccount) -> str:
        if account.refused_at:
            return str(_("Refused: somebody must consent again"))
        if not account.refreshed_at:
            return str(_("Not used yet"))
        return str(_("Its reseller list is doubted") if account.doubted_at else _("In use"))

    @admin.display(description=_("age of the token"))
    def token_age(self, account: PartnerCenterAccount) -> str:
        since = account.refreshed_at or account.consented_at
        if since is None:
            return "-"
        days = (timezone.now() - since).days
        told = ngettext("%(count)s day of 90", "%(count)s days of 90", days)
        return told % {"count": days}

    def save_model(self, request: HttpRequest, obj: PartnerCenterAccount, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        token = form.cleaned_data.get("new_token")
        if token:
            accounts.give_token(obj, token, now=timezone.now())
        else:
            accounts.make_duties(timezone.now())

    @admin.action(description=_("Renew the token now"), permissions=["change"])
    def renew_now(self, request: HttpRequest, queryset: "QuerySet[PartnerCenterAccount]") -> None:
        self._do(request, queryset, DutyKind.RENEW)

    @admin.action(description=_("Do all duties now, those switched off too"), permissions=["change"])
    def do_all_now(self, request: HttpRequest, queryset: "QuerySet[PartnerCenterAccount]") -> None:
        self._do(request, queryset)

    def _do(self, request: HttpRequest, queryset: "QuerySet[PartnerCenterAccount]", *kinds: DutyKind) -> None:
        now = timezone.now()
        accounts.make_duties(now)
        count = 0
        for account in queryset:
            count += accounts.do_now(account, *kinds, now=now)
            self.log_change(request, account, ", ".join(kinds) or "all duties")
        told = ngettext(
            "%(count)s duty is done by a worker soon.", "%(count)s duties are done by a worker soon.", count
        )
        self.message_user(request, told % {"count": count}, messages.SUCCESS)


@admin.register(PartnerCenterDuty)
class PartnerCenterDutyAdmin(DueRowAdmin):
    list_display = ["kind", "account", "done_at", "told", "next_check_at", "trouble"]
    list_filter = ["kind", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["account"]

    @admin.display(description=_("result"))
    def told(self, duty: PartnerCenterDuty) -> str:
        words = [str(_RESULT_WORDS.get(word, word)) for word in duty.result.split()]
        return " ".join(words) or "-"

    @admin.display(description=_("trouble"))
    def trouble(self, duty: PartnerCenterDuty) -> str:
        return duty.off_why or duty.parked_why or "-"


_RESULT_WORDS: dict[str, str | Promise] = {
    "renewed": _("renewed"),
    "doubted": _("doubted: much shorter than before"),
    "new": _("new:"),
    "changed": _("changed:"),
    "removed": _("removed:"),
    "returned": _("returned:"),
    "read": _("read:"),
    "asked": _("asked:"),
    "refused": _("not authorised:"),
}


@admin.register(ResellerLink)
class ResellerLinkAdmin(ReadOnly):
    list_display = ["name", "mpn_id", "tenant", "country", "state", "account", "first_seen_at", "removed_at"]
    list_filter = ["account", ("removed_at", admin.EmptyFieldListFilter), "state"]
    list_select_related = ["account"]
    search_fields = ["name", "mpn_id", "tenant"]
    ordering = ["-pk"]


@admin.register(ResellerAuthorization)
class ResellerAuthorizationAdmin(ReadOnly):
    list_display = ["location_mpn_id", "valid", "code", "text", "since", "seen_at"]
    list_filter = ["valid", "code"]
    search_fields = ["location_mpn_id"]
    ordering = ["valid", "-since"]


class PartnerCenterCodeForm(ModelForm):
    reason = forms.ChoiceField(
        label=_("reason"),
        required=False,
        help_text=PartnerCenterCode._meta.get_field("reason").help_text,  # type: ignore[union-attr]
    )

    class Meta:
        model = PartnerCenterCode
        fields = ["code", "meaning_fr", "meaning_en", "reason", "sure", "retired", "source"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "-"), *((code, str(REASONS[code].title)) for code in reseller_validation.USABLE)]


@admin.register(PartnerCenterCode)
class PartnerCenterCodeAdmin(admin.ModelAdmin):
    form = PartnerCenterCodeForm
    list_display = ["code", "meaning", "reason", "sure", "retired"]
    list_filter = ["sure", "retired"]
    search_fields = ["code", "meaning_fr", "meaning_en"]
    show_full_result_count = False

    @admin.display(description=_("meaning"))
    def meaning(self, code: PartnerCenterCode) -> str:
        return code.meaning


@admin.register(CountryRules)
class CountryRulesAdmin(ReadOnly):
    list_display = ["country", "postal_code_regex", "phone_regex", "read_on"]
    list_select_related = ["country"]
    search_fields = ["country__code"]
    ordering = ["country"]


@admin.register(Preflight)
class PreflightAdmin(DueRowAdmin):
    """Pre-flights are made without an account and deleted after a day; administrators cannot see what was typed."""

    list_display = ["asked_at", "done_at", "parked_at", "parked_why"]
    exclude = ["typed", "found"]
