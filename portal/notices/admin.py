"""The outbox and the suppressed addresses, read only. The text of a secret mail is hidden from staff."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.notices import registry, stops, suppression
from portal.notices.models import Digest, DigestLine, Mail, MailStop, Preference, Suppression
from portal.work.admin import DueRowAdmin, ReadOnly, Task, one_of

MAIL_KIND = one_of("code", _("kind"), lambda: [(kind.code, kind.name) for kind in registry.everything()])


@admin.register(Mail)
class MailAdmin(DueRowAdmin):
    task = Task.STUCK
    list_display = ["to", "subject", "created_at", "sent_at", "refused_at", "answer", "next_check_at", "parked_at"]
    list_filter = [
        MAIL_KIND,
        "secret",
        ("sent_at", admin.EmptyFieldListFilter),
        ("refused_at", admin.EmptyFieldListFilter),
        ("parked_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["to", "subject", "key", "about"]
    ordering = ["-pk"]
    actions = ["requeue", "send_again"]

    def get_exclude(self, request: HttpRequest, obj: Mail | None = None) -> Any:
        return ["text", "html"] if obj and obj.secret else ["html"]

    @admin.action(
        description=_("Send the refused ones again (those with a link or code are void)"), permissions=["requeue"]
    )
    def send_again(self, request: HttpRequest, queryset: QuerySet[Mail]) -> None:
        queued = [mail for mail in queryset.filter(refused_at__isnull=False) if suppression.send_again(mail)]
        for mail in queued:
            self.log_change(request, mail, "sent again")
        told = ngettext("%(count)s mail is sent again.", "%(count)s mails are sent again.", len(queued))
        self.message_user(request, told % {"count": len(queued)})


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly):
    task = Task.STUCK
    list_display = ["address", "since", "answer"]
    search_fields = ["address"]
    ordering = ["-since"]
    actions = ["free"]

    @admin.action(description=_("Write to these addresses again"), permissions=["free"])
    def free(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        for row in queryset:
            self.log_deletions(request, queryset.filter(pk=row.pk))
            suppression.lift(row.address)

    def has_free_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request)


@admin.register(MailStop)
class MailStopAdmin(ReadOnly):
    """Addresses that companies can have us write to no more. Staff free one when its owner asks for it."""

    list_display = ["address", "since"]
    search_fields = ["address"]
    ordering = ["-since"]
    actions = ["free"]

    @admin.action(description=_("Write to these addresses again"), permissions=["free"])
    def free(self, request: HttpRequest, queryset: QuerySet[MailStop]) -> None:
        for row in queryset:
            self.log_deletions(request, queryset.filter(pk=row.pk))
            stops.lift(row.address)

    def has_free_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request)


@admin.register(Preference)
class PreferenceAdmin(ReadOnly):
    list_display = ["user", "code", "choice"]
    list_filter = [MAIL_KIND, "choice"]
    search_fields = ["user__email"]
    list_select_related = ["user"]
    ordering = ["user", "code"]


@admin.register(DigestLine)
class DigestLineAdmin(ReadOnly):
    list_display = ["user", "code", "title", "at", "told_at"]
    list_filter = [MAIL_KIND, ("told_at", admin.EmptyFieldListFilter)]
    search_fields = ["user__email", "title"]
    list_select_related = ["user"]
    ordering = ["-at"]


@admin.register(Digest)
class DigestAdmin(ReadOnly):
    list_display = ["user", "day", "was_sent", "done_at"]
    list_filter = ["was_sent"]
    search_fields = ["user__email"]
    list_select_related = ["user"]
    ordering = ["-day"]
