"""The questions of the decision aid. Answers are in the page's address, so that a result can be shared."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from licensing.domain import editions
from licensing.domain.facts import Facts
from licensing.domain.families import Families
from licensing.domain.readiness import Selling
from licensing.domain.world import OTHER, Case
from licensing.enums import Kind, Need, RunsOn, Sector, Tenant, Transaction
from portal.geo.models import Country
from portal.sorting import without_marks

UNKNOWN = "unknown"
NEEDS = [*Need.choices, (UNKNOWN, _("I do not know"))]
YES_NO = [("yes", _("Yes")), ("no", _("No"))]
STARTS = [
    ("yes", _("Yes: a running Open Value agreement, or an Enterprise product on 5 devices or more")),
    ("no", _("No")),
    (UNKNOWN, _("I do not know")),
]
TOO_OLD, TOO_LATE = dt.date(2000, 1, 1), dt.date(2100, 12, 31)


class DayField(forms.DateField):
    """A day from a date picker; between 2000 and 2100."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
            widget=forms.DateInput(attrs={"type": "date", "class": "form-control short"}, format="%Y-%m-%d"),
            error_messages={"invalid": _("Enter a date like 31/12/2026."), "required": _("Enter a date.")},
            **kwargs,
        )

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and not TOO_OLD <= value <= TOO_LATE:
            raise forms.ValidationError(_("Enter a date between 2000 and 2100."), code="range")


class AdviceForm(forms.Form):
    """All questions, of which a page shows only the next. An answer outside the choices counts as not given."""

    need = forms.ChoiceField(label=_("What does your customer need?"), choices=NEEDS, required=False)
    cloud = forms.ChoiceField(
        label=_("Is it a service used over the internet, paid per user and month?"), choices=YES_NO, required=False
    )
    versions = forms.ChoiceField(
        label=_("Does the customer want every new version during the contract?"), choices=YES_NO, required=False
    )
    transaction = forms.ChoiceField(label=_("What is it about?"), choices=Transaction.choices, required=False)
    token_bought_on = DayField(label=_("When was the token bought?"), required=False)
    product = forms.ChoiceField(label=_("Which product?"), required=False)
    product_name = forms.CharField(
        label=_("Or write its name as the invoice has it"), required=False, max_length=200,
        error_messages={"max_length": _("Enter at most 200 characters.")},
    )  # fmt: skip
    sector = forms.ChoiceField(label=_("Who is the customer?"), choices=Sector.choices, required=False)
    quantity = forms.IntegerField(
        label=_("How many licences?"), required=False, min_value=1, max_value=10**9,
        error_messages={"invalid": _("Enter a whole number."), "min_value": _("Enter at least 1.")},
    )  # fmt: skip
    runs_on = forms.ChoiceField(label=_("Where will it run?"), choices=RunsOn.choices, required=False)
    starts = forms.ChoiceField(
        label=_("Does the customer have an Open Value agreement, or an Enterprise product on 5 devices?"),
        choices=STARTS, required=False,
    )  # fmt: skip
    order_on = DayField(label=_("Day of the order"), required=False)
    country = forms.ChoiceField(label=_("Customer's country"), required=False)
    expires_on = DayField(label=_("Current agreement ends on"), required=False)
    tenant = forms.ChoiceField(label=_("Customer's tenant"), choices=Tenant.choices, required=False)

    def __init__(self, *args: Any, facts: Facts, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._facts = facts
        product = self.fields["product"]
        assert isinstance(product, forms.ChoiceField)
        product.choices = [("", _("Choose the product")), *products(facts)]
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)
        country.choices = [("", _("not known")), *countries()]
        for name in ("need", "cloud", "versions", "transaction", "sector", "starts", "tenant", "runs_on"):
            field = self.fields[name]
            field.error_messages = {**field.error_messages, "invalid_choice": _("Choose one of the answers.")}

    def clean(self) -> dict[str, Any]:
        """Return the answers.

        A typed name selects its family unless one was chosen; an unknown name is an answer too.
        """
        given = super().clean() or {}
        name = given.get("product_name")
        if given.get("product"):
            given["product_name"] = ""
        elif name:
            family, is_online = Families(self._facts).find(name)
            if is_online:
                self.add_error("product", _("This is an online service: change your first answer to that."))
            given["product"] = "" if is_online else family or OTHER
        return given

    def case(self, *, today: dt.date, selling: Selling, covered: bool | None) -> Case:
        """Return the answers so far as a case. Call after ``is_valid``."""
        given = self.cleaned_data
        chosen = given.get("starts")
        return Case(
            need=self._need(),
            transaction=Transaction(given["transaction"]) if given.get("transaction") else None,
            sector=Sector(given["sector"]) if given.get("sector") else None,
            product=given.get("product") or None,
            order_on=given.get("order_on") or today,
            token_bought_on=given.get("token_bought_on"),
            quantity=given.get("quantity"),
            starts={"yes": True, "no": False}.get(chosen or ""),
            starts_asked=bool(chosen),
            ready=selling.ready,
            imonline=selling.imonline,
            covered=covered,
            tenant=Tenant(given.get("tenant") or Tenant.UNKNOWN),
            runs_on=RunsOn(given["runs_on"]) if given.get("runs_on") else None,
        )

    def _need(self) -> Need | None:
        given = self.cleaned_data
        if given.get("need") != UNKNOWN:
            return Need(given["need"]) if given.get("need") else None
        if given.get("cloud") == "yes":
            return Need.ONLINE
        return {"yes": Need.WITH_SA, "no": Need.NO_SA}.get(given.get("versions") or "") if given.get("cloud") else None

    def next_question(self, asked: str) -> str:
        """Return the field to show when the table asks for ``asked``: two other questions find out an unknown need."""
        if asked == "need" and self.cleaned_data.get("need") == UNKNOWN:
            return "versions" if self.cleaned_data.get("cloud") else "cloud"
        return asked


def countries() -> list[tuple[str, str]]:
    """Return the countries, sorted by their names in the reader's language."""
    return sorted(((c.code, str(c)) for c in Country.objects.all()), key=lambda one: without_marks(one[1]))


def products(facts: Facts) -> list[tuple[str, str]]:
    """Return the families, sorted by their names in the reader's language; the two that are no family come last."""
    language = editions.language()
    last = ("new_since_july_2021", "other", "other_maker")
    named = [
        (fact.key, fact.text(language))
        for fact in facts.of(Kind.FAMILY, timezone.localdate())
        if fact.value.get("delivery") != "online"
    ]
    return sorted(named, key=lambda one: (one[0] in last, one[0] != "new_since_july_2021", one[1].casefold()))


class DayForm(forms.Form):
    """A day and a sector in the address of a page. A value that cannot be read counts as not given."""

    on = DayField(required=False)
    sector = forms.ChoiceField(choices=Sector.choices, required=False)


class TransferForm(forms.Form):
    expires_on = DayField(label=_("The Open agreement or subscription expires on"), required=False)
    country = forms.CharField(label=_("Customer's country"), required=False, max_length=2)
