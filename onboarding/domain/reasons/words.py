"""Texts by audience: one state, and a sentence of its own for each kind of reader.

A partner's page says "you"; a page of Ingram Micro's people speaks about the partner and never to them.
``onboarding/README.md`` prints the table of phases and readers, and a test compares it with this module.
"""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from onboarding.domain import history
from onboarding.domain.kinds.registry import spec_of
from onboarding.domain.questions.steps import PAGES
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.enums import StepStatus, Turn
from onboarding.phases import PHASES, Phase

Text = str | Promise


class Reader(StrEnum):
    """Who reads a page."""

    PARTNER = "partner"
    CONTACT = "contact"
    BDM = "bdm"
    LEAD = "lead"
    ADMIN = "admin"

    @property
    def is_staff(self) -> bool:
        return self in (Reader.BDM, Reader.LEAD, Reader.ADMIN)


class Words:
    """The texts for one audience."""

    def __init__(self, audience: Reader) -> None:
        self.audience = audience

    def turn(self, turn: str) -> Text:
        """Return whose turn it is."""
        return (_TURNS_STAFF if self.audience.is_staff else _TURNS)[Turn(turn)]

    def step_status(self, status: StepStatus) -> Text:
        return self.turn(Turn.RESELLER) if status == StepStatus.ACTION_NEEDED else status.label

    def reason(self, code: str) -> Text:
        """Return why a check waits, as a title."""
        own = _REASONS_STAFF.get(code, "") if self.audience.is_staff else ""
        return own or REASONS[code].title

    def phase(self, phase: str) -> Text:
        """Return the state of a check as one sentence, and for staff what this reader does about it."""
        if self.audience is Reader.PARTNER:
            return _PHASES_PARTNER[Phase(phase)]
        if self.audience is Reader.CONTACT:
            return _PHASES_CONTACT.get(Phase(phase), _NOTHING_FOR_CONTACT)
        return format_lazy("{} {}", _PHASES_STAFF[Phase(phase)], _deed(self.audience, Phase(phase)))

    def not_started(self, kind: str, authority: str) -> Text:
        """Return when a check starts."""
        starts = spec_of(kind, authority).starts
        return starts.to_staff if self.audience.is_staff else starts.to_partner

    def event(self, kind: str) -> Text:
        """Return what happened, as a line of the history."""
        own = _EVENTS_STAFF.get(kind, "") if self.audience.is_staff else ""
        return own or history.TITLES.get(kind, kind)

    def page(self, slug: str) -> Text:
        """Return the title of a page of the wizard."""
        return _PAGES_STAFF[slug] if self.audience.is_staff else PAGES[slug].title

    def deed(self, slug: str) -> Text:
        """Return what the partner does on a page of the wizard."""
        return _DEEDS_STAFF[slug] if self.audience.is_staff else PAGES[slug].deed

    def hint(self, code: str, values: Mapping[str, str]) -> str:
        """Return a warning about an answer for staff; '' where the forms' sentence speaks to nobody, and for others."""
        return str(_HINTS_STAFF.get(code, "")) % dict(values) if self.audience.is_staff else ""


def words_for(audience: Reader) -> Words:
    """Return the texts for one audience."""
    return _WORDS[audience]


_WORDS = {audience: Words(audience) for audience in Reader}


def table() -> list[tuple[Phase, list[Text]]]:
    """Return each phase with its sentence for every audience, for the documentation and for tests."""
    return [(phase, [words_for(audience).phase(phase) for audience in Reader]) for phase in PHASES]


# --- whose turn ------------------------------------------------------------------------------------------------------

_TURNS: dict[Turn, Text] = {
    Turn.RESELLER: _("Your turn"),
    Turn.MICROSOFT: _("Microsoft's turn"),
    Turn.INGRAM: _("Ingram's turn"),
    Turn.NOBODY: _("Nothing to do"),
}
_TURNS_STAFF: dict[Turn, Text] = {**_TURNS, Turn.RESELLER: _("The partner's turn"), Turn.INGRAM: _("Our turn")}

# --- phases ----------------------------------------------------------------------------------------------------------

_PHASES_PARTNER: dict[Phase, Text] = {
    Phase.NOT_STARTED: _("This check starts once your answers for it are submitted."),
    Phase.QUEUED: _("We are checking; you have nothing to do."),
    Phase.WATCHING: _("We keep looking by ourselves; you have nothing to do."),
    Phase.BDM_LOOKS: _("Your contact at Ingram Micro confirms this by hand; you have nothing to do."),
    Phase.BDM_COMPARES: _("Ingram Micro compares two spellings; you may correct yours meanwhile."),
    Phase.BDM_REVIEWS_ANSWER: _("Ingram Micro reviews your answer."),
    Phase.BDM_REVIEWS_RESUBMISSION: _("Ingram Micro reviews what you sent to Microsoft again."),
    Phase.BDM_SECONDS: _("One person at Ingram Micro has confirmed this; a second one does too."),
    Phase.PARKED: _("Our staff look into a technical problem; it does not count against you."),
    Phase.WITH_MICROSOFT: _("Microsoft decides; watch the primary contact's inbox."),
    Phase.WATCHING_MICROSOFT: _("Microsoft decides; we look for the result and tell you."),
    Phase.PARTNER_ACTS: _("It is your turn: correct or answer what is asked."),
    Phase.CONFIRM_MAILBOX: _("Have your primary contact confirm the e-mail address."),
    Phase.PUBLISH_RECORD: _("Publish the TXT record at your domain's host."),
    Phase.RENEW_RECORD: _("Ask for a new TXT record: yours has expired."),
    Phase.RESUBMIT: _("Send your file to Microsoft again, then report it."),
    Phase.PASSED: _("Passed; you have nothing more to do."),
    Phase.REFUSED: _("Refused for good; speak with your contact at Ingram Micro."),
    Phase.WAIVED: _("Ingram Micro waived this check; you may continue without it."),
}
_NOTHING_FOR_CONTACT = _("Nothing is asked of you now.")
_PHASES_CONTACT: dict[Phase, Text] = {
    Phase.CONFIRM_MAILBOX: _("Confirm your e-mail address by the link in our message."),
    Phase.PASSED: _("Your e-mail address is confirmed. Answer Microsoft's message as well."),
    Phase.WITH_MICROSOFT: _("Microsoft writes to you: answer the day its message arrives."),
    Phase.WATCHING_MICROSOFT: _("Microsoft writes to you: answer the day its message arrives."),
}
_PHASES_STAFF: dict[Phase, Text] = {
    Phase.NOT_STARTED: _("Not started: the partner has not submitted the answers it is about."),
    Phase.QUEUED: _("The portal's check is running."),
    Phase.WATCHING: _("The portal looks again by itself; nothing is held against the partner."),
    Phase.BDM_LOOKS: _("No system can check this: a BDM has to."),
    Phase.BDM_COMPARES: _("Two spellings are almost the same: a BDM compares them."),
    Phase.BDM_REVIEWS_ANSWER: _("The partner has answered: a BDM reviews the answer."),
    Phase.BDM_REVIEWS_RESUBMISSION: _("The partner sent it to Microsoft again without a review; it counts as a try."),
    Phase.BDM_SECONDS: _("One BDM has confirmed this: another one has to."),
    Phase.PARKED: _("The check failed for a technical reason and is parked."),
    Phase.WITH_MICROSOFT: _("Microsoft decides, and the portal is told."),
    Phase.WATCHING_MICROSOFT: _("Microsoft decides, and the portal looks for the result."),
    Phase.PARTNER_ACTS: _("The partner has to correct or answer something."),
    Phase.CONFIRM_MAILBOX: _("The primary contact has to confirm the e-mail address."),
    Phase.PUBLISH_RECORD: _("The partner has to publish the TXT record."),
    Phase.RENEW_RECORD: _("The TXT record has expired: the partner has to ask for a new one."),
    Phase.RESUBMIT: _("The partner may send the file to Microsoft again."),
    Phase.PASSED: _("Passed."),
    Phase.REFUSED: _("Refused for good."),
    Phase.WAIVED: _("Waived by a BDM."),
}
_BDM_DECIDES = _("The BDM confirms, asks the partner, or waives.")
_DEEDS: dict[Reader, dict[Turn, Text]] = {
    Reader.BDM: {
        Turn.RESELLER: _("The BDM calls the partner if it takes long."),
        Turn.MICROSOFT: _("The BDM opens a ticket with Microsoft once it is overdue."),
        Turn.INGRAM: _BDM_DECIDES,
        Turn.NOBODY: _("Nothing to do for the BDM."),
    },
    Reader.LEAD: {
        Turn.RESELLER: _("The lead steps in after the BDM's calls."),
        Turn.MICROSOFT: _("The lead escalates to Microsoft after 30 days."),
        Turn.INGRAM: _("The lead sees to it that a BDM decides."),
        Turn.NOBODY: _("Nothing to do for the lead."),
    },
    Reader.ADMIN: dict.fromkeys(Turn, _("Nothing to do for an administrator.")),
}


def _deed(audience: Reader, phase: Phase) -> Text:
    if phase == Phase.PARKED:
        return _("Staff read why, and resume it.")
    return _DEEDS[audience][PHASES[phase].turn]


# --- reasons: only those whose title speaks to the partner or tells them what to do -----------------------------------

_REASONS_STAFF: dict[str, Text] = {
    "looking": _("The portal's check is running"),
    "desk_must_look": _("To be confirmed by a BDM"),
    "answer_at_desk": _("Partner's answer to review"),
    "sent_unseen": _("Sent to Microsoft again without a review"),
    "domain_by_document": _("The domain is to be shown by a document"),
    "second_person_needed": _("A second person has to confirm"),
    "parked": _("Parked: technical problem"),
    "confirm_mail": _("The primary contact has not confirmed the e-mail address yet"),
    "contact_declined": _("The reader of the address is not the primary contact"),
    "dns_error": _("The domain's name servers answer with an error"),
    "dns_timeout": _("The domain's name servers did not answer in time"),
    "marketplace_not_activated": _("The marketplace account is not active yet"),
    "marketplace_on_hold": _("The marketplace account is on hold"),
    "marketplace_first": _("The invitation follows step 4"),
    "not_accepted_yet": _("Ingram Micro's invitation is not accepted yet"),
    "relationship_other_location": _("The tenant is linked with another location ID"),
    "send_again": _("The partner may try again with Microsoft"),
    "duns_wrong": _("The D-U-N-S record is another country's, out of date, or another company's"),
    "bdm_asks": _("The partner is asked to correct something"),
}

# --- history ---------------------------------------------------------------------------------------------------------

_EVENTS_STAFF: dict[str, Text] = {
    "check_action_needed": _("The partner's turn"),
    "answered_action": _("Partner's answer received"),
    "sent_unseen": _("Sent to Microsoft without a review"),
}

# --- pages of the wizard ---------------------------------------------------------------------------------------------

_PAGES_STAFF: dict[str, Text] = {
    "mpn-id": _("The partner's MPN ID"),
    "location": _("The location of sale"),
    "company": _("The company, as registered"),
    "contact": _("Tenant and primary contact"),
    "partner-center": _("Enrolment in Partner Center"),
    "marketplace": _("Ingram Micro Cloud Marketplace account"),
    "authorization": _("Authorisation of Ingram Micro"),
}
_DEEDS_STAFF: dict[str, Text] = {
    "mpn-id": _("The partner has to enter the MPN ID"),
    "location": _("The partner has to enter the location of sale"),
    "company": _("The partner has to enter the company as it is registered"),
    "contact": _("The partner has to enter tenant and primary contact"),
    "partner-center": _("The partner has to enrol in Partner Center and enter the day"),
    "marketplace": _("The partner has to activate the marketplace account"),
    "authorization": _("A Global admin of the partner has to accept the official link"),
}

# --- warnings about answers ------------------------------------------------------------------------------------------

_HINTS_STAFF: dict[str, Text] = {
    "company_on_portal": _("Another company of the portal has this too; this page names its files."),
    "placeholder_id": _("This ID looks like a placeholder: Microsoft gives no such ID."),
    "duns_is_registration_number": _(
        "The D-U-N-S number is the registration number: it is another number, of Dun & Bradstreet."
    ),
    "like_webmail": _("%(domain)s bears the name of a public mail service. If it is the company's own, accept it."),
    "no_telephone": _("This is no telephone number."),
    "unusual_length": _("Most MPN IDs have 5 to 8 digits."),
    "same_as_mpn_id": _("Location ID and MPN ID of step 1 are the same: usually one of them is the global ID."),
    "duns_recommended": _("No D-U-N-S number: Microsoft's check takes longer without one."),
    "role_address": _("This looks like a shared mailbox, and Microsoft wants one person to answer."),
    "plus_address": _("An address with “+” is an alias, and Microsoft asks for the mailbox itself."),
    "website_differs": _(
        "Mail is on %(mail)s, the website on %(web)s: Microsoft may ask for an invoice that names the company and "
        "%(mail)s."
    ),
    "unusual_postal_code": _("Microsoft's form does not accept this postal code for the company's country."),
    "unusual_phone": _("Microsoft's form does not accept this telephone number for the country of sale."),
    "unusual_customer_number": _("Most customer numbers look like 20-222222."),
}
