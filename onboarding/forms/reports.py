"""The period and country of a report, as they stand in the address."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.geo.models import Country
from portal.sorting import without_marks
from portal.web.forms import CleanedText
from portal.web.selects import FilterSelect


class MonthField(forms.CharField):
    """A month as ``2026-11``; it becomes its first day, and None where nothing is given."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "month", "class": "form-control"})
        super().__init__(required=False, widget=widget, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        found = re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", text)
        if not found:
            raise forms.ValidationError(_("Write the month as 2026-11."))
        return dt.date(int(found[1]), int(found[2]), 1)


class PeriodForm(CleanedText, forms.Form):
    first = MonthField(label=_("From the month"))
    last = MonthField(label=_("To the month"))
    country = forms.ChoiceField(label=_("Country"), required=False, widget=FilterSelect)

    def __init__(self, *args: Any, countries: list[str] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [country for country in Country.objects.all() if countries is None or country.code in countries]
        named = sorted(((c.code, str(c)) for c in offered), key=lambda pair: without_marks(pair[1]))
        field = self.fields["country"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("All")), *named]
        field.error_messages["invalid_choice"] = _("“%(value)s” is not offered here. Choose one of the list.")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = given.get("first"), given.get("last")
        if first and last and first > last:
            self.add_error("last", _("The last month is before the first."))
        return given
