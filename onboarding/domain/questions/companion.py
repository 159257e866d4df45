"""Microsoft's and Ingram's forms as the partner meets them: their fields in their order, each with our answer.

The forms change without notice, so a row that is not there is skipped. Source: [ms-enrolling], [ms-reseller-tasks],
[ms-locations], [guide] part 2. Labels are English, as on Microsoft's pages.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.models import Enrollment

Text = str | Promise


@dataclass(frozen=True)
class FormRow:
    """One field of the form, or (without ``answer``) something to choose or press; ``advice`` says how.

    ``answer`` names an answer of the enrollment, or of its company with "partner." before it.
    """

    label: str
    answer: str = ""
    advice: Text = ""


@dataclass(frozen=True)
class FormSpec:
    """One form. ``page`` is the step's page that asks for the same answers."""

    title: Text
    screen: Text
    page: str
    links: tuple[str, ...]
    rows: tuple[FormRow, ...]


_COMPANY = (
    FormRow("Legal business name", "partner.legal_name", _("Letter by letter as in the register extract.")),
    FormRow("Country/region", "partner.country", _("The country of the registered office.")),
    FormRow("Address line 1", "partner.street"),
    FormRow("City", "partner.city"),
    FormRow("ZIP/Postal code", "partner.postal_code"),
    FormRow("Registration ID number", "partner.registration_number", _("Asked for in some countries only.")),
    FormRow("D-U-N-S number", "partner.duns", _("Without dashes. Choose “I don't have one” if the form offers it.")),
    FormRow("Website", "partner.website"),
)
_CONTACT = (
    FormRow("First name", "contact_first_name", _("The primary contact: this person gets Microsoft's message.")),
    FormRow("Last name", "contact_last_name"),
    FormRow("Email address", "contact_email", _("On the company's own domain, read by one person.")),
    FormRow("Phone number", "contact_phone"),
)

FORMS: dict[str, FormSpec] = {
    "mpn": FormSpec(
        _("Account in the partner programme"),
        _("A page with two parts, company and primary contact, and the button “Accept and continue” below them."),
        "mpn-id",
        ("mpn_account",),
        (*_COMPANY, *_CONTACT, FormRow("Accept and continue", advice=_("Read the agreement, then press it once."))),
    ),
    "location": FormSpec(
        _("Location in the country"),
        _("A list of business locations with the button “Add a location”; the form opens at the right."),
        "location",
        ("locations",),
        (
            FormRow("Add a location"),
            FormRow("Location name", "partner.legal_name", _("Add the town, so that you tell your locations apart.")),
            FormRow("Country/region", "country", _("Exactly the country you will sell in.")),
            FormRow("Address line 1", "partner.street", _("The address in that country.")),
            FormRow("City", "partner.city"),
            FormRow("ZIP/Postal code", "partner.postal_code"),
            FormRow("Save", advice=_("The new row shows the location's ID: enter it in step 2.")),
        ),
    ),
    "enrolment": FormSpec(
        _("CSP enrolment as indirect reseller"),
        _("A list of programmes; at “Cloud Solution Provider” the button “Get started”, then three pages."),
        "partner-center",
        ("csp_enrolment", "csp_guide"),
        (
            FormRow(
                "Enroll as",
                advice=_("Choose “Indirect reseller”. “Direct bill” is for partners whom Microsoft invoices directly."),
            ),
            FormRow("Location (MPN ID)", "location_mpn_id", _("The ID of type “Location”, not the global one.")),
            *_COMPANY,
            *_CONTACT,
            FormRow("Submit", advice=_("Note the day: Microsoft's days count from it. Enter it in step 3.")),
        ),
    ),
    "agreement": FormSpec(
        _("Microsoft Partner Agreement"),
        _("The list “Agreements”; the Microsoft Partner Agreement has the button “Review and accept”."),
        "partner-center",
        ("agreement",),
        (
            FormRow("Sign in as", "tenant", _("With the Global admin of this tenant.")),
            FormRow("First name", "contact_first_name", _("The person who signs, if it is somebody else: their name.")),
            FormRow("Last name", "contact_last_name"),
            FormRow("Email address", "contact_email"),
            FormRow("Accept", advice=_("It is offered once Microsoft's verification has ended.")),
        ),
    ),
    "marketplace": FormSpec(
        _("Activation of the Marketplace account"),
        _("The sign-in page of the Marketplace, then “Activate Reseller Account Now”."),
        "marketplace",
        (),
        (
            FormRow(
                "Log in with IMOnline",
                advice=_("Press it if you were a customer before March 2020; the codes are the same."),
            ),
            FormRow("Customer number", "customer_number"),
            FormRow("Administrator e-mail", "marketplace_email"),
            FormRow("Activate Reseller Account Now", advice=_("Press it once, and enter the day in step 4.")),
        ),
    ),
    "invitation": FormSpec(
        _("Ingram Micro's invitation"),
        _("Partner Center opens with the request of Ingram Micro, what it grants, and the button “Accept”."),
        "authorization",
        ("indirect_providers",),
        (
            FormRow("Sign in as", "tenant", _("With the Global admin of this tenant, the one of the CSP enrolment.")),
            FormRow("MPN ID", "location_mpn_id", _("The location's ID, if the page asks which one.")),
            FormRow("Accept", advice=_("Tick that you have read it, and press “Authorize” or “Accept”.")),
        ),
    ),
}
OF_STEP = {"mpn-id": "mpn", "location": "location", "partner-center": "enrolment", "marketplace": "marketplace",
           "authorization": "invitation"}  # fmt: skip


def value(enrollment: Enrollment, name: str) -> str:
    """Return an answer as text to copy; '' if it is not given yet."""
    owner: object = enrollment
    for part in name.split("."):
        owner = getattr(owner, part)
    return str(owner or "")


def draft_of(form: str) -> str:
    """Return the name under which the ticks of a form are kept (``Draft.page``)."""
    return f"companion-{form}"
