"""What is lost while a request stays open: one order for home page, enrollment, mails and desk.

Source: [ms-suspension] (an account is suspended 30 days after a rejection); the order of the rest is ours: first what
stops sales, then what ends the enrollment, then what Microsoft would refuse, then what only waits to be confirmed.
"""

import datetime as dt

from django.db.models import IntegerChoices
from django.utils.translation import gettext_lazy as _

from onboarding.domain.reasons.shipped import SHIPPED
from onboarding.enums import Turn

SUSPENDED_AFTER = dt.timedelta(days=30)  # after Microsoft's rejection, calendar days [ms-suspension]


class Consequence(IntegerChoices):
    """What an open request costs, the worst first."""

    SALES_STOPPED = 1, _("No order goes through until it is done.")
    SUSPENSION = 2, _("Microsoft has refused this. It suspends the account 30 days after its refusal.")
    NO_ENROLMENT = 3, _("With this answer no enrolment is possible.")
    WOULD_BE_REFUSED = 4, _("Microsoft would refuse this.")
    NOT_CONFIRMED = 5, _("It waits for a confirmation.")
    NOT_DONE_YET = 6, _("A step that is still to be done.")


_BY_REASON: dict[Consequence, tuple[str, ...]] = {
    Consequence.SALES_STOPPED: (
        "authorization_removed", "enrolment_lost", "deauthorised", "marketplace_cancelled", "marketplace_on_hold",
    ),
    Consequence.SUSPENSION: (
        "microsoft_refused_email", "microsoft_refused_domain", "microsoft_refused_legal_entity", "mail_declined",
        "fix_now_missing", "attempts_used_up", "document_too_old", "domain_held_by_other", "send_again",
    ),
    Consequence.NO_ENROLMENT: (
        "company_ceased", "region_differs", "mpn_unknown", "location_unknown", "tenant_taken", "reenrolment",
        "no_global_admin", "mpn_of_another", "location_of_another",
    ),
    Consequence.WOULD_BE_REFUSED: (
        "company_not_found", "name_differs", "address_differs", "duns_unknown", "duns_differs", "duns_wrong",
        "mail_refused", "contact_declined", "mail_domain_missing", "mail_refuses_all", "mail_no_server",
        "domain_missing", "domain_bad_name", "bdm_asks",
    ),
    Consequence.NOT_CONFIRMED: (
        "confirm_mail", "mail_link_expired", "txt_not_found", "txt_mismatch", "txt_expired",
        "domain_by_document",
    ),
    Consequence.NOT_DONE_YET: (
        "agreement_unsigned", "agreement_not_offered", "marketplace_not_activated", "marketplace_unknown",
        "tenant_other_sign_in",
        "not_accepted_yet", "relationship_other_location", "relationship_other_country", "relationship_other_tenant",
        "customer_link_accepted",
        "no_api_for_resellers",
    ),
}  # fmt: skip

CONSEQUENCES: dict[str, Consequence] = {
    reason: consequence for consequence, reasons in _BY_REASON.items() for reason in reasons
}


def consequence_of(reason: str) -> Consequence:
    """Return what is lost while this reason stays. An administrator's own reason is what Microsoft would refuse."""
    return CONSEQUENCES.get(reason, Consequence.WOULD_BE_REFUSED)


def of_the_partner() -> list[str]:
    """Return the portal's reasons that are the partner's turn, each of which needs a consequence."""
    return [code for code, reason in SHIPPED.items() if reason.turn == Turn.RESELLER]
