"""Forms of the estate: upload a file, map its columns, answer the open questions of a customer's lines."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.domain.shapes import FIELDS
from licensing.enums import Action, Sector, Tenant
from licensing.forms.advice import DayField, countries
from portal.tables.headers import plain
from portal.web.forms import PortalForm

MAX_BYTES = 10 * 1024 * 1024
FIELD_NAMES = {
    "customer": _("Customer"),
    "product": _("Product"),
    "version": _("Version of the product"),
    "part_number": _("Part number"),
    "quantity": _("Quantity"),
    "authorization_number": _("Authorization number"),
    "license_number": _("Licence or agreement number"),
    "program": _("Program"),
    "sa": _("Software Assurance (yes or no, or type)"),
    "sa_quantity": _("Active SA quantity"),
    "start_on": _("Start date"),
    "end_on": _("End date"),
    "sa_end_on": _("End of Software Assurance"),
    "token_bought_on": _("Token bought on"),
    "sector": _("Sector"),
    "country": _("Country"),
    "status": _("Status"),
}


class UploadForm(PortalForm, forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "XLSX, XLS, ODS or CSV, up to 10 MB and 50,000 rows. Files with macros or a password are not accepted."
        ),
        max_length=200,
        error_messages={
            "required": _("Choose a file."),
            "empty": _("This file is empty. Choose the one that holds your customers' licences."),
            "max_length": _("The name of this file is too long. Rename it."),
        },
    )
    submit_label = _("Check this file")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("This file is larger than 10 MB. Split it, or save it without pictures."))
        if file.name.lower().endswith((".xlsm", ".xltm", ".xlam")):
            raise forms.ValidationError(_("Files with macros are not accepted. Save it as XLSX and send that."))
        return file


class MappingForm(forms.Form):
    """One select for each column, ``column-0`` and so on.

    A value that the file lacks may be given once for all rows.
    """

    customer = forms.CharField(
        label=_("All rows are of this customer"), required=False, max_length=200,
        help_text=_("Only if no column names the customer."),
    )  # fmt: skip
    no_titles = forms.BooleanField(
        label=_("The sheet has no titles: its first row is a line like the others"), required=False
    )

    def __init__(self, *args: Any, sheet: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # When no title is known the file may have none.
        self.fields["no_titles"].initial = not sheet["fields"] and not sheet.get("remembered")
        remembered = sheet.get("remembered") or {}
        self.titles: list[str] = sheet["titles"]
        choices = [("", _("not used")), *[(name, FIELD_NAMES[name]) for name in FIELDS]]
        for index, title in enumerate(self.titles):
            self.fields[f"column-{index}"] = forms.ChoiceField(
                label=title or _("Column %(number)s") % {"number": index + 1}, choices=choices, required=False,
                initial=_guess(sheet, remembered, index), widget=forms.Select(attrs={"class": "form-select"}),
            )  # fmt: skip
        self.fields["customer"].initial = remembered.get("customer", "")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        chosen = [value for name, value in given.items() if name.startswith("column-") and value]
        twice = {value for value in chosen if chosen.count(value) > 1}
        if twice:
            names = ", ".join(str(FIELD_NAMES[name]) for name in sorted(twice))
            self.add_error(None, _("Two columns are both said to be: %(names)s. Choose one.") % {"names": names})
        return given

    def columns(self) -> dict[int, str]:
        return {
            index: self.cleaned_data[f"column-{index}"]
            for index in range(len(self.titles))
            if self.cleaned_data.get(f"column-{index}")
        }


LEAVE_OUT = ("unknown", _("I do not know: leave these rows out"))
_ASK_LATER = ("unknown", _("I do not know: ask for each customer"))
_ANSWERS: dict[str, list[tuple[str, Any]]] = {
    "program": [
        ("open", _("Open License")), ("open_value", _("Open Value")), ("csp", "CSP"),
        ("open_value_subscription", "Open Value Subscription"), ("enterprise_agreement", "Enterprise Agreement"),
        ("select_plus", "Select Plus"), ("mpsa", "MPSA"), ("oem", "OEM"), ("fpp", _("Boxed or retail (FPP)")),
        ("spla", "SPLA"), ("direct", _("Bought from Microsoft")), LEAVE_OUT,
    ],
    "status": [("live", _("In force")), ("ended", _("Expired")), ("gone", _("Returned or cancelled")), LEAVE_OUT],
    "sa": [
        ("with_sa", _("With Software Assurance")), ("without_sa", _("Without Software Assurance")),
        ("subscription", _("A subscription")), ("grant", _("A grant, not a purchase")), _ASK_LATER,
    ],
    "sector": [*Sector.choices, _ASK_LATER],
}  # fmt: skip


class ReviewForm(forms.Form):
    """One question for each column of a file: its unknown words, the order of its dates; and its hidden rows."""

    def __init__(self, *args: Any, review: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._words: dict[str, tuple[str, str]] = {}
        missing = {"required": _("Choose an answer."), "invalid_choice": _("Choose one of the answers.")}
        for name in review.get("open_orders", ()):
            self.fields[f"order-{name}"] = forms.ChoiceField(
                label=_("%(column)s: dates such as 03/04/2027") % {"column": FIELD_NAMES[name]},
                choices=[
                    ("", _("Choose")), ("1", _("3 April 2027 (day first)")), ("0", _("4 March 2027 (month first)")),
                ],
                error_messages=missing, widget=forms.Select(attrs={"class": "form-select"}),
            )  # fmt: skip
        for name, words in review.get("unknown", {}).items():
            options = [("", _("Choose")), *(_ANSWERS.get(name) or [*countries(), LEAVE_OUT])]
            for number, (word, typed, rows) in enumerate(words):
                key = f"{name}-{number}"
                self._words[key] = (name, word)
                self.fields[key] = forms.ChoiceField(
                    label=_("%(column)s “%(word)s” (rows: %(rows)s)")
                    % {"column": FIELD_NAMES[name], "word": typed, "rows": rows},
                    choices=options, error_messages=missing, widget=forms.Select(attrs={"class": "form-select"}),
                )  # fmt: skip
        if review.get("hidden"):
            self.fields["hidden"] = forms.ChoiceField(
                label=_("Rows that the file hides: %(rows)s") % {"rows": review["hidden"]},
                choices=[("", _("Choose")), ("0", _("Leave them out")), ("1", _("Import them too"))],
                error_messages=missing, widget=forms.Select(attrs={"class": "form-select"}),
            )  # fmt: skip

    def answers(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for key, (name, word) in self._words.items():
            found.setdefault(name, {})[word] = self.cleaned_data[key]
        return found

    def orders(self) -> dict[str, bool]:
        chosen = {key: value for key, value in self.cleaned_data.items() if key.startswith("order-")}
        return {key.removeprefix("order-"): value == "1" for key, value in chosen.items()}

    def with_hidden(self) -> bool | None:
        return self.cleaned_data["hidden"] == "1" if "hidden" in self.cleaned_data else None


def _guess(sheet: dict[str, Any], remembered: dict[str, Any], index: int) -> str:
    """Return the choice for the last file of this shape, else the field that the header suggests."""
    if remembered:
        from_title = remembered["titles"]
        return str(from_title.get(plain(sheet["titles"][index]), ""))
    return str(sheet["fields"].get(str(index), ""))


class CustomerForm(PortalForm, forms.Form):
    sector = forms.ChoiceField(label=_("Sector"), choices=[("", _("not known")), *Sector.choices], required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    has_sa = forms.TypedChoiceField(
        label=_("If the file doesn't say: is Software Assurance included?"),
        choices=[("", _("not known")), ("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
    )
    unknown_online = forms.TypedChoiceField(
        label=_("Unknown products with an end date: online services?"),
        choices=[("", _("not known")), ("yes", _("Yes, they must move")), ("no", _("No, perpetual licences"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
    )
    end_on = DayField(label=_("Lines without an end date end on"), required=False)
    tenant = forms.TypedChoiceField(
        label=_("Tenant of the customer"), choices=Tenant.choices, initial=Tenant.UNKNOWN, coerce=Tenant,
        empty_value=Tenant.UNKNOWN, required=False,
    )  # fmt: skip
    submit_label = _("Save and plan again")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["country"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("as my company")), *countries()]

    def expect(self, questions: set[str]) -> None:
        """Make the fields required that a line's open question needs."""
        self._depend(*(_ANSWERED_BY[question] for question in questions if question in _ANSWERED_BY))


# The open question of a line -> the field that answers it.
_ANSWERED_BY = {"need": "has_sa", "sector": "sector", "end_on": "end_on", "unknown_online": "unknown_online"}


class OrderForm(forms.Form):
    """The reseller's order of a line: when it was ordered, and when its keys came."""

    ordered_on = DayField(label=_("Ordered on"), required=False)
    keys_on = DayField(label=_("Keys received on"), required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        ordered_on, keys_on = given.get("ordered_on"), given.get("keys_on")
        if keys_on and not ordered_on and "ordered_on" not in self.errors:
            self.add_error("ordered_on", _("Say when it was ordered, too."))
        if ordered_on and keys_on and keys_on < ordered_on:
            self.add_error("keys_on", _("Keys do not come before the order."))
        return given


# Filters of the list of customers.
WHICH = [
    ("risk", _("at risk: ending before you can sell")),
    ("overdue", _("with a day that has passed")),
    ("due", _("to do within 30 days")),
    ("due60", _("to do within 60 days")),
    ("due90", _("to do within 90 days")),
    ("moves", _("to move to CSP, ending within 24 weeks")),
    ("questions", _("with an open question")),
    *Action.choices,
]
