"""The pre-flight's questions, which are the wizard's, without an account; and the sentences of its result."""

import datetime as dt
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding import identifiers
from onboarding.domain.checks import connectors
from onboarding.forms.sentences import missing, sentence
from onboarding.forms.steps import CompanyForm, checked, country_choices, day_field, western
from onboarding.models import LocationType
from portal.web.forms import PortalForm


class PreflightForm(PortalForm, forms.Form):
    """The fields that the lookups need are required; the others make the result more complete."""

    country = forms.ChoiceField(label=_("Country you will sell in"))
    mpn_id = forms.CharField(label=_("MPN ID of your location"), max_length=60, required=False)
    location_country = forms.ChoiceField(label=_("Country of this location in Partner Center"), required=False)
    location_type = forms.ChoiceField(
        label=_("What does Partner Center show as its type?"),
        choices=[("", _("Choose a type")), *LocationType.choices],
        required=False,
    )
    legal_name = CompanyForm.base_fields["legal_name"]
    company_country = forms.ChoiceField(label=_("Country where the company is registered"))
    registration_number = CompanyForm.base_fields["registration_number"]
    duns = CompanyForm.base_fields["duns"]
    street = CompanyForm.base_fields["street"]
    postal_code = CompanyForm.base_fields["postal_code"]
    city = CompanyForm.base_fields["city"]
    website = CompanyForm.base_fields["website"]
    contact_email = forms.CharField(label=_("E-mail address of the primary contact"), max_length=254)
    tenant = forms.CharField(
        label=_("Your Microsoft tenant"), help_text=_("name.onmicrosoft.com, or the tenant's ID."), required=False
    )
    invoice_on = day_field(
        _("Newest invoice of your domain's host, issued on"), _("It must name the company and the domain.")
    )
    extract_on = day_field(_("Newest register extract, issued on"))
    submit_label = _("Run the pre-flight")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = country_choices()
        for name in ("country", "location_country", "company_country"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
        for name in ("invoice_on", "extract_on"):
            self.fields[name].required = False
        for field in self.fields.values():
            field.error_messages["required"] = missing(field)

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(
            Fieldset(_("Country and location"), "country", "mpn_id", "location_country", "location_type"),
            Fieldset(
                _("Your company, as registered"), "legal_name", "company_country", "registration_number", "duns",
                "street", "postal_code", "city",
            ),
            Fieldset(_("Domain and primary contact"), "website", "contact_email", "tenant"),
            Fieldset(_("Documents, should Microsoft ask"), "invoice_on", "extract_on"),
        )  # fmt: skip
        return helper

    def clean_mpn_id(self) -> str:
        return checked(self.cleaned_data["mpn_id"], identifiers.mpn_id)

    def clean_legal_name(self) -> str:
        return " ".join(self.cleaned_data["legal_name"].split())

    def clean_street(self) -> str:
        return western(self.cleaned_data["street"])

    def clean_duns(self) -> str:
        return checked(self.cleaned_data["duns"], identifiers.duns)

    def clean_website(self) -> str:
        return checked(self.cleaned_data["website"], identifiers.domain, webmail="webmail_domain")

    def clean_contact_email(self) -> str:
        # The result reports an address on the tenant's own name; the field does not refuse it.
        text = str(self.cleaned_data["contact_email"]).strip().lower()
        if "@" in text and identifiers.is_onmicrosoft(text.rpartition("@")[2]):
            return text
        return checked(self.cleaned_data["contact_email"], identifiers.mail_address)

    def clean_tenant(self) -> str:
        return checked(self.cleaned_data["tenant"], identifiers.tenant)

    def clean_invoice_on(self) -> dt.date | None:
        return _past(self.cleaned_data["invoice_on"])

    def clean_extract_on(self) -> dt.date | None:
        return _past(self.cleaned_data["extract_on"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        number, country = data.get("registration_number", ""), data.get("company_country", "")
        if number and country:
            try:
                data["registration_number"] = identifiers.registration_number(number, country)
            except ValueError as refused:
                self.add_error("registration_number", sentence(str(refused)))
        return data

    def typed(self) -> dict[str, Any]:
        """Return the answers as JSON."""
        return {
            name: value.isoformat() if isinstance(value, dt.date) else value or ""
            for name, value in self.cleaned_data.items()
        }


def _past(day: dt.date | None) -> dt.date | None:
    if day and day > timezone.localdate():
        raise ValidationError(_("This date is in the future. Enter the date printed on the document."))
    return day


# Each line's text, and what to do about it.
LINES: dict[str, tuple[str | Promise, str | Promise]] = {
    "region": (_("%(country)s is in the CSP region %(region)s."), ""),
    "overseas": (
        _("%(country)s is in the CSP region %(region)s, not in France's."),
        _("It needs a tenant and a location of its own; France's do not count there."),
    ),
    "no_region": (
        _("%(country)s is in no CSP region."),
        _("Microsoft sells through no indirect provider there. Ask your contact at Ingram Micro."),
    ),
    "location_country_same": (_("The location is in the country you will sell in."), ""),
    "country_mismatch": (
        _("The location is in %(location)s, and you will sell in %(csp)s."),
        _("Microsoft wants exactly the same country: add a location there in Partner Center first."),
    ),
    "location_country_unknown": (
        _("You did not say in which country the location is."),
        _("Look in Partner Center > Account settings > Organization profile > Identifiers."),
    ),
    "type_location": (_("The ID is a location's."), ""),
    "global_id": (
        _("The ID is the global account's."),
        _("CSP needs the ID of a row whose type is “Location”, on the same page."),
    ),
    "type_unknown": (
        _("You did not say what type the ID has."),
        _("The page “Identifiers” of Partner Center shows it beside each ID: it must be “Location”."),
    ),
    "mpn_id_shape": (_("The ID has the usual number of digits."), _("Only Partner Center knows whether it exists.")),
    "unusual_length": (_("The ID has an unusual number of digits."), _("Most have 5 to 8. Please check it once more.")),
    "placeholder_id": (
        _("This ID looks like a placeholder."),
        _("Microsoft gives no such ID: copy yours from Partner Center."),
    ),
    "mpn_id_missing": (
        _("You gave no MPN ID."),
        _("Without an active account in Microsoft's partner programme there is no CSP enrolment."),
    ),
    "registration_given": (_("A registration number is given."), ""),
    "registration_number_needed": (
        _("%(country)s is one of the 24 countries where Microsoft wants a registration number."),
        _("Enter the company's own number, never a person's."),
    ),
    "registration_not_needed": (_("Microsoft wants no registration number in this country."), ""),
    "duns_given": (
        _("A D-U-N-S number is given."),
        _("Nine digits without a check digit: only D&B knows whose it is."),
    ),
    "duns_is_registration_number": (
        _("The D-U-N-S number is your registration number."),
        _("It is another number, given by Dun & Bradstreet; leave the field empty if you have none yet."),
    ),
    "duns_recommended": (
        _("No D-U-N-S number."),
        _(
            "It makes Microsoft's check quicker. You may have one without knowing it; a new one is free and takes "
            "days to weeks, so ask now."
        ),
    ),
    "western_only": (
        _("Name or address has letters that Microsoft's forms don't accept."),
        _("Use the Latin spelling of the register extract."),
    ),
    "register_good": (_("The register agrees with what you typed."), ""),
    "register_looking": (_("The register is being asked."), ""),
    "register_nobody": (
        _("No register that can be asked knows this country's companies."),
        _("Compare name and address letter by letter with your register extract."),
    ),
    "nobody_answered": (
        _("Nobody answered there just now."),
        _("This says nothing about you. Try again later today."),
    ),
    "mailbox_good": (_("The domain of the address receives mail."), ""),
    "mailbox_looking": (_("The mail servers of the domain are being looked up."), ""),
    "mailbox_nobody": (_("The mail servers could not be looked up."), ""),
    "address_fine": (_("The address looks like one person's, on a company's domain."), ""),
    "webmail": (
        _("%(domain)s is a public mail service."),
        _("Microsoft ties the address to the company by its domain: give one on your own."),
    ),
    "like_webmail": (
        _("%(domain)s bears the name of a public mail service."),
        _("If it is your company's own domain, that is fine: a DNS record will show that it is yours."),
    ),
    "onmicrosoft": (
        _("An address on %(domain)s has no proof of a company's domain."),
        _("Give a mailbox on the domain that your company holds; many of these cannot even receive mail."),
    ),
    "role_address": (
        _("“%(local)s” is a shared mailbox."),
        _("Microsoft wants one person, who presses a button themselves: give their own address."),
    ),
    "plus_address": (
        _("An address with “+” is an alias."),
        _("Microsoft wants the mailbox itself: leave the addition out."),
    ),
    "website_same": (_("Mail and website are on the same domain, %(mail)s."), ""),
    "website_differs": (
        _("Mail is on %(mail)s, the website on %(web)s."),
        _(
            "Microsoft asks who holds the mail domain. Use one domain for both, or have an invoice ready that names "
            "your company and %(mail)s."
        ),
    ),
    "website_missing": (
        _("You gave no website."),
        _("A website on the mail domain is the quickest proof that the domain is yours."),
    ),
    "tenant_like": (_("The tenant bears the domain's name."), ""),
    "tenant_unknown": (
        _("Which domains your tenant holds is told to nobody outside."),
        _("In the Microsoft 365 admin center > Settings > Domains, %(mail)s must be listed as healthy."),
    ),
    "tenant_missing": (_("You named no tenant."), _("The mail domain should be one of its domains.")),
    "invoice_recent": (_("The domain's invoice is recent enough, until %(until)s."), ""),
    "invoice_old": (
        _("The domain's invoice is older than 12 months."),
        _("Download a newer one from your domain's host now; Microsoft would refuse this one."),
    ),
    "invoice_missing": (
        _("No invoice of your domain's host at hand."),
        _("One of the last 12 months that names company and domain saves days, should Microsoft ask."),
    ),
    "extract_recent": (_("The register extract is recent enough, until %(until)s."), ""),
    "extract_old": (
        _("The register extract is older than 12 months."),
        _("Order a new one now: it is free or cheap in most countries, and Microsoft would refuse this one."),
    ),
    "extract_missing": (
        _("No register extract at hand."),
        _("One of the last 12 months with exactly this name and address saves days, should Microsoft ask."),
    ),
}
ABOUT: dict[str, str | Promise] = {
    "country": _("Country and region"),
    "location": _("Location"),
    "company": _("The company"),
    "contact": _("The primary contact"),
    "domain": _("The domain"),
    "documents": _("Documents"),
}
SOURCES: dict[str, str | Promise] = {
    "guide": _("Guide “Open to CSP”, part 2"),
    "ms-mpa-faq": _("Microsoft, FAQ on the partner agreement for indirect providers"),
    "ms-regions": _("Microsoft, regional authorization overview (August 2023)"),
    "ms-registration-numbers": _("Microsoft, registration ID numbers by country"),
    "ms-verification": _("Microsoft, verification responses; documents for business verification"),
    "ms-account-structure": _("Microsoft, account structure and locations"),
    "ms-profile": _("Microsoft, update your partner profile"),
    "dnb-duns": _("Guide “Open to CSP”, part 2; D&B: the number has no check digit since 2006"),
}


def source_label(code: str) -> str | Promise:
    """Return the source of a line, for people: a document, or a connector that was asked just now."""
    return SOURCES.get(code) or connectors.asked_just_now(code) or code
