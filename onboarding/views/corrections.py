"""What the partner says of Partner Center in one click: changed there too, the agreement is offered."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from onboarding import permissions
from onboarding.domain.checks import partner_acts


@require_POST
def changed_there(request: HttpRequest, pk: uuid.UUID, check_id: int) -> HttpResponse:
    """Record that the answers changed here are changed in Partner Center too; a second time changes nothing."""
    check = permissions.check_for_member(request, pk, check_id)
    by, now = permissions.signed_in(request), timezone.now()
    if partner_acts.changed_there(enrollment=check.enrollment, by=by, now=now):
        messages.success(request, _("Thank you. Your answers here and in Partner Center are the same again."))
    else:
        messages.info(request, _("Nothing is left to change in Partner Center."))
    return redirect(f"{check.enrollment.get_absolute_url()}#check-{check.pk}")


@require_POST
def agreement_offered(request: HttpRequest, pk: uuid.UUID, check_id: int) -> HttpResponse:
    """Record that Partner Center offers the agreement; a second time changes nothing."""
    check = permissions.check_for_member(request, pk, check_id)
    if partner_acts.agreement_offered(check=check, by=permissions.signed_in(request), now=timezone.now()):
        messages.success(request, _("Thank you. A Global admin can sign the agreement now."))
    else:
        messages.info(request, _("We know this already."))
    return redirect(f"{check.enrollment.get_absolute_url()}#check-{check.pk}")
