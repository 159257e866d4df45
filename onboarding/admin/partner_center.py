"""Accounts of Partner Center, their duties, and what was read there."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from onboarding.domain.partner_center import accounts, reseller_validation
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.models import (
    CountryRules,
    DutyKind,
    PartnerCenterAccount,
    PartnerCenterCode,
    PartnerCenterDuty,
    ResellerAuthorization,
    ResellerLink,
)
from portal import encryption
from portal.geo.models import CspRegion
from portal.web.forms import CleanedModelForm
from portal.web.guard_rails import ReferenceAdmin
from portal.work.admin import DueRowAdmin, PortalAdmin, ReadOnly, Task


class AccountForm(CleanedModelForm):
    """The token is typed here and never shown again."""

    new_token = forms.CharField(
        label=_("New refresh token"),
        required=False,
        max_length=8000,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "From a consent with multi-factor sign-in by someone who is Admin agent. It is kept encrypted and never "
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
class PartnerCenterAccountAdmin(PortalAdmin):
    """The accounts that read Partner Center in each CSP region. A worker tries a new token at once."""

    task = Task.STUCK
    form = AccountForm
    list_display = ["__str__", "tenant", "state", "token_age", "resellers_read_at", "last_error"]
    readonly_fields = [
        "state", "token_age", "consented_at", "refreshed_at", "refused_at", "last_error",
        "resellers_read_at", "doubted_count", "doubted_at", "activity_read_until",
    ]  # fmt: skip
    fields = ["region", "tenant", "client_id", "new_token", *readonly_fields]
    actions = ["renew_now", "do_all_now"]

    @admin.display(description=_("state"))
    def state(self, account: PartnerCenterAccount) -> str:
        if account.refused_at:
            return str(_("Refused: someone must consent again"))
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
    list_filter = ["account", ("removed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["account"]
    search_fields = ["name", "mpn_id", "tenant"]
    ordering = ["-pk"]


@admin.register(ResellerAuthorization)
class ResellerAuthorizationAdmin(ReadOnly):
    list_display = ["location_mpn_id", "valid", "code", "text", "since", "seen_at"]
    list_filter = ["valid"]
    search_fields = ["location_mpn_id", "code"]
    ordering = ["valid", "-since"]


class PartnerCenterCodeForm(CleanedModelForm):
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
        field.choices = [
            ("", "-"),
            *((code, str(words_for(Reader.ADMIN).reason(code))) for code in reseller_validation.USABLE),
        ]


@admin.register(PartnerCenterCode)
class PartnerCenterCodeAdmin(ReferenceAdmin):
    task = Task.RULES
    form = PartnerCenterCodeForm
    list_display = ["code", "meaning", "reason", "sure", "retired"]
    list_filter = ["sure", "retired"]
    search_fields = ["code", "meaning_fr", "meaning_en"]

    @admin.display(description=_("meaning"))
    def meaning(self, code: PartnerCenterCode) -> str:
        return code.meaning


@admin.register(CountryRules)
class CountryRulesAdmin(ReadOnly):
    list_display = ["country", "postal_code_regex", "phone_regex", "read_on"]
    list_select_related = ["country"]
    search_fields = ["country__code"]
    ordering = ["country"]
