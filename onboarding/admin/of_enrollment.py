"""Lists whose rows belong to an enrollment: searched as the desk is, and each row leads to the file."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.domain.desk import search
from portal.coverage.models import Bdm


class OfEnrollment(admin.ModelAdmin):
    """A mixin to put before the class of an admin page. ``enrollment_path`` leads from a row to its enrollment.

    People find rows by whatever they know of the company (``domain.desk.search``).
    """

    enrollment_path = "enrollment"
    search_fields = ("pk",)  # shows the search box; what it does is below
    search_help_text = _("Company, person, address, MPN ID, D-U-N-S number, or the file's address")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        found = {hit.enrollment for hit in search.search(search_term, None)}
        return queryset.filter(**{f"{self.enrollment_path}__in": found}), False

    def get_list_display(self, request: HttpRequest) -> Any:
        # Who does not cover every country would meet a 404 at the desk: the row leads to the admin's own page.
        has_desk = Bdm.objects.filter(user=request.user.pk, is_lead=True).exists()
        return [*super().get_list_display(request), "file_link" if has_desk else "record_link"]

    @admin.display(description=_("file"))
    def file_link(self, row: Any) -> SafeString:
        address = reverse("onboarding:desk_enrollment", args=[self._enrollment_of(row)])
        return format_html('<a href="{}">{}</a>', address, gettext("Open the file"))

    @admin.display(description=_("file"))
    def record_link(self, row: Any) -> SafeString:
        address = reverse("admin:onboarding_enrollment_change", args=[self._enrollment_of(row)])
        return format_html('<a href="{}">{}</a>', address, gettext("Open the file"))

    def _enrollment_of(self, row: Any) -> Any:
        for name in self.enrollment_path.split("__"):
            row = row.pk if name == "pk" else getattr(row, name)
        return getattr(row, "pk", row)
