"""What a partner may ask of somebody without an account: the Global admin, the IT firm, the host of the domain.

Each task is all that its reader sees of an enrollment. Who may do it: Source: [guide] part 2; [ms-reseller-tasks].
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class TaskSpec:
    """``shows`` names what of the enrollment the reader needs to see; "" for nothing."""

    title: Text
    steps: tuple[Text, ...]
    links: tuple[str, ...] = ()
    shows: str = ""


TASKS: dict[str, TaskSpec] = {
    "identifiers": TaskSpec(
        _("Look up the MPN ID and the location ID"),
        (
            _("Sign in to Partner Center and open the page “Identifiers”."),
            _(
                "Send to the person who asks you: the ID of the row “PartnerGlobal”, and the ID of the row “Location” "
                "of the country named above."
            ),
        ),
        ("identifiers", "locations"),
    ),
    "global_admin": TaskSpec(
        _("Be ready to sign in as Global admin"),
        (
            _("Open the Entra admin centre and check under “Roles and admins” that you are Global admin."),
            _("Send the tenant's name, which ends in onmicrosoft.com."),
        ),
        ("entra", "users"),
    ),
    "csp_enrolment": TaskSpec(
        _("Enrol the company as CSP indirect reseller in Partner Center"),
        (
            _("Sign in to Partner Center as Global admin of the company's tenant."),
            _("Choose the Cloud Solution Provider programme, and in it: indirect reseller."),
            _("Enter the company exactly as in its register extract, and submit."),
        ),
        ("csp_enrolment", "csp_guide"),
    ),
    "agreement": TaskSpec(
        _("Sign the Microsoft Partner Agreement"),
        (
            _("Sign in to Partner Center as Global admin of the company's tenant."),
            _("Open the agreements; once Microsoft offers the Microsoft Partner Agreement, accept it."),
        ),
        ("agreement",),
    ),
    "authorization": TaskSpec(
        _("Accept Ingram Micro as indirect provider"),
        (
            _("Open Ingram Micro's official link below and sign in as Global admin of the company's tenant."),
            _("Read what is granted, and accept."),
        ),
        ("indirect_providers",),
        shows="provider_link",
    ),
    "txt_record": TaskSpec(
        _("Publish a TXT record for the company's domain"),
        (
            _("Add a record of type TXT with the name and the value below."),
            _("Many hosts add the domain to the name by themselves: then enter only the part before it."),
        ),
        shows="record",
    ),
    "marketplace": TaskSpec(
        _("Activate the account of the Ingram Micro Cloud Marketplace"),
        (
            _("Open the Marketplace and sign in, with the IMOnline login if there is one."),
            _("Activate the account when the Marketplace asks for it, and send the day and the customer number."),
        ),
        shows="marketplace",
    ),
}
# Which task does what a reason asks.
OF_REASON = {
    "agreement_unsigned": "agreement",
    "not_accepted_yet": "authorization",
    "authorization_removed": "authorization",
    "txt_not_found": "txt_record",
    "txt_mismatch": "txt_record",
    "no_global_admin": "global_admin",
    "mpn_unknown": "identifiers",
    "location_unknown": "identifiers",
    "marketplace_not_activated": "marketplace",
}
OF_STEP = {
    "mpn-id": "identifiers",
    "location": "identifiers",
    "contact": "global_admin",
    "partner-center": "csp_enrolment",
    "marketplace": "marketplace",
    "authorization": "authorization",
}
