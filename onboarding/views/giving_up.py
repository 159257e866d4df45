"""Delete a draft, withdraw an enrollment, take either back."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from onboarding import permissions
from onboarding.domain.checks import routing
from onboarding.domain.enrollment import withdrawal
from onboarding.enums import EnrollmentState
from onboarding.models.enrollment import GRACE
from onboarding.views.presenters import giving_up


def withdraw(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show what follows (GET); POST gives the enrollment up. The second of two equal requests changes nothing."""
    enrollment = permissions.enrollment_to_give_up(request, pk)
    if request.method == "POST":
        given_up = withdrawal.withdraw(enrollment=enrollment, by=permissions.signed_in(request), now=timezone.now())
        if given_up.withdrawn_from == EnrollmentState.DRAFT:
            messages.success(request, _("The draft is deleted. You can take it back from this page for 30 days."))
            return redirect("onboarding:home")
        messages.success(request, _("The enrolment is withdrawn. You can take it back for 30 days."))
        return redirect(enrollment)
    if enrollment.is_withdrawn:
        return redirect(enrollment)
    context = {
        "enrollment": enrollment,
        "is_draft": enrollment.state == EnrollmentState.DRAFT,
        "consequences": giving_up.consequences(enrollment, routing.checks_of(enrollment)),
        "days": GRACE.days,
        "until": timezone.now() + GRACE,
    }
    return render(request, "onboarding/withdraw.html", context)


@require_POST
def restore(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    enrollment = permissions.enrollment_to_give_up(request, pk)
    try:
        withdrawal.take_back(enrollment=enrollment, by=permissions.signed_in(request), now=timezone.now())
    except withdrawal.TooLateToTakeBackError:
        messages.error(request, _("It is too late to take this back. Start a new enrolment for the country instead."))
        return redirect("onboarding:start", enrollment.partner_id)
    if enrollment.is_withdrawn:
        messages.success(request, _("The enrolment is back as it was. Checks that were interrupted continue now."))
    return redirect(enrollment)
