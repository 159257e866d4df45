"""The mails about an enrollment: to whom, when, and whether they may be switched off. Texts: ``templates/emails``."""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.domain.questions.preparations import PREPARATIONS
from onboarding.domain.questions.tasks import TASKS
from onboarding.domain.reasons import urgency
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.consequences import SUSPENDED_AFTER
from onboarding.enums import Authority, Kind
from portal.geo.models import Country
from portal.notices.registry import Category, Choice, Notification, Reader
from portal.web.fragments import Fragments

EDITORS = (Reader.OWNER, Reader.CONTRIBUTOR)
STAFF = (Reader.BDM, Reader.LEAD)
DELEGATE_ANSWERED = Fragments("emails/delegate_answered", ("asked", "done", "not_me"), endings=(".txt",))
PARTNER_CENTER = Fragments("emails/partner_center", ("refused", "old", "doubted"), endings=(".txt", ".subject.txt"))


# --- examples, for the staff's preview: all made up -----------------------------------------------------------------

_NOBODYS = uuid.UUID(int=0)
_SINCE = dt.datetime(2026, 11, 12, 9, 14, tzinfo=dt.UTC)


def _file(**values: Any) -> dict[str, Any]:
    return {
        "partner": "EXEMPLE INFORMATIQUE SAS",
        "country": Country(code="FR", name_fr="France", name_en="France"),
        "link": _link("onboarding:enrollment", _NOBODYS),
        "messages": _link("onboarding:messages", _NOBODYS),
        "bdm": "Camille Exemple",
        **values,
    }


def _link(page: str, *args: Any) -> str:
    return settings.SITE_URL + reverse(page, args=args)


def _line(kind: Kind, authority: Authority, reason: str, note: str | Promise = "") -> dict[str, Any]:
    words = REASONS[reason]
    return {
        "what": kind.label, "authority": authority.label, "title": words.title, "todo": words.todo, "note": note,
        "who": "Claude Exemple",
        "until": urgency.Deadline(timezone.localdate(_SINCE + SUSPENDED_AFTER), urgency.SUSPENSION_RULE),
    }  # fmt: skip


def _action_needed() -> dict[str, Any]:
    line = _line(Kind.LEGAL_ENTITY, Authority.PORTAL, "name_differs", _("The register writes it with “SAS”."))
    return _file(**line, line=line, others=[_line(Kind.EMAIL, Authority.PORTAL, "confirm_mail")])


def _reminder() -> dict[str, Any]:
    return _escalation(title=_("Still your turn"), after=5, workdays=False)


def _alert() -> dict[str, Any]:
    return _escalation(
        title=_("Overdue at Microsoft"), after=10, workdays=True, link=_link("onboarding:desk_enrollment", _NOBODYS)
    )


def _escalation(**values: Any) -> dict[str, Any]:
    return _file(
        **{
            "set_aside": False,
            "long_tail": False,
            "suspension": False,
            "owner": "",
            "since": _SINCE,
            "lines": [_line(Kind.LEGAL_ENTITY, Authority.PORTAL, "name_differs")],
            **values,
        }
    )


def _no_longer_ready() -> dict[str, Any]:
    return _file(lines=[_line(Kind.RELATIONSHIP, Authority.MICROSOFT, "authorization_removed")])


def _delegated() -> dict[str, Any]:
    link = _link("onboarding:delegate", "example")
    title = TASKS["agreement"].title
    return _file(by="Claude Exemple", title=title, note="", until=_SINCE + dt.timedelta(days=14), link=link)


def _channel_invitation() -> dict[str, Any]:
    return {
        "company": "Exemple Informatique", "country": Country(code="FR", name_fr="France", name_en="France"),
        "by": "Camille Exemple", "note": "", "number": 0, "until": _SINCE + dt.timedelta(days=30),
        "link": _link("onboarding:invited", "example"),
    }  # fmt: skip


def _file_lent() -> dict[str, Any]:
    question = _("Would you accept this register extract?")
    return _file(by="Camille Exemple", question=question, until=timezone.localdate(_SINCE) + dt.timedelta(days=7))


def _delegate_answered() -> dict[str, Any]:
    return _file(title=TASKS["agreement"].title, to="admin@exemple.example", says="done", question="")


def _preparing() -> dict[str, Any]:
    spec = PREPARATIONS["mpn_account"]
    return _file(title=spec.title, steps=spec.steps, takes=spec.takes, since=_SINCE)


def _withdrawn() -> dict[str, Any]:
    return _file(by="Claude Exemple", until=_SINCE + dt.timedelta(days=30), was_ready=False, for_staff=False)


def _confirm_mailbox() -> dict[str, Any]:
    link = _link("onboarding:confirm_mailbox", "example")
    return _file(name="Dominique", asker="Claude Exemple", code="1234 5678", hours=24.0, link=link)


def _message() -> dict[str, Any]:
    return _file(
        by="Claude Exemple",
        body=_("The invoice of our domain is on its way.\nDo you need anything else?"),
        internal=False,
        link=_link("onboarding:messages", _NOBODYS),
    )


def _partner_center() -> dict[str, Any]:
    return {
        "what": "old",
        "region": "eu-eea",
        "error": "",
        "since": _SINCE,
        "dies_on": _SINCE + dt.timedelta(days=90),
        "doubted": 120,
        "link": _link("admin:onboarding_partnercenteraccount_changelist"),
    }


def _digest() -> dict[str, Any]:
    file = {
        "partner": "EXEMPLE INFORMATIQUE SAS",
        "country": Country(code="FR", name_fr="France", name_en="France"),
        "link": _link("onboarding:desk_enrollment", _NOBODYS),
        "since": _SINCE,
    }
    return {
        "day": dt.date(2026, 11, 13),
        "lines": [
            {
                "title": "Claude Exemple: EXEMPLE INFORMATIQUE SAS, France",
                "link": _link("onboarding:desk_messages", _NOBODYS),
            }
        ],
        "groups": [
            {"title": _("Waiting for Ingram Micro, the longest first"), "count": 12, "files": [file], "more": 11},
            {"title": _("Submitted since the last summary"), "count": 1, "files": [file], "more": 0},
        ],
        "link": _link("onboarding:desk"),
    }


def _weekly() -> dict[str, Any]:
    return {
        "day": dt.date(2026, 11, 13),
        "figures": [
            {"label": _("Started"), "number": 31, "before": 28},
            {"label": _("Submitted"), "number": 24, "before": 26},
            {"label": _("Ready to transact"), "number": 19, "before": 15},
        ],
        "views": [{"label": _("Needs us"), "number": 12, "link": _link("onboarding:desk")}],
        "link": _link("onboarding:reports"),
    }


# --- the kinds -------------------------------------------------------------------------------------------------------

KINDS = (
    Notification(
        code="action_needed",
        title=_("Your turn"),
        when=_("A check finds something that only you can correct, or Ingram Micro asks you."),
        readers=EDITORS,
        category=Category.FILE,
        why=_("Without it your file would stand still, and you would not know."),
        example=_action_needed,
    ),
    Notification(
        code="reminder",
        is_bulk=True,
        title=_("A reminder"),
        when=_("Your file waits for you, or longer than usual for someone else."),
        readers=EDITORS,
        category=Category.FILE,
        may_wait=True,
        why=_("Microsoft suspends an account whose rejection stays unanswered."),
        example=_reminder,
    ),
    Notification(
        code="ready",
        title=_("Ready to transact"),
        when=_("All five steps are done."),
        readers=EDITORS,
        category=Category.FILE,
        may_wait=True,
        may_opt_out=True,
        example=_file,
    ),
    Notification(
        code="no_longer_ready",
        title=_("No longer ready to transact"),
        when=_("The nightly look finds that something no longer holds."),
        readers=(*EDITORS, *STAFF),
        category=Category.FILE,
        why=_("Orders fail from this moment on."),
        example=_no_longer_ready,
    ),
    Notification(
        code="delegated",
        title=_("A task by link"),
        when=_("The company asks somebody without an account to do one task."),
        readers=(Reader.DELEGATE,),
        category=Category.FILE,
        why=_("It is sent once, because someone entered your address."),
        example=_delegated,
    ),
    Notification(
        code="channel_invitation",
        is_bulk=True,
        title=_("Ingram Micro invites your company"),
        when=_("Ingram Micro invites a former Open reseller to enrol."),
        readers=(Reader.INVITED,),
        category=Category.FILE,
        why=_("It is sent once, with two reminders at most, and its page has a button that stops them."),
        example=_channel_invitation,
    ),
    Notification(
        code="delegate_answered",
        title=_("Answer to a task that you sent by link"),
        when=_("Its reader has done it, is the wrong person, or asks something."),
        readers=EDITORS,
        category=Category.FILE,
        why=_("The enrolment goes on with you."),
        example=_delegate_answered,
        cases=DELEGATE_ANSWERED,
        case="says",
    ),
    Notification(
        code="preparing",
        title=_("What you are getting"),
        when=_("You said that something is missing, and the day of your reminder has come."),
        readers=EDITORS,
        category=Category.FILE,
        why=_("You chose its day yourselves."),
        example=_preparing,
    ),
    Notification(
        code="withdrawn",
        title=_("An enrolment was withdrawn"),
        when=_("An owner of the company withdraws an enrolment that was submitted."),
        readers=(*EDITORS, *STAFF),
        category=Category.FILE,
        why=_("It can be taken back for some weeks only."),
        example=_withdrawn,
    ),
    Notification(
        code="confirm_mailbox",
        title=_("Confirm the contact's e-mail address"),
        when=_("The file is submitted, or the contact's address is changed."),
        readers=(Reader.CONTACT,),
        category=Category.FILE,
        why=_("The file waits for this confirmation."),
        example=_confirm_mailbox,
    ),
    Notification(
        code="message",
        title=_("Ingram Micro writes to you"),
        when=_("Your contact at Ingram Micro writes in the messages of a file."),
        readers=EDITORS,
        category=Category.MESSAGES,
        may_wait=True,
        may_opt_out=True,
        example=_message,
    ),
    # Mails that everybody gets at once are not read: the news waits for the morning, and only a mention is mailed at
    # once.
    Notification(
        code="partner_message",
        title=_("A partner writes to you"),
        when=_("A partner writes in the messages of a file of your countries."),
        readers=STAFF,
        category=Category.MESSAGES,
        template="message",
        default=Choice.DIGEST,
        may_wait=True,
        may_opt_out=True,
        example=lambda: {**_message(), "link": _link("onboarding:desk_messages", _NOBODYS)},
    ),
    Notification(
        code="mentioned",
        title=_("Someone mentions you"),
        when=_("You are mentioned in a file."),
        readers=(Reader.OWNER, Reader.CONTRIBUTOR, Reader.VIEWER, *STAFF),
        category=Category.MESSAGES,
        why=_("A colleague asks for you by name."),
        example=_message,
    ),
    Notification(
        code="file_lent",
        title=_("A file is lent to you"),
        when=_("A colleague of another country asks for your opinion on a file."),
        readers=STAFF,
        category=Category.WORK,
        why=_("A colleague asks for you by name."),
        example=_file_lent,
    ),
    Notification(
        code="alert",
        title=_("A file is overdue"),
        when=_("Microsoft, the partner or Ingram Micro has had its turn for too many days."),
        readers=STAFF,
        category=Category.WORK,
        may_wait=True,
        why=_("Every file that stands still needs a person who knows it."),
        example=_alert,
    ),
    Notification(
        code="digest",
        is_bulk=True,
        title=_("The morning's summary of your countries"),
        when=_("Each working morning, if something waits. What you keep for it comes even if you switch it off."),
        readers=STAFF,
        category=Category.WORK,
        may_opt_out=True,
        at_once=_("Each morning"),
        example=_digest,
    ),
    Notification(
        code="weekly_report",
        is_bulk=True,
        title=_("The week of the channel"),
        when=_("Each Friday morning."),
        readers=(Reader.LEAD,),
        category=Category.WORK,
        may_opt_out=True,
        at_once=_("Each Friday"),
        example=_weekly,
    ),
    Notification(
        code="summary",
        is_bulk=True,
        title=_("The morning's summary"),
        when=_("Each working morning, if something you kept for it waits."),
        readers=EDITORS,
        category=Category.FILE,
        template="digest",
        why=_("You choose what comes in it, e-mail by e-mail."),
        example=lambda: {**_digest(), "groups": [], "link": _link("onboarding:home")},
    ),
    Notification(
        code="partner_center",
        title=_("The sign-in to Partner Center needs you"),
        when=_("Microsoft refuses it, it is about to end, or its list is doubtful."),
        readers=(Reader.ADMIN,),
        category=Category.WORK,
        why=_("No check that needs it is made until someone acts."),
        example=_partner_center,
        cases=PARTNER_CENTER,
        case="what",
    ),
)
