"""Layout of every form: the browser validates nothing, typed text is never lost, optional fields are marked."""

import datetime as dt
from collections.abc import Callable
from typing import Any, cast

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from portal import text

# A year that was typed in two digits, or half of one, is a date too: of the first century.
_IN_OUR_TIME = _("Enter a date between 1900 and 2100.")
_BOUNDS = (
    MinValueValidator(dt.date(1900, 1, 1), message=_IN_OUR_TIME),
    MaxValueValidator(dt.date(2100, 12, 31), message=_IN_OUR_TIME),
)


class CleanedText:
    """A mixin to put before a form class: each text is cleaned (``portal.text``) before any rule looks at it.

    A password stays as it was typed. What is shown again after an error is what was typed. A date is of our time.
    """

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, (forms.PasswordInput, forms.FileInput)):
                field.clean = _after(_cleaning_for(field), field.clean)  # type: ignore[method-assign,assignment]
            if isinstance(field, forms.DateField):
                field.validators = [*field.validators, *_BOUNDS]


class CleanedModelForm(CleanedText, forms.ModelForm):
    """The form of the admin's pages on which text is typed."""


def _cleaning_for(field: forms.Field) -> Callable[[str], str]:
    if isinstance(field.widget, forms.Textarea):
        return text.lines
    if isinstance(field, forms.EmailField):
        return text.bare_address
    return text.as_keys if isinstance(field, forms.DateField) else text.one_line


def _after(cleaned: Callable[[str], str], clean: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: clean(cleaned(value) if isinstance(value, str) else value)


_CHOOSE_AGAIN = _("Choose the file once more: browsers forget it when something else has to be corrected.")
_TOO_LONG = _("This text is too long: it has %(show_value)d characters. Shorten it to %(limit_value)d.")


class PortalForm(CleanedText):
    """A mixin to put before a form class; ``{% crispy form %}`` prints the whole form.

    ``autocomplete`` maps a field's name to the HTML token by which browsers and password managers know it.
    """

    submit_label: Any = _("Save and continue")
    autocomplete: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, token in self.autocomplete.items():
            if name in self.fields:
                self.fields[name].widget.attrs["autocomplete"] = token
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                field.error_messages.setdefault("max_length", _TOO_LONG)
            # A placeholder disappears when people need it, so its text belongs in the label or hint.
            field.widget.attrs.pop("placeholder", None)

    def _depend(self, *names: str) -> None:
        """Mark fields that are required in some cases only: their hint says when, and "(optional)" would be wrong."""
        for name in names:
            self.fields[name].is_conditional = True  # type: ignore[attr-defined]

    def full_clean(self) -> None:
        """Check the form; a good file that other errors send back with the form is asked for again."""
        super().full_clean()  # type: ignore[misc]
        form = cast(forms.Form, self)
        if form.is_bound and form.errors:
            for name in [name for name in form.files if name in form.fields and name not in form.errors]:
                form.add_error(name, ValidationError(_CHOOSE_AGAIN, code="choose_again"))

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_method = "post"
        helper.attrs = {"novalidate": True}
        if self.submit_label:
            helper.add_input(Submit("", self.submit_label))
        return helper
