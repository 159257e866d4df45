"""Why something waits or must be done: whose turn it is, what to tell him, where to mend it.

One row a reason. ``page`` is the wizard page whose answers mend it; ``again`` says that we keep looking by ourselves.
Sources: domain/partner-center.md 2.3, 3.5, 4; domain/verification.md 1-3.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.enums import Turn


@dataclass(frozen=True)
class Reason:
    turn: Turn
    title: str | Promise
    todo: str | Promise
    page: str = ""
    again: bool = True


REASONS: dict[str, Reason] = {
    # --- our own engine
    "looking": Reason(
        Turn.NOBODY, _("We are checking"), _("Nothing to do. This page shows the answer as soon as there is one.")
    ),
    "desk_must_look": Reason(
        Turn.INGRAM,
        _("Ingram Micro confirms this by hand"),
        _("Nothing to do. Your contact at Ingram Micro looks at it and confirms it here."),
        again=False,
    ),
    "parked": Reason(
        Turn.INGRAM,
        _("Ingram Micro looks into a technical problem"),
        _("Nothing to do. The check could not be made; our staff have been told. It does not count against you."),
        again=False,
    ),
    # --- steps 1 and 2
    "mpn_unknown": Reason(
        Turn.RESELLER,
        _("Partner Center does not know this MPN ID"),
        _(
            "Copy the ID from Partner Center > Account settings > Organization profile > Identifiers, "
            "and correct it here."
        ),
        "mpn-id",
    ),
    "location_unknown": Reason(
        Turn.RESELLER,
        _("This is not the ID of a location"),
        _(
            "CSP needs the ID of the row whose type is “Location”, not the global one. "
            "You find it in Partner Center > Account settings > Organization profile > Identifiers."
        ),
        "location",
    ),
    "region_differs": Reason(
        Turn.RESELLER,
        _("This location belongs to another CSP region"),
        _("Its country must be the country you will sell in. Enter a location of that country, or create one first."),
        "location",
    ),
    # --- e-mail, our check
    "confirm_mail": Reason(
        Turn.RESELLER,
        _("Confirm the primary contact's mailbox"),
        _("Open the message we sent there and press the button on its page, or type its code here."),
    ),
    "mail_link_expired": Reason(
        Turn.RESELLER,
        _("The confirmation link has expired"),
        _("Ask for a new message; the old one no longer works."),
        again=False,
    ),
    "mail_refused": Reason(
        Turn.RESELLER,
        _("The mailbox refused our message"),
        _("Check the spelling of the address. Microsoft's message would come back as well."),
        "contact",
        again=False,
    ),
    "mail_domain_missing": Reason(
        Turn.RESELLER,
        _("The domain of this address does not exist"),
        _("Check the part after the @. Microsoft's message could not arrive there."),
        "contact",
    ),
    "mail_refuses_all": Reason(
        Turn.RESELLER,
        _("This domain says that it receives no mail"),
        _("Give an address that sends and receives mail, on a domain of your company."),
        "contact",
    ),
    "mail_no_server": Reason(
        Turn.RESELLER,
        _("No mail server answers for this domain"),
        _("Give an address that receives mail, or have your domain's MX record set."),
        "contact",
    ),
    # --- domain, our check
    "txt_not_found": Reason(
        Turn.RESELLER,
        _("The record is not published yet"),
        _("Publish the TXT record shown here at your domain's host. We look again by ourselves for 14 days."),
    ),
    "txt_mismatch": Reason(
        Turn.RESELLER,
        _("A record is there, with another value"),
        _("Replace its value by the one shown here; what we saw is below."),
    ),
    "txt_expired": Reason(
        Turn.RESELLER,
        _("The record was not published in 14 days"),
        _("Ask for a new record and publish it."),
        again=False,
    ),
    "domain_missing": Reason(
        Turn.RESELLER,
        _("This domain does not exist"),
        _("Check its spelling. If you just bought it, it may take a day to appear."),
        "company",
    ),
    "domain_bad_name": Reason(
        Turn.RESELLER,
        _("This name cannot be looked up"),
        _("Check the spelling of the domain."),
        "company",
        again=False,
    ),
    "dns_error": Reason(
        Turn.NOBODY,
        _("Your domain's name servers answer with an error"),
        _("Nothing to do for now: we ask again. If it lasts a day, tell your domain's host (often a DNSSEC fault)."),
    ),
    "dns_timeout": Reason(
        Turn.NOBODY, _("Your domain's name servers did not answer in time"), _("Nothing to do: we ask again.")
    ),
    # --- legal entity, our check
    "company_not_found": Reason(
        Turn.RESELLER,
        _("The register knows no such company"),
        _("Check the registration number and the legal name against your register extract."),
        "company",
    ),
    "company_ceased": Reason(
        Turn.RESELLER,
        _("The register says that this company has ceased"),
        _("Give the number of the company that trades today. Microsoft would refuse this one."),
        "company",
    ),
    "name_differs": Reason(
        Turn.RESELLER,
        _("The register has another name"),
        _("Microsoft compares letter by letter: take over the register's spelling, shown beside yours."),
        "company",
    ),
    "address_differs": Reason(
        Turn.RESELLER,
        _("The register has another address"),
        _("Take over the register's address, or have the register corrected first."),
        "company",
    ),
    "name_similar": Reason(
        Turn.INGRAM,
        _("The name is almost the register's"),
        _("You may correct it now; otherwise Ingram Micro compares both by eye."),
        "company",
        again=False,
    ),
    "address_similar": Reason(
        Turn.INGRAM,
        _("The address is almost the register's"),
        _("You may correct it now; otherwise Ingram Micro compares both by eye."),
        "company",
        again=False,
    ),
    "company_ambiguous": Reason(
        Turn.INGRAM,
        _("Several companies match"),
        _("Adding the registration number settles it at once; otherwise Ingram Micro chooses by eye."),
        "company",
        again=False,
    ),
    # --- Microsoft
    "with_microsoft": Reason(
        Turn.MICROSOFT,
        _("Microsoft is checking"),
        _("Nothing to do, unless Microsoft writes to the primary contact: then answer the same day."),
        again=False,
    ),
    "microsoft_refused_email": Reason(
        Turn.RESELLER,
        _("Microsoft could not confirm the e-mail address"),
        _(
            "In Partner Center > Account settings > Legal info, press “Resend verification email”; look in the junk "
            "folder and allow microsoft.com. The primary contact must press the button in person."
        ),
        "partner-center",
        again=False,
    ),
    "microsoft_refused_domain": Reason(
        Turn.RESELLER,
        _("Microsoft could not tie the domain to the company"),
        _(
            "Send Microsoft an invoice or confirmation of your domain's host that names the company and the domain, "
            "less than 12 months old, as PDF: Partner Center > Legal info > Fix now."
        ),
        "partner-center",
        again=False,
    ),
    "microsoft_refused_legal_entity": Reason(
        Turn.RESELLER,
        _("Microsoft could not confirm the legal entity"),
        _(
            "Send Microsoft a register extract of less than 12 months with exactly this name and address: "
            "Partner Center > Legal info > Fix now."
        ),
        "partner-center",
        again=False,
    ),
    "not_enrolled_yet": Reason(
        Turn.MICROSOFT,
        _("Partner Center shows no CSP enrolment for this location yet"),
        _("Nothing to do while Microsoft verifies. If you have not enrolled yet, do so and enter the date."),
        "partner-center",
    ),
    "agreement_unsigned": Reason(
        Turn.RESELLER,
        _("The Microsoft Partner Agreement is not signed"),
        _("A Global admin of your CSP tenant signs it in Partner Center > Account settings > Agreements."),
    ),
    # --- step 4
    "marketplace_not_activated": Reason(
        Turn.RESELLER,
        _("Activate your marketplace account"),
        _(
            "Sign in to the marketplace of your country, press “Activate Reseller Account Now”, "
            "and enter the date here."
        ),
        "marketplace",
        again=False,
    ),
    # --- step 5
    "not_accepted_yet": Reason(
        Turn.RESELLER,
        _("Ingram Micro is not authorised yet"),
        _("A Global admin opens Ingram Micro's official link and accepts. We see it by ourselves soon after."),
        "authorization",
    ),
    "relationship_other_location": Reason(
        Turn.RESELLER,
        _("Your tenant is linked with another location ID"),
        _("Enter the location ID that your CSP account uses, or change it in Partner Center > Identifiers > CSP."),
        "location",
    ),
    "relationship_other_country": Reason(
        Turn.RESELLER,
        _("The link was accepted for another country"),
        _("Accept the link of the region shown here, signed in with the tenant of this country."),
        "authorization",
    ),
    # --- after the authorisation: what held once and no longer does
    "authorization_removed": Reason(
        Turn.RESELLER,
        _("The authorisation of Ingram Micro was removed"),
        _(
            "Partner Center no longer lists you among Ingram Micro's resellers, so no order goes through. "
            "A Global admin opens Ingram Micro's official link and accepts again."
        ),
        "authorization",
    ),
    "enrolment_lost": Reason(
        Turn.RESELLER,
        _("Partner Center shows no CSP enrolment for this location any more"),
        _(
            "In Partner Center > Account settings > Identifiers, see which location your CSP account is tied to, and "
            "under Legal info > Reseller whether it is still active. Tie it to this location again, or write to us."
        ),
        "location",
    ),
    # --- a BDM asks
    "bdm_asks": Reason(
        Turn.RESELLER,
        _("Ingram Micro asks you to correct something"),
        _("Read the note and correct the answers."),
        again=False,
    ),
}

# What an answer means about something that held before: it was lost, rather than not done yet.
LOST: dict[str, str] = {"not_accepted_yet": "authorization_removed", "not_enrolled_yet": "enrolment_lost"}
