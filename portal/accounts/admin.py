"""Accounts in the admin. Passwords are chosen by mail, never here."""

from typing import Any, cast

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401  (registered before ours replace them)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth import update_session_auth_hash
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.accounts import addresses, closing, sessions
from portal.accounts.models import FormerAddress, SignedIn, User
from portal.web.forms import CleanedModelForm
from portal.work.admin import PortalAdmin, ReadOnly, Task


class UserForm(CleanedModelForm):
    """An account: its address is cleaned as on every other way in; nobody locks themselves out."""

    # The administrator who fills the form in.
    signed_in: User | None = None

    class Meta:
        model = User
        fields = [
            "email", "name", "language", "is_active", "is_staff", "is_superuser", "groups", "user_permissions",
        ]  # fmt: skip

    def clean_email(self) -> str:
        address = addresses.clean(self.cleaned_data["email"])
        if addresses.is_taken(address, by_other_than=self.instance):
            raise forms.ValidationError(_("Another account uses this address."))
        return address

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if self.signed_in is not None and self.instance.pk == self.signed_in.pk:
            for name, told in _OWN_RIGHTS.items():
                if name in self.fields and getattr(self.signed_in, name) and not given.get(name):
                    self.add_error(name, told)
        return given


_OWN_RIGHTS = {
    "is_active": _("You cannot make your own account inactive. Ask another administrator to do it."),
    "is_staff": _("You cannot take this right from yourself. Ask another administrator to do it."),
    "is_superuser": _("You cannot take this right from yourself. Ask another administrator to do it."),
}


class NewUserForm(UserForm):
    """A form without a password: the new user chooses one by a link that is mailed."""

    class Meta:
        model = User
        fields = ["email", "name", "language", "is_staff"]

    def save(self, commit: bool = True) -> User:
        user = super().save(commit=False)
        user.set_unusable_password()
        if commit:
            user.save()
        return user


@admin.register(User)
class UserAdmin(PortalAdmin):
    task = Task.PEOPLE
    form = CleanedModelForm
    list_display = ["email", "name", "language", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "language"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    readonly_fields = ["date_joined", "last_login"]
    filter_horizontal = ["groups", "user_permissions"]
    actions = ["end_sessions"]
    fieldsets = [
        (None, {"fields": ["email", "name", "language"]}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Dates"), {"fields": ["date_joined", "last_login"]}),
    ]

    @admin.action(description=_("End their sessions"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Sign the accounts out everywhere, those that this administrator may change."""
        ended = 0
        for user in [each for each in queryset if self.has_change_permission(request, each)]:
            ended += sessions.end_others(user=user, now=timezone.now())
            self.log_change(request, user, "sessions ended")
        told = ngettext("%(count)s session is ended.", "%(count)s sessions are ended.", ended)
        self.message_user(request, told % {"count": ended})

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: object) -> type:
        kwargs["form"] = UserForm if obj else NewUserForm
        form: type = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"signed_in": request.user})

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save an account. A new one is told how to choose a password; a new address is one deed."""
        if not change:
            super().save_model(request, obj, form, change)
            addresses.welcome(obj, now=timezone.now())
            return
        before = User.objects.get(pk=obj.pk)
        to, obj.email = obj.email, before.email
        super().save_model(request, obj, form, change)
        if before.is_active and not obj.is_active:
            closing.closed(obj, by=cast(User, request.user), now=timezone.now())
            sessions.end_others(user=obj, now=timezone.now())
        if to != obj.email:
            addresses.change(user=obj, to=to, now=timezone.now())
            if obj.pk == request.user.pk:
                update_session_auth_hash(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else [(None, {"fields": NewUserForm.Meta.fields})]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        # Only a superuser may give rights to anybody, including themselves.
        raising = [] if request.user.is_superuser else ["is_staff", "is_superuser", "groups", "user_permissions"]
        return [*self.readonly_fields, *raising] if obj else raising

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # A new address is a new password: only a superuser changes the account of a person of Ingram Micro.
        is_staffs = obj is not None and (obj.is_staff or obj.is_superuser or getattr(obj, "bdm", None) is not None)
        is_erased = obj is not None and obj.erased_at is not None
        allowed = bool(request.user.is_superuser or not is_staffs) and not is_erased
        return allowed and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # The history names people, so an account is made inactive instead of deleted.
        return False


@admin.register(SignedIn)
class SignedInAdmin(ReadOnly):
    list_display = ["user", "device", "since", "ended_at"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    # The key is the session itself.
    exclude = ["session_key"]


# allauth offers to change addresses here, which would change one table of two.
admin.site.unregister(EmailAddress)
admin.site.unregister(Authenticator)


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnly):
    list_display = ["email", "user", "verified", "primary"]
    list_select_related = ["user"]
    search_fields = ["email"]


@admin.register(FormerAddress)
class FormerAddressAdmin(ReadOnly):
    list_display = ["email", "user", "until"]
    list_select_related = ["user"]
    search_fields = ["email", "user__email"]


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnly):
    """Second factors. A person who has lost theirs gets in again once it is removed."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_select_related = ["user"]
    exclude = ["data"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)
