"""One form for each page: shape and spelling. Rules between answers belong to the domain (``questions.rules``)."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding import identifiers
from onboarding.domain.questions.rules import OPEN_CLOSED, Problem
from onboarding.forms.sentences import missing, sentence
from onboarding.models import Enrollment, LocationType, MarketplaceLogin
from portal.geo.models import Country, Marketplace
from portal.sorting import without_marks
from portal.text import own_letters
from portal.web.forms import PortalForm

# Stored as A-labels, shown in their own letters.
NAMES_OF_HOSTS = frozenset(["website", "mail_domain", "contact_email", "marketplace_email"])
YES_NO = [("True", _("Yes")), ("False", _("No"))]


def checked(text: str, rule: Callable[[str], str], **codes: str) -> str:
    """Return the normal form of ``text`` by ``rule``, or raise its refusal in words; ``codes`` rename a refusal."""
    try:
        return rule(text) if text.strip() else ""
    except ValueError as refused:
        code = str(refused)
        raise ValidationError(sentence(codes.get(code, code), {"domain": text.rpartition("@")[2]}), code=code) from None


def western(text: str) -> str:
    # Microsoft's forms are reported to accept Western European letters only; no page of Microsoft documents it.
    if not identifiers.is_western(text):
        raise ValidationError(sentence("western_only"), code="western_only")
    return " ".join(text.split())


class PageForm(PortalForm, forms.Form):
    """A page of the wizard. ``basis`` is the digest of the answers when the page was shown.

    ``seen`` names the warnings that the page showed: a save stops once for each that is not among them.
    """

    basis = forms.CharField(widget=forms.HiddenInput, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    submit_label = _("Save and continue")
    # Where the page sends what was typed so far, for warnings beside each field; '' without.
    hints_url = ""

    def __init__(self, *args: Any, enrollment: Enrollment, **kwargs: Any) -> None:
        self.enrollment = enrollment
        self.said: list[str] = []  # what was understood from the typed text and stored in its place
        super().__init__(*args, **kwargs)
        for name in NAMES_OF_HOSTS & {*self.fields} & {*self.initial}:
            self.initial[name] = own_letters(self.initial[name] or "")
        for name, field in self.fields.items():
            if name not in _HIDDEN:
                field.error_messages["required"] = missing(field)

    def say(self, code: str, **values: Any) -> None:
        self.said.append(sentence(code, values))

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.form_id = "page-form"
        later = Submit("later", _("Save and come back later"))
        later.field_classes = "btn btn-secondary"
        helper.add_input(later)
        return helper

    @property
    def answers(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in _HIDDEN}

    @property
    def is_sure(self) -> bool:
        """Return whether the user said that an unlikely answer is right."""
        return bool(self.cleaned_data.get("sure"))

    def ask_if_sure(self) -> None:
        """Ask whether an unlikely answer is right. Forms without such answers ask nothing."""

    def show_hints(self, hints: dict[str, list[str]], *, url: str) -> None:
        """Print these sentences beside their fields, and ask ``url`` for new ones while people type."""
        self.hints_url = url
        for name in self.fields:
            self[name].hints = hints.get(name, [])  # type: ignore[attr-defined]


_HIDDEN = ("basis", "seen", "sure")


def country_choices() -> list[tuple[str, str]]:
    countries = sorted(((c.code, str(c)) for c in Country.objects.all()), key=lambda c: without_marks(c[1]))
    return [("", _("Choose a country")), *countries]  # type: ignore[list-item]


def _yes_no(label: Any, help_text: Any = "") -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        help_text=help_text,
        choices=YES_NO,
        coerce=lambda text: text == "True",
        widget=forms.RadioSelect,
    )


class MpnIdForm(PageForm):
    has_mpn_account = _yes_no(
        _("Does your company have an active account in Microsoft's partner programme?"),
        _("Formerly Microsoft Partner Network (MPN), today the Microsoft AI Cloud Partner Program."),
    )
    mpn_id = forms.CharField(
        label=_("MPN ID (Partner ID)"),
        help_text=_("Digits only; spaces do not matter. Usually 5 to 8 digits, for example 4 391 507."),
        max_length=60,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_mpn_id(self) -> str:
        return checked(self.cleaned_data["mpn_id"], identifiers.mpn_id)


class LocationForm(PageForm):
    country = forms.ChoiceField(
        label=_("Country you will sell in"),
        help_text=_("One enrolment covers one country. Start another one for each further country."),
    )
    location_mpn_id = forms.CharField(
        label=_("MPN ID of your location in this country"),
        help_text=_("The row whose type is “Location” in Partner Center, not the global account's."),
        max_length=60,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    location_country = forms.ChoiceField(label=_("Country of this location in Partner Center"))
    location_type = forms.ChoiceField(
        label=_("What does Partner Center show as its type?"),
        choices=LocationType.choices,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = country_choices()
        for name in ("country", "location_country"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def clean_location_mpn_id(self) -> str:
        return checked(self.cleaned_data["location_mpn_id"], identifiers.mpn_id)


class CompanyForm(PageForm):
    legal_name = forms.CharField(
        label=_("Legal name"),
        help_text=_("Letter by letter as in the register extract, with the legal form; no abbreviation."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    registration_number = forms.CharField(
        label=_("Registration number"),
        help_text=_("In France the SIREN (9 digits) or SIRET (14 digits)."),
        max_length=40,
        required=False,
    )
    duns = forms.CharField(
        label=_("D-U-N-S number"),
        help_text=_("Nine digits, dashes do not matter. Leave it empty if you have none yet."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    street = forms.CharField(
        label=_("Street and number"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "address-line1"}),
    )
    postal_code = forms.CharField(
        label=_("Postal code"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "postal-code"})
    )
    city = forms.CharField(
        label=_("City"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "address-level2"})
    )
    website = forms.CharField(
        label=_("Website"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "url", "inputmode": "url"}),
    )
    mail_domain = forms.CharField(
        label=_("Domain of your company's e-mail addresses"),
        help_text=_("What follows the @. The company itself must own it: you will show this by a DNS record."),
        max_length=253,
    )

    def clean_legal_name(self) -> str:
        return western(self.cleaned_data["legal_name"])

    def clean_street(self) -> str:
        return western(self.cleaned_data["street"])

    def clean_city(self) -> str:
        return western(self.cleaned_data["city"])

    def clean_registration_number(self) -> str:
        typed = self.cleaned_data["registration_number"]
        if not typed.strip():
            return ""
        try:
            found = identifiers.find_registration_number(typed, self.enrollment.partner.country)
        except ValueError as refused:
            raise ValidationError(sentence(str(refused)), code=str(refused)) from None
        if found.taken_from:
            self.say(f"taken_from_{found.taken_from}", typed=typed, number=found.number)
        return found.number

    def clean_duns(self) -> str:
        return checked(self.cleaned_data["duns"], identifiers.duns)

    def clean_website(self) -> str:
        return checked(self.cleaned_data["website"], identifiers.domain, webmail="webmail_domain")

    def clean_mail_domain(self) -> str:
        typed = self.cleaned_data["mail_domain"]
        name = checked(typed, identifiers.domain, webmail="webmail_domain").removeprefix("www.")
        if own_letters(name) != typed.lower():
            self.say("domain_taken_out", typed=typed, domain=own_letters(name))
        return name


class ContactForm(PageForm):
    tenant = forms.CharField(
        label=_("Your Microsoft tenant"),
        help_text=_("name.onmicrosoft.com, or the tenant's ID."),
        max_length=100,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    global_admin = _yes_no(
        _("Can a Global admin of this tenant sign in for the enrolment?"),
        _("Only this role can enrol and sign the Microsoft Partner Agreement."),
    )
    contact_first_name = forms.CharField(
        label=_("First name of the primary contact"),
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    contact_last_name = forms.CharField(
        label=_("Last name"), max_length=50, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    contact_email = forms.CharField(
        label=_("E-mail address of the primary contact"),
        help_text=_(
            "One person's mailbox on your company's domain. Microsoft writes there, and the link must be clicked."
        ),
        max_length=254,
        widget=forms.TextInput(
            attrs={"autocomplete": "email", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    contact_phone = forms.CharField(
        label=_("Telephone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )

    def clean_tenant(self) -> str:
        return checked(self.cleaned_data["tenant"], identifiers.tenant)

    def clean_contact_email(self) -> str:
        return checked(self.cleaned_data["contact_email"], identifiers.mail_address)

    def clean_contact_phone(self) -> str:
        return identifiers.telephone(self.cleaned_data["contact_phone"])

    def clean_contact_first_name(self) -> str:
        return western(self.cleaned_data["contact_first_name"])

    def clean_contact_last_name(self) -> str:
        return western(self.cleaned_data["contact_last_name"])


def day_field(label: Any, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
        error_messages={"invalid": _("Enter a date like 31/12/2026.")},
    )


class PartnerCenterForm(PageForm):
    sent_to_microsoft_on = day_field(
        _("Submitted in Partner Center on"),
        _("The day you pressed the last button of Microsoft's enrolment. Microsoft's days count from then."),
    )
    sure = forms.BooleanField(label=_("Yes, it was on this day"), required=False, widget=forms.HiddenInput)

    def ask_if_sure(self) -> None:
        """Show the box that says an unlikely day is right; a ticked one stays ticked."""
        self.fields["sure"].widget = forms.CheckboxInput()


class MarketplaceForm(PageForm):
    marketplace_login = forms.ChoiceField(
        label=_("Which login do you use?"),
        choices=MarketplaceLogin.choices,
        widget=forms.RadioSelect,
    )
    marketplace = forms.ChoiceField(label=_("Marketplace of your country"))
    customer_number = forms.CharField(
        label=_("Ingram Micro customer number"),
        help_text=_("On every invoice; it often looks like 20-222222."),
        max_length=30,
    )
    marketplace_email = forms.CharField(
        label=_("E-mail address of the marketplace administrator"),
        help_text=_("All messages of the marketplace go there."),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "email", "inputmode": "email", "autocapitalize": "none"}),
    )
    marketplace_activated_on = day_field(
        _("Account activated on"), _("The day you pressed “Activate Reseller Account Now”.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["marketplace"]
        assert isinstance(field, forms.ChoiceField)
        shops = [(shop.code, shop.title) for shop in Marketplace.objects.all()]
        own = Marketplace.objects.filter(countries=self.enrollment.country_id).values_list("code", flat=True).first()
        self.initial["marketplace"] = self.initial.get("marketplace") or own
        field.choices = [("", _("Choose a marketplace")), *sorted(shops, key=lambda shop: shop[1])]

    def clean_customer_number(self) -> str:
        return checked(self.cleaned_data["customer_number"], identifiers.customer_number)

    def clean_marketplace_email(self) -> str:
        return checked(self.cleaned_data["marketplace_email"], identifiers.mail_address)


class AuthorizationForm(PageForm):
    authorized_on = day_field(
        _("Link accepted on"), _("The day a Global admin accepted it. We look in Partner Center by ourselves as well.")
    )
    submit_label = _("Save the day")


FORMS: dict[str, type[PageForm]] = {
    "mpn-id": MpnIdForm,
    "location": LocationForm,
    "company": CompanyForm,
    "contact": ContactForm,
    "partner-center": PartnerCenterForm,
    "marketplace": MarketplaceForm,
    "authorization": AuthorizationForm,
}


def sentence_of(problem: Problem) -> str:
    """Return what a problem says at its field."""
    field = FORMS[problem.page].base_fields[problem.field]
    if problem.code == "missing":
        return missing(field)
    return sentence(problem.code, {"label": field.label, **problem.values})


class StartForm(PortalForm, forms.Form):
    country = forms.ChoiceField(label=_("Country you will sell in"), help_text=_("One enrolment covers one country."))
    submit_label = _("Start the enrolment")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["country"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = country_choices()


class MailboxCodeForm(PortalForm, forms.Form):
    code = forms.CharField(
        label=_("Code from the message"),
        help_text=_("Eight digits; spaces do not matter."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": _("Type the code from the message.")},
    )
    submit_label = _("Confirm with the code")


class ReportForm(PortalForm, forms.Form):
    """What Partner Center shows for one of Microsoft's three validations, and since when."""

    says = forms.ChoiceField(
        label=_("Partner Center shows"),
        choices=[("pending", _("Pending")), ("authorized", _("Authorized")), ("rejected", _("Rejected"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what Partner Center shows.")},
    )
    on = day_field(_("Seen on"))
    submit_label = _("Report this state")

    def clean_on(self) -> dt.date:
        if self.cleaned_data["on"] > timezone.localdate():
            raise ValidationError(sentence("future_day"))
        if self.cleaned_data["on"] < OPEN_CLOSED - dt.timedelta(days=365):
            raise ValidationError(sentence("long_ago"))
        day: dt.date = self.cleaned_data["on"]
        return day
