"""The admin signs people in through allauth (rate limits, second factor), and lists the queues of the durable work."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.web.forms import CleanedModelForm
from portal.work.admin import DueRowAdmin
from portal.work.models import PeriodicJob, Queue

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = _("Partner onboarding")


@admin.register(Queue)
class QueueAdmin(admin.ModelAdmin):
    """Queues, of which administrators may edit rate and burst. The counters belong to the workers."""

    list_display = ["name", "rate", "burst", "failures", "closed_until", "claimed_at", "expired", "fenced"]
    form = CleanedModelForm
    search_fields = ["name"]
    show_full_result_count = False
    readonly_fields = [
        "name", "tokens", "refilled_at", "failures", "closed_until", "claimed_at", "expired", "fenced",
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Queue | None = None) -> bool:
        return False


@admin.register(PeriodicJob)
class ChoreAdmin(DueRowAdmin):
    list_display = ["name", "done_at", "next_check_at", "attempt", "parked_at"]
