"""The data map of the apps below (accounts, mails, companies, audit) and of the packages, with their retention rules.

A column that holds only the number of an account (who did it) is not listed: after an erasure the account names nobody.
"""

import datetime as dt

from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.accounts import sessions
from portal.accounts.models import SignedIn
from portal.audit import registry as audit
from portal.notices.models import Mail, Suppression
from portal.partners.models import DETAILS, Invitation
from portal.privacy.registry import Erasing, Purpose, Record, Subject, Viewer
from portal.privacy.retention import Rule
from portal.work import usage
from portal.work.models import LimitedDeed

WITH_ACCOUNT = _("as long as your account")
WITH_COMPANY = _("as long as the company is on the portal")
WITH_HISTORY = _("as long as the portal's history: without it nobody could show who decided")
STAFF_VIEWERS = (Viewer.BDM, Viewer.ADMIN)
ALL_OF_A_COMPANY = (Viewer.COMPANY, *STAFF_VIEWERS)


def any_of(subject: Subject, *columns: str) -> Q:
    """Return the condition that one of these columns is an address of the person."""
    found = Q(pk=None)
    for column in columns:
        for address in subject.addresses:
            found |= Q(**{f"{column}__iexact": address})
    return found


def _by_user(subject: Subject) -> Q:
    return Q(user=subject.user)


def _empty_mails(rows: "QuerySet[Mail]", subject: Subject, now: dt.datetime) -> int:
    """Delete what waits to be sent to the person, and empty what was sent. Return how many mails."""
    own = Mail.objects.filter(any_of(subject, "to"))
    waiting, _each = own.filter(sent_at=None, refused_at=None).delete()
    return waiting + own.update(to=subject.placeholder, **MAIL_EMPTY)


MAIL_EMPTY = {"subject": "", "text": "", "html": "", "answer": ""}

ACCOUNTS = (
    Record(
        code="account", label=_("Your account"), model="accounts.User", fields=("email", "name", "password"),
        shown=("language", "date_joined", "last_login"), secret=("password",), why=Purpose.ACCOUNT,
        seen_by=(Viewer.SELF, *ALL_OF_A_COMPANY), kept=WITH_ACCOUNT, erased=Erasing.EMPTIED,
        of_person=lambda subject: Q(pk=subject.user.pk),
        # The erasure itself empties the account, last of all.
        erase=lambda rows, subject, now: 1,
    ),
    Record(
        code="addresses", label=_("Your e-mail addresses"), model="account.EmailAddress", fields=("email",),
        shown=("verified", "primary"), why=Purpose.ACCOUNT, seen_by=(Viewer.SELF, Viewer.ADMIN), kept=WITH_ACCOUNT,
        erased=Erasing.DELETED, of_person=_by_user,
    ),
    Record(
        code="former-addresses", label=_("Your earlier e-mail addresses"), model="accounts.FormerAddress",
        fields=("email",), shown=("until",), why=Purpose.ACCOUNT, seen_by=(Viewer.SELF, Viewer.ADMIN),
        kept=WITH_ACCOUNT, erased=Erasing.DELETED, of_person=_by_user,
    ),
    Record(
        code="address-links", label=_("Links that confirm an address"), model="account.EmailConfirmation",
        fields=("key",), secret=("key",), why=Purpose.ACCOUNT, seen_by=(Viewer.NOBODY,), kept=WITH_ACCOUNT,
        erased=Erasing.DELETED, of_person=lambda subject: Q(email_address__user=subject.user),
    ),
    Record(
        code="second-factors", label=_("Your second factors"), model="mfa.Authenticator", fields=("data",),
        shown=("type", "created_at", "last_used_at"), secret=("data",), why=Purpose.ACCOUNT, seen_by=(Viewer.NOBODY,),
        kept=WITH_ACCOUNT, erased=Erasing.DELETED, of_person=_by_user,
    ),
    Record(
        code="microsoft-accounts", label=_("Your Microsoft accounts"), model="socialaccount.SocialAccount",
        fields=("uid", "extra_data"), shown=("provider", "date_joined", "last_login"), why=Purpose.ACCOUNT,
        seen_by=(Viewer.SELF, Viewer.ADMIN), kept=WITH_ACCOUNT, erased=Erasing.DELETED, of_person=_by_user,
    ),
    Record(
        code="sign-ins", label=_("Where you are signed in"), model="accounts.SignedIn",
        fields=("session_key", "device"), shown=("since", "ended_at"), secret=("session_key",), why=Purpose.ACCOUNT,
        seen_by=(Viewer.SELF, Viewer.ADMIN), retention="sign-ins", erased=Erasing.DELETED, of_person=_by_user,
    ),
    Record(
        code="sessions", label=_("Sessions, with what you typed when one ended"), model="sessions.Session",
        fields=("session_key", "session_data"), secret=("session_key", "session_data"), why=Purpose.ACCOUNT,
        seen_by=(Viewer.NOBODY,), retention="sessions", erased=Erasing.DELETED,
    ),
    Record(
        code="limits", label=_("Counts of what you sent, without your name"), model="portal.LimitedDeed",
        fields=("key",), secret=("key",), why=Purpose.SAFETY, seen_by=(Viewer.NOBODY,), retention="limits",
        erased=Erasing.EXPIRES,
    ),
    Record(
        code="bdms", label=_("The telephone of a BDM"), model="places.Bdm", fields=("phone",), shown=("is_lead",),
        why=Purpose.STAFF, seen_by=(Viewer.VISITORS, Viewer.COMPANY, *STAFF_VIEWERS),
        kept=_("as long as they are a BDM"), erased=Erasing.EMPTIED, of_person=_by_user,
    ),
)  # fmt: skip

MAILS = (
    Record(
        code="mails", label=_("E-mails to you"), model="notices.Mail",
        fields=("to", "subject", "text", "html", "answer"), shown=("created_at", "sent_at"), secret=("html",),
        why=Purpose.MAIL, seen_by=(Viewer.READER, *STAFF_VIEWERS), retention="mails", erased=Erasing.EMPTIED,
        # What is not sent yet may have a link that is worth a password.
        of_person=lambda subject: any_of(subject, "to") & ~Q(secret=True, sent_at=None), erase=_empty_mails,
    ),
    Record(
        code="mail-choices", label=_("Which e-mails you want"), model="notices.Preference", shown=("code", "choice"),
        why=Purpose.MAIL, kept=WITH_ACCOUNT, erased=Erasing.DELETED, of_person=_by_user,
    ),
    Record(
        code="summary-lines", label=_("Lines of your morning summary"), model="notices.DigestLine",
        fields=("title", "link"), shown=("at", "told_at"), why=Purpose.MAIL, retention="summary-lines",
        erased=Erasing.DELETED, of_person=_by_user,
    ),
    Record(
        code="summaries", label=_("Days on which you got a summary"), model="notices.Digest", shown=("day", "was_sent"),
        why=Purpose.MAIL, retention="summaries", erased=Erasing.DELETED, of_person=_by_user,
    ),
    Record(
        code="suppressions", label=_("Addresses that refuse our e-mails"), model="notices.Suppression",
        fields=("address", "answer"), shown=("since",), why=Purpose.MAIL, seen_by=(Viewer.ADMIN,),
        retention="suppressions", erased=Erasing.DELETED, of_person=lambda subject: any_of(subject, "address"),
    ),
    Record(
        code="mail-stops", label=_("Addresses that want no e-mail from companies"), model="notices.MailStop",
        fields=("address",), shown=("since",), why=Purpose.SAFETY, seen_by=(Viewer.ADMIN,),
        kept=_("until its owner asks otherwise"), erased=Erasing.KEPT,
        reason=_("You asked for no e-mail from companies: without this line they would come again."),
        of_person=lambda subject: any_of(subject, "address"),
    ),
)  # fmt: skip

COMPANIES = (
    Record(
        code="company", label=_("The company, as its people described it"), model="partners.Partner",
        fields=tuple(DETAILS), shown=("created_at",), seen_by=ALL_OF_A_COMPANY, kept=WITH_COMPANY,
        reason=_("It is the company's, not yours."), of_company=lambda company: Q(pk=company),
    ),
    Record(
        code="company-details", label=_("Earlier details of the company"), model="partners.DetailHistory",
        fields=tuple(DETAILS), shown=("pgh_created_at",), why=Purpose.PROOF, seen_by=(Viewer.ADMIN,),
        kept=WITH_HISTORY, reason=_("It is the company's, not yours."), of_company=lambda company: Q(pgh_obj=company),
    ),
    Record(
        code="memberships", label=_("Roles in companies"), model="partners.Membership",
        shown=("partner", "user", "role", "since"), seen_by=ALL_OF_A_COMPANY,
        kept=_("until you leave the company"), erased=Erasing.DELETED, of_person=_by_user,
        of_company=lambda company: Q(partner=company),
        # The erasure has left every company already, so that its owners are told.
        erase=lambda rows, subject, now: 0,
    ),
    Record(
        code="company-events", label=_("What was done in companies"), model="partners.CompanyEvent",
        fields=("data",), shown=("at", "partner", "deed", "actor", "person"), why=Purpose.PROOF,
        seen_by=ALL_OF_A_COMPANY, kept=WITH_HISTORY, reason=_("The company's history shows “Former member” instead."),
        of_person=lambda subject: Q(actor=subject.user) | Q(person=subject.user),
        of_company=lambda company: Q(partner=company),
    ),
    Record(
        code="invitations", label=_("Invitations to companies"), model="partners.Invitation", fields=("email",),
        shown=("partner", "role", "expires_at", "accepted_at", "withdrawn_at"),
        seen_by=(Viewer.READER, Viewer.OWNERS, Viewer.ADMIN), retention="invitations", erased=Erasing.DELETED,
        of_person=lambda subject: any_of(subject, "email"), of_company=lambda company: Q(partner=company),
    ),
    Record(
        code="hand-overs", label=_("Offers of ownership"), model="partners.HandOver",
        shown=("partner", "by", "to", "offered_at", "answer", "answered_at"), seen_by=ALL_OF_A_COMPANY,
        kept=WITH_COMPANY, reason=_("The company's history shows “Former member” instead."),
        of_person=lambda subject: Q(by=subject.user) | Q(to=subject.user),
        of_company=lambda company: Q(partner=company),
    ),
)  # fmt: skip

AUDIT = (
    Record(
        code="partner-views", label=_("Ingram Micro saw the portal with a partner's eyes"),
        model="partners.PartnerView",
        fields=("reason",), shown=("started_at", "viewer", "pages"), why=Purpose.PROOF,
        seen_by=(Viewer.OWNERS, Viewer.ADMIN), kept=WITH_HISTORY, erased=Erasing.HISTORY, trail="views",
        of_person=lambda subject: Q(seen_as=subject.user),
        of_company=lambda company: Q(companies__contains=[company]),
    ),
    Record(
        code="admin-acts", label=_("What administrators changed in your account"), model="admin.LogEntry",
        fields=("object_repr", "change_message"), shown=("action_time", "action_flag"), why=Purpose.PROOF,
        seen_by=(Viewer.ADMIN,), kept=WITH_HISTORY, erased=Erasing.HISTORY, trail="admin",
        of_person=lambda subject: Q(
            content_type__app_label="accounts", content_type__model="user", object_id=str(subject.user.pk)
        ),
    ),
    Record(
        code="looks", label=_("Personal data that Ingram Micro opened"), model="audit.StaffLook", shown=("at", "what"),
        why=Purpose.PROOF, seen_by=(Viewer.ADMIN,), retention="histories",
        reason=_("It proves who of Ingram Micro looked, and has numbers only."),
        of_person=lambda subject: Q(actor=subject.user),
        of_company=lambda company: Q(company=company) | Q(enrollment__in=audit.enrollments_of(company)),
    ),
    Record(
        code="exports", label=_("Exports of your data"), model="privacy.DataExport", fields=("file",),
        shown=("asked_at", "made_at", "partner"), secret=("file",), why=Purpose.PROOF, seen_by=(Viewer.SELF,),
        retention="exports", erased=Erasing.EXPIRES,
        of_person=lambda subject: Q(asked_by=subject.user, partner=None),
    ),
    Record(
        code="erasures", label=_("Requests to erase your account"), model="privacy.Erasure",
        shown=("asked_at", "due_at", "withdrawn_at", "done_at"), why=Purpose.PROOF, seen_by=(Viewer.ADMIN,),
        retention="erasures", reason=_("It proves that your request was carried out, and does not name you."),
        of_person=_by_user,
    ),
)  # fmt: skip

RECORDS = (*ACCOUNTS, *MAILS, *COMPANIES, *AUDIT)

NOT_PERSONAL = {
    "portal.Queue": "name",
    "portal.PeriodicJob": "queue parked_why name",
    "portal.LimitedDeed": "deed scope",
    # Names of files are random.
    "portal.FileDeletion": "queue parked_why store name",
    "portal.WarehouseNight": "queue parked_why rows columns place series",
    "audit.Seal": "table columns personal digest chain signature",
    "audit.SealMark": "table writing",
    "audit.DetachedMonth": "table name",
    "audit.DetachedRows": "keys kept digests signature",
    "audit.RowSalt": "table salt erased",
    # Names of addresses, and the keys in them.
    "audit.StaffLook": "what subject",
    "partners.DetailHistory": "pgh_label pgh_context",
    "partners.Invitation": "token_hash",
    "partners.PartnerView": "companies",
    "places.CspRegion": "name_fr name_en source",
    "places.Country": "code name_fr name_en time_zone subdivision",
    "places.Marketplace": "code name address source",
    "places.ProviderLink": "url provider_tenant source",
    "notices.Mail": "queue parked_why key thread about code",
    "notices.Preference": "code",
    "notices.DigestLine": "code key",
    "privacy.DataExport": "queue parked_why language",
    "privacy.Erasure": "receipt",
    # Never stored: applications come from the settings, and tokens are used once.
    "socialaccount.SocialApp": "provider provider_id name client_id secret key settings",
    "socialaccount.SocialToken": "token token_secret",
    "socialaccount.SocialAccount": "provider",
    "admin.LogEntry": "object_id",
    "auth.Permission": "name codename",
    "auth.Group": "name",
    "contenttypes.ContentType": "app_label model",
    # The number of an account and the name of a page, as in the histories.
    "pghistory.Context": "metadata",
}

HALF_A_YEAR = dt.timedelta(days=180)


def _mails_over(now: dt.datetime) -> "QuerySet[Mail]":
    ended = Mail.objects.filter(Q(sent_at__lt=now - HALF_A_YEAR) | Q(refused_at__lt=now - HALF_A_YEAR))
    return ended.exclude(to="")


def _invitations_over(now: dt.datetime) -> "QuerySet[Invitation]":
    return Invitation.objects.filter(expires_at__lt=now - dt.timedelta(days=90))


RULES = (
    Rule(
        code="sessions", label=_("Sessions"), keep=sessions.LONGEST,
        why=_("A session ends after 12 hours at the latest; then nobody needs what it held."),
        rows=lambda now: Session.objects.filter(expire_date__lt=now),
    ),
    Rule(
        code="sign-ins", label=_("Sign-ins"), keep=sessions.KEPT,
        why=_("They are shown to their owner while the session lasts."),
        rows=lambda now: SignedIn.objects.filter(since__lt=now - sessions.KEPT),
    ),
    Rule(
        code="limits", label=_("Counted deeds"), keep=usage.KEPT,
        why=_("No limit counts further back."),
        rows=lambda now: LimitedDeed.objects.filter(at__lt=now - usage.KEPT),
    ),
    Rule(
        code="mails", label=_("E-mails"), keep=HALF_A_YEAR,
        why=_("Partners and BDMs ask for months what was written. Then address and text go; that one was sent stays."),
        rows=_mails_over, empty={"to": "", **MAIL_EMPTY},
    ),
    Rule(
        code="suppressions", label=_("Addresses that refuse e-mails"), keep=dt.timedelta(days=3 * 365),
        why=_("We must not go on writing to a dead address; after years it may have another owner."),
        rows=lambda now: Suppression.objects.filter(since__lt=now - dt.timedelta(days=3 * 365)),
    ),
    Rule(
        code="invitations", label=_("Invitations"), keep=dt.timedelta(days=90),
        why=_("Who was invited and did not come is nobody's business for longer; who came is a member."),
        rows=_invitations_over,
    ),
    Rule(
        code="histories", label=_("Histories, and looks at personal data"), keep=None,
        why=_("Sealed: a missing line could not be told from one that somebody hid. Names are erased in them."),
    ),
    Rule(
        code="logs", label=_("Logs of the servers"), keep=None,
        why=_("They name nobody: addresses and secrets are masked. Those who run the servers decide how long."),
    ),
)  # fmt: skip
