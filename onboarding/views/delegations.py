"""Send a task to the person who can do it; the page that this person sees without an account."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from onboarding import permissions
from onboarding.domain.checks import routing
from onboarding.domain.enrollment import delegation
from onboarding.domain.enrollment.delegation import DelegationState
from onboarding.domain.questions import official_pages
from onboarding.domain.questions.tasks import TASKS
from onboarding.enums import Authority, Kind
from onboarding.forms.delegation import DelegationForm, QuestionForm
from onboarding.models import Delegation, Enrollment
from onboarding.views.presenters.labels import Badge
from onboarding.views.wizard import official_link, record_to_publish, shop_links
from portal.limits import LimitReachedError
from portal.notices import stops
from portal.web import limit_words, questions
from portal.web.fragments import Fragments
from portal.web.templatetags.portal import day


def overview(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show whom the company has asked, with a form that asks somebody; POST sends the link."""
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=request.method == "POST")
    tasks = _possible(enrollment)
    asked_for = request.GET.get("task", "")
    form = DelegationForm(
        request.POST or None, tasks=tasks, initial={"task": asked_for if asked_for in tasks else tasks[0]}
    )
    if request.method == "POST" and form.is_valid():
        try:
            sent = delegation.send(
                enrollment=enrollment, by=permissions.signed_in(request), now=timezone.now(), **form.cleaned_data
            )
        except stops.StoppedError:
            form.add_error("to", _("The owner of this address asked us for no such e-mails. Ask them another way."))
        except LimitReachedError as reached:
            form.add_error(None, limit_words.sentence(reached))
        else:
            messages.success(request, _("The link is on its way to %(email)s.") % {"email": sent.to})
            return redirect("onboarding:delegations", pk)
    now = timezone.now()
    sent_rows = enrollment.delegations.select_related("by", "enrollment").prefetch_related("questions")
    context = {
        "enrollment": enrollment,
        "form": form,
        "may_edit": permissions.may_edit(enrollment),
        "days": delegation.LIFE.days,
        "sent": [_sent(row, delegation.state_of(row, now=now)) for row in sent_rows],
    }
    return render(request, "onboarding/delegations.html", context, status=422 if form.errors else 200)


def _sent(row: Delegation, state: DelegationState) -> dict[str, Any]:
    """Return one link of the list, with what became of it."""
    badges = {
        DelegationState.DONE: Badge("done", _("Done")),
        DelegationState.NOT_ME: Badge("turn", _("Not the right person")),
        DelegationState.OPEN: Badge("moving", _("Open until %(day)s") % {"day": day(row.expires_at)}),
        DelegationState.EXPIRED: Badge("", _("Expired")),
        DelegationState.REVOKED: Badge("", _("Revoked")),
    }
    return {
        "row": row,
        "title": TASKS[row.task].title,
        "badge": badges[state],
        "is_open": state == DelegationState.OPEN,
    }


def _possible(enrollment: Enrollment) -> list[str]:
    """Return the tasks that somebody can do now: a record and a link must exist before they are sent."""
    record = record_to_publish(routing.checks_of(enrollment)[Kind.DOMAIN, Authority.PORTAL])
    missing = set() if record else {"txt_record"}
    missing |= set() if official_link(enrollment) else {"authorization"}
    return [code for code in TASKS if code not in missing]


@require_POST
def revoke(request: HttpRequest, pk: uuid.UUID, delegation_id: int) -> HttpResponse:
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=True)
    sent = enrollment.delegations.filter(pk=delegation_id).first()
    if sent is None:
        raise Http404
    question = questions.ask(
        request,
        question=_("End the link to this task?"),
        told=_("Whoever has the link can do nothing with it any more. You can ask somebody again."),
        button=_("End the link"),
        back=reverse("onboarding:delegations", args=[pk]),
    )
    if question:
        return question
    delegation.revoke(delegation=sent, by=permissions.signed_in(request), now=timezone.now())
    messages.success(request, _("The link no longer works."))
    return redirect("onboarding:delegations", pk)


# A link that works no more is gone for good, so that nobody keeps it.
_STATUS = {DelegationState.EXPIRED: 410, DelegationState.REVOKED: 410, DelegationState.UNKNOWN: 404}
FRAGMENTS = Fragments("onboarding/delegate", DelegationState, shared=dict.fromkeys(_STATUS, "over"))


@login_not_required
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def delegate(request: HttpRequest, token: str) -> HttpResponse:
    """Show one task to the reader of its link, and take their answer."""
    now = timezone.now()
    read = delegation.read(token=token, now=now)
    form = QuestionForm(request.POST if "ask" in request.POST else None)
    status = _STATUS.get(read.state, 200)
    if request.method == "POST" and read.delegation:
        if "ask" in request.POST and not form.is_valid():
            status = 422
        else:
            _take(request, read.delegation, form)
            return redirect(request.get_full_path())
    context: dict[str, Any] = {"state": read.state.value, "fragment": FRAGMENTS.of(read.state), "form": form}
    if read.delegation:
        context |= _task_of(read.delegation)
    if read.state == DelegationState.OPEN:
        context["title"] = context["spec"].title
    return render(request, "onboarding/delegate.html", context, status=status)


def _take(request: HttpRequest, sent: Delegation, form: QuestionForm) -> None:
    now = timezone.now()
    try:
        if "ask" in request.POST:
            delegation.ask(delegation=sent, text=form.cleaned_data["text"], now=now)
            messages.success(request, _("Your question is sent. The answer comes from the person who asked you."))
        elif "done" in request.POST:
            delegation.answer(delegation=sent, says=Delegation.TaskReply.DONE, now=now)
        elif "not_me" in request.POST:
            delegation.answer(delegation=sent, says=Delegation.TaskReply.NOT_ME, now=now)
        elif "unknown" in request.POST:
            delegation.disown(delegation=sent, now=now)
            messages.success(request, _("We write to you for companies no more, and Ingram Micro is told."))
    except delegation.LinkOverError:
        messages.info(request, _("Nothing was changed: this link has been answered, or has ended."))


def _task_of(sent: Delegation) -> dict[str, Any]:
    """Return what the reader needs for the task, and nothing else of the enrollment."""
    enrollment, spec = sent.enrollment, TASKS[sent.task]
    links = official_pages.links(spec.links)
    if spec.shows == "marketplace":
        links = shop_links(enrollment, "marketplace")
    shown: dict[str, Any] = {}
    if spec.shows == "record":
        shown["record"] = record_to_publish(routing.checks_of(enrollment)[Kind.DOMAIN, Authority.PORTAL])
    if spec.shows == "provider_link":
        shown["link"] = official_link(enrollment)
    return {
        "sent": sent,
        "partner": enrollment.partner,
        "country": enrollment.country,
        "spec": spec,
        "links": links,
        **shown,
    }
