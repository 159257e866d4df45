"""The catalogue of reasons: administrators change words and add reasons of their own."""

from typing import Any

from django import forms
from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.domain.questions.steps import PAGES, STEPS, kinds_of_step
from onboarding.domain.reasons.catalogue import REASONS, kinds_of
from onboarding.domain.reasons.shipped import SHIPPED
from onboarding.enums import Authority, DocumentKind, Kind, Turn
from onboarding.forms.steps import FORMS
from onboarding.models import (
    Reason,
)
from portal.web.forms import CleanedModelForm
from portal.wording import in_language
from portal.work.admin import PortalAdmin, Task


class ReasonForm(CleanedModelForm):
    """Choices for fields that are stored as lists of codes."""

    kinds = forms.MultipleChoiceField(
        label=_("checks it may be raised on"),
        choices=Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    wants = forms.MultipleChoiceField(
        label=_("documents asked for"),
        choices=DocumentKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    fields_ = forms.MultipleChoiceField(
        label=_("answers to reopen"),
        help_text=_(
            "An answer is reopened only where its page is open to the file: the others are not asked, so that the "
            "partner can always send their answer."
        ),
        choices=[
            (page.title, [(name, FORMS[slug].base_fields[name].label) for name in (*page.company_fields, *page.fields)])
            for slug, page in PAGES.items()
        ],
        required=False,
    )

    class Meta:
        model = Reason
        fields = (
            "code", "kinds", "authority", "title_en", "title_fr", "todo_en", "todo_fr", "wants", "accepts_en",
            "accepts_fr", "takes_en", "takes_fr", "retired_at",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fields_"].initial = self.instance.fields

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        shipped = SHIPPED.get(self.instance.code)
        if shipped and given.get("retired_at") and not shipped.kinds:
            self.add_error(
                "retired_at", _("The portal raises this reason by itself, so it cannot be retired. Change its words.")
            )
        if not self.instance.shipped and not self.errors and not given.get("kinds"):
            self.add_error("kinds", _("Choose at least one check: nobody could raise this reason otherwise."))
        return given

    def save(self, commit: bool = True) -> Reason:
        self.instance.fields = self.cleaned_data["fields_"]
        saved: Reason = super().save(commit)
        return saved


_ADDRESSED: dict[str, str | Promise] = {
    Turn.RESELLER: _("The partner"),
    Turn.INGRAM: "Ingram Micro",
    Turn.MICROSOFT: "Microsoft",
    Turn.NOBODY: _("Nobody: the portal looks by itself"),
}


@admin.register(Reason)
class ReasonAdmin(PortalAdmin):
    """The catalogue. A reason is retired, never deleted, because old enrollments still refer to it."""

    task = Task.RULES
    form = ReasonForm
    list_display = ["code", "title", "audience", "belongs_to", "shipped", "edited_at", "retired_at"]
    list_filter = ["shipped", ("retired_at", admin.EmptyFieldListFilter), ("edited_at", admin.EmptyFieldListFilter)]
    search_fields = ["code", "title_en", "title_fr"]

    def get_fields(self, request: HttpRequest, obj: Reason | None = None) -> list[Any]:
        # Code decides where the portal raises its own reasons.
        where = ["belongs_to"] if obj and obj.shipped else ["kinds", "authority"]
        return [
            "code", "audience", *where, "title_fr", "title_en", "todo_fr", "todo_en", "fields_", "wants", "accepts_fr",
            "accepts_en", "takes_fr", "takes_en", "retired_at",
        ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Reason | None = None) -> list[str]:
        shown = ["audience", "belongs_to"]
        if obj is None:
            return shown
        return [*shown, "code", "kinds", "authority"] if obj.shipped else [*shown, "code"]

    @admin.display(description=_("title"))
    def title(self, reason: Reason) -> str:
        return in_language(reason, "title")

    @admin.display(description=_("whom it addresses"))
    def audience(self, reason: Reason) -> str:
        shipped = SHIPPED.get(reason.code)
        return str(_ADDRESSED[shipped.turn if shipped else Turn.RESELLER])

    @admin.display(description=_("step or validation"))
    def belongs_to(self, reason: Reason) -> str:
        kinds = kinds_of(reason.code) if reason.shipped else tuple(reason.kinds)
        told = [
            gettext("%(what)s: %(title)s")
            % {
                "what": f"{step.number}. {step.title}",
                "title": ", ".join(str(Kind(kind).label) for kind in of_step),
            }
            for step in STEPS
            if (of_step := [kind for kind in kinds if kind in kinds_of_step(step)])
        ]
        if not told:
            return str(_("every step"))
        who = f" ({Authority(reason.authority).label})" if reason.authority else ""
        return "; ".join(told) + who

    def has_delete_permission(self, request: HttpRequest, obj: Reason | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Reason, form: ModelForm, change: bool) -> None:
        obj.edited_at = timezone.now()
        super().save_model(request, obj, form, change)
        REASONS.read()
