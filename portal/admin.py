"""The admin: people sign in through allauth (rate limits, second factor), and find what they came to do."""

from functools import wraps
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from portal import audit_page, readiness
from portal.privacy import record
from portal.stores.models import FileDeletion
from portal.warehouse import nights
from portal.warehouse.models import WarehouseNight
from portal.web import admin_files
from portal.web.guard_rails import AskingForm, ReferenceAdmin
from portal.work import metrics
from portal.work.admin import DueRowAdmin, ReadOnly, Task
from portal.work.models import LimitedDeed, PeriodicJob, Queue


class PortalAdminSite(admin.AdminSite):
    """The first page and the side bar list tables by what people come to do, not by the app that holds them."""

    site_header = site_title = _("Partner onboarding")
    index_title = _("What do you want to do?")

    def get_urls(self) -> list[Any]:
        return [
            path("readiness/", self.admin_view(self.readiness), name="readiness"),
            path("audit/", self.admin_view(self.audit), name="audit"),
            path("audit/export/", self.admin_view(audit_page.export), name="audit_export"),
            path("privacy-record/", self.admin_view(self.privacy_record), name="privacy_record"),
            path("privacy-record/export/", self.admin_view(record.export), name="privacy_export"),
            *super().get_urls(),
        ]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Return Django's view, whose pages ask for one style sheet and one script."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def merged(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            answer = inner(request, *args, **kwargs)
            if isinstance(answer, TemplateResponse) and not answer.is_rendered:
                answer.add_post_render_callback(admin_files.merge)
                return answer
            return admin_files.merge(answer)

        return merged

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "release": settings.RELEASE}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {**(extra_context or {}), "missing": len(readiness.gaps())})

    def readiness(self, request: HttpRequest) -> HttpResponse:
        """Show what this deployment still lacks, each with the table to fill."""
        context = {
            **self.each_context(request),
            "title": gettext("Ready for partners?"),
            "gaps": _with_places(readiness.gaps()),
        }
        return render(request, "admin/readiness.html", context)

    def audit(self, request: HttpRequest) -> HttpResponse:
        return audit_page.page(request, self.each_context(request))

    def privacy_record(self, request: HttpRequest) -> HttpResponse:
        return record.page(request, self.each_context(request))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        groups: dict[Task, list[Any]] = {task: [] for task in Task}
        for row in (row for app in apps for row in app["models"]):
            task = getattr(self._registry[row["model"]], "task", Task.OTHER)
            groups[task].append(row)
        return [
            {
                "name": task.label,
                "app_label": f"task-{task}",
                "app_url": "",
                "has_module_perms": True,
                "models": sorted(rows, key=lambda row: str(row["name"])),
            }
            for task, rows in groups.items()
            if rows
        ]


def _with_places(gaps: list[readiness.Gap]) -> list[tuple[readiness.Gap, str]]:
    return [(gap, reverse(f"admin:{gap.where}_changelist") if gap.where else "") for gap in gaps]


# The default site stays, because third-party apps have registered with it; its class is replaced.
admin.site.__class__ = PortalAdminSite
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


class QueueForm(AskingForm):
    """Rate and burst of a queue. A slow rate is a decision, so it says how long the due rows would take."""

    class Meta:
        model = Queue
        fields = ["rate", "burst"]

    def consequences(self) -> list[str]:
        queue, rate = self.instance, float(self.cleaned_data["rate"])
        before = Queue.objects.filter(pk=queue.pk).values_list("rate", flat=True).first()
        if before is None or rate >= before:
            return []
        due = sum(row.due for row in metrics.queues() if row.queue == queue.pk)
        hours = max(due / rate / 3600, 0)
        told = gettext("%(queue)s would make at most %(number)s calls an hour, instead of %(before)s.")
        facts = {"queue": queue.pk, "number": f"{rate * 3600:.0f}", "before": f"{before * 3600:.0f}"}
        found = [told % facts] if rate * 3600 < SLOW_AN_HOUR or hours > 1 else []
        if hours > 1:
            late = ngettext(
                "%(count)s row is due now; it would wait up to %(hours)s hours.",
                "%(count)s rows are due now; the last would wait %(hours)s hours.",
                due,
            )
            found.append(late % {"count": due, "hours": f"{hours:.0f}"})
        return found


SLOW_AN_HOUR = 3600  # calls; below one a second, people notice


@admin.register(Queue)
class QueueAdmin(ReferenceAdmin):
    """Queues, of which administrators may edit rate and burst. The counters belong to the workers."""

    list_display = ["name", "rate", "burst", "failures", "closed_until", "claimed_at", "nights", "expired", "fenced"]
    task = Task.STUCK
    form = QueueForm
    search_fields = ["name"]
    readonly_fields = [
        "name", "tokens", "refilled_at", "failures", "closed_until", "claimed_at", "nights", "expired", "fenced",
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Queue | None = None) -> bool:
        return False


@admin.register(PeriodicJob)
class ChoreAdmin(DueRowAdmin):
    list_display = ["name", "done_at", "next_check_at", "errors", "attempt", "parked_at"]


@admin.register(FileDeletion)
class FileDeletionAdmin(DueRowAdmin):
    """Files that wait for their store, or whose upload is not finished."""

    task = Task.STUCK
    list_display = ["store", "name", "asked_at", "next_check_at", "errors", "parked_at"]


@admin.register(WarehouseNight)
class WarehouseNightAdmin(DueRowAdmin):
    task = Task.SYSTEMS
    list_display = ["number", "made_at", "has_everything", "next_check_at", "errors", "parked_at"]
    ordering = ["-number"]
    actions = ["requeue", "send_everything"]

    @admin.action(description=_("Send everything again, in the coming night"), permissions=["requeue"])
    def send_everything(self, request: HttpRequest, queryset: QuerySet[WarehouseNight]) -> None:
        if night := nights.send_everything():
            self.log_change(request, night, "everything again")
            self.message_user(request, gettext("Night %(night)s sends everything again.") % {"night": night})


@admin.register(LimitedDeed)
class LimitedDeedAdmin(ReadOnly):
    """What was counted for the table of limits (``portal.limits``)."""

    list_display = ["deed", "scope", "at"]
    ordering = ["-pk"]
