"""A BDM's absences: planned with a stand-in, ended early, and whom they stand in for."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from onboarding import permissions
from onboarding.forms.absence import AbsenceForm
from portal.coverage import absences
from portal.coverage.models import Bdm


def absence(request: HttpRequest) -> HttpResponse:
    """Show the person's absences and a form (GET), or plan one (POST)."""
    bdm, today = permissions.bdm(request), timezone.localdate()
    people = list(Bdm.objects.active().exclude(pk=bdm.pk).filter(**({"is_lead": True} if bdm.is_lead else {})))
    form = AbsenceForm(*([request.POST] if request.method == "POST" else []), people=people)
    if request.method == "POST" and form.is_valid() and _planned(form, bdm, people):
        messages.success(request, _("Your absence is saved."))
        return redirect("onboarding:absence")
    context = {
        "form": form,
        "own": absences.of_bdm(bdm, today=today),
        "covers": absences.covered_by(bdm, absences.current(today)),
    }
    return render(request, "onboarding/absence.html", context, status=422 if form.errors else 200)


def _planned(form: AbsenceForm, bdm: Bdm, people: list[Bdm]) -> bool:
    """Return whether the absence is written; what stops it is said at the form."""
    typed = form.cleaned_data
    stand_in = next((person for person in people if person.pk == typed["stand_in"]), None)
    try:
        absences.plan(
            bdm=bdm,
            first_on=typed["first_on"],
            last_on=typed["last_on"],
            stand_in=stand_in,
            today=timezone.localdate(),
        )
    except tuple(_REFUSALS) as error:
        field, words = _REFUSALS[type(error)]
        form.add_error(field, words)
        return False
    return True


_REFUSALS = {
    absences.PastDaysError: ("last_on", gettext_lazy("These days are past. Choose today or a later day.")),
    absences.DaysError: (
        "last_on",
        gettext_lazy("The last day must not be before the first, nor more than a year after it."),
    ),
    absences.OverlapError: (
        None,
        gettext_lazy("You have an absence on one of these days already. End it first, or choose other days."),
    ),
    absences.StandInAwayError: (
        "stand_in",
        gettext_lazy("This colleague is away on one of these days. Choose somebody else."),
    ),
    absences.LeadNeededError: (
        "stand_in",
        gettext_lazy("A lead's stand-in sees every country, so it must be a lead. Choose a lead."),
    ),
    absences.NobodyCoversError: (
        "stand_in",
        gettext_lazy("No lead is there on all of these days. Choose a colleague who stands in."),
    ),
}


@require_POST
def end_absence(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one of the person's own absences; a second time changes nothing."""
    absences.end(bdm=permissions.bdm(request), absence=pk)
    messages.success(request, _("The absence is ended: your files reach you alone again."))
    return redirect("onboarding:absence")
