"""The admin of the facts: editors change a draft edition, preview the effect and publish it."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from licensing.domain import edition_faults, edition_places, editions, reviews
from licensing.enums import EditionState
from licensing.forms.library import MAX_BYTES, kind_of
from licensing.models import (
    Agreement,
    Asset,
    AssetVersion,
    CalendarFeed,
    Customer,
    Download,
    Edition,
    EstateFile,
    Example,
    Fact,
    Line,
    LineBefore,
    Mapping,
    Plan,
    PlanFile,
    PlanLine,
    RejectedRow,
    Source,
    TransferLink,
)
from portal.geo.admin import SECURE_ADDRESSES
from portal.web.forms import CleanedModelForm
from portal.web.templatetags.portal import written
from portal.work.admin import DueRowAdmin, PortalAdmin, ReadOnly, Task


@admin.register(Edition)
class EditionAdmin(PortalAdmin):
    """Editions. Published ones are read only; a draft begins as a copy of the published one."""

    task = Task.LICENSING
    form = CleanedModelForm
    list_display = ["number", "state", "note", "publish_on", "held_why", "published_at", "published_by", "look"]
    list_filter = ["state"]
    list_select_related = ["published_by"]
    search_fields = ["note"]
    fields = ["note", "publish_on", "held_why", "look"]
    readonly_fields = ["held_why", "look"]

    @admin.display(description=_("preview"))
    def look(self, edition: Edition) -> str:
        if edition.pk is None or edition.state != EditionState.DRAFT or not edition.created_at:
            return ""
        url = reverse("admin:licensing_edition_preview", args=[edition.pk])
        return format_html('<a href="{}">{}</a>', url, _("What publishing would change"))

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<uuid:pk>/preview/", self.admin_site.admin_view(self.preview_view), name="licensing_edition_preview"),
        ]
        return [*own, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Edition, form: Any, change: bool) -> None:
        if change:
            obj.held_why = ""  # what was held is tried again on its day
            super().save_model(request, obj, form, change)
            return
        made = editions.draft(note=obj.note, publish_on=obj.publish_on)
        obj.pk, obj.number, obj.created_at = made.pk, made.number, made.created_at

    def has_change_permission(self, request: HttpRequest, obj: Edition | None = None) -> bool:
        draft = obj is None or obj.state == EditionState.DRAFT
        return draft and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Edition | None = None) -> bool:
        return obj is not None and obj.state == EditionState.DRAFT and super().has_delete_permission(request, obj)

    def preview_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Show what would change (GET), or publish it (POST)."""
        edition = get_object_or_404(Edition, pk=pk)
        if not self.has_change_permission(request, edition):
            raise PermissionDenied
        if request.method == "POST":
            try:
                editions.publish(edition=edition, by=request.user, now=timezone.now())  # type: ignore[arg-type]
                messages.success(request, _("The edition is published: everyone reads it now."))
            except editions.BrokenFactsError as broken:
                messages.error(request, " ".join(broken.faults))
                return redirect("admin:licensing_edition_preview", edition.pk)
            except editions.NotADraftError:
                messages.info(request, _("This edition was published already."))
            return redirect("admin:licensing_edition_changelist")
        today = timezone.localdate()
        context = {
            **self.admin_site.each_context(request),
            "title": _("What publishing would change"),
            "edition": edition,
            "preview": (preview := editions.preview(edition, today=today)),
            "places": [] if preview.faults else edition_places.places(edition, today=today),
            "opts": self.opts,
        }
        return render(request, "admin/licensing/edition_preview.html", context)


@admin.display(description=_("valid"), ordering="valid")
def _days(row: Fact | AssetVersion) -> str:
    """Return "since 1 January 2022", "before …", or both; a dash for what is valid on every day."""
    start, end = (written(day) if day else "" for day in (row.valid.lower, row.valid.upper))
    if start and end:
        return _("from %(start)s, before %(end)s") % {"start": start, "end": end}
    if end:
        return _("before %(end)s") % {"end": end}
    return _("since %(start)s") % {"start": start} if start else "–"


class FactForm(CleanedModelForm):
    """A fact. Without a first and a last day it is valid on every day. A fact that no page can show is refused."""

    def clean_valid(self) -> DateRange:
        return self.cleaned_data["valid"] or DateRange(None, None)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            known = {name: given[name] for name in ("kind", "key", "value")}
            fact = edition_faults.sketch(**known, start=given["valid"].lower, fr=given["text_fr"], en=given["text_en"])
            if fault := edition_faults.fault_of(fact):
                self.add_error(None, fault)
        return given


@admin.register(Fact)
class FactAdmin(PortalAdmin):
    """Facts. Only those of a draft can be changed; those of published editions are read only."""

    task = Task.LICENSING
    list_display = ["key", "kind", "programme", "rank", _days, "text_en", "source", "edition"]
    list_filter = ["kind", "edition__state", "confidence", "programme"]
    list_select_related = ["edition", "source"]
    search_fields = ["key", "text_fr", "text_en", "conflict"]
    form = FactForm
    list_per_page = 50

    def response_change(self, request: HttpRequest, obj: Fact) -> HttpResponse:
        """Name the page that shows each place the change reaches, before anything is published."""
        url = reverse("admin:licensing_edition_preview", args=[obj.edition_id])
        link = format_html('<a href="{}">{}</a>', url, _("See each place and example that changes"))
        messages.info(request, link)
        return super().response_change(request, obj)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Fact]":
        return super().get_queryset(request).exclude(edition__state=EditionState.SUPERSEDED)

    def has_change_permission(self, request: HttpRequest, obj: Fact | None = None) -> bool:
        return _is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Fact | None = None) -> bool:
        # The list's own action would also delete published facts, so a draft's facts are deleted one by one.
        return obj is not None and _is_draft(obj) and super().has_delete_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "edition":
            kwargs["queryset"] = Edition.objects.filter(state=EditionState.DRAFT)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def _is_draft(fact: Fact | None) -> bool:
    return fact is None or fact.edition.state == EditionState.DRAFT


class DueFilter(admin.SimpleListFilter):
    """Sources that published facts cite and that are overdue to be read again."""

    title = _("reading")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("overdue to be read again"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Source]") -> "QuerySet[Source]":
        if self.value() != "1":
            return queryset
        due = reviews.due(today=timezone.localdate())
        return queryset.filter(pk__in=[one.pk for one in due]).order_by("read_on", "code")


class SourceForm(CleanedModelForm):
    """A source. Nobody has read, and no publisher has published, on a day to come."""

    def clean_read_on(self) -> Any:
        return self._not_to_come("read_on")

    def clean_published_on(self) -> Any:
        return self._not_to_come("published_on")

    def _not_to_come(self, name: str) -> Any:
        day = self.cleaned_data[name]
        if day and day > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come. Give the day on which it happened."))
        return day


@admin.register(Source)
class SourceAdmin(PortalAdmin):
    task = Task.LICENSING
    form = SourceForm
    list_display = ["code", "title_fr", "due_on", "read_on", "review_days", "published_on", "open", "kind"]
    list_filter = [DueFilter, "kind"]
    actions = ["mark_read"]
    search_fields = ["code", "title_fr", "title_en"]
    date_hierarchy = "read_on"

    @admin.display(description=_("to be read again"))
    def due_on(self, source: Source) -> dt.date:
        return source.read_on + dt.timedelta(days=source.review_days)

    @admin.display(description=_("open"))
    def open(self, source: Source) -> str:
        if not source.place.startswith("https://"):
            return ""
        return format_html('<a href="{}" rel="noopener noreferrer">{}</a>', source.place, _("Open the source"))

    @admin.action(description=_("Read today: it still says the same"), permissions=["change"])
    def mark_read(self, request: HttpRequest, queryset: "QuerySet[Source]") -> None:
        count = reviews.mark_read(codes=queryset.values_list("pk", flat=True), today=timezone.localdate())
        told = ngettext("%(count)s source was read today.", "%(count)s sources were read today.", count)
        messages.success(request, told % {"count": count})


class ExampleForm(CleanedModelForm):
    """A watched question, which the decision aid must be able to answer."""

    def clean_case(self) -> Any:
        case = self.cleaned_data["case"]
        try:
            editions.case_from(case)
        except (TypeError, KeyError, ValueError, AttributeError):
            raise forms.ValidationError(
                _("The decision aid cannot read this question. Copy one of the others and change it.")
            ) from None
        return case


@admin.register(Example)
class ExampleAdmin(PortalAdmin):
    task = Task.LICENSING
    form = ExampleForm
    list_display = ["title", "case"]
    search_fields = ["title"]


@admin.register(TransferLink)
class TransferLinkAdmin(PortalAdmin):
    task = Task.LICENSING
    form = CleanedModelForm
    formfield_overrides = SECURE_ADDRESSES
    list_display = ["country", "url", "valid_from", "tested_on", "source"]
    list_select_related = ["country"]
    search_fields = ["country__code", "url"]


@admin.register(EstateFile)
class EstateFileAdmin(DueRowAdmin):
    list_display = [
        "name",
        "partner",
        "state",
        "uploaded_at",
        "rows",
        "accepted",
        "rejected",
        "parked_at",
        "parked_why",
    ]
    list_filter = ["state", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["partner"]
    search_fields = ["name", "partner__name"]
    exclude = ["content"]


@admin.register(Mapping)
class MappingAdmin(ReadOnly):
    list_display = ["partner", "shape", "saved_at"]
    list_select_related = ["partner"]


@admin.register(Customer)
class CustomerAdmin(ReadOnly):
    list_display = ["name", "partner", "sector", "country"]
    list_select_related = ["partner"]
    search_fields = ["name", "partner__name"]


@admin.register(Line)
class LineAdmin(ReadOnly):
    list_display = ["customer", "product", "family", "quantity", "end_on"]
    list_select_related = ["customer"]
    search_fields = ["customer__name", "product", "authorization_number", "license_number"]


@admin.register(Agreement)
class AgreementAdmin(ReadOnly):
    list_display = ["customer", "number", "program", "end_on"]
    list_select_related = ["customer"]
    search_fields = ["customer__name", "number"]


@admin.register(RejectedRow)
class RejectedRowAdmin(ReadOnly):
    list_display = ["file", "row_no", "reason"]
    search_fields = ["reason"]
    list_select_related = ["file"]


@admin.register(LineBefore)
class LineBeforeAdmin(ReadOnly):
    """What an import wrote over, for its undo."""

    list_display = ["file", "line"]
    list_select_related = ["file", "line"]


@admin.register(Plan)
class PlanAdmin(ReadOnly):
    list_display = ["customer", "number", "edition", "as_of", "is_current"]
    list_select_related = ["customer", "edition"]
    search_fields = ["customer__name"]


@admin.register(PlanLine)
class PlanLineAdmin(ReadOnly):
    list_display = ["plan", "product", "quantity", "action", "rule", "expires_on"]
    list_filter = ["action"]
    list_select_related = ["plan__customer"]
    search_fields = ["plan__customer__name", "product", "rule"]


@admin.register(PlanFile)
class PlanFileAdmin(DueRowAdmin):
    list_display = [
        "asked_at",
        "partner",
        "customer",
        "kind",
        "language",
        "share",
        "lines",
        "made_at",
        "parked_at",
        "parked_why",
    ]
    list_filter = ["kind", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["partner", "customer"]
    search_fields = ["partner__name", "customer__name"]
    exclude = ["content"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[PlanFile]":
        return super().get_queryset(request).defer("content")


@admin.register(CalendarFeed)
class CalendarFeedAdmin(ReadOnly):
    list_display = ["partner", "made_by", "made_at", "revoked_at"]
    list_select_related = ["partner", "made_by"]
    exclude = ["token_hash"]


class AssetVersionForm(CleanedModelForm):
    """Either a file, which is uploaded and stored in the database, or a typed link."""

    file = forms.FileField(label=_("File"), required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        file = given.get("file")
        if file:
            if file.size > MAX_BYTES:
                self.add_error("file", _("This file is larger than 10 MB."))
            elif not kind_of(file.name):
                self.add_error("file", _("Only PDF, Office documents, pictures and ZIP are kept here."))
            else:
                self.instance.content, self.instance.file_name = file.read(), file.name[-200:]
        if bool(given.get("url")) == bool(self.instance.content):
            self.add_error("url", _("Give either an address or a file."))
        return given


class AssetVersionInline(admin.StackedInline):
    model = AssetVersion
    form = AssetVersionForm
    extra = 1
    formfield_overrides = SECURE_ADDRESSES
    readonly_fields = ["file_name", "checked_at", "failures", "answer"]


@admin.register(Asset)
class AssetAdmin(PortalAdmin):
    task = Task.LICENSING
    form = CleanedModelForm
    list_display = ["title_fr", "programme", "audience"]
    list_filter = ["programme", "audience"]
    search_fields = ["title_fr", "title_en"]
    filter_horizontal = ["countries"]
    inlines = [AssetVersionInline]


@admin.register(AssetVersion)
class AssetVersionAdmin(ReadOnly):
    """Versions, with the links that no longer answer. A version is edited with its asset."""

    task = Task.LICENSING
    list_display = ["asset", "language", "number", _days, "url", "file_name", "checked_at", "failures", "answer"]
    list_filter = ["language"]
    list_select_related = ["asset"]
    search_fields = ["asset__title_fr", "asset__title_en", "url"]
    exclude = ["content"]


@admin.register(Download)
class DownloadAdmin(ReadOnly):
    list_display = ["version", "day"]
    list_select_related = ["version__asset"]
    date_hierarchy = "day"
    exclude = ["visitor"]
