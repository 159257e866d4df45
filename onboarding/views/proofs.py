"""What people do about a check: the contact confirms, a partner asks for another look, takes a spelling, reports."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from onboarding import permissions
from onboarding.domain.checks import challenges, partner_acts, reporting
from onboarding.domain.checks.challenges import LinkState
from onboarding.domain.enrollment import lifecycle, register_spelling
from onboarding.domain.questions import requirements
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.enums import Authority
from onboarding.forms.steps import MailboxCodeForm, ReportForm
from onboarding.models import Enrollment
from onboarding.phases import Phase
from onboarding.views.presenters import answer_groups, check_cards, journey
from portal.web.fragments import Fragments


@login_not_required
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_mailbox(request: HttpRequest, token: str) -> HttpResponse:
    """Show the primary contact what they confirm (GET); only POST confirms, because mail scanners follow links.

    No account is needed, and an open session changes nothing: the token is the right to this one task.
    """
    now = timezone.now()
    link = challenges.read_link(token=token, now=now)
    if request.method == "POST" and link.challenge:
        _answer_by_link(request, link, now=now)
        return redirect(request.get_full_path())
    context: dict[str, Any] = {
        "link": link,
        "state": link.state.value,
        "title": _LINK_TITLES.get(link.state, _LINK_OVER),
        "fragment": CONFIRM_FRAGMENTS.of(link.state),
        "is_waiting": link.is_current,
    }
    if link.challenge:
        enrollment = link.challenge.check_row.enrollment
        is_contact = link.challenge.address == enrollment.contact_email
        phase = link.challenge.check_row.phase if is_contact else Phase.NOT_STARTED
        now_asked = words_for(Reader.CONTACT).phase(phase)
        context |= {"enrollment": enrollment, "asker": challenges.asker_of(enrollment), "now_asked": now_asked}
    return render(request, "onboarding/confirm.html", context, status=_LINK_STATUS.get(link.state, 200))


# A link that works no more is gone for good, so that nobody keeps it.
_LINK_STATUS = {
    LinkState.REPLACED: 410,
    LinkState.EXPIRED: 410,
    LinkState.UNKNOWN: 404,
    LinkState.MALFORMED: 404,
}
CONFIRM_FRAGMENTS = Fragments("onboarding/confirm", LinkState)
_LINK_OVER = gettext_lazy("This link no longer works")
_LINK_TITLES = {
    LinkState.OPEN: gettext_lazy("Confirm your e-mail address"),
    LinkState.USED: gettext_lazy("Your e-mail address is confirmed"),
    LinkState.DECLINED: gettext_lazy("You are not the contact"),
}


def _answer_by_link(request: HttpRequest, link: challenges.Link, *, now: dt.datetime) -> None:
    """Do what the button says; the page shows the outcome."""
    assert link.challenge is not None
    if "decline" in request.POST:
        if not partner_acts.decline_mailbox(challenge=link.challenge, now=now):
            messages.info(request, _("Nothing waits for this address any more."))
    elif "again" in request.POST:
        try:
            if partner_acts.send_again_by_link(challenge=link.challenge, now=now):
                messages.success(request, _("A new message is on its way. Use the link in that one."))
            else:
                messages.info(request, _("Nothing waits for this address any more."))
        except challenges.TooSoonError as too_soon:
            messages.info(request, _too_soon_by_link(too_soon.wait))
    elif link.may_confirm:
        partner_acts.confirm_mailbox(challenge=link.challenge, by=None, now=now)


def _too_soon_by_link(wait: dt.timedelta) -> str:
    if wait < dt.timedelta(hours=1):
        return _("A message was sent a moment ago. Check the junk folder too, or try again in a minute.")
    return _("The limit of messages for today is reached. The last one still works; try again tomorrow.")


@require_POST
def confirm_code(request: HttpRequest, pk: uuid.UUID, check_id: int) -> HttpResponse:
    check = permissions.check_for_member(request, pk, check_id)
    form = MailboxCodeForm(request.POST)
    if form.is_valid():
        now = timezone.now()
        try:
            challenge = challenges.check_code(check=check, code=form.cleaned_data["code"], now=now)
        except challenges.WrongCodeError as wrong:
            form.add_error("code", _wrong_code(wrong.left))
        except challenges.ChallengeGoneError:
            if check.holds:
                return redirect(check.enrollment)
            form.add_error("code", _("This code no longer works. Ask for a new message below."))
        else:
            partner_acts.confirm_mailbox(challenge=challenge, by=permissions.signed_in(request), now=now)
            messages.success(request, _("The contact's e-mail address is confirmed."))
            return redirect(check.enrollment)
    context = {"form": form, "enrollment": check.enrollment, "check": check}
    return render(request, "onboarding/code.html", context, status=422)


def _wrong_code(left: int) -> str:
    if left <= 0:
        return _("This is not the code, and it was the last try. Ask for a new message.")
    return _("This is not the code of the latest message. Tries left: %(left)s.") % {"left": left}


@require_POST
def look_again(request: HttpRequest, pk: uuid.UUID, check_id: int) -> HttpResponse:
    check = permissions.check_for_member(request, pk, check_id)
    try:
        if partner_acts.look_again(check=check, by=permissions.signed_in(request), now=timezone.now()):
            messages.success(request, _("Thank you. The answer appears here."))
        else:
            messages.info(request, _("We looked a moment ago, or are looking. The answer appears here."))
    except challenges.TooSoonError as too_soon:
        messages.info(request, _too_soon(too_soon.wait, challenges.open_mailbox_challenge(check) is not None))
    return redirect(f"{check.enrollment.get_absolute_url()}#check-{check.pk}")


@require_POST
def choose_domain_proof(request: HttpRequest, pk: uuid.UUID, check_id: int) -> HttpResponse:
    """Prove the domain by a document, or by the record again; the second of two equal requests changes nothing."""
    check = permissions.check_for_member(request, pk, check_id)
    by_document = request.POST.get("by") == "document"
    partner_acts.choose_domain_proof(
        check=check, by_document=by_document, by=permissions.signed_in(request), now=timezone.now()
    )
    if by_document:
        return redirect("onboarding:answer", check.enrollment_id, check.pk)
    return redirect(f"{check.enrollment.get_absolute_url()}#check-{check.pk}")


def take_over(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show what the register's spelling would change (GET); POST changes it."""
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=True)
    offered = register_spelling.changes(enrollment)
    if request.method == "POST":
        return _taken_over(request, enrollment, offered)
    if not offered:
        messages.info(request, _NOTHING_OFFERED)
        return redirect(enrollment)
    return _show_take_over(request, enrollment, offered)


def _taken_over(
    request: HttpRequest, enrollment: Enrollment, offered: list[register_spelling.SpellingChange]
) -> HttpResponse:
    try:
        register_spelling.take_over(
            enrollment=enrollment,
            basis_seen=request.POST.get("basis", ""),
            by=permissions.signed_in(request),
            now=timezone.now(),
        )
    except register_spelling.NothingOfferedError:
        messages.info(request, _NOTHING_OFFERED)
        return redirect(enrollment)
    except register_spelling.ChangedSinceError:
        messages.warning(request, _("This has changed since the page was shown. Please compare it once more."))
        return _show_take_over(request, enrollment, offered, status=409)
    except (requirements.AnswersRefused, lifecycle.PageLockedError):
        messages.error(request, _("The register's spelling could not be used. Copy it by hand."))
        return redirect(journey.page_url(enrollment, register_spelling.PAGE))
    messages.success(request, _("Your answers now have the register's spelling. The check has started again."))
    return redirect(enrollment)


_NOTHING_OFFERED = gettext_lazy(
    "The register's spelling is no longer offered: your answers have it, or a new check has begun."
)


def _show_take_over(
    request: HttpRequest, enrollment: Enrollment, offered: list[register_spelling.SpellingChange], *, status: int = 200
) -> HttpResponse:
    context = {
        "enrollment": enrollment,
        "rows": [answer_groups.answer_row(register_spelling.PAGE, c.name, c.before, c.after) for c in offered],
        "basis": register_spelling.basis(offered),
    }
    return render(request, "onboarding/take_over.html", context, status=status)


@require_POST
def take_back(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Undo taking over the register's spelling, once."""
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=True)
    try:
        register_spelling.take_back(enrollment=enrollment, by=permissions.signed_in(request), now=timezone.now())
    except register_spelling.NothingOfferedError:
        messages.info(request, _("There is nothing to take back, or your answers were changed since."))
    except (register_spelling.ChangedSinceError, requirements.AnswersRefused, lifecycle.PageLockedError):
        messages.error(request, _("These answers were changed since, so nothing was taken back."))
    else:
        messages.success(request, _("Your own spelling is back. The check has started again."))
    return redirect(enrollment)


@require_POST
def take_up(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take up a draft that was set aside."""
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=True)
    lifecycle.take_up(enrollment=enrollment, by=permissions.signed_in(request), now=timezone.now())
    return redirect(enrollment)


def _too_soon(wait: dt.timedelta, has_link: bool) -> str:
    minutes = max(1, round(wait.total_seconds() / 60))
    if minutes < 60:
        told = ngettext(
            "A message was sent a moment ago. Check the junk folder too; a new one can be sent in %(count)s minute.",
            "A message was sent a moment ago. Check the junk folder too; a new one can be sent in %(count)s minutes.",
            minutes,
        )
        return told % {"count": minutes}
    if not has_link:
        return _("You've reached today's limit of messages. Correct the address, or ask again tomorrow.")
    return _(
        "You've reached today's limit of messages; the last one still works. Type its code here, or ask again tomorrow."
    )


def report(request: HttpRequest, pk: uuid.UUID, check_id: int) -> HttpResponse:
    """Record what Microsoft's pages show the reseller."""
    check = permissions.check_for_member(request, pk, check_id)
    if check.authority != Authority.MICROSOFT or not check.is_validation:
        raise Http404
    form = ReportForm(request.POST or None, initial={"on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            is_taken = reporting.report(
                check=check,
                says=form.cleaned_data["says"],
                on=form.cleaned_data["on"],
                by=permissions.signed_in(request),
                now=timezone.now(),
            )
        except reporting.CannotReportError:
            form.add_error(None, _("Microsoft's check has not started. First enter the day of submission in step 3."))
        else:
            if is_taken:
                messages.success(request, _("Thank you. Your contact at Ingram Micro sees it as well."))
            else:
                messages.info(
                    request,
                    _("Saved. Your contact at Ingram Micro looks at it: tries with Microsoft are counted."),
                )
            return redirect(check.enrollment)
    context = {
        "form": form,
        "enrollment": check.enrollment,
        "check": check,
        "side": check_cards.side(check.enrollment, check),
    }
    return render(request, "onboarding/report.html", context, status=422 if form.errors else 200)
