"""The rules of the clocks, and what they did."""

from collections.abc import Iterator

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from onboarding.admin.of_enrollment import OfEnrollment
from onboarding.domain.clocks import escalation, rehearsal
from onboarding.domain.clocks.forecast import Stage
from onboarding.models import (
    Clock,
    ClockRule,
    Escalation,
    Forecast,
    KeptForecast,
    Vetting,
)
from portal.web.guard_rails import AskingForm, ReferenceAdmin
from portal.work.admin import DueRowAdmin, ReadOnly, Task, one_of


class ClockRuleForm(AskingForm):
    """The numbers of a rule; before one is saved, it says which files it would fall on at once."""

    class Meta:
        model = ClockRule
        fields = ["code", "country", "clock", "after", "unit", "audience", "effect", "only_after_refusal", "active"]

    def consequences(self) -> list[str]:
        rule = self.instance
        if not rule.active or not ({*self.changed_data} - {"sure"}):
            return []
        trial = rehearsal.rehearse(rule, now=timezone.now())
        told = []
        if trial.files:
            sentence = ngettext(
                "%(count)s file is past this day already and would fall under the rule at once. Told: %(whom)s.",
                "%(count)s files are past this day already and would fall under the rule at once. Told: %(whom)s.",
                trial.files,
            )
            told.append(sentence % {"count": trial.files, "whom": rule.get_audience_display()})
        if trial.looked_at < trial.open_files:
            told.append(
                gettext("Of %(all)s open files, the %(looked)s that have waited longest were tried.")
                % {"all": trial.open_files, "looked": trial.looked_at}
            )
        late = rehearsal.out_of_order(rule)
        if late:
            names = ", ".join(late)
            told.append(
                gettext("It would come in another order than before, compared with: %(rules)s.") % {"rules": names}
            )
        return told if trial.files or late else []


@admin.register(ClockRule)
class ClockRuleAdmin(ReferenceAdmin):
    """The numbers of the clocks. A rule with a country replaces the general rule of that code there."""

    task = Task.RULES
    form = ClockRuleForm
    list_display = ["code", "country", "clock", "after", "unit", "audience", "effect", "active"]
    list_filter = ["clock", "audience", "active"]
    list_select_related = ["country"]
    search_fields = ["code", "country__code"]

    def get_readonly_fields(self, request: HttpRequest, obj: ClockRule | None = None) -> list[str]:
        # Escalations name the code, and the general rule is found by it.
        return ["code", "country"] if obj else []

    def save_model(self, request: HttpRequest, obj: ClockRule, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        escalation.read_again_after(obj, now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: ClockRule) -> None:
        super().delete_model(request, obj)
        escalation.read_again_without(obj, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ClockRule]) -> None:
        for rule in queryset:
            self.delete_model(request, rule)

    def depends_on(self, obj: ClockRule) -> Iterator[str]:
        if obj.country_id is None:
            yield gettext(
                "A general rule is not deleted, because the next release would bring it back: make it inactive."
            )


@admin.register(Clock)
class ClockAdmin(OfEnrollment, DueRowAdmin):
    list_display = ["enrollment", "alarm", "next_check_at", "calendar", "parked_at"]
    list_filter = ["alarm", ("parked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["enrollment__partner"]


@admin.register(Escalation)
class EscalationAdmin(OfEnrollment, ReadOnly):
    list_display = ["due_at", "enrollment", "code", "audience", "told", "calendar"]
    ordering = ["-pk"]
    list_filter = ["clock", "audience", "effect"]
    list_select_related = ["enrollment__partner"]


@admin.register(Vetting)
class VettingAdmin(OfEnrollment, ReadOnly):
    enrollment_path = "check_row__enrollment"
    list_display = ["settled_at", "kind", "country", "workdays"]
    list_filter = ["kind"]
    list_select_related = ["country", "check_row"]
    ordering = ["-pk"]


@admin.register(KeptForecast)
class KeptForecastAdmin(OfEnrollment, ReadOnly):
    list_display = ["made_on", "enrollment", "half_on", "nine_in_ten_on", "ready_on", "stage", "scope", "count"]
    list_filter = [one_of("stage", _("stage"), lambda: [(stage, stage) for stage in Stage])]
    list_select_related = ["enrollment__partner"]


@admin.register(Forecast)
class ForecastAdmin(ReadOnly):
    list_display = ["kind", "country", "half", "nine_in_ten", "count", "until"]
    list_filter = ["kind"]
    list_select_related = ["country"]
