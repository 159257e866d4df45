"""Personal data of enrollments, campaigns and the desk, their documents, and how long all that is kept."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import IO, Any

from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.domain.campaigns import planning
from onboarding.domain.desk import digests
from onboarding.domain.enrollment import preflight, withdrawal
from onboarding.domain.partner_center import inbound, insights_import
from onboarding.domain.requests import documents
from onboarding.models import BulkDeed, Delegation, Document, FileWork, MailboxChallenge
from onboarding.models.enrollment import ANSWERS, GRACE, PERSONAL_ANSWERS
from portal.accounts.models import User
from portal.audit import erasing
from portal.audit import registry as audit
from portal.privacy.portal_map import ALL_OF_A_COMPANY, STAFF_VIEWERS, WITH_ACCOUNT, WITH_COMPANY, WITH_HISTORY, any_of
from portal.privacy.registry import AttachedFile, Erasing, Hindrance, Purpose, Record, Subject, Viewer
from portal.privacy.retention import Rule

COMPANYS = _("It is the company's, which goes on with its enrolment; “Former member” stands beside it.")
CONTACT = tuple(name for name in PERSONAL_ANSWERS if name.startswith("contact_"))
MARKETPLACE = ("marketplace_email",)
OTHER_ANSWERS = tuple(name for name in ANSWERS if name not in PERSONAL_ANSWERS)


def _by_contact(subject: Subject) -> Q:
    return any_of(subject, "contact_email")


def _by_marketplace(subject: Subject) -> Q:
    return any_of(subject, "marketplace_email")


def _of_enrollment(company: uuid.UUID) -> Q:
    return Q(enrollment__partner=company)


def _of_check(company: uuid.UUID) -> Q:
    return Q(check_row__enrollment__partner=company)


ENROLLMENTS = (
    Record(
        code="contacts", label=_("The contact of an enrolment"), model="onboarding.Enrollment", fields=CONTACT,
        shown=("partner", "country", "state", "created_at", "submitted_at", "ready_at", *OTHER_ANSWERS),
        company_only=("state", "created_at", "submitted_at", "ready_at", *OTHER_ANSWERS),
        seen_by=ALL_OF_A_COMPANY, kept=WITH_COMPANY,
        reason=_("Microsoft and Ingram Micro write to this contact. The people of the company can name another."),
        of_person=_by_contact, of_company=lambda company: Q(partner=company),
    ),
    Record(
        code="marketplace-admins", label=_("The marketplace administrator of an enrolment"),
        model="onboarding.Enrollment", fields=MARKETPLACE, shown=("partner", "country"), seen_by=ALL_OF_A_COMPANY,
        kept=WITH_COMPANY,
        reason=_("The marketplace knows the company by this address. The people of the company can name another."),
        of_person=_by_marketplace, of_company=lambda company: Q(partner=company),
    ),
    Record(
        code="answers", label=_("Earlier contacts of an enrolment"), model="onboarding.AnswerHistory", fields=CONTACT,
        shown=("pgh_created_at", "pgh_obj", *OTHER_ANSWERS), company_only=OTHER_ANSWERS, why=Purpose.PROOF,
        seen_by=(Viewer.ADMIN,), kept=WITH_HISTORY, erased=Erasing.HISTORY, trail="answers", of_person=_by_contact,
        of_company=lambda company: Q(pgh_obj__partner=company),
    ),
    Record(
        code="marketplace-answers", label=_("Earlier marketplace administrators"), model="onboarding.AnswerHistory",
        fields=MARKETPLACE, shown=("pgh_created_at", "pgh_obj"), why=Purpose.PROOF, seen_by=(Viewer.ADMIN,),
        kept=WITH_HISTORY, erased=Erasing.HISTORY, trail="answers", of_person=_by_marketplace,
    ),
    Record(
        code="states", label=_("Contacts when an enrolment changed its state"), model="onboarding.EnrollmentHistory",
        fields=CONTACT, shown=("pgh_created_at", "pgh_obj"), why=Purpose.PROOF, seen_by=(Viewer.ADMIN,),
        kept=WITH_HISTORY, erased=Erasing.HISTORY, trail="states", of_person=_by_contact,
    ),
    Record(
        code="marketplace-states", label=_("Marketplace administrators when an enrolment changed its state"),
        model="onboarding.EnrollmentHistory", fields=MARKETPLACE, shown=("pgh_created_at", "pgh_obj"),
        why=Purpose.PROOF, seen_by=(Viewer.ADMIN,), kept=WITH_HISTORY, erased=Erasing.HISTORY, trail="states",
        of_person=_by_marketplace,
    ),
    Record(
        code="drafts", label=_("What was typed and is no answer yet"), model="onboarding.Draft", fields=("data",),
        shown=("enrollment", "page", "saved_at"), seen_by=ALL_OF_A_COMPANY, kept=WITH_COMPANY,
        of_company=_of_enrollment,
    ),
    Record(
        code="enrollment-events", label=_("What happened in an enrolment"), model="onboarding.Event",
        shown=("at", "enrollment", "kind", "actor", "check_kind", "check_authority", "data"), why=Purpose.PROOF,
        seen_by=ALL_OF_A_COMPANY, kept=WITH_HISTORY, reason=COMPANYS,
        of_person=lambda subject: Q(actor=subject.user), of_company=_of_enrollment,
    ),
    Record(
        code="checks", label=_("What a check found, and notes on it"), model="onboarding.Check",
        fields=("evidence", "note"), shown=("enrollment", "kind", "authority", "state", "reason", "settled_at"),
        seen_by=ALL_OF_A_COMPANY, kept=WITH_COMPANY, of_company=_of_enrollment,
    ),
    Record(
        code="check-history", label=_("Earlier states of a check"), model="onboarding.CheckHistory",
        fields=("evidence", "note"), why=Purpose.PROOF, seen_by=(Viewer.ADMIN,), kept=WITH_HISTORY,
    ),
    Record(
        code="source-reports", label=_("What each source reported on a check"), model="onboarding.SourceReport",
        fields=("evidence",), seen_by=STAFF_VIEWERS, kept=WITH_COMPANY,
    ),
    Record(
        code="mailbox-challenges", label=_("Links that prove the contact's address"),
        model="onboarding.MailboxChallenge", fields=("address",), shown=("sent_at", "used_at", "declined_at"),
        seen_by=(Viewer.READER, *STAFF_VIEWERS), retention="mailbox-challenges", erased=Erasing.EMPTIED,
        of_person=lambda subject: any_of(subject, "address"), of_company=_of_check,
    ),
    Record(
        code="delegate-questions", label=_("Questions of people who were sent one task"),
        model="onboarding.DelegateQuestion", fields=("text",), shown=("at",), seen_by=ALL_OF_A_COMPANY,
        retention="delegations", erased=Erasing.DELETED,
        of_person=lambda subject: any_of(subject, "delegation__to"),
        of_company=lambda company: Q(delegation__enrollment__partner=company),
    ),
    Record(
        code="delegations", label=_("Tasks that were sent by link"), model="onboarding.Delegation",
        fields=("to", "note"), shown=("enrollment", "task", "sent_at", "answer", "answered_at"),
        seen_by=(Viewer.READER, *ALL_OF_A_COMPANY), retention="delegations", erased=Erasing.EMPTIED,
        of_person=lambda subject: any_of(subject, "to"), of_company=_of_enrollment,
    ),
    Record(
        code="requests", label=_("What was asked of a company, and its answers"), model="onboarding.PartnerRequest",
        fields=("note", "before", "answer", "after"), shown=("reason", "asked_at", "answered_at", "outcome"),
        company_only=("note", "before", "after"),
        seen_by=ALL_OF_A_COMPANY, kept=WITH_COMPANY, reason=COMPANYS,
        of_person=lambda subject: Q(answered_by=subject.user), of_company=_of_check,
    ),
    Record(
        code="documents", label=_("Uploaded documents"), model="onboarding.Document", fields=("file", "name"),
        shown=("enrollment", "kind", "uploaded_by", "uploaded_at", "issued_on", "expires_on", "removed_at"),
        secret=("file",), seen_by=ALL_OF_A_COMPANY, kept=WITH_COMPANY, reason=COMPANYS,
        of_person=lambda subject: Q(uploaded_by=subject.user), of_company=_of_enrollment,
    ),
    Record(
        code="messages", label=_("Messages"), model="onboarding.Message", fields=("body",),
        shown=("enrollment", "author", "written_at"), seen_by=ALL_OF_A_COMPANY, kept=WITH_HISTORY, reason=COMPANYS,
        of_person=lambda subject: Q(author=subject.user),
        of_company=lambda company: Q(enrollment__partner=company, internal=False),
    ),
    Record(
        code="readings", label=_("How far you read the messages"), model="onboarding.Reading",
        shown=("enrollment", "read_at"), kept=WITH_ACCOUNT, erased=Erasing.DELETED,
        of_person=lambda subject: Q(user=subject.user),
    ),
    Record(
        code="preflights", label=_("What somebody typed into the trial check"), model="onboarding.Preflight",
        fields=("typed", "found"), seen_by=(Viewer.SELF,), retention="preflights", erased=Erasing.EXPIRES,
    ),
    Record(
        code="inbound", label=_("Messages of other systems"), model="onboarding.Inbound", fields=("data", "result"),
        seen_by=(Viewer.ADMIN,), retention="inbound", erased=Erasing.EXPIRES,
    ),
)  # fmt: skip

CAMPAIGNS = (
    Record(
        code="campaign-files", label=_("Spreadsheets of campaigns"), model="onboarding.Campaign",
        fields=("content", "file_name", "note"), secret=("content",), why=Purpose.CAMPAIGN, seen_by=STAFF_VIEWERS,
        kept=_("the content until its rows are read"), erased=Erasing.EXPIRES,
    ),
    Record(
        code="campaign-rows", label=_("People who are invited from a spreadsheet"), model="onboarding.CampaignRow",
        fields=("email", "contact_name"), shown=("name", "state", "mails"), why=Purpose.CAMPAIGN,
        seen_by=(Viewer.READER, *STAFF_VIEWERS), retention="campaigns", erased=Erasing.EMPTIED,
        of_person=lambda subject: any_of(subject, "email"),
    ),
)  # fmt: skip

DESK = (
    Record(
        code="bulk-deeds", label=_("Deeds for many files"), model="onboarding.BulkDeed", fields=("query", "values"),
        shown=("kind", "asked_at", "total", "done_at"), why=Purpose.STAFF, seen_by=STAFF_VIEWERS,
        retention="bulk-deeds", erased=Erasing.EXPIRES, of_person=lambda subject: Q(by=subject.user),
    ),
    Record(
        code="insights-files", label=_("Files of Partner Center's Insights"), model="onboarding.InsightsFile",
        fields=("name", "content", "found"), secret=("content", "found"), why=Purpose.STAFF, seen_by=STAFF_VIEWERS,
        retention="insights-contents", erased=Erasing.EXPIRES,
    ),
    Record(
        code="insights-rows", label=_("Rows of these files"), model="onboarding.InsightsRow", fields=("name",),
        why=Purpose.STAFF, seen_by=STAFF_VIEWERS, retention="insights-rows", erased=Erasing.EXPIRES,
    ),
    Record(
        code="loans", label=_("Files lent for an opinion"), model="onboarding.Loan", fields=("question", "opinion"),
        shown=("enrollment", "lent_at", "until", "ended_at"), why=Purpose.STAFF, seen_by=STAFF_VIEWERS,
        kept=WITH_COMPANY, reason=COMPANYS,
        of_person=lambda subject: Q(lender=subject.user) | Q(borrower=subject.user),
    ),
    Record(
        code="work-tags", label=_("Tags that BDMs give a file"), model="onboarding.FileWork", fields=("tags",),
        why=Purpose.STAFF, seen_by=STAFF_VIEWERS, kept=WITH_COMPANY,
    ),
    Record(
        code="saved-views", label=_("Saved views of the desk"), model="onboarding.SavedView", fields=("name", "query"),
        why=Purpose.STAFF, seen_by=STAFF_VIEWERS, kept=WITH_ACCOUNT, erased=Erasing.DELETED,
        of_person=lambda subject: Q(user=subject.user),
    ),
    Record(
        code="stars", label=_("Files with your mark"), model="onboarding.Star", shown=("enrollment",),
        why=Purpose.STAFF, kept=WITH_ACCOUNT, erased=Erasing.DELETED,
        of_person=lambda subject: Q(user=subject.user),
    ),
    Record(
        code="desk-exports", label=_("Files that were taken from the desk"), model="onboarding.DeskExport",
        fields=("query",), shown=("at", "rows"), why=Purpose.PROOF, seen_by=(Viewer.ADMIN,), kept=WITH_HISTORY,
        reason=_("It proves who of Ingram Micro took what."), of_person=lambda subject: Q(user=subject.user),
    ),
)  # fmt: skip

RECORDS = (*ENROLLMENTS, *CAMPAIGNS, *DESK)

NOT_PERSONAL = {
    # Numbers of the company; ``ENROLLMENTS`` shows them to it.
    "onboarding.Enrollment": "mpn_id location_mpn_id tenant customer_number",
    "onboarding.AnswerHistory": "pgh_label pgh_context mpn_id location_mpn_id tenant customer_number",
    "onboarding.EnrollmentHistory": "pgh_label mpn_id location_mpn_id tenant customer_number",
    "onboarding.Draft": "page",
    "onboarding.BulkDeed": "queue parked_why",
    "onboarding.Campaign": "queue parked_why name digest refused_why missing reminders",
    "onboarding.CampaignRow": "name country_typed imonline mpn_id reasons",
    "onboarding.CampaignEvent": "data",
    "onboarding.Check": "queue parked_why reason subject_key",
    "onboarding.CheckHistory": "pgh_label queue parked_why reason subject_key",
    "onboarding.MailboxChallenge": "token_hash code_hash",
    "onboarding.DomainChallenge": "domain token",
    "onboarding.Clock": "queue parked_why calendar",
    "onboarding.Escalation": "calendar",
    "onboarding.Vetting": "calendar",
    "onboarding.KeptForecast": "stage scope",
    "onboarding.Delegation": "token_hash",
    "onboarding.PartnerRequest": "reason",
    "onboarding.Document": "queue parked_why kind_of_file digest says judged scan_says",
    # Codes and numbers, and of the company what its register publishes (``onboarding.models.event``).
    "onboarding.Event": "kind data",
    # Numbers of rows in Ingram Micro's own systems.
    "onboarding.ExternalId": "value",
    "onboarding.ExternalIdHistory": "pgh_label pgh_context value",
    "onboarding.Inbound": "queue parked_why external_id kind",
    "onboarding.InsightsFile": "queue parked_why digest mapping refused_why counts",
    "onboarding.InsightsShape": "shape mapping",
    "onboarding.InsightsRow": "reason number vetting agreement",
    "onboarding.Message": "mentions papers key",
    "onboarding.OfficialPage": "url source answer",
    "onboarding.PartnerCenterAccount": "region tenant client_id sealed_token last_error",
    "onboarding.PartnerCenterDuty": "queue parked_why result off_why",
    "onboarding.ResellerLink": "tenant mpn_id name country state",
    "onboarding.ResellerAuthorization": "location_mpn_id code text",
    "onboarding.PartnerCenterCode": "code meaning_fr meaning_en reason source",
    "onboarding.CountryRules": "postal_code_regex phone_regex raw",
    "onboarding.PipelineEntry": "parts views authority reason",
    "onboarding.PipelineCount": "view",
    "onboarding.DeskExport": "file_format",
    "onboarding.Preflight": "queue parked_why",
    "onboarding.Reason": (
        "code kinds title_en title_fr todo_en todo_fr fields wants accepts_en accepts_fr takes_en takes_fr"
    ),
    "onboarding.ReportCell": "report key sub",
    "onboarding.SourceReport": "reason subject_key",
}


def _answers_over(now: dt.datetime) -> "QuerySet[Any]":
    return _with_a_person(audit.TRAILS["answers"].get_model()).filter(pgh_created_at__lt=now - withdrawal.AFTER_THE_END)


def _states_over(now: dt.datetime) -> "QuerySet[Any]":
    return _with_a_person(audit.TRAILS["states"].get_model()).filter(pgh_created_at__lt=now - withdrawal.AFTER_THE_END)


def _with_a_person(model: type[Model]) -> "QuerySet[Any]":
    return model._base_manager.exclude(**dict.fromkeys(PERSONAL_ANSWERS, ""))


QUARTER, YEAR = dt.timedelta(days=90), dt.timedelta(days=365)

RULES = (
    Rule(
        code="preflights", label=_("Trial checks"), keep=preflight.KEPT,
        why=_("Somebody tried something without an account; the result is read at once."), rows=preflight.over,
    ),
    Rule(
        code="deleted-drafts", label=_("Answers of deleted drafts"), keep=GRACE,
        why=_("A draft can be taken back for that long; then what was typed about people serves nobody."),
        rows=withdrawal.over, do=withdrawal.forget,
    ),
    Rule(
        code="withdrawn", label=_("Contacts of enrolments that were given up"), keep=withdrawal.AFTER_THE_END,
        why=_("The relation with the company ended; three years later nobody asks any more."),
        rows=withdrawal.ended, do=withdrawal.forget,
    ),
    Rule(
        code="earlier-contacts", label=_("Contacts in the histories of enrolments"), keep=withdrawal.AFTER_THE_END,
        why=_("Disputes over who answered what are over by then. Who changed what, and when, stays in the history."),
        rows=_answers_over, do=partial(erasing.erase_all, "answers"),
    ),
    Rule(
        code="earlier-states", label=_("Contacts when an enrolment changed its state"), keep=withdrawal.AFTER_THE_END,
        why=_("Disputes over who answered what are over by then. Who changed what, and when, stays in the history."),
        rows=_states_over, do=partial(erasing.erase_all, "states"),
    ),
    Rule(
        code="inbound", label=_("Messages of other systems"), keep=inbound.KEPT,
        why=_("Errors are looked into for some weeks; the messages hold what other systems know of people."),
        rows=inbound.over,
    ),
    Rule(
        code="mailbox-challenges", label=_("Links to the contact that nobody followed"), keep=QUARTER,
        why=_("They prove nothing. Those that were followed stay with the check that they prove."),
        rows=lambda now: MailboxChallenge.objects.filter(used_at=None, expires_at__lt=now - QUARTER),
    ),
    Rule(
        code="delegations", label=_("Tasks sent by link"), keep=YEAR,
        why=_("A company looks up within its enrolment whom it asked. The history tells later that the task was done."),
        rows=lambda now: Delegation.objects.filter(expires_at__lt=now - YEAR),
    ),
    Rule(
        code="insights-contents", label=_("Content of Insights files"), keep=insights_import.KEEP_CONTENT,
        why=_("An import can be looked into for that long."), rows=insights_import.contents_over,
        empty={"content": None},
    ),
    Rule(
        code="insights-given-up", label=_("Insights files that nobody went on with"),
        keep=insights_import.KEEP_CONTENT, why=_("An import that nobody continues is over."),
        rows=insights_import.given_up, do=insights_import.give_up,
    ),
    Rule(
        code="insights-rows", label=_("Rows of Insights files"), keep=insights_import.KEEP_ROWS,
        why=_("BDMs look up what an import did for some weeks."), rows=insights_import.rows_over,
    ),
    Rule(
        code="campaigns", label=_("Addresses and names of people who were invited"), keep=planning.KEPT,
        why=_("Reminders come within months. Who did not come is asked no more."), rows=planning.over,
        empty={"email": "", "contact_name": ""},
    ),
    Rule(
        code="bulk-deeds", label=_("Deeds for many files"), keep=YEAR,
        why=_("Their outcome is looked up for some weeks; the histories of the files keep what was done."),
        rows=lambda now: BulkDeed.objects.filter(done_at__lt=now - YEAR),
    ),
    Rule(
        code="summary-lines", label=_("Lines of morning summaries"), keep=digests.KEPT,
        why=_("They are sent the next morning."), rows=digests.lines_over,
    ),
    Rule(
        code="summaries", label=_("Marks of morning summaries"), keep=digests.KEPT,
        why=_("They keep a summary from being sent twice."), rows=digests.digests_over,
    ),
    Rule(
        code="documents", label=_("Uploaded documents"), keep=None,
        why=_(
            "They prove what an enrolment says, for as long as the company is on the portal. The file of one that is "
            "taken back is deleted at once."
        ),
    ),
)  # fmt: skip


def files(user: User | None, company: uuid.UUID | None) -> Iterator[AttachedFile]:
    """Yield the documents of a company, or those that a person uploaded for companies they still belong to."""
    rows = Document.objects.filter(removed_at=None).select_related("enrollment").order_by("uploaded_at", "pk")
    if company is not None:
        rows = rows.filter(enrollment__partner=company)
    elif user is not None:
        rows = rows.filter(uploaded_by=user, enrollment__partner__memberships__user=user)
    for document in rows:
        yield AttachedFile(f"{document.enrollment.country_id}-{document.pk}/{document.name}", _opener(document))


def _opener(document: Document) -> Callable[[], IO[bytes] | None]:
    return lambda: documents.open_or_none(document)


def hindrances(user: User) -> Iterable[Hindrance]:
    """Yield that the enrollments a BDM owns need another owner first."""
    number = FileWork.objects.filter(owner=user).count()
    if number:
        told = gettext("You are the owner of enrolments (%(number)s) at Ingram Micro. Give them to a colleague first.")
        yield Hindrance(told % {"number": number}, gettext("Open the desk"), reverse("onboarding:desk"))
