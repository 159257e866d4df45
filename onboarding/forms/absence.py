"""The days on which a BDM is away, and who stands in."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.coverage.models import Bdm
from portal.web.forms import PortalForm


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": _("Enter a date like 31/12/2026."), "invalid": _("Enter a date like 31/12/2026.")},
    )


class AbsenceForm(PortalForm, forms.Form):
    first_on = _day(_("First day away"))
    last_on = _day(_("Last day away"))
    stand_in = forms.TypedChoiceField(
        label=_("Who stands in"),
        help_text=_(
            "They see your files, and get your alerts and partners' messages too. Without anybody, a lead covers."
        ),
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": _("This colleague cannot stand in. Choose one of the list.")},
    )
    submit_label = _("Save the absence")

    def __init__(self, *args: Any, people: Sequence[Bdm], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["stand_in"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", _("Nobody: a lead covers")), *((bdm.pk, str(bdm)) for bdm in people)]
