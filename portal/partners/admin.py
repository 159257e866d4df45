"""Companies in the admin: names can be corrected, and a company keeps an owner."""

import datetime as dt
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.forms import UserByAddress
from portal.accounts.models import User
from portal.geo.models import Country
from portal.partners import people
from portal.partners.models import (
    CompanyEvent,
    HandOver,
    Invitation,
    Membership,
    MembersReview,
    Partner,
    PartnerView,
    Role,
    WithoutOwner,
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


class MembershipForm(CleanedModelForm):
    user = UserByAddress(label=_("account (e-mail address)"))

    class Meta:
        model = Membership
        fields = ["user", "role"]


class MembershipInline(admin.TabularInline):
    model = Membership
    form = MembershipForm
    formset = MembersFormSet
    extra = 1
    readonly_fields = ["since"]


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

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Write each change of a person as the deed that it is, with its line in the history and its mails."""
        by, now = cast(User, request.user), timezone.now()
        formset.save(commit=False)
        partner = form.instance
        if not change:
            owner = next(row for row in formset.new_objects if row.role == Role.OWNER)
            people.found_by(partner=partner, owner=owner.user, by=by, now=now)
        kept = [row for row, _fields in formset.changed_objects]
        for row in sorted([*formset.new_objects, *kept], key=lambda row: row.role != Role.OWNER):
            _set(row, by=by, now=now)
        for row in formset.deleted_objects:
            people.remove(membership=row, by=by, now=now)

    def get_form(self, request: HttpRequest, obj: Partner | None = None, change: bool = False, **kwargs: Any) -> type:
        if obj is None:
            kwargs["form"] = NewPartnerForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Partner | None = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else [(None, {"fields": NewPartnerForm.Meta.fields})]

    def get_readonly_fields(self, request: HttpRequest, obj: Partner | None = None) -> Any:
        return self.readonly_fields if obj else []


def _set(row: Membership, *, by: User, now: dt.datetime) -> None:
    """Give a person the role of a form's row. Another person in a known row takes the place of the one before."""
    before = Membership.objects.filter(pk=row.pk).first() if row.pk else None
    if before is None or before.user_id != row.user_id:
        people.join(partner=row.partner, user=row.user, role=row.role, by=by, now=now)
        if before is not None:
            people.remove(membership=before, by=by, now=now)
    else:
        people.change_role(membership=before, role=row.role, by=by, now=now)


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


@admin.register(WithoutOwner)
class WithoutOwnerAdmin(ReadOnly):
    list_display = ["partner", "found_at", "ended_at"]
    list_select_related = ["partner"]
    search_fields = ["partner__name", "partner__legal_name"]


@admin.register(MembersReview)
class MembersReviewAdmin(ReadOnly):
    list_display = ["partner", "asked_at", "reminded_at", "done_at", "done_by"]
    list_select_related = ["partner", "done_by"]
    search_fields = ["partner__name", "partner__legal_name"]


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
