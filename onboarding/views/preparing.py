"""What a partner does not have yet: what to do, where, how long; the enrollment waits and reminds them."""

import datetime as dt
import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding import permissions
from onboarding.domain.enrollment import preparations
from onboarding.domain.questions import official_pages
from onboarding.domain.questions.preparations import PREPARATIONS
from onboarding.domain.questions.tasks import OF_STEP
from onboarding.forms.preparation import PreparationForm
from onboarding.models import Preparation
from onboarding.views.presenters.journey import page_url


def page(request: HttpRequest, pk: uuid.UUID, code: str) -> HttpResponse:
    """Show what to do (GET). POST waits with a reminder, or says that they have it now."""
    if code not in PREPARATIONS:
        raise Http404
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=request.method == "POST")
    me, now, spec = permissions.signed_in(request), timezone.now(), PREPARATIONS[code]
    open_ = Preparation.objects.filter(enrollment=enrollment, code=code, ended_at=None).first()
    usual = timezone.localdate() + dt.timedelta(days=spec.remind_after)
    form = PreparationForm(
        request.POST if request.method == "POST" and "got" not in request.POST else None,
        initial={"remind_on": (open_.remind_on if open_ else None) or usual},
    )
    if request.method == "POST" and "got" in request.POST:
        preparations.end(enrollment=enrollment, code=code, by=me, now=now)
        return redirect(page_url(enrollment, spec.page))
    if request.method == "POST" and form.is_valid():
        preparations.begin(enrollment=enrollment, code=code, by=me, now=now, remind_on=form.cleaned_data["remind_on"])
        messages.success(request, _("The enrolment waits. Everything you have entered stays here."))
        return redirect(enrollment)
    context = {
        "enrollment": enrollment,
        "code": code,
        "spec": spec,
        "open": open_,
        "form": form,
        "may_edit": permissions.may_edit(enrollment),
        "links": official_pages.links(spec.links),
        "task": OF_STEP.get(spec.page, ""),
        "step_url": page_url(enrollment, spec.page),
    }
    return render(request, "onboarding/preparing.html", context, status=422 if form.errors else 200)
