"""Forms about a company and its people: shape and spelling only."""

from collections.abc import Iterable
from typing import Any, cast

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from portal.geo.models import Country
from portal.partners.models import Membership, Role
from portal.sorting import without_marks
from portal.web.forms import PortalForm
from portal.web.templatetags.portal import day

ROLE_MEANINGS = {
    Role.OWNER: _("Owner: everything, and invites and removes people"),
    Role.CONTRIBUTOR: _("Contributor: fills in and sends the steps"),
    Role.VIEWER: _("Viewer: sees everything, changes nothing"),
}
DEFAULT_COUNTRY = "FR"


class CompanyForm(PortalForm, forms.Form):
    submit_label = _("Register the company")
    autocomplete = {"name": "organization", "country": "country"}

    name = forms.CharField(
        label=_("Company name"),
        help_text=_("As your customers know it. The legal name comes later, in step 3."),
        max_length=200,
        error_messages={"required": _("Enter the name of your company.")},
    )
    country = forms.ModelChoiceField(
        label=_("Country of the registered office"),
        help_text=_("Not the countries you sell in: you choose those afterwards, one enrolment each."),
        queryset=Country.objects.none(),
        initial=DEFAULT_COUNTRY,
        empty_label=None,
        error_messages={"required": _("Choose a country."), "invalid_choice": _("Choose a country from the list.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        countries = cast(forms.ModelChoiceField, self.fields["country"])
        countries.queryset = Country.objects.all()
        countries.choices = _countries

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"].pk)


def _countries() -> list[tuple[str, str]]:
    """Return the countries, sorted by their names in the reader's language."""
    return sorted(((one.code, str(one)) for one in Country.objects.all()), key=lambda one: without_marks(one[1]))


class InvitationForm(PortalForm, forms.Form):
    submit_label = _("Send the invitation")
    autocomplete = {"email": "off"}

    email = forms.EmailField(
        label=_("Your colleague's e-mail address"),
        max_length=254,
        help_text=_("They receive a link that is valid for 7 days."),
        error_messages={
            "required": _("Enter your colleague's e-mail address."),
            "invalid": _("Enter an e-mail address in the form name@company.example."),
        },
    )
    role = forms.ChoiceField(
        label=_("What may this person do?"),
        choices=[(role.value, meaning) for role, meaning in ROLE_MEANINGS.items()],
        initial=Role.CONTRIBUTOR.value,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what this person may do.")},
    )


AFTERWARDS = {
    Role.CONTRIBUTOR.value: _("Contributor: I go on filling in and sending the steps"),
    Role.VIEWER.value: _("Viewer: I only look"),
    "": _("I leave the company"),
}


AFTERWARDS_OF_OTHER = {
    Role.CONTRIBUTOR.value: _("becomes a contributor: fills in and sends the steps"),
    Role.VIEWER.value: _("becomes a viewer: sees everything, changes nothing"),
    Role.OWNER.value: _("stays an owner"),
    "": _("leaves the company"),
}


class HandOverForm(PortalForm, forms.Form):
    submit_label = _("Offer the ownership")

    to = forms.ChoiceField(
        label=_("Who takes over?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose the colleague who takes over."),
            "invalid_choice": _("This person no longer belongs to the company. Choose someone from the list."),
        },
    )
    afterwards = forms.ChoiceField(
        label=_("What are you afterwards?"),
        choices=list(AFTERWARDS.items()),
        initial=Role.CONTRIBUTOR.value,
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, colleagues: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(one.user_id), f"{one.user} ({one.get_role_display()})") for one in colleagues]
        cast(forms.ChoiceField, self.fields["to"]).choices = people
        self._depend("afterwards")


NO_LONGER = "gone"
INVITE = "invite"


class ReviewForm(PortalForm, forms.Form):
    """One choice for each person of the company: their role from now on, or that they are there no longer."""

    submit_label = _("Confirm")

    def __init__(self, *args: Any, members: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [*Role.choices, (NO_LONGER, _("No longer works for the company: remove"))]
        for member in members:
            field = forms.ChoiceField(
                label=str(member.user),
                help_text=_hint(member),
                choices=choices,
                initial=member.role,
                error_messages={"required": _("Choose a role, or that this person is to be removed.")},
            )
            self.fields[f"member-{member.pk}"] = field

    @property
    def decisions(self) -> dict[int, str]:
        """Return the choice for each membership, by its key."""
        chosen = {int(name.removeprefix("member-")): role for name, role in self.cleaned_data.items()}
        return {key: "" if role == NO_LONGER else role for key, role in chosen.items()}


def _hint(member: Membership) -> str:
    seen = member.user.last_login
    words = {"email": member.user.email, "day": day(seen)}
    if seen:
        return _("%(email)s, signed in last on %(day)s") % words
    return _("%(email)s, has not signed in yet") % words


class GiveOwnerForm(PortalForm, forms.Form):
    """Who becomes the owner of a company without one: one of its people, or somebody who is invited."""

    submit_label = _("Name this owner")
    autocomplete = {"email": "off"}

    who = forms.ChoiceField(
        label=_("Who becomes the owner?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a person of the company, or invite somebody."),
            "invalid_choice": _("This person no longer belongs to the company. Choose someone from the list."),
        },
    )
    email = forms.EmailField(
        label=_("E-mail address of the person to invite"),
        max_length=254,
        required=False,
        help_text=_("Only for somebody who is not in the list above."),
        error_messages={"invalid": _("Enter an e-mail address in the form name@company.example.")},
    )

    def __init__(self, *args: Any, members: Iterable[Membership], action: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.action = action
        people = [
            (str(one.pk), f"{one.user} ({one.user.email}, {one.get_role_display()})")
            for one in members
            if one.user.is_active and one.role != Role.OWNER
        ]
        cast(forms.ChoiceField, self.fields["who"]).choices = [*people, (INVITE, _("Somebody else, by an invitation"))]
        self._depend("email")

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.form_action = self.action
        return helper

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        if typed.get("who") == INVITE and not typed.get("email") and "email" not in self.errors:
            self.add_error("email", _("Enter the address of the person to invite."))
        return typed


class RoleForm(forms.Form):
    """The form of one select beside each person on the company page."""

    role = forms.ChoiceField(choices=Role.choices, widget=forms.Select(attrs={"class": "form-select w-auto"}))
