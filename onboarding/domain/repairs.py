"""What mends what: which answers a reason reopens, which documents it asks for, what Microsoft accepts, how long.

Source: [ms-store-documents], [ms-upload-documents], [ms-verification] (delays, appeal); complaints: ``diagnosis``.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.domain.steps import PAGES, Page
from onboarding.enums import DocumentKind


@dataclass(frozen=True)
class Repair:
    """``fields`` are names of answers, of any page; ``wants`` are documents, any one of which will do."""

    fields: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    accepts: str | Promise = ""
    takes: str | Promise = ""

    @property
    def is_asked_for(self) -> bool:
        """Whether there is something to answer: values, or documents."""
        return bool(self.fields or self.wants)


NOTHING = Repair()
_ADDRESS = ("street", "postal_code", "city")
_COMPANY = ("legal_name", "registration_number", "duns", *_ADDRESS)
_CONTACT = ("contact_first_name", "contact_last_name", "contact_email")
_HOURS = _("Our check looks again within minutes.")
_REVIEW = _("Microsoft looks again in 3 to 5 working days; an appeal takes as long as it takes.")
_SEEN = _("Once it is done there we see it by ourselves: within hours in the first days, later within a day or three.")
_NO_TIME = _("Microsoft names no time.")
_INVOICE = _(
    "An invoice or confirmation of the domain's host: it names the company or the primary contact, and the domain; "
    "issued in the last 12 months; PDF; no letter of your own, no screenshot."
)
_EXTRACT = _(
    "A register extract or certificate of incorporation of the last 12 months with exactly this name and address. If "
    "it "
    "is older, add a lease, a bank or utility letter, or a tax certificate."
)
_SCREEN = _("A picture of the whole page, with the address bar, taken today.")

REPAIRS: dict[str, Repair] = {
    "mpn_unknown": Repair(("mpn_id",), takes=_HOURS),
    "location_unknown": Repair(("location_mpn_id", "location_type"), takes=_HOURS),
    "region_differs": Repair(("location_mpn_id", "location_country"), takes=_HOURS),
    "mail_refused": Repair(_CONTACT, takes=_HOURS),
    "mail_domain_missing": Repair(("contact_email",), takes=_HOURS),
    "mail_refuses_all": Repair(("contact_email",), takes=_HOURS),
    "mail_no_server": Repair(("contact_email",), takes=_HOURS),
    "domain_missing": Repair(("mail_domain",), takes=_HOURS),
    "domain_bad_name": Repair(("mail_domain",), takes=_HOURS),
    "company_not_found": Repair(_COMPANY, takes=_HOURS),
    "company_ceased": Repair(_COMPANY, takes=_HOURS),
    "name_differs": Repair(("legal_name", "registration_number"), takes=_HOURS),
    "address_differs": Repair(_ADDRESS, (DocumentKind.REGISTER_EXTRACT, DocumentKind.ADDRESS_PROOF), takes=_HOURS),
    "microsoft_refused_email": Repair(
        _CONTACT, accepts=_("The primary contact's own press on the button in Microsoft's message."), takes=_REVIEW
    ),
    "mail_declined": Repair(_CONTACT, takes=_REVIEW),
    "microsoft_refused_domain": Repair(
        ("mail_domain", "website", "contact_email"),
        (DocumentKind.DOMAIN_INVOICE, DocumentKind.ASSIGNMENT),
        _INVOICE,
        _REVIEW,
    ),
    "domain_held_by_other": Repair(
        ("mail_domain", "contact_email"), (DocumentKind.ASSIGNMENT, DocumentKind.DOMAIN_INVOICE), _INVOICE, _REVIEW
    ),
    "microsoft_refused_legal_entity": Repair(
        _COMPANY, (DocumentKind.REGISTER_EXTRACT, DocumentKind.ADDRESS_PROOF), _EXTRACT, _REVIEW
    ),
    "document_too_old": Repair(
        (), (DocumentKind.REGISTER_EXTRACT, DocumentKind.DOMAIN_INVOICE, DocumentKind.ADDRESS_PROOF), _EXTRACT, _REVIEW
    ),
    "fix_now_missing": Repair((), (DocumentKind.SCREEN,), _SCREEN, _REVIEW),
    "attempts_used_up": Repair((), (DocumentKind.SCREEN,), _SCREEN, _NO_TIME),
    "duns_differs": Repair(("duns", "legal_name", *_ADDRESS), takes=_HOURS),
    "duns_unknown": Repair(("duns",), takes=_HOURS),
    "duns_wrong": Repair(
        ("duns", *_ADDRESS),
        (DocumentKind.DUNS_PROOF,),
        _("D&B's confirmation of the number, for this country, name and address."),
        _("Days to weeks at D&B; then our check looks again within minutes."),
    ),
    "tenant_taken": Repair(("tenant", "global_admin"), takes=_SEEN),
    "no_global_admin": Repair(("tenant", "global_admin"), takes=_("Days: Microsoft checks who asks.")),
    "reenrolment": Repair(("location_mpn_id", "location_country", "tenant"), takes=_HOURS),
    "agreement_not_offered": Repair(("tenant", "global_admin"), (DocumentKind.SCREEN,), _SCREEN, _SEEN),
    "deauthorised": Repair((), (DocumentKind.SCREEN,), _SCREEN, _NO_TIME),
    "customer_link_accepted": Repair(("authorized_on",), takes=_SEEN),
    "marketplace_not_activated": Repair(("customer_number", "marketplace_activated_on")),
    "marketplace_unknown": Repair(("marketplace", "customer_number"), takes=_HOURS),
    "relationship_other_location": Repair(("location_mpn_id", "location_country"), takes=_HOURS),
    "relationship_other_country": Repair(("tenant", "authorized_on"), takes=_SEEN),
    "bdm_asks": Repair(
        ("legal_name", "registration_number", "mail_domain", "contact_email", "tenant"), (DocumentKind.OTHER,)
    ),
}


def pages_of(fields: tuple[str, ...]) -> list[tuple[Page, list[str]]]:
    """The wizard's pages that hold these answers, each with those of them that it holds, in their own order."""
    found = []
    for page in PAGES.values():
        names = [name for name in (*page.company_fields, *page.fields) if name in fields]
        if names:
            found.append((page, names))
    return found
