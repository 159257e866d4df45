"""The ids of a file in other systems, and which of our fields is which of theirs."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from onboarding import permissions
from onboarding.domain.desk import external_ids, external_systems, field_mapping
from onboarding.enums import ExternalKind, ExternalSystem
from onboarding.forms.external_ids import ExternalIdForm
from onboarding.models import Enrollment
from onboarding.views import desk, desk_list


@require_POST
def change(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Set or remove an id, and show the enrollment again; what stops it is said at the form."""
    enrollment = permissions.enrollment_for_bdm(request, pk)
    if request.POST.get("do") == "remove":
        return _remove(request, enrollment)
    form = ExternalIdForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            external_ids.put(
                owner=_owner(enrollment, typed["kind"]), system=typed["system"], text=typed["value"],
                by=permissions.signed_in(request), now=timezone.now(),
            )  # fmt: skip
        except external_ids.TakenError:
            form.add_error("value", _("Another company or enrolment has this ID. Search the desk for it."))
        else:
            messages.success(request, _("The ID is saved."))
            return redirect(desk_list.same_file(request, pk))
    return desk.show_again(request, pk, form)


def _remove(request: HttpRequest, enrollment: Enrollment) -> HttpResponse:
    system, kind = request.POST.get("system", ""), request.POST.get("kind", "")
    if system not in ExternalSystem.values or kind not in ExternalKind.values:
        raise Http404
    external_ids.remove(owner=_owner(enrollment, kind), system=system, by=permissions.signed_in(request))
    messages.success(request, _("The ID is removed."))
    return redirect(desk_list.same_file(request, enrollment.pk))


def _owner(enrollment: Enrollment, kind: str) -> external_ids.Owner:
    return enrollment.partner if kind == ExternalKind.COMPANY else enrollment


@require_safe
def fields(request: HttpRequest) -> HttpResponse:
    """Show leads and administrators which of our fields is which in Dynamics 365 and Salesforce."""
    permissions.lead_or_external_ids(request)
    context = {
        "groups": [(kind.label, field_mapping.FIELDS[kind]) for kind in ExternalKind],
        "systems": [
            (code.label, [(kind.label, system.objects[kind]) for kind in ExternalKind], system.example)
            for code, system in external_systems.SYSTEMS.items()
        ],
        "kinds": [kind.label for kind in ExternalKind],
    }
    return render(request, "onboarding/field_mapping.html", context)
