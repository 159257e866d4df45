"""Ids of other systems: found by the id, and set by a table whose changes are shown first."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from onboarding.domain.desk import external_ids_import as imports
from onboarding.domain.desk import external_systems
from onboarding.domain.desk.external_ids_import import MOST, IdOutcome, IdPlan, IdRow
from onboarding.forms.external_ids import ExternalIdsFileForm
from onboarding.models import ExternalId
from portal.accounts.models import User
from portal.tables import subprocess_reader
from portal.tables.reading import Unreadable
from portal.work.admin import ReadOnly, Task

_OUTCOMES = {
    IdOutcome.SET: _("is set"),
    IdOutcome.REPLACE: _("replaces another one"),
    IdOutcome.SAME: _("is so already"),
    IdOutcome.REFUSED: _("is refused"),
}
_SALT = "onboarding.external-ids-import"


@admin.register(ExternalId)
class ExternalIdAdmin(ReadOnly):
    task = Task.SYSTEMS
    list_display = ["system", "value", "kind", "partner", "enrollment", "set_by", "set_at"]
    list_filter = ["system", "kind"]
    list_select_related = ["partner", "enrollment__partner", "set_by"]
    ordering = ["-pk"]
    search_fields = ["value"]  # shows the search box; what it does is below
    search_help_text = _("The whole ID, as the other system shows it")
    change_list_template = "admin/external_ids.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(value__in=external_systems.spellings(search_term)), False

    def has_import_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.import_table)
        return [path("import/", view, name="onboarding_externalid_import"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        may_import = self.has_import_permission(request)
        return super().changelist_view(request, {**(extra_context or {}), "may_import": may_import})

    def import_table(self, request: HttpRequest) -> HttpResponse:
        """Ask for a table (GET), show what it would change (POST), and change that (POST from there)."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if request.method == "POST" and "rows" in request.POST:
            return self._apply(request)
        form = ExternalIdsFileForm(request.POST, request.FILES) if request.method == "POST" else ExternalIdsFileForm()
        if form.is_bound and form.is_valid():
            rows = _rows(form)
            if rows is not None:
                return self._preview(request, imports.plan(rows))
        context = {"form": form, "most": MOST}
        return self._page(request, "admin/external_ids_file.html", context, status=422 if form.errors else 200)

    def _preview(self, request: HttpRequest, plan: IdPlan, *, status: int = 200) -> HttpResponse:
        context = {
            "rows": [(one, _OUTCOMES[one.outcome]) for one in plan.rows],
            "counts": [(_OUTCOMES[outcome], number) for outcome, number in plan.counts.items()],
            "number": sum(one.changes for one in plan.rows),
            "packed": signing.dumps(
                {"rows": imports.packed(one.row for one in plan.rows), "digest": plan.digest}, salt=_SALT, compress=True
            ),
        }
        return self._page(request, "admin/external_ids_preview.html", context, status=status)

    def _apply(self, request: HttpRequest) -> HttpResponse:
        try:
            given = signing.loads(request.POST["rows"], salt=_SALT, max_age=24 * 3600)
        except signing.BadSignature:
            self.message_user(request, gettext("This preview is too old. Send the table again."), messages.ERROR)
            return redirect("admin:onboarding_externalid_import")
        rows = imports.unpacked(given["rows"])
        try:
            plan = imports.apply(rows, digest=given["digest"], by=cast(User, request.user), now=timezone.now())
        except imports.PreviewOutdatedError:
            told = gettext("Something has changed meanwhile. Nothing was imported: look at the new preview.")
            self.message_user(request, told, messages.WARNING)
            return self._preview(request, imports.plan(rows), status=409)
        number = sum(one.changes for one in plan.rows)
        told = ngettext("%(count)s ID is imported.", "%(count)s IDs are imported.", number)
        self.message_user(request, told % {"count": number})
        return redirect("admin:onboarding_externalid_changelist")

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any], *, status: int) -> HttpResponse:
        around = {**self.admin_site.each_context(request), "title": gettext("Import IDs of other systems")}
        around["back"] = reverse("admin:onboarding_externalid_changelist")
        return render(request, name, {**around, **context}, status=status)


def _rows(form: ExternalIdsFileForm) -> list[IdRow] | None:
    """Return the rows of the file; what stops it is said at the form."""
    file = form.cleaned_data["file"]
    try:
        return imports.read(subprocess_reader.read(file.read(), file.name))
    except Unreadable:
        form.add_error("file", gettext("This file cannot be read as a table. Save it as CSV or XLSX."))
    except imports.NoIdTableError:
        form.add_error("file", gettext("The table needs the columns system, object, ours and id."))
    except imports.TooManyIdsError:
        told = gettext("The table has more than %(most)s rows. Send it in parts.")
        form.add_error("file", told % {"most": MOST})
    return None
