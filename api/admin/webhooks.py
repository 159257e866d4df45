"""Webhooks in the admin: a secret is shown once; the log of deliveries, with what is sent again."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from api.domain.webhooks import deliveries, subscriptions
from api.domain.webhooks.reading import COLUMNS
from api.domain.webhooks.subscriptions import ALL_KINDS, Wish, WishError
from api.enums import WebhookKind, WebhookOff
from api.models import ApiClient, WebhookChange, WebhookDelivery, WebhookSequence, WebhookSubscription
from portal.accounts.models import User
from portal.geo.models import Country
from portal.web.forms import CleanedModelForm
from portal.work.admin import DueRowAdmin, PortalAdmin, ReadOnly, Task, one_of


class WebhookForm(CleanedModelForm):
    """The address is typed here and never shown again."""

    new_address = forms.CharField(
        label=_("Address"), required=False, max_length=subscriptions.MOST_ADDRESS,
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 80}),
        help_text=_(
            "https://… Kept encrypted and never shown again, because everyone who knows the address of a Teams "
            "workflow can write there. Leave it empty to keep the present one."
        ),
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        label=capfirst(_("tells")), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(kind.value, kind.label) for kind in ALL_KINDS],
    )  # fmt: skip
    countries = forms.MultipleChoiceField(label=capfirst(_("countries")), required=False)

    class Meta:
        model = WebhookSubscription
        fields = ["name", "style", "client", "everywhere", "language"]
        help_texts = {"language": _("Of the cards in Teams.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        countries = cast(forms.MultipleChoiceField, self.fields["countries"])
        countries.choices = [(country.pk, str(country)) for country in Country.objects.all()]
        if self.instance.pk:
            self.initial.update(kinds=self.instance.kinds, countries=self.instance.countries)
        elif "client" in self.fields:
            people = cast(Any, self.fields["client"])
            people.queryset = ApiClient.objects.filter(revoked_at=None).order_by("name")

    def wish(self) -> Wish:
        typed = self.cleaned_data
        return Wish(
            name=typed.get("name", ""), address=typed.get("new_address", ""), kinds=typed.get("kinds", ()),
            countries=typed.get("countries", ()), everywhere=bool(typed.get("everywhere")),
            language=typed.get("language") or self.instance.language,
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if self.errors:
            return typed
        row = self.instance
        style, client = (row.style, row.client) if row.pk else (typed.get("style", ""), typed.get("client"))
        try:
            subscriptions.check(style=style, client=client, wish=self.wish(), pk=row.pk)
        except WishError as error:
            for field, message in error.faults:
                self.add_error("new_address" if field == "address" else field, str(message))
        return typed


class SinceForm(ActionForm):
    since = forms.CharField(
        label=_("Since:"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )


class WebhookState(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("on", _("In use")), ("failing", _("In use, and failing")), ("off", _("Switched off"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        is_failing = {"failing_since__isnull": False} if self.value() == "failing" else {}
        return queryset.filter(off_at__isnull=self.value() != "off", **is_failing) if self.value() else queryset


@admin.register(WebhookSubscription)
class WebhookSubscriptionAdmin(PortalAdmin):
    """Webhooks. None is deleted: the log of what was sent names it."""

    task = Task.SYSTEMS
    form = WebhookForm
    action_form = SinceForm
    list_display = ["name", "style", "client", "host", "state", "failing_since", "log"]
    list_select_related = ["client"]
    list_filter = ["style", WebhookState]
    search_fields = ["name", "host", "client__name"]
    ordering = ["name"]
    actions = ["ping", "replay_failed", "new_secret", "switch_on", "switch_off"]
    _typed = ["name", "style", "client", "new_address", "kinds", "everywhere", "countries", "language"]
    _told = ["host", "state", "failing_since", "old_secret_until", "made_by", "made_at", "log"]

    def get_fields(self, request: HttpRequest, obj: WebhookSubscription | None = None) -> Any:
        return [*self._typed, *(self._told if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: WebhookSubscription | None = None) -> Any:
        return ["style", "client", *self._told] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: WebhookSubscription | None = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        own = {"new_address", "kinds", "countries"}
        fixed = {*self.get_readonly_fields(request, obj)}
        names = [name for name in self._typed if name not in own | fixed]
        return super().get_form(request, obj, change=change, **{**kwargs, "fields": names})

    @admin.display(description=_("state"))
    def state(self, row: WebhookSubscription) -> str:
        return str(row.get_off_why_display()) if row.off_at else gettext("In use")

    @admin.display(description=_("deliveries"))
    def log(self, row: WebhookSubscription) -> str:
        place = reverse("admin:api_webhookdelivery_changelist")
        return format_html('<a href="{}?subscription={}">{}</a>', place, row.pk, gettext("Log of deliveries"))

    def save_model(self, request: HttpRequest, obj: WebhookSubscription, form: Any, change: bool) -> None:
        by, now = cast(User, request.user), timezone.now()
        if change:
            row = subscriptions.change(subscription=obj, wish=form.wish(), by=by, now=now)
        else:
            row, secret = subscriptions.make(style=obj.style, client=obj.client, wish=form.wish(), by=by, now=now)
            request.new_secret = secret  # type: ignore[attr-defined]
        obj.__dict__.update(row.__dict__)

    def response_add(self, request: HttpRequest, obj: WebhookSubscription, post_url_continue: Any = None) -> Any:
        if secret := getattr(request, "new_secret", ""):
            return self._show(request, obj, secret)
        return super().response_add(request, obj, post_url_continue)

    def _show(self, request: HttpRequest, row: WebhookSubscription, secret: str) -> HttpResponse:
        title = gettext("The secret of %(webhook)s") % {"webhook": row}
        context = {**self.admin_site.each_context(request), "title": title, "secret": secret, "row": row}
        response = render(request, "admin/webhook_secret.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    @admin.action(description=_("Make a new secret, which is shown once"), permissions=["change"])
    def new_secret(self, request: HttpRequest, queryset: QuerySet[WebhookSubscription]) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, gettext("Choose one webhook. Nothing was made."), messages.ERROR)
            return None
        try:
            secret = subscriptions.rotate(subscription=chosen[0], by=cast(User, request.user), now=timezone.now())
        except WishError as error:
            self.message_user(request, " ".join(str(message) for _field, message in error.faults), messages.ERROR)
            return None
        chosen[0].refresh_from_db()
        return self._show(request, chosen[0], secret)

    @admin.action(description=_("Send a test"), permissions=["change"])
    def ping(self, request: HttpRequest, queryset: QuerySet[WebhookSubscription]) -> None:
        by, now, number = cast(User, request.user), timezone.now(), 0
        for row in queryset:
            with _telling_if_off(self, request, row):
                deliveries.ping(subscription=row, by=by, now=now, key=uuid.uuid4().hex)
                number += 1
        told = ngettext(
            "%(count)s test is on its way: the log shows its answer.",
            "%(count)s tests are on their way: the log shows their answers.",
            number,
        )
        self.message_user(request, told % {"count": number})

    @admin.action(description=_("Send again what was given up since this moment"), permissions=["change"])
    def replay_failed(self, request: HttpRequest, queryset: QuerySet[WebhookSubscription]) -> None:
        try:
            since = forms.DateTimeField().clean(request.POST.get("since", ""))
        except forms.ValidationError:
            told = gettext("Write a day and time beside the action: nothing was sent again.")
            self.message_user(request, told, messages.ERROR)
            return
        by, now, number = cast(User, request.user), timezone.now(), 0
        for row in queryset:
            with _telling_if_off(self, request, row):
                number += deliveries.replay_failed(subscription=row, since=since, by=by, now=now)
        _say_again(self, request, number)

    @admin.action(description=_("Switch on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[WebhookSubscription]) -> None:
        by, now = cast(User, request.user), timezone.now()
        number = sum(subscriptions.switch_on(subscription=row, by=by, now=now) for row in queryset)
        told = ngettext("%(count)s webhook is switched on.", "%(count)s webhooks are switched on.", number)
        self.message_user(request, told % {"count": number})

    @admin.action(description=_("Switch off, and give up what waits"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[WebhookSubscription]) -> None:
        by, now, why = cast(User, request.user), timezone.now(), WebhookOff.BY_HAND
        number = sum(subscriptions.switch_off(subscription=row, why=why, by=by, now=now) for row in queryset)
        told = ngettext("%(count)s webhook is switched off.", "%(count)s webhooks are switched off.", number)
        self.message_user(request, told % {"count": number})


@contextmanager
def _telling_if_off(page: PortalAdmin, request: HttpRequest, row: WebhookSubscription) -> Iterator[None]:
    try:
        yield
    except deliveries.IsOffError:
        told = gettext("“%(webhook)s” is off: switch it on first. Nothing was sent to it.")
        page.message_user(request, told % {"webhook": row}, messages.ERROR)


def _say_again(page: PortalAdmin, request: HttpRequest, number: int) -> None:
    told = ngettext("%(count)s delivery is sent again.", "%(count)s deliveries are sent again.", number)
    page.message_user(request, told % {"count": number})


def _webhooks() -> Iterable[tuple[str, str]]:
    return [(str(pk), name) for pk, name in WebhookSubscription.objects.values_list("pk", "name")]


class DeliveryState(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("waiting", _("Waiting")), ("delivered", _("Delivered")), ("failed", _("Given up"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        column = COLUMNS.get(self.value() or "")
        return queryset.filter(**{f"{column}__isnull": False}) if column else queryset


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(DueRowAdmin):
    """The log of what was sent, for 30 days."""

    task = Task.SYSTEMS
    list_display = [
        "happened_at", "subscription", "kind", "state", "status", "tries", "answer", "sequence", "enrollment",
        "tried_at", "next_check_at",
    ]  # fmt: skip
    list_select_related = ["subscription"]
    list_filter = [
        DeliveryState,
        one_of("subscription", _("webhook"), _webhooks),
        one_of("kind", _("what"), lambda: WebhookKind.choices),
    ]
    fields = [
        "subscription", "kind", "message", "enrollment", "country", "sequence", "happened_at", "state", "tries",
        "tried_at", "status", "answer", "delivered_at", "failed_at", "next_check_at", "not_before", "parked_at",
        "parked_why",
    ]  # fmt: skip
    ordering = ["-pk"]
    actions = ["requeue", "replay"]

    @admin.display(description=_("state"))
    def state(self, row: WebhookDelivery) -> str:
        if row.parked_at:
            return gettext("Parked: technical problem")
        if row.next_check_at:
            return gettext("Waiting")
        if row.delivered_at:
            return gettext("Delivered")
        return gettext("Given up") if row.failed_at else gettext("Withheld")

    @admin.display(description=_("id of the message"))
    def message(self, row: WebhookDelivery) -> str:
        return row.message_id

    @admin.action(description=_("Send again, with the id and number they had"), permissions=["requeue"])
    def replay(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        by, now, number = cast(User, request.user), timezone.now(), 0
        for row in queryset.select_related("subscription"):
            with _telling_if_off(self, request, row.subscription):
                number += deliveries.replay(delivery=row, by=by, now=now)
        _say_again(self, request, number)


@admin.register(WebhookChange)
class WebhookChangeAdmin(ReadOnly):
    list_display = ["at", "subscription", "what", "by", "detail"]
    list_select_related = ["subscription", "by"]
    search_fields = ["subscription__name"]
    ordering = ["-pk"]


@admin.register(WebhookSequence)
class WebhookSequenceAdmin(ReadOnly):
    list_display = ["enrollment", "subscription", "last"]
    list_select_related = ["subscription"]
    ordering = ["-pk"]
