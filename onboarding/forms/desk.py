"""The desk's filters, as they stand in the address. A value that is none of the offered ones is an error, in words."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from onboarding.domain.desk import listing, pipeline
from onboarding.domain.desk.listing import Filters
from onboarding.domain.questions.steps import STEPS
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.enums import Turn
from portal import together
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.geo.models import Country
from portal.sorting import without_marks
from portal.web.forms import CleanedText
from portal.web.selects import FilterSelect

# Views of one person.
OWN = (("mine", _("Mine")), ("starred", _("Starred")), (listing.LENT, _("Lent to me")))
VIEWS = [(view.code, view.label) for view in pipeline.VIEWS]


class FilterForm(CleanedText, forms.Form):
    """A view of the desk: which enrollments, narrowed how, in which order."""

    view = forms.ChoiceField(label=_("View"), required=False, choices=[*VIEWS, *OWN])
    text = forms.CharField(label=_("Search"), required=False, max_length=200)
    country = forms.ChoiceField(label=_("Country"), required=False, widget=FilterSelect)
    turn = forms.ChoiceField(label=_("Turn"), required=False, widget=FilterSelect)
    step = forms.ChoiceField(label=_("Step"), required=False, widget=FilterSelect)
    reason = forms.ChoiceField(label=_("Reason"), required=False, widget=FilterSelect)
    age = forms.TypedChoiceField(
        label=_("Waiting for"), required=False, coerce=int, empty_value=None, widget=FilterSelect
    )
    owner = forms.ChoiceField(label=_("Assigned to"), required=False, widget=FilterSelect)
    tag = forms.CharField(
        label=_("Tag"), required=False, max_length=40, widget=forms.TextInput(attrs={"class": "form-control"})
    )
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        widget=FilterSelect,
        choices=[
            ("urgency", _("Most urgent first")),
            ("since", _("Longest in its turn first")),
            ("progress", _("Longest without progress first")),
        ],
    )

    def __init__(
        self,
        *args: Any,
        bdm: Bdm,
        countries: list[str] | None,
        beside: Iterable[QuerySet[Any, Any]] = (),
        **kwargs: Any,
    ) -> None:
        """Offer the countries (None: all), the colleagues, and the rest; ``beside`` is read with the same query."""
        super().__init__(*args, **kwargs)
        everywhere = Country.objects.all()
        colleagues = User.objects.filter(bdm__isnull=False, is_active=True).order_by("name", "pk")
        together.read(everywhere, colleagues, *beside)
        words = words_for(Reader.LEAD if bdm.is_lead else Reader.BDM)
        every = ("", _("All"))
        offered_countries = [c for c in everywhere if countries is None or c.code in countries]
        named = sorted(((c.code, str(c)) for c in offered_countries), key=lambda pair: without_marks(pair[1]))
        choices: dict[str, list[tuple[Any, Any]]] = {
            "country": [every, *named],
            "turn": [every, *((turn.value, words.turn(turn)) for turn in Turn if turn != Turn.NOBODY)],
            "step": [every, *((step.code, step.title) for step in STEPS)],
            "reason": [every, *sorted(((code, str(words.reason(code))) for code in REASONS), key=lambda pair: pair[1])],
            "age": [every, *((days, _AGES[days]) for days in listing.AGES)],
            "owner": [
                every,
                ("me", _("Me")),
                ("nobody", _("Nobody")),
                *((str(user.pk), str(user)) for user in colleagues if user.pk != bdm.user_id),
            ],
        }
        for name, offered in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = offered
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                field.error_messages["invalid_choice"] = _("“%(value)s” is not offered here. Choose one of the list.")

    @property
    def more(self) -> list[forms.BoundField]:
        """Return the filters that stand under "More filters"."""
        return [field for field in self if field.name not in ("view", "text")]

    def clean_tag(self) -> str:
        return " ".join(str(self.cleaned_data["tag"]).lower().split())

    def filters(self) -> Filters:
        """Return the filters. Call it on a valid form only."""
        given = {name: value for name, value in self.cleaned_data.items() if value}
        if given.get("text"):
            given["view"] = "all"  # who looks for a name looks everywhere
        return Filters(**given)


_AGES = {
    5: _("5 days or more"),
    10: _("10 days or more"),
    20: _("20 days or more"),
    30: _("30 days or more"),
    84: _("12 weeks or more"),
}
