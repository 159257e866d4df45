"""Enums of licensing: programmes, what customers need, who they are, and how sure a fact is."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Programme(TextChoices):
    CSP_ONLINE = "csp_online", "Microsoft Online CSP"
    CSP_PERPETUAL = "csp_perpetual", _("Perpetual software in CSP")
    OPEN_LICENSE = "open_license", _("Open License")
    OPEN_VALUE = "open_value", _("Open Value")


class Sector(TextChoices):
    COMMERCIAL = "commercial", _("Commercial")
    EDUCATION = "education", _("Education")
    NONPROFIT = "nonprofit", _("Non-profit")
    GOVERNMENT = "government", _("Government")


class Need(TextChoices):
    NO_SA = "perpetual_no_sa", _("A licence without Software Assurance")
    WITH_SA = "perpetual_with_sa", _("A licence with Software Assurance")
    SA_RENEWAL = "sa_renewal", _("Renewal of Software Assurance")
    ONLINE = "online_service", _("Office 365, Microsoft 365 or another online service")
    TOKEN = "unused_token", _("An Open token that was never activated")


class Transaction(TextChoices):
    NEW = "new", _("New licences")
    ADDITIONAL = "additional", _("More of the licences the customer has")
    RENEWAL = "renewal", _("Renewal of existing licences")
    TRANSFER = "transfer", _("Transfer of existing licences")


class Tenant(TextChoices):
    """Where the customer's tenant is, which decides between the guide's two scenarios."""

    UNKNOWN = "unknown", _("I do not know")
    NONE = "none", _("The customer has none yet")
    OURS = "ours", _("I order for it in CSP already")
    OUTSIDE = "outside", _("It is outside CSP (Open, or bought from Microsoft)")
    OTHER_PARTNER = "other_partner", _("Another CSP partner orders for it")


class RunsOn(TextChoices):
    """Where server software will run, which decides whether a licence without Software Assurance is enough."""

    OWN = "own", _("On the customer's own servers, with all their cores licensed")
    ELSEWHERE = "elsewhere", _("On a virtual machine licensed by itself, at a hosting provider, or in Azure")
    UNKNOWN = "unknown", _("I do not know")


PUBLIC_SECTOR = frozenset({Sector.EDUCATION, Sector.NONPROFIT, Sector.GOVERNMENT})


class Outcome(TextChoices):
    """The recommendation: one of the four programmes, or to buy nothing, or that a person decides."""

    CSP_ONLINE = "csp_online", "Microsoft Online CSP"
    CSP_PERPETUAL = "csp_perpetual", _("Perpetual software in CSP")
    OPEN_LICENSE = "open_license", _("Open License")
    OPEN_VALUE = "open_value", _("Open Value")
    KEEP = "keep", _("Keep: nothing expires, nothing to buy")
    ACTIVATE_TOKEN = "activate_token", _("Activate the token")
    ASK_BDM = "ask_bdm", _("Ask your contact at Ingram Micro")
    ASK = "ask", _("One more question")


class Deadline(TextChoices):
    """A day that follows from an answer."""

    RETURN_UNTIL = "return_until", _("Last safe day to return or cancel")
    TOKEN_UNTIL = "token_until", _("Last safe day to activate")


class Status(TextChoices):
    DECIDED = "decided", _("Decided")
    WITH_CONDITIONS = "decided_with_conditions", _("Decided, with conditions")
    ASK_BDM = "ask_bdm", _("Ask Ingram Micro to confirm")
    QUESTION = "question", _("Question open")


class Confidence(TextChoices):
    EXPLICIT = "explicit", _("stated in the source")
    DERIVED = "derived", _("follows from the source")
    CONFLICTING = "conflicting", _("sources differ")
    UNVERIFIED = "unverified", _("not confirmed")


class Precision(TextChoices):
    DAY = "day", _("day")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


class Kind(TextChoices):
    """What a fact is about."""

    PROGRAMME = "programme", _("Programme")
    ROW = "row", _("Row of the comparison")
    CELL = "cell", _("Cell of the comparison")
    FOOTNOTE = "footnote", _("Footnote of the comparison")
    EVENT = "event", _("Date of the calendar")
    NUMBER = "number", _("Number")
    SECTOR = "sector", _("Sector and programme")
    FAMILY = "family", _("Product family")
    PRODUCT = "product", _("Product and programme")
    ADVICE = "advice", _("Recommendation of the guide")
    TRANSFER = "transfer", _("Transfer guide")
    CONFLICT = "conflict", _("Why sources differ")
    SENTENCE = "sentence", _("Sentence of the decision aid")


class SourceKind(TextChoices):
    GUIDE = "guide", _("Ingram Micro's guide")
    MICROSOFT = "microsoft", _("Microsoft")
    DISTRIBUTOR = "distributor", _("Distributor")
    PRESS = "press", _("Press")
    ADMIN = "admin", _("Administrator")


class EditionState(TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")


EDITION_MOVES: list[tuple[str, str]] = [
    (EditionState.DRAFT, EditionState.PUBLISHED),
    (EditionState.PUBLISHED, EditionState.SUPERSEDED),
]


class FileState(TextChoices):
    LOOKING = "looking", _("Being looked at")
    TO_CONFIRM = "to_confirm", _("Waiting for you")
    CHECKING = "checking", _("Being checked")
    TO_REVIEW = "to_review", _("Waiting for your approval")
    IMPORTING = "importing", _("Being imported")
    DONE = "done", _("Imported")
    REFUSED = "refused", _("Not readable")
    UNDONE = "undone", _("Undone")


class PlanFileKind(TextChoices):
    XLSX = "xlsx", "XLSX"
    CSV = "csv", "CSV"


class Action(TextChoices):
    """The action for one line of the estate."""

    KEEP = "keep", _("Keep")
    CSP_ONLINE = "csp_online", _("Move the subscription to CSP")
    OPEN_VALUE = "open_value", _("Renew Software Assurance in Open Value")
    ACTIVATE = "activate", _("Activate the token")
    ASK_BDM = "ask_bdm", _("Ask your contact")
    ANSWER = "answer", _("Answer a question first")


class Audience(TextChoices):
    RESELLER = "reseller", _("For the reseller")
    CUSTOMER = "customer", _("For the customer")


class AssetLanguage(TextChoices):
    FRENCH = "fr", _("French")
    ENGLISH = "en", _("English")
    GERMAN = "de", _("German")
    SPANISH = "es", _("Spanish")
    ITALIAN = "it", _("Italian")
    DUTCH = "nl", _("Dutch")
