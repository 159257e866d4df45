"""Bases of the admin's pages: lists of any size, rows that are read only, and due rows, which can be requeued."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet, TextChoices
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.work import claims
from portal.work.models import DueRow

MOST_LISTED = 1_000


class CappedPaginator(Paginator):
    """The pages of the first ``MOST_LISTED`` rows: it neither counts a big table nor reads far into it."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[:MOST_LISTED].count())


class Task(TextChoices):
    """What people come to the admin for: the groups of its first page."""

    STUCK = "stuck", _("When something is stuck")
    PEOPLE = "people", _("People and companies")
    RULES = "rules", _("What partners are asked, and when")
    PLACES = "places", _("Countries, regions, links")
    LICENSING = "licensing", _("Licensing: facts and library")
    SYSTEMS = "systems", _("Other systems that use the portal")
    OTHER = "other", _("All other tables, to look at")


class PortalAdmin(admin.ModelAdmin):
    """The base of every page of ours: its lists take no longer at a million rows.

    ``task`` is the group of the admin's first page in which people look for it.
    """

    task: Task = Task.OTHER
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_max_show_all = 0


def one_of(
    parameter: str, title: str | Promise, choices: Callable[[], Iterable[tuple[str, str | Promise]]]
) -> type[admin.SimpleListFilter]:
    """Return a filter by known values. Django's own would look for the distinct ones in the whole table."""

    class OneOf(admin.SimpleListFilter):
        def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
            return sorted(choices(), key=lambda choice: str(choice[1]))

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{parameter: self.value()}) if self.value() else queryset

    OneOf.parameter_name, OneOf.title = parameter, title  # type: ignore[assignment]
    return OneOf


class ReadOnly(PortalAdmin):
    """Rows that only domain functions may change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class WhyForm(ActionForm):
    why = forms.CharField(label=_("Reason:"), required=False, max_length=200)


class DueRowAdmin(ReadOnly):
    """Due rows. Administrators requeue parked ones with a reason, which the admin's log stores."""

    action_form = WhyForm
    actions = ["requeue"]

    @admin.action(description=_("Resume the parked ones (needs a reason)"), permissions=["requeue"])
    def requeue(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        why = request.POST.get("why", "").strip()
        if not why:
            self.message_user(request, _("Write a reason beside the action: nothing was changed."), messages.ERROR)
            return
        taken = [row for row in queryset.filter(parked_at__isnull=False) if self.requeue_row(request, row, why)]
        for row in taken:
            self.log_change(request, row, why)
        told = ngettext("%(count)s row is looked at again.", "%(count)s rows are looked at again.", len(taken))
        self.message_user(request, told % {"count": len(taken)})

    def requeue_row(self, request: HttpRequest, row: DueRow, why: str) -> bool:
        return claims.requeue(type(row), row.pk)

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request)
