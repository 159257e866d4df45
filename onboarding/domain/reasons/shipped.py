"""The reasons that come with the portal, one row each: why a check waits or needs an action.

A row has whose turn it is, the texts for people, what to do, the wizard page to correct it on (``page``), and whether
the check is repeated without a request (``again``). ``remediation.REMEDIES`` has the answers that a reason reopens and
the documents it asks for.
Source: [ms-verification], [ms-store-documents], [pc-mpa-status], [edge-issues], [domain-verification-draft],
[dnb-direct].
"""

import dataclasses
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.domain.reasons.remediation import NOTHING, REMEDIES, Remedy
from onboarding.enums import Authority, Turn


@dataclass(frozen=True)
class ReasonSpec:
    """A reason. ``kinds`` and ``authority`` (empty: any) are the checks on which a person may raise it."""

    turn: Turn
    title: str | Promise
    todo: str | Promise
    page: str = ""
    again: bool = True
    remedy: Remedy = NOTHING
    kinds: tuple[str, ...] = ()
    authority: str = ""
    retired: bool = False


_SHIPPED: dict[str, ReasonSpec] = {
    # --- our own engine
    "looking": ReasonSpec(
        Turn.NOBODY, _("We are checking"), _("Nothing to do. This page shows the answer as soon as there is one.")
    ),
    "desk_must_look": ReasonSpec(
        Turn.INGRAM,
        _("Ingram Micro confirms this by hand"),
        _("Nothing to do. Your contact at Ingram Micro looks at it and confirms it here."),
        again=False,
    ),
    "answer_at_desk": ReasonSpec(
        Turn.INGRAM,
        _("The answer is with Ingram Micro"),
        _(
            "Nothing to do. Your contact at Ingram Micro looks at it, then lets you send it to Microsoft again "
            "or replies here."
        ),
        again=False,
    ),
    "sent_unseen": ReasonSpec(
        Turn.INGRAM,
        _("Sent to Microsoft without our look"),
        _(
            "Nothing to do. Your contact at Ingram Micro looks at what was sent, and waits with you or writes to you "
            "here. It counts as a try with Microsoft."
        ),
        again=False,
    ),
    "second_person_needed": ReasonSpec(
        Turn.INGRAM,
        _("A second person at Ingram Micro confirms this"),
        _("Nothing to do. One person at Ingram Micro has confirmed it; a colleague confirms it as well."),
        again=False,
    ),
    "parked": ReasonSpec(
        Turn.INGRAM,
        _("Ingram Micro looks into a technical problem"),
        _("Nothing to do. The check could not be made; our staff have been told. It does not count against you."),
        again=False,
    ),
    # --- steps 1 and 2
    "mpn_unknown": ReasonSpec(
        Turn.RESELLER,
        _("Partner Center does not know this MPN ID"),
        _(
            "Copy the ID from Partner Center > Account settings > Organization profile > Identifiers, "
            "and correct it on the page “MPN ID” of the enrolment."
        ),
        "mpn-id",
    ),
    "mpn_of_another": ReasonSpec(
        Turn.RESELLER,
        _("Partner Center knows this MPN ID under another name"),
        _(
            "Is it your company's ID? Correct it; or say why it is yours (a trade name, a former name, the group's "
            "account): your contact at Ingram Micro reads it and decides."
        ),
        "mpn-id",
    ),
    "location_of_another": ReasonSpec(
        Turn.RESELLER,
        _("Partner Center knows this location's ID under another name"),
        _(
            "Is it your company's location? Correct the ID; or say why it is yours (a trade name, a former name, the "
            "group's account): your contact at Ingram Micro reads it and decides."
        ),
        "location",
    ),
    "location_unknown": ReasonSpec(
        Turn.RESELLER,
        _("This is not the ID of a location"),
        _(
            "CSP needs the ID of the row whose type is “Location”, not the global one. "
            "You find it in Partner Center > Account settings > Organization profile > Identifiers."
        ),
        "location",
    ),
    "region_differs": ReasonSpec(
        Turn.RESELLER,
        _("This location belongs to another CSP region"),
        _("Its country must be the country you will sell in. Enter a location of that country, or create one first."),
        "location",
    ),
    # --- e-mail, our check
    "confirm_mail": ReasonSpec(
        Turn.RESELLER,
        _("Have the primary contact's e-mail address confirmed"),
        _(
            "We wrote to the contact, who needs no account: they press the button on the page that our message opens, "
            "or give you its code, which you type on the enrolment's page."
        ),
    ),
    "mail_link_expired": ReasonSpec(
        Turn.RESELLER,
        _("The confirmation link has expired"),
        _("Ask for a new message; the old one no longer works."),
        again=False,
    ),
    "contact_declined": ReasonSpec(
        Turn.RESELLER,
        _("The reader of this address is not your primary contact"),
        _(
            "They told us so, and we write to this address no more. Check its spelling, speak with the person, or name "
            "another contact: Microsoft's message would be turned down as well."
        ),
        "contact",
        again=False,
    ),
    "mail_refused": ReasonSpec(
        Turn.RESELLER,
        _("The mailbox refused our message"),
        _("Check the spelling of the address. Microsoft's message would come back as well."),
        "contact",
        again=False,
    ),
    "mail_domain_missing": ReasonSpec(
        Turn.RESELLER,
        _("The domain of this address does not exist"),
        _("Check the part after the @. Microsoft's message could not arrive there."),
        "contact",
    ),
    "mail_refuses_all": ReasonSpec(
        Turn.RESELLER,
        _("This domain says that it receives no mail"),
        _("Give an address that sends and receives mail, on a domain of your company."),
        "contact",
    ),
    "mail_no_server": ReasonSpec(
        Turn.RESELLER,
        _("No mail server answers for this domain"),
        _("Give an address that receives mail, or have your domain's MX record set."),
        "contact",
    ),
    # --- domain, our check
    "txt_not_found": ReasonSpec(
        Turn.RESELLER,
        _("The record is not published yet"),
        _(
            "Publish the TXT record that the enrolment's page shows, at your domain's host. We look again by ourselves "
            "for 14 days."
        ),
    ),
    "txt_mismatch": ReasonSpec(
        Turn.RESELLER,
        _("A record is there, with another value"),
        _("Replace its value by the one that the enrolment's page shows; what we saw is beside it."),
    ),
    "domain_by_document": ReasonSpec(
        Turn.RESELLER,
        _("Show by a document that the domain is yours"),
        _(
            "Bring an invoice or confirmation of your domain's host of the last 12 months that names the company and "
            "the domain. Your contact at Ingram Micro reads it and confirms the domain."
        ),
        again=False,
    ),
    "txt_expired": ReasonSpec(
        Turn.RESELLER,
        _("The record was not published in 14 days"),
        _("Ask for a new record and publish it."),
        again=False,
    ),
    "domain_missing": ReasonSpec(
        Turn.RESELLER,
        _("This domain does not exist"),
        _("Check its spelling. If you just bought it, it may take a day to appear."),
        "company",
    ),
    "domain_bad_name": ReasonSpec(
        Turn.RESELLER,
        _("This name cannot be looked up"),
        _("Check the spelling of the domain."),
        "company",
        again=False,
    ),
    "dns_error": ReasonSpec(
        Turn.NOBODY,
        _("Your domain's name servers answer with an error"),
        _("Nothing to do for now: we ask again. If it lasts a day, tell your domain's host (often a DNSSEC fault)."),
    ),
    "dns_timeout": ReasonSpec(
        Turn.NOBODY, _("Your domain's name servers did not answer in time"), _("Nothing to do: we ask again.")
    ),
    # --- legal entity, our check
    "company_not_found": ReasonSpec(
        Turn.RESELLER,
        _("We can't find this company in the register"),
        _("Check the registration number and the legal name against your register extract."),
        "company",
    ),
    "company_ceased": ReasonSpec(
        Turn.RESELLER,
        _("The register says that this company has ceased"),
        _("Give the number of the company that trades today. Microsoft would refuse this one."),
        "company",
    ),
    "name_differs": ReasonSpec(
        Turn.RESELLER,
        _("The register shows a different name"),
        _("Microsoft compares letter by letter: use the register's spelling. The enrolment's page compares both."),
        "company",
    ),
    "address_differs": ReasonSpec(
        Turn.RESELLER,
        _("The register shows a different address"),
        _("Use the register's address, or have the register corrected first."),
        "company",
    ),
    "name_similar": ReasonSpec(
        Turn.INGRAM,
        _("The name is almost the register's"),
        _("You may correct it now; otherwise Ingram Micro compares both by eye."),
        "company",
        again=False,
    ),
    "legal_form_differs": ReasonSpec(
        Turn.INGRAM,
        _("The register shows another legal form"),
        _(
            "The name is the same, but the legal form is another one, which may be another company. You may correct it "
            "now; otherwise Ingram Micro compares both by eye."
        ),
        "company",
        again=False,
    ),
    "address_similar": ReasonSpec(
        Turn.INGRAM,
        _("The address is almost the register's"),
        _("You may correct it now; otherwise Ingram Micro compares both by eye."),
        "company",
        again=False,
    ),
    "company_ambiguous": ReasonSpec(
        Turn.INGRAM,
        _("Several companies match"),
        _("Adding the registration number settles it at once; otherwise Ingram Micro chooses by eye."),
        "company",
        again=False,
    ),
    "duns_unknown": ReasonSpec(
        Turn.RESELLER,
        _("We can't find this D-U-N-S number at Dun & Bradstreet"),
        _(
            "Compare the nine digits with the letter of Dun & Bradstreet. A new number may take some days to appear; "
            "without one, leave the field empty."
        ),
        "company",
    ),
    "duns_differs": ReasonSpec(
        Turn.RESELLER,
        _("This D-U-N-S number belongs to another company"),
        _(
            "Enter the number of your company at this address: each site has its own. "
            "If it is yours, have Dun & Bradstreet correct its record; Microsoft reads the same one."
        ),
        "company",
    ),
    # --- Microsoft
    "with_microsoft": ReasonSpec(
        Turn.MICROSOFT,
        _("Microsoft is checking"),
        _("Nothing to do, unless Microsoft writes to the primary contact: then answer the same day."),
        again=False,
    ),
    "microsoft_refused_email": ReasonSpec(
        Turn.RESELLER,
        _("Microsoft could not confirm the e-mail address"),
        _(
            "In Partner Center > Account settings > Legal info, press “Resend verification email”; look in the junk "
            "folder and allow microsoft.com. The primary contact must press the button in person."
        ),
        "partner-center",
        again=False,
    ),
    "microsoft_refused_domain": ReasonSpec(
        Turn.RESELLER,
        _("Microsoft could not tie the domain to the company"),
        _(
            "Answer Ingram Micro first, with an invoice or confirmation of your domain's host that names the company "
            "and the domain, less than 12 months old, as PDF. Ingram Micro looks at it; then it goes to Microsoft "
            "again."
        ),
        "partner-center",
        again=False,
    ),
    "microsoft_refused_legal_entity": ReasonSpec(
        Turn.RESELLER,
        _("Microsoft could not confirm the legal entity"),
        _(
            "Answer Ingram Micro first, with a register extract of less than 12 months that has exactly this name and "
            "address. Ingram Micro looks at it; then it goes to Microsoft again."
        ),
        "partner-center",
        again=False,
    ),
    "not_enrolled_yet": ReasonSpec(
        Turn.MICROSOFT,
        _("Partner Center shows no CSP enrolment for this location yet"),
        _("Nothing to do while Microsoft verifies. If you have not enrolled yet, do so and enter the date."),
        "partner-center",
    ),
    "agreement_not_offered_yet": ReasonSpec(
        Turn.MICROSOFT,
        _("Microsoft offers the agreement once its verification has ended"),
        _(
            "Nothing to do until then. If Partner Center already shows the agreement under Account settings > "
            "Agreements, say so here: a Global admin can sign it at once."
        ),
    ),
    "agreement_unsigned": ReasonSpec(
        Turn.RESELLER,
        _("The Microsoft Partner Agreement is not signed"),
        _("A Global admin of your CSP tenant signs it in Partner Center > Account settings > Agreements."),
    ),
    # --- step 4
    "marketplace_not_activated": ReasonSpec(
        Turn.RESELLER,
        _("Activate your marketplace account"),
        _(
            "Sign in to the marketplace of your country, press “Activate Reseller Account Now”, "
            "and enter the date on the page “Marketplace” of the enrolment."
        ),
        "marketplace",
    ),
    "marketplace_unknown": ReasonSpec(
        Turn.RESELLER,
        _("We can't find a marketplace account for this customer number"),
        _(
            "Compare the number with an invoice of Ingram Micro, and the marketplace with the address you sign in to. "
            "A new account may take a day to appear."
        ),
        "marketplace",
    ),
    "marketplace_on_hold": ReasonSpec(
        Turn.RESELLER,
        _("Your marketplace account is on hold"),
        _(
            "Ask your contact at Ingram Micro what lifts it: often an open invoice or the credit limit. "
            "We see by ourselves when it is lifted."
        ),
    ),
    "marketplace_cancelled": ReasonSpec(
        Turn.RESELLER,
        _("This marketplace account was cancelled"),
        _("Enter the customer number that you use today, or ask your contact at Ingram Micro for a new account."),
        "marketplace",
    ),
    # --- step 5
    "marketplace_first": ReasonSpec(
        Turn.NOBODY,
        _("Ingram Micro's invitation follows step 4"),
        _("Nothing to do here yet: activate your marketplace account first, in step 4."),
        "marketplace",
    ),
    "not_accepted_yet": ReasonSpec(
        Turn.RESELLER,
        _("Have Ingram Micro's invitation accepted"),
        _("A Global admin opens Ingram Micro's official link and accepts. We see it by ourselves soon after."),
        "authorization",
    ),
    "relationship_other_location": ReasonSpec(
        Turn.RESELLER,
        _("Your tenant is linked with another location ID"),
        _("Enter the location ID that your CSP account uses, or change it in Partner Center > Identifiers > CSP."),
        "location",
    ),
    "relationship_other_country": ReasonSpec(
        Turn.RESELLER,
        _("The link was accepted for another country"),
        _("Accept the official link of this country's region, in step 5, signed in with the tenant of this country."),
        "authorization",
    ),
    "relationship_other_tenant": ReasonSpec(
        Turn.RESELLER,
        _("The link was accepted with another tenant"),
        _(
            "Your location is linked, but from another tenant than the one you named. Correct the tenant in step 3; or "
            "have the link accepted again by a Global admin of the tenant you named."
        ),
        "contact",
    ),
    "send_again": ReasonSpec(
        Turn.RESELLER,
        _("Ready for a second try with Microsoft"),
        _(
            "Ingram Micro has looked at your answer. Send it now in Partner Center > Legal info > Fix now, with the "
            "same documents, then report it on the enrolment's page. Tries with Microsoft are counted, and too many "
            "end the verification."
        ),
        again=False,
    ),
    # --- a person raises them (what partners complain about: ``troubleshooting``)
    "fix_now_missing": ReasonSpec(
        Turn.RESELLER,
        _("Microsoft shows “Rejected”, without a reason or a way to correct it"),
        _(
            "Bring a picture of Legal info. Changes may be blocked there until the appeal is decided: open a ticket "
            "(Support > General > Account verification) with the text of your request to Microsoft's support."
        ),
        again=False,
    ),
    "domain_held_by_other": ReasonSpec(
        Turn.RESELLER,
        _("Someone else holds the domain: an agency, a person, a sister company"),
        _(
            "Bring the letter by which the holder assigns the domain to you, or give a primary contact whose mailbox "
            "is on a domain that your company itself holds."
        ),
        again=False,
    ),
    "mail_declined": ReasonSpec(
        Turn.RESELLER,
        _("Someone pressed “not requested by me” in Microsoft's message"),
        _(
            "This ends the whole verification. Tell the primary contact what comes, then ask Microsoft's support to "
            "start it again; the text of your request to Microsoft's support says what happened."
        ),
        again=False,
    ),
    "document_too_old": ReasonSpec(
        Turn.RESELLER,
        _("The document is older than 12 months"),
        _("Bring one that was issued in the last 12 months; one that expires must be valid for two more months."),
        again=False,
    ),
    "attempts_used_up": ReasonSpec(
        Turn.RESELLER,
        _("Microsoft accepts no further attempt"),
        _(
            "Do not try again by yourself. Bring a picture of what Partner Center shows: Ingram Micro speaks with "
            "Microsoft before anything else is sent."
        ),
        again=False,
    ),
    "agreement_not_offered": ReasonSpec(
        Turn.RESELLER,
        _("Partner Center does not offer the agreement"),
        _(
            "Three causes: you joined the partner programme only, not CSP; the person signed in is no Global "
            "admin of the CSP tenant; or Microsoft's verification is still open. Look at Legal info > Program info, "
            "tab "
            "“Reseller”."
        ),
        again=False,
    ),
    "tenant_taken": ReasonSpec(
        Turn.RESELLER,
        _("This tenant is enrolled already, for another region"),
        _(
            "Each CSP region needs a tenant and sign-ins of its own. Create a new tenant for this country, and enter "
            "it."
        ),
        again=False,
    ),
    "tenant_other_sign_in": ReasonSpec(
        Turn.RESELLER,
        _("The sign-in with Microsoft was to another tenant than the one named in step 3"),
        _("Correct the tenant in step 3, or have a Global admin of the tenant that is named there sign in."),
        again=False,
    ),
    "no_global_admin": ReasonSpec(
        Turn.RESELLER,
        _("Nobody in the company is Global admin any more"),
        _(
            "Take the tenant back: by a DNS record (“become a global admin”), or by an Azure support request. It takes "
            "days; start today, then tell Ingram Micro who the new Global admin is."
        ),
        again=False,
    ),
    "reenrolment": ReasonSpec(
        Turn.RESELLER,
        _("The location is still tied to the tenant of an earlier enrolment"),
        _(
            "After a deauthorisation the old location stays with its old tenant: add a new location in Partner "
            "Center and enter its ID. Speak with Ingram Micro before you choose its name."
        ),
        again=False,
    ),
    "deauthorised": ReasonSpec(
        Turn.RESELLER,
        _("Microsoft has withdrawn the authorisation, and gives no reason"),
        _(
            "Go through the usual causes: the partner programme's membership, the agreement, a security contact, MFA "
            "for every admin, and 1,000 USD of CSP revenue in the last twelve months. Write what you find."
        ),
        again=False,
    ),
    "customer_link_accepted": ReasonSpec(
        Turn.RESELLER,
        _("The customers' link was accepted instead of the resellers' one"),
        _(
            "Remove the customer relationship in the Microsoft 365 admin center, then open the official link of step "
            "5; there is one for each region."
        ),
        again=False,
    ),
    "duns_wrong": ReasonSpec(
        Turn.RESELLER,
        _("The D-U-N-S record is another country's, out of date, or not yours"),
        _(
            "Search the number at D&B for this country first. If there is none, ask for one; if its facts are wrong, "
            "ask for a correction. Both are free and may take weeks."
        ),
        again=False,
    ),
    "no_api_for_resellers": ReasonSpec(
        Turn.RESELLER,
        _("Partner Center's programming interface is closed to indirect resellers"),
        _("Scripts cannot work with a reseller's sign-in. Use the pages of Partner Center; no step needs a script."),
        again=False,
    ),
    # --- after the authorisation: what held once and no longer does
    "authorization_removed": ReasonSpec(
        Turn.RESELLER,
        _("The authorisation of Ingram Micro was removed"),
        _(
            "Partner Center no longer lists you among Ingram Micro's resellers, so no order goes through. "
            "A Global admin opens Ingram Micro's official link and accepts again."
        ),
        "authorization",
    ),
    "enrolment_lost": ReasonSpec(
        Turn.RESELLER,
        _("Partner Center shows no CSP enrolment for this location any more"),
        _(
            "In Partner Center > Account settings > Identifiers, see which location your CSP account is tied to, and "
            "under Legal info > Reseller whether it is still active. Tie it to this location again, or write to us."
        ),
        "location",
    ),
    # --- a BDM asks
    "bdm_asks": ReasonSpec(
        Turn.RESELLER,
        _("Ingram Micro asks you to correct something"),
        _("Read the note and correct the answers."),
        again=False,
    ),
}


# Reasons that people may raise, beside ``bdm_asks``: (authority, kinds). Empty: any authority.
_RAISED_ON: dict[str, tuple[str, tuple[str, ...]]] = {
    "mpn_unknown": ("", ("mpn_id",)),
    "location_unknown": ("", ("location",)),
    "mpn_of_another": ("", ("mpn_id",)),
    "location_of_another": ("", ("location",)),
    "region_differs": ("", ("location",)),
    "name_differs": (Authority.PORTAL, ("legal_entity",)),
    "address_differs": (Authority.PORTAL, ("legal_entity",)),
    "company_not_found": (Authority.PORTAL, ("legal_entity",)),
    "company_ceased": (Authority.PORTAL, ("legal_entity",)),
    "duns_differs": (Authority.PORTAL, ("legal_entity",)),
    "duns_unknown": (Authority.PORTAL, ("legal_entity",)),
    "agreement_unsigned": ("", ("agreement",)),
    "enrolment_lost": ("", ("agreement",)),
    "agreement_not_offered": ("", ("agreement",)),
    "no_global_admin": ("", ("agreement", "relationship")),
    "tenant_taken": ("", ("agreement",)),
    "tenant_other_sign_in": ("", ("agreement",)),
    "reenrolment": ("", ("agreement", "relationship")),
    "marketplace_not_activated": ("", ("marketplace",)),
    "marketplace_on_hold": ("", ("marketplace",)),
    "marketplace_cancelled": ("", ("marketplace",)),
    "marketplace_unknown": ("", ("marketplace",)),
    "not_accepted_yet": ("", ("relationship",)),
    "authorization_removed": ("", ("relationship",)),
    "relationship_other_location": ("", ("relationship",)),
    "relationship_other_country": ("", ("relationship",)),
    "relationship_other_tenant": ("", ("relationship",)),
    "customer_link_accepted": ("", ("relationship",)),
    "deauthorised": ("", ("relationship",)),
    "microsoft_refused_email": (Authority.MICROSOFT, ("email",)),
    "mail_declined": (Authority.MICROSOFT, ("email",)),
    "microsoft_refused_domain": (Authority.MICROSOFT, ("domain",)),
    "domain_held_by_other": (Authority.MICROSOFT, ("domain",)),
    "microsoft_refused_legal_entity": (Authority.MICROSOFT, ("legal_entity",)),
    "duns_wrong": ("", ("legal_entity",)),
    "document_too_old": (Authority.MICROSOFT, ("domain", "legal_entity")),
    "fix_now_missing": (Authority.MICROSOFT, ("email", "domain", "legal_entity")),
    "attempts_used_up": (Authority.MICROSOFT, ("email", "domain", "legal_entity")),
    "no_api_for_resellers": ("", ("mpn_id", "location")),
}


# Reasons that only the portal raises, by their checks; one that is missing here may apply to every check.
FOUND_ON: dict[str, tuple[str, ...]] = {
    "email": (
        "confirm_mail", "contact_declined", "mail_link_expired", "mail_refused", "mail_domain_missing",
        "mail_refuses_all", "mail_no_server",
    ),
    "domain": (
        "txt_not_found", "txt_mismatch", "txt_expired", "domain_by_document", "domain_missing", "domain_bad_name",
        "dns_error", "dns_timeout",
    ),
    "legal_entity": ("name_similar", "legal_form_differs", "address_similar", "company_ambiguous"),
    "agreement": ("not_enrolled_yet", "agreement_not_offered_yet"),
    "relationship": ("marketplace_first", "second_person_needed"),
}  # fmt: skip


def _complete(code: str, reason: ReasonSpec) -> ReasonSpec:
    authority, kinds = _RAISED_ON.get(code, ("", ()))
    return dataclasses.replace(reason, remedy=REMEDIES.get(code, NOTHING), kinds=kinds, authority=authority)


SHIPPED: dict[str, ReasonSpec] = {code: _complete(code, reason) for code, reason in _SHIPPED.items()}


# What a reason becomes when the check held before: lost, rather than not done yet.
LOST: dict[str, str] = {"not_accepted_yet": "authorization_removed", "not_enrolled_yet": "enrolment_lost"}
