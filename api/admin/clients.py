"""Clients of the API in the admin: a key is shown once, on the page that answers the button."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from api.domain import clients
from api.enums import ApiScope
from api.models import ApiCall, ApiClient, ApiKey, KeptAnswer
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.geo.models import Country
from portal.web.forms import CleanedModelForm
from portal.work.admin import PortalAdmin, ReadOnly, Task


class ApiClientForm(CleanedModelForm):
    scopes = forms.MultipleChoiceField(
        label=capfirst(_("may")), choices=ApiScope.choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one permission.")},
    )  # fmt: skip
    countries = forms.MultipleChoiceField(
        label=capfirst(_("countries")), required=False,
        help_text=_("Of these the client sees what the BDM sees for whom it acts; without one, all of them."),
    )  # fmt: skip
    acts_for = forms.ModelChoiceField(
        label=capfirst(_("acts for")), queryset=User.objects.none(), required=False,
        help_text=_("A BDM. Changes stand in the history as this person’s. Leave it empty for a client that reads."),
    )  # fmt: skip

    class Meta:
        model = ApiClient
        fields = ["name", "acts_for", "scopes", "everywhere", "countries", "rate_a_minute", "expires_at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        countries = cast(forms.MultipleChoiceField, self.fields["countries"])
        countries.choices = [(country.pk, str(country)) for country in Country.objects.all()]
        people = cast(Any, self.fields["acts_for"])
        people.queryset = User.objects.filter(bdm__in=Bdm.objects.active()).order_by("name", "pk")


@admin.register(ApiClient)
class ApiClientAdmin(PortalAdmin):
    """Clients. None is deleted: the record of what it did names it."""

    task = Task.SYSTEMS
    form = ApiClientForm
    list_display = ["name", "acts_for", "scopes", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["acts_for"]
    search_fields = ["name", "acts_for__email"]
    readonly_fields = ["made_by", "made_at", "last_used_at", "revoked_at"]
    ordering = ["name"]
    actions = ["new_key", "revoke"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiClient | None = None) -> Any:
        return self.readonly_fields if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: ApiClient | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ApiClient, form: Any, change: bool) -> None:
        if not change:
            obj.made_by, obj.tokens = cast(User, request.user), obj.rate_a_minute
        super().save_model(request, obj, form, change)

    @admin.action(description=_("Make a key, which is shown once"), permissions=["change"])
    def new_key(self, request: HttpRequest, queryset: QuerySet[ApiClient]) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, gettext("Choose one client. Nothing was made."), messages.ERROR)
            return None
        try:
            key = clients.make_key(client=chosen[0], by=cast(User, request.user), now=timezone.now())
        except clients.TooManyKeysError:
            told = gettext("This client has two keys. Revoke the one that is no longer used, then make another.")
            self.message_user(request, told, messages.ERROR)
            return None
        except clients.RevokedError:
            self.message_user(request, gettext("This client is revoked. Make a new client."), messages.ERROR)
            return None
        self.log_change(request, chosen[0], gettext("A key was made."))
        title = gettext("The key of %(client)s") % {"client": chosen[0]}
        context = {**self.admin_site.each_context(request), "title": title, "key": key}
        response = render(request, "admin/api_key.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    @admin.action(description=_("Revoke at once, with all keys"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiClient]) -> None:
        revoked = [client for client in queryset if clients.revoke(client=client, now=timezone.now())]
        for client in revoked:
            self.log_change(request, client, gettext("Revoked."))
        _say_revoked(self, request, len(revoked))


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    task = Task.SYSTEMS
    list_display = ["start", "client", "made_by", "made_at", "last_used_at", "revoked_at"]
    list_select_related = ["client", "made_by"]
    fields = ["client", "start", "made_by", "made_at", "last_used_at", "revoked_at"]
    search_fields = ["client__name"]
    ordering = ["-pk"]
    actions = ["revoke"]

    @admin.action(description=_("Revoke at once"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        revoked = [key for key in queryset if clients.revoke_key(key=key, now=timezone.now())]
        for key in revoked:
            self.log_change(request, key, gettext("Revoked."))
        _say_revoked(self, request, len(revoked))

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request)


def _say_revoked(page: PortalAdmin, request: HttpRequest, number: int) -> None:
    told = ngettext("%(count)s is revoked.", "%(count)s are revoked.", number) % {"count": number}
    page.message_user(request, told)


@admin.register(KeptAnswer)
class KeptAnswerAdmin(ReadOnly):
    list_display = ["key", "client", "at", "status"]
    list_select_related = ["client"]
    fields = ["key", "client", "at", "status"]
    ordering = ["-at"]


@admin.register(ApiCall)
class ApiCallAdmin(ReadOnly):
    task = Task.SYSTEMS
    list_display = ["at", "client", "acted_for", "what", "subject", "rows", "status", "request_id"]
    list_select_related = ["client", "acted_for"]
    search_fields = ["client__name", "subject", "request_id"]
    ordering = ["-pk"]
