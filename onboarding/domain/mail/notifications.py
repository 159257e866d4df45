"""Which message goes to whom at which event. A mail is a copy of what the portal shows."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from onboarding.domain.questions.preparations import PREPARATIONS
from onboarding.domain.questions.tasks import TASKS
from onboarding.domain.reasons import urgency
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.enums import Audience, Authority, ClockOf, Effect, EnrollmentState, Kind, Turn
from onboarding.models import (
    CampaignRow,
    Check,
    Delegation,
    Enrollment,
    Escalation,
    FileWork,
    Loan,
    Message,
    Preparation,
)
from portal import text
from portal.accounts.models import User
from portal.coverage import absences
from portal.coverage.models import Bdm
from portal.notices import outbox
from portal.partners.models import Partner, Role


def action_needed(check: Check, checks: Iterable[Check], *, now: dt.datetime, number: int) -> None:
    """Notify the partner's people that it is their turn; ``number`` makes each turn its own message.

    ``checks`` are all of the enrollment: what else is the partner's is named too, the most urgent first.
    """
    line = _line(check)
    open_ = [request.check for request in urgency.by_consequence(check.enrollment, checks)]
    others = [_line(other) for other in open_ if other.pk != check.pk]
    context = {**line, "line": line, "others": others, "bdm": _bdm_of(check.enrollment)}
    link = f"{check.enrollment.get_absolute_url()}#check-{check.pk}"
    key = f"action-{check.pk}-{number}"
    _write(_editors(check.enrollment), check.enrollment, "action_needed", context, link=link, key=key, now=now)


def ready(enrollment: Enrollment, *, now: dt.datetime) -> None:
    _tell(enrollment, "ready", {}, now=now, key=f"ready-{enrollment.pk}-{now:%Y%m%d}")


def no_longer_ready(enrollment: Enrollment, broken: Sequence[Check], *, now: dt.datetime, number: int) -> None:
    """Notify both sides of what no longer holds; ``number`` makes each time its own message."""
    key = f"no-longer-ready-{number}"
    _tell(enrollment, "no_longer_ready", _lost(broken, Reader.PARTNER), now=now, key=key)
    staff, link = _people(enrollment, Audience.BDM, now), reverse("onboarding:desk_enrollment", args=[enrollment.pk])
    _write(staff, enrollment, "no_longer_ready", _lost(broken, Reader.BDM), link=link, key=key, now=now)


def withdrawn(enrollment: Enrollment, *, by: User, until: dt.datetime, now: dt.datetime, number: int) -> None:
    """Notify the partner's people and the BDMs that an enrollment was withdrawn, and until when that can be undone."""
    context = {"by": str(by), "until": until, "was_ready": enrollment.withdrawn_from == EnrollmentState.READY}
    key = f"withdrawn-{number}"
    _tell(enrollment, "withdrawn", {**context, "for_staff": False}, now=now, key=key)
    staff, link = _people(enrollment, Audience.BDM, now), reverse("onboarding:desk_enrollment", args=[enrollment.pk])
    _write(staff, enrollment, "withdrawn", {**context, "for_staff": True}, link=link, key=key, now=now)


def preparing(row: Preparation, *, now: dt.datetime) -> None:
    """Remind the partner's people of what they are getting, with what to do."""
    spec = PREPARATIONS[row.code]
    context = {"title": spec.title, "steps": spec.steps, "takes": spec.takes, "since": row.since, "bdm": ""}
    link = reverse("onboarding:preparing", args=[row.enrollment_id, row.code])
    context["bdm"] = _bdm_of(row.enrollment)
    key = f"preparing-{row.pk}-{row.reminders}"
    _write(_editors(row.enrollment), row.enrollment, "preparing", context, link=link, key=key, now=now)


def delegated(sent: Delegation, token: str, *, now: dt.datetime) -> None:
    """Write the link of one task to the person who can do it. The mail is secret: it has the token."""
    known = User.objects.filter(email=sent.to).first()
    language = known.language if known else sent.by.language
    outbox.write(
        "delegated",
        to=sent.to,
        language=language,
        context={
            "partner": str(sent.enrollment.partner),
            "country": sent.enrollment.country,
            "by": str(sent.by),
            "title": TASKS[sent.task].title,
            "note": sent.note,
            "until": sent.expires_at,
            "link": f"{settings.SITE_URL}{reverse('onboarding:delegate', args=[token])}?lang={language}",
        },
        key=f"delegated-{sent.pk}",
        secret=True,
        now=now,
    )


def delegate_answered(sent: Delegation, question: str, *, now: dt.datetime, number: int) -> None:
    """Tell the person who sent the link what its reader says: done, not me, or a question."""
    context = {
        "title": TASKS[sent.task].title,
        "to": sent.to,
        "says": "asked" if question else sent.answer,
        "question": question,
    }
    link = reverse("onboarding:delegations", args=[sent.enrollment_id])
    people = [person for person in _editors(sent.enrollment) if person.pk == sent.by_id] or _editors(sent.enrollment)
    _write(people, sent.enrollment, "delegate_answered", context, link=link, key=f"delegate-{number}", now=now)


def channel_invitation(
    row: CampaignRow,
    *,
    token: str,
    by: User,
    note: str,
    number: int,
    language: str,
    until: dt.datetime,
    key: str,
    now: dt.datetime,
) -> None:
    """Invite a former Open reseller to enroll; ``number`` is 0, or which reminder it is. The mail is secret."""
    context = invitation_context(company=row.name, country=row.country, by=str(by), note=note, number=number)
    link = f"{settings.SITE_URL}{reverse('onboarding:invited', args=[token])}?lang={language}"
    outbox.write(
        "channel_invitation",
        to=row.email,
        language=language,
        context={**context, "until": until, "link": link},
        key=key,
        secret=True,
        now=now,
    )


def invitation_context(*, company: str, country: Any, by: str, note: str, number: int) -> dict[str, Any]:
    """Return what the mail of an invitation says, without its link."""
    return {"company": company, "country": country, "by": by, "note": note, "number": number}


def lent(loan: Loan, *, now: dt.datetime) -> None:
    """Tell a colleague of another country that a file is lent to them, and what is asked."""
    context = {"by": str(loan.lender), "question": loan.question, "until": loan.until}
    link = reverse("onboarding:desk_enrollment", args=[loan.enrollment_id])
    _write([loan.borrower], loan.enrollment, "file_lent", context, link=link, key=f"lent-{loan.pk}", now=now)


def asked_to_join(partner: Partner, *, by: User, now: dt.datetime, number: int) -> None:
    """Write to the company's owners that ``by`` asks to be let in; ``number`` is the event's."""
    context = {
        "partner": str(partner),
        "by": text.unlinked(str(by)),  # nobody at the company knows this person
        "email": by.email,
        "link": f"{settings.SITE_URL}{reverse('partners:company', args=[partner.pk])}?asked={number}",
    }
    owners = User.objects.filter(is_active=True, memberships__partner=partner, memberships__role=Role.OWNER)
    outbox.tell("join_request", people=owners, context=context, key=f"join-{number}", now=now)


def _lost(broken: Sequence[Check], reader: Reader) -> dict[str, Any]:
    words = words_for(reader)
    lines = [{"what": Kind(check.kind).label, "title": words.reason(check.reason)} for check in broken]
    return {"lines": lines}


def message(written: Message, *, mentioned: Sequence[User], now: dt.datetime) -> None:
    """Notify people who are mentioned, and the other side of the thread. A note goes only to those it mentions.

    Source: [too-many-mails].
    """
    enrollment = written.enrollment
    context = {"by": str(written.author), "body": written.body, "internal": written.internal}
    pages = {False: "onboarding:messages", True: "onboarding:desk_messages"}
    links = {side: f"{reverse(page, args=[enrollment.pk])}#message-{written.pk}" for side, page in pages.items()}
    key = f"message-{written.pk}"
    own = links[written.by_staff]
    _write(mentioned, enrollment, "mentioned", context, link=own, key=key, now=now)
    if written.internal:
        return
    other: list[User] = list(_editors(enrollment) if written.by_staff else _people(enrollment, Audience.BDM, now))
    code = "message" if written.by_staff else "partner_message"
    _write(other, enrollment, code, context, link=links[not written.by_staff], key=key, now=now)


def escalated(escalation: Escalation, checks: list[Check], *, now: dt.datetime) -> int:
    """Remind the partner, or alert the country's BDMs or the leads. Return how many people were written to."""
    enrollment = escalation.enrollment
    people = _people(enrollment, escalation.audience, now)
    is_for_partner = escalation.audience == Audience.RESELLER
    own = [check for check in checks if check.turn == escalation.clock]
    if escalation.clock == ClockOf.RESELLER:
        own = [request.check for request in urgency.by_consequence(enrollment, own)]
    context = {
        "title": _CLOCK_TITLES[escalation.clock, is_for_partner],
        "set_aside": escalation.effect == Effect.SET_ASIDE,
        "long_tail": escalation.effect == Effect.LONG_TAIL,
        "suspension": escalation.code.startswith("suspension"),
        "after": escalation.after,
        "workdays": escalation.unit == "workdays",
        "since": escalation.since,
        "lines": [_line(check, Reader.PARTNER if is_for_partner else Reader.BDM) for check in own],
        "bdm": _bdm_of(enrollment),
        "owner": _owner_of(enrollment),
    }
    template = "reminder" if is_for_partner else "alert"
    link = (
        enrollment.get_absolute_url()
        if template == "reminder"
        else reverse("onboarding:desk_enrollment", args=[enrollment.pk])
    )
    key = f"{escalation.code}-{enrollment.pk}-{escalation.since:%Y%m%dT%H%M%S}"
    return _write(people, enrollment, template, context, link=link, key=key, now=now)


def reminded_by_bdm(enrollment: Enrollment, checks: Sequence[Check], *, now: dt.datetime, key: str) -> int:
    """Remind the partner because a BDM wants it: what is theirs to do, the most urgent first.

    Return how many get it.
    """
    context = reminder_context(enrollment, checks)
    link = enrollment.get_absolute_url()
    return _write(_editors(enrollment), enrollment, "reminder", context, link=link, key=key, now=now)


def reminder_context(enrollment: Enrollment, checks: Sequence[Check]) -> dict[str, Any]:
    """Return what a BDM's reminder says, for the mail and its preview."""
    for check in checks:
        check.enrollment = enrollment
    own = [request.check for request in urgency.by_consequence(enrollment, checks)]
    clock = ClockOf.RESELLER if own else ClockOf.DRAFT
    since = min((check.turn_since for check in own if check.turn_since), default=enrollment.progressed_at)
    return {
        "title": _CLOCK_TITLES[clock, True],
        "set_aside": False,
        "long_tail": False,
        "suspension": any(check.refused_at for check in own),
        "since": since,
        "lines": [_line(check) for check in own],
        "bdm": _bdm_of(enrollment),
        "owner": _owner_of(enrollment),
    }


_CLOCK_TITLES: dict[tuple[str, bool], Any] = {
    # the party whose days passed, in words for the partner
    (ClockOf.DRAFT, True): _("Your draft waits for you"),
    (ClockOf.RESELLER, True): _("Still your turn"),
    (ClockOf.MICROSOFT, True): _("Microsoft has not answered yet"),
    (ClockOf.INGRAM, True): _("We have not answered yet"),
    (ClockOf.DRAFT, False): _("A draft that nobody works on"),
    (ClockOf.RESELLER, False): _("The partner has not answered"),
    (ClockOf.MICROSOFT, False): _("Overdue at Microsoft"),
    (ClockOf.INGRAM, False): _("This file waits for us"),
}


def _line(check: Check, reader: Reader = Reader.PARTNER) -> dict[str, Any]:
    """Return what a mail says about one check; on the partner's turn also what to do, who does it, and until when."""
    reason = REASONS[check.reason]
    is_theirs = check.turn == Turn.RESELLER and not reader.is_staff
    return {
        "what": Kind(check.kind).label,
        "authority": Authority(check.authority).label,
        "title": words_for(reader).reason(check.reason),
        "todo": reason.todo if is_theirs else "",
        "note": check.note,
        "who": _who_acts(check) if is_theirs else "",
        "until": urgency.deadline_of(check.enrollment, check) if is_theirs else None,
    }


def _who_acts(check: Check) -> str | Promise:
    """Return the person who can do what is asked, for the partner's people."""
    enrollment = check.enrollment
    if check.kind == Kind.EMAIL and check.reason in _CONTACT_ACTS:
        return format_lazy(_("{person}, the primary contact"), person=enrollment.contact_name)
    if check.reason in _ADMIN_ACTS:
        return format_lazy(_("a Global admin of the tenant {tenant}"), tenant=enrollment.tenant)
    return str(enrollment.submitted_by or enrollment.created_by)


_CONTACT_ACTS = ("confirm_mail", "microsoft_refused_email")
_ADMIN_ACTS = ("agreement_unsigned", "agreement_not_offered", "not_accepted_yet", "authorization_removed")


def _bdm_of(enrollment: Enrollment) -> str:
    """Return the name of the BDM of the enrollment's country; '' if nobody covers it."""
    bdm = Bdm.objects.covering(enrollment.country_id).first()
    return bdm.user.name if bdm else ""


def _owner_of(enrollment: Enrollment) -> str:
    """Return the name of the person at Ingram who owns the enrollment; '' if nobody does."""
    FileWork.objects.filter(pk=enrollment.pk).values("owner")
    return "".join(str(person) for person in _owners(enrollment))


def _owners(enrollment: Enrollment) -> Iterable[User]:
    owners = FileWork.objects.filter(pk=enrollment.pk).values("owner")
    return User.objects.filter(is_active=True, bdm__isnull=False, pk__in=owners)


def _people(enrollment: Enrollment, audience: str, now: dt.datetime) -> Iterable[User]:
    """Return who is written to. At Ingram: the country's BDMs and the file's owner, or the leads; and stand-ins."""
    if audience == Audience.RESELLER:
        return _editors(enrollment)
    is_for_bdms = audience == Audience.BDM
    bdms = Bdm.objects.covering(enrollment.country_id) if is_for_bdms else Bdm.objects.leads()
    people = [bdm.user for bdm in bdms]
    if is_for_bdms:
        people += [person for person in _owners(enrollment) if person not in people]
    return absences.with_stand_ins(people, today=timezone.localdate(now))


def _editors(enrollment: Enrollment) -> Iterable[User]:
    return User.objects.filter(
        is_active=True,
        memberships__partner_id=enrollment.partner_id,
        memberships__role__in=[Role.OWNER, Role.CONTRIBUTOR],
    )


def _tell(enrollment: Enrollment, code: str, context: dict[str, Any], *, now: dt.datetime, key: str) -> None:
    _write(_editors(enrollment), enrollment, code, context, link=enrollment.get_absolute_url(), key=key, now=now)


def _write(
    people: Iterable[User],
    enrollment: Enrollment,
    code: str,
    context: dict[str, Any],
    *,
    link: str,
    key: str,
    now: dt.datetime,
) -> int:
    """Write one mail to each, by their choices, in the thread of the enrollment. Return how many get it."""
    facts = {
        "partner": str(enrollment.partner),
        "country": enrollment.country,
        "link": settings.SITE_URL + link,
        "messages": settings.SITE_URL + reverse("onboarding:messages", args=[enrollment.pk]),
    }
    return outbox.tell(
        code, people=people, context={**context, **facts}, key=key, thread=f"enrollment-{enrollment.pk}", now=now
    )
