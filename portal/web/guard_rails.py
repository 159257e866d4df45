"""Admin forms and pages that protect the portal from one wrong number, a lost row, or a key that changes."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.web.forms import CleanedModelForm
from portal.work.admin import PortalAdmin

COUNTED = 1_000  # rows that depend on another are counted up to here


class UnaskedBox(forms.HiddenInput):
    """A box that is not shown yet: a label may not name what nobody sees."""

    def id_for_label(self, id_: str | None) -> str:
        return ""


class AskingForm(CleanedModelForm):
    """A form that states what would follow from it, and saves once that is confirmed.

    ``consequences`` returns the sentences. When it is called, every field is valid and the instance holds what was
    typed.
    """

    sure = forms.BooleanField(
        label=_("I have read what follows from this, and I want it."), required=False, widget=UnaskedBox
    )

    def consequences(self) -> list[str]:
        return []

    def _post_clean(self) -> None:
        # Only here does ``self.instance`` hold what was typed.
        super()._post_clean()  # type: ignore[misc]
        told = [] if self.errors or self.cleaned_data.get("sure") else self.consequences()
        if told:
            self.fields["sure"].widget = forms.CheckboxInput()
            self.add_error("sure", [*told, _("Nothing is saved yet. Tick this box to save it all the same.")])


class ReferenceAdmin(PortalAdmin):
    """Reference data: its key never changes, and nothing is deleted while something depends on it."""

    form: Any = AskingForm

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = list(super().get_readonly_fields(request, obj))
        key = self.opts.pk
        is_typed = key.editable and not key.auto_created and key.name not in fixed
        return [*fixed, key.name] if obj is not None and is_typed else fixed

    def depends_on(self, obj: Any) -> Iterator[str]:
        """Yield why ``obj`` cannot be deleted, as sentences."""
        yield from counted_dependents(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, missing, protected = super().get_deleted_objects(objs, request)
        why = [f"{obj}: {reason}" for obj in objs for reason in self.depends_on(obj)]
        # Django names missing rights first, and would hide what depends on the rows.
        return deleted, counts, set() if why else missing, [*protected, *why]


def counted_dependents(obj: Model) -> Iterator[str]:
    """Yield how many rows of each model refer to ``obj``; histories and the admin's log are not counted."""
    for relation in obj._meta.get_fields(include_hidden=True):
        model = relation.related_model
        if not relation.auto_created or relation.concrete or model is None or isinstance(model, str):
            continue
        if model._meta.app_label == "admin" or model._meta.auto_created or hasattr(model, "pgh_tracked_model"):
            continue
        rows = model._default_manager.filter(**{relation.field.name: obj.pk})[:COUNTED]  # type: ignore[union-attr]
        number = rows.count()
        if number:
            told = ngettext("%(count)s row of “%(what)s” depends on it.", "%(count)s rows of “%(what)s” depend on it.",
                            number)  # fmt: skip
            count = f"{COUNTED}+" if number == COUNTED else number
            yield told % {"count": count, "what": model._meta.verbose_name_plural}
