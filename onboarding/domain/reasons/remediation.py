"""Remedies: which answers a reason reopens, which documents it asks for, what Microsoft accepts, how long it takes.

Source: [ms-store-documents], [ms-upload-documents], [ms-verification] (delays, appeal); complaints:
``troubleshooting``.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.domain.questions.steps import PAGES, Page
from onboarding.enums import DocumentKind


@dataclass(frozen=True)
class Remedy:
    """A remedy. ``fields`` are names of answers, of any page; ``documents`` are kinds, any one of which is enough."""

    fields: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    accepted_evidence: str | Promise = ""
    duration: str | Promise = ""
    # A sentence may answer it as well: a person at Ingram reads that.
    is_a_question: bool = False

    @property
    def is_asked_for(self) -> bool:
        """Return whether the partner has to answer something: values, or documents."""
        return bool(self.fields or self.documents)


NOTHING = Remedy()
_ADDRESS = ("street", "postal_code", "city")
_COMPANY = ("legal_name", "registration_number", "duns", *_ADDRESS)
_CONTACT = ("contact_first_name", "contact_last_name", "contact_email")
_HOURS = _("Our check looks again within minutes.")
_REVIEW = _("Microsoft looks again in 3 to 5 working days; there is no set time for an appeal.")
_SEEN = _("Once it is done there we see it by ourselves: within hours in the first days, later within a day or three.")
_NO_TIME = _("Microsoft names no time.")
_INVOICE = _(
    "An invoice or confirmation of the domain's host: it names the company or the primary contact, and the domain; "
    "issued in the last 12 months; PDF; no letter that you wrote yourself, no screenshot."
)
_EXTRACT = _(
    "A register extract or certificate of incorporation of the last 12 months with exactly this name and address. If "
    "it "
    "is older, add a lease, a bank or utility letter, or a tax certificate."
)
_SCREEN = _("A picture of the whole page, with the address bar, taken today.")

REMEDIES: dict[str, Remedy] = {
    "mpn_unknown": Remedy(("mpn_id",), duration=_HOURS),
    "mpn_of_another": Remedy(("mpn_id",), duration=_HOURS, is_a_question=True),
    "location_of_another": Remedy(("location_mpn_id",), duration=_HOURS, is_a_question=True),
    "location_unknown": Remedy(("location_mpn_id", "location_type"), duration=_HOURS),
    "region_differs": Remedy(("location_mpn_id", "location_country"), duration=_HOURS),
    "contact_declined": Remedy(_CONTACT, duration=_HOURS),
    "mail_refused": Remedy(_CONTACT, duration=_HOURS),
    "mail_domain_missing": Remedy(("contact_email",), duration=_HOURS),
    "mail_refuses_all": Remedy(("contact_email",), duration=_HOURS),
    "mail_no_server": Remedy(("contact_email",), duration=_HOURS),
    "domain_by_document": Remedy(
        (), (DocumentKind.DOMAIN_INVOICE, DocumentKind.ASSIGNMENT), _INVOICE, _("As soon as Ingram Micro has read it.")
    ),
    "domain_missing": Remedy(("mail_domain",), duration=_HOURS),
    "domain_bad_name": Remedy(("mail_domain",), duration=_HOURS),
    "company_not_found": Remedy(_COMPANY, duration=_HOURS),
    "company_ceased": Remedy(_COMPANY, duration=_HOURS),
    "name_differs": Remedy(("legal_name", "registration_number"), duration=_HOURS),
    "address_differs": Remedy(_ADDRESS, (DocumentKind.REGISTER_EXTRACT, DocumentKind.ADDRESS_PROOF), duration=_HOURS),
    "microsoft_refused_email": Remedy(
        _CONTACT,
        accepted_evidence=_("The primary contact's own press on the button in Microsoft's message."),
        duration=_REVIEW,
    ),
    "mail_declined": Remedy(_CONTACT, duration=_REVIEW),
    "microsoft_refused_domain": Remedy(
        ("mail_domain", "website", "contact_email"),
        (DocumentKind.DOMAIN_INVOICE, DocumentKind.ASSIGNMENT),
        _INVOICE,
        _REVIEW,
    ),
    "domain_held_by_other": Remedy(
        ("mail_domain", "contact_email"), (DocumentKind.ASSIGNMENT, DocumentKind.DOMAIN_INVOICE), _INVOICE, _REVIEW
    ),
    "microsoft_refused_legal_entity": Remedy(
        _COMPANY, (DocumentKind.REGISTER_EXTRACT, DocumentKind.ADDRESS_PROOF), _EXTRACT, _REVIEW
    ),
    "document_too_old": Remedy(
        (), (DocumentKind.REGISTER_EXTRACT, DocumentKind.DOMAIN_INVOICE, DocumentKind.ADDRESS_PROOF), _EXTRACT, _REVIEW
    ),
    "fix_now_missing": Remedy((), (DocumentKind.SCREEN,), _SCREEN, _REVIEW),
    "attempts_used_up": Remedy((), (DocumentKind.SCREEN,), _SCREEN, _NO_TIME),
    "duns_differs": Remedy(("duns", "legal_name", *_ADDRESS), duration=_HOURS),
    "duns_unknown": Remedy(("duns",), duration=_HOURS),
    "duns_wrong": Remedy(
        ("duns", *_ADDRESS),
        (DocumentKind.DUNS_PROOF,),
        _("D&B's confirmation of the number, for this country, name and address."),
        _("Days to weeks at D&B; then our check looks again within minutes."),
    ),
    "tenant_taken": Remedy(("tenant", "global_admin"), duration=_SEEN),
    "tenant_other_sign_in": Remedy(("tenant", "global_admin"), duration=_SEEN),
    "no_global_admin": Remedy(("tenant", "global_admin"), duration=_("Days: Microsoft checks who asks.")),
    "reenrolment": Remedy(("location_mpn_id", "location_country", "tenant"), duration=_HOURS),
    "agreement_not_offered": Remedy(("tenant", "global_admin"), (DocumentKind.SCREEN,), _SCREEN, _SEEN),
    "deauthorised": Remedy((), (DocumentKind.SCREEN,), _SCREEN, _NO_TIME),
    "customer_link_accepted": Remedy(("authorized_on",), duration=_SEEN),
    "marketplace_not_activated": Remedy(("customer_number", "marketplace_activated_on")),
    "marketplace_unknown": Remedy(("marketplace", "customer_number"), duration=_HOURS),
    "relationship_other_location": Remedy(("location_mpn_id", "location_country"), duration=_HOURS),
    "relationship_other_country": Remedy(("tenant", "authorized_on"), duration=_SEEN),
    "relationship_other_tenant": Remedy(("tenant", "authorized_on"), duration=_SEEN),
    "bdm_asks": Remedy(
        ("legal_name", "registration_number", "mail_domain", "contact_email", "tenant"), (DocumentKind.OTHER,)
    ),
}


def pages_of(fields: tuple[str, ...]) -> list[tuple[Page, list[str]]]:
    """Return the wizard's pages with these answers, each with its part of them, in the page's order."""
    found = []
    for page in PAGES.values():
        names = [name for name in (*page.company_fields, *page.fields) if name in fields]
        if names:
            found.append((page, names))
    return found
