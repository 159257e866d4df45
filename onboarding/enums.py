"""Enums of onboarding: steps, validations, their states, and the only moves between states."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Step(TextChoices):
    MPN_ID = "mpn_id", _("MPN ID")
    LOCATION = "location", _("Location")
    INDIRECT_RESELLER = "indirect_reseller", _("Indirect reseller")
    MARKETPLACE = "marketplace", _("Marketplace")
    AUTHORIZATION = "authorization", _("Authorisation")


class EnrollmentState(TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    READY = "ready", _("Ready to transact")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# Nothing was sent to anybody, or it is given up: other systems' answers are not about these.
NOT_SENT = (EnrollmentState.DRAFT, EnrollmentState.WITHDRAWN)


class StepStatus(TextChoices):
    """The status of a step; derived from answers and checks, never stored."""

    LOCKED = "locked", _("Cannot start yet")
    TO_DO = "to_do", _("To do")
    WAITING = "waiting", _("Being checked")
    ACTION_NEEDED = "action_needed", _("Your turn")
    REFUSED = "refused", _("Refused")
    DONE = "done", _("Done")


class Kind(TextChoices):
    """What is checked. The first three are *the* validations, which decide how long an enrollment takes.

    Source: [guide] part 2.
    """

    EMAIL = "email", _("E-mail address")
    DOMAIN = "domain", _("Domain name")
    LEGAL_ENTITY = "legal_entity", _("Legal entity")
    MPN_ID = "mpn_id", _("MPN ID")
    LOCATION = "location", _("Location ID")
    AGREEMENT = "agreement", _("Microsoft Partner Agreement")
    MARKETPLACE = "marketplace", _("Marketplace account")
    RELATIONSHIP = "relationship", _("Authorisation of Ingram Micro")


VALIDATIONS = (Kind.EMAIL, Kind.DOMAIN, Kind.LEGAL_ENTITY)


class Authority(TextChoices):
    """Who decides. The portal's own check predicts; only Microsoft's decides for Microsoft."""

    PORTAL = "portal", _("Our check")
    MICROSOFT = "microsoft", _("Microsoft's decision")
    INGRAM = "ingram", _("Ingram Micro's confirmation")


# The checks of one enrollment, each with its authority.
CHECKS = (
    (Kind.MPN_ID, Authority.MICROSOFT),
    (Kind.LOCATION, Authority.MICROSOFT),
    (Kind.EMAIL, Authority.PORTAL),
    (Kind.DOMAIN, Authority.PORTAL),
    (Kind.LEGAL_ENTITY, Authority.PORTAL),
    (Kind.EMAIL, Authority.MICROSOFT),
    (Kind.DOMAIN, Authority.MICROSOFT),
    (Kind.LEGAL_ENTITY, Authority.MICROSOFT),
    (Kind.AGREEMENT, Authority.MICROSOFT),
    (Kind.MARKETPLACE, Authority.INGRAM),
    (Kind.RELATIONSHIP, Authority.MICROSOFT),
)


class CheckState(TextChoices):
    NOT_STARTED = "not_started", _("Not started")
    IN_PROGRESS = "in_progress", _("In progress")
    ACTION_NEEDED = "action_needed", _("Action needed")
    PASSED = "passed", _("Passed")
    REFUSED = "refused", _("Refused")
    WAIVED = "waived", _("Waived")


class Turn(TextChoices):
    """Whose turn it is. The labels are the administrators'; other pages have ``presenters.words``."""

    RESELLER = "reseller", _("The partner's turn")
    MICROSOFT = "microsoft", _("Microsoft's turn")
    INGRAM = "ingram", _("Ingram Micro's turn")
    NOBODY = "nobody", _("Nobody's turn")


class Unit(TextChoices):
    WORKDAYS = "workdays", _("working days")
    DAYS = "days", _("calendar days")


class ClockOf(TextChoices):
    """Whose days are counted."""

    DRAFT = "draft", _("A draft nobody works on")
    RESELLER = "reseller", _("The reseller's turn")
    MICROSOFT = "microsoft", _("Microsoft's turn")
    INGRAM = "ingram", _("Ingram's turn")


class Audience(TextChoices):
    RESELLER = "reseller", _("The partner's people")
    BDM = "bdm", _("The country's BDMs")
    LEAD = "lead", _("The leads")


class Effect(TextChoices):
    """The effect of a clock: remind, escalate or set aside, never decide."""

    TELL = "tell", _("Tell")
    AT_RISK = "at_risk", _("Tell, and mark the file as at risk")
    LONG_TAIL = "long_tail", _("Tell, and mark the file as one that a person must own")
    SET_ASIDE = "set_aside", _("Set the draft aside")


class Source(TextChoices):
    """Where a state comes from, weakest first."""

    INFERRED = "inferred", _("Inferred")
    RESELLER = "reseller", _("Reported by the reseller")
    CONTACT = "contact", _("The contact, by link")
    BDM = "bdm", _("Confirmed by the BDM")
    IMPORT = "import", _("Imported")
    API = "api", _("Seen in the system itself")

    @property
    def weight(self) -> int:
        return list(type(self)).index(self)


class DocumentKind(TextChoices):
    """What a document shows. Source: [ms-store-documents], [ms-upload-documents]."""

    DOMAIN_INVOICE = "domain_invoice", _("Invoice or confirmation of the domain's host")
    REGISTER_EXTRACT = "register_extract", _("Extract of the company register")
    ADDRESS_PROOF = "address_proof", _("Proof of the address (lease, bank or utility letter)")
    ASSIGNMENT = "assignment", _("Letter of the domain's holder that assigns it to the company")
    DUNS_PROOF = "duns_proof", _("Confirmation of the D-U-N-S number")
    SCREEN = "screen", _("Picture of what Partner Center shows")
    OTHER = "other", _("Something else")


class Requirement(TextChoices):
    """What Microsoft asks of a document. Source: [ms-store-documents]."""

    RECENT = "recent", _("Issued in the last 12 months")
    LASTS = "lasts", _("Valid for two more months, if it expires at all")
    NAMES_COMPANY = "names_company", _("Shows the company name exactly")
    NAMES_DOMAIN = "names_domain", _("Shows the domain")


class ScanState(TextChoices):
    """The result of the virus scanner."""

    PENDING = "pending", _("Being scanned")
    CLEAN = "clean", _("No virus found")
    INFECTED = "infected", _("A virus was found")
    UNAVAILABLE = "unavailable", _("Not scanned: no scanner is set up")


class Ending(TextChoices):
    """How a request to the partner ended."""

    HELD = "held", _("It holds now")
    ASKED_AGAIN = "asked_again", _("Answered, and asked again")
    ACCEPTED = "accepted", _("Accepted: it goes to Microsoft again")
    REPLACED = "replaced", _("Something else was asked instead")
    REFUSED = "refused", _("Refused for good")
    TAKEN_BACK = "taken_back", _("No longer asked")


class ImportState(TextChoices):
    """How far an imported file is."""

    LOOKING = "looking", _("Being looked at")
    TO_MAP = "to_map", _("Waiting for you")
    IMPORTING = "importing", _("Being imported")
    DONE = "done", _("Imported")
    REFUSED = "refused", _("Not readable")


class RowOutcome(TextChoices):
    """The outcome of one row of an imported file."""

    APPLIED = "applied", _("rows applied")
    UNCHANGED = "unchanged", _("rows that change nothing")
    CONTRADICTED = "contradicted", _("rows contradicted")
    OLDER = "older", _("rows older than what is known")
    UNKNOWN = "unknown", _("rows unknown here")
    NOT_YOURS = "not_yours", _("rows of another country")
    REJECTED = "rejected", _("rows rejected")


class CampaignState(TextChoices):
    """How far a campaign is."""

    READING = "reading", _("Being read")
    PREVIEW = "preview", _("Waiting for you")
    RUNNING = "running", _("Mails go out")
    STOPPED = "stopped", _("Stopped")
    REFUSED = "refused", _("Not readable")


class RowVerdict(TextChoices):
    """What the preview says of one row of a campaign; only the first kind is invited."""

    FINE = "fine", _("To be invited")
    FAULT = "fault", _("With a fault")
    TWICE = "twice", _("Twice in the file")
    KNOWN = "known", _("On the portal already")
    NOT_YOURS = "not_yours", _("Outside your countries")
    UNREACHABLE = "unreachable", _("Gets no mail from us")


class CampaignStep(TextChoices):
    """What happens with an invitation. ``domain.campaigns.tracking`` makes the state of these."""

    QUEUED = "queued", _("Handed to the mail server")
    SENT = "sent", _("Sent")
    BOUNCED = "bounced", _("Came back")
    OPENED = "opened", _("Opened")
    STARTED = "started", _("Enrolment opened")
    SUBMITTED = "submitted", _("Submitted")
    READY = "ready", _("Ready to transact")
    REFUSED = "refused", _("Wants no invitation")
    STOPPED = "stopped", _("Stopped")


class InviteeState(TextChoices):
    """How far an invitation has come."""

    HELD = "held", _("Not invited")
    WAITING = "waiting", _("Waiting for its day")
    QUEUED = "queued", _("Handed to the mail server")
    SENT = "sent", _("Sent")
    BOUNCED = "bounced", _("Came back")
    OPENED = "opened", _("Opened")
    STARTED = "started", _("Enrolment opened")
    SUBMITTED = "submitted", _("Submitted")
    READY = "ready", _("Ready to transact")
    REFUSED = "refused", _("Wants no invitation")
    STOPPED = "stopped", _("Stopped")


class LoanEnd(TextChoices):
    """How the loan of an enrollment to a colleague ended."""

    ANSWERED = "answered", _("Returned with an opinion")
    TAKEN_BACK = "taken_back", _("Taken back")
    OVER = "over", _("Its day was over")


class Meaning(TextChoices):
    """What a value of the Insights export means. Source: [ms-insights], [ms-verification]."""

    PENDING = "pending", _("pending: Microsoft is still looking")
    AUTHORIZED = "authorized", _("authorised: all three validations passed")
    REJECTED = "rejected", _("rejected: Microsoft has refused something")
    SIGNED = "signed", _("signed")
    UNSIGNED = "unsigned", _("not signed")
    IGNORE = "ignore", _("says nothing")


# (from, to). The database's trigger is made from this table: no other move is possible, not even by hand.
ENROLLMENT_MOVES: list[tuple[str, str]] = [
    (EnrollmentState.DRAFT, EnrollmentState.SUBMITTED),
    (EnrollmentState.SUBMITTED, EnrollmentState.READY),
    (EnrollmentState.READY, EnrollmentState.SUBMITTED),  # an authorisation was lost
    # The partner gives it up, and may take that back for some weeks.
    (EnrollmentState.DRAFT, EnrollmentState.WITHDRAWN),
    (EnrollmentState.SUBMITTED, EnrollmentState.WITHDRAWN),
    (EnrollmentState.READY, EnrollmentState.WITHDRAWN),
    (EnrollmentState.WITHDRAWN, EnrollmentState.DRAFT),
    (EnrollmentState.WITHDRAWN, EnrollmentState.SUBMITTED),
    (EnrollmentState.WITHDRAWN, EnrollmentState.READY),
]


class BulkKind(TextChoices):
    """What a BDM can do with many enrollments at once."""

    ASSIGN = "assign", _("Assign")
    FOLLOW_UP = "follow_up", _("Follow-up")
    TAG = "tag", _("Add tags")
    REMIND = "remind", _("Remind the partners")


class BulkOutcome(TextChoices):
    """How a deed ended on one enrollment; all but the first two left it as it was."""

    DONE = "done", _("Done")
    SAME = "same", _("Was so already")
    OWNED = "owned", _("A colleague owns it")
    CANNOT_OWN = "cannot_own", _("The colleague may not open it")
    NOT_YOURS = "not_yours", _("Not one of your countries any more")
    NOT_NOW = "not_now", _("Nothing to remind of: it is not the partner's turn")
    LATELY = "lately", _("Reminded within the last three days")
    NOBODY = "nobody", _("Nobody there can be written to")
    TOO_MANY_TAGS = "too_many_tags", _("Has the most tags a file can have")


class MicrosoftSays(TextChoices):
    """What Microsoft decided on a validation."""

    AUTHORIZED = "authorized", _("Authorised")
    REJECTED = "rejected", _("Rejected: the partner corrects it and sends it again")
    ENDED = "ended", _("Refused for good: Microsoft accepts no further try")


class ExternalSystem(TextChoices):
    """Another system that knows our companies and enrollments by ids of its own."""

    # What an id of each looks like: ``onboarding.domain.desk.external_systems``.
    DYNAMICS = "dynamics", "Dynamics 365"
    SALESFORCE = "salesforce", "Salesforce"
    OTHER = "other", _("Another system")


class ExternalKind(TextChoices):
    """What of ours an id of another system stands for."""

    COMPANY = "company", _("Company")
    ENROLLMENT = "enrollment", _("Enrolment")
