"""Correct a company's name or registered office: its enrollments follow, so this page is not among the partners'."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding import permissions
from onboarding.domain.enrollment import company_details
from onboarding.forms.company import CorrectionForm
from portal.geo.models import Country


def correct(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    partner = permissions.partner_to_manage(request, partner_id)
    initial = {"name": partner.name, "country": Country.objects.filter(pk=partner.country).first()}
    form = CorrectionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        corrected = company_details.correct(
            partner=partner, by=permissions.signed_in(request), now=timezone.now(), **form.cleaned_data
        )
        if corrected:
            messages.success(request, _("The company is corrected. Checks that depend on it have started again."))
        else:
            messages.info(request, _("Nothing was changed: it is as it was."))
        return redirect("partners:company", partner.pk)
    context = {"form": form, "partner": partner, "in_force": company_details.in_force(partner)}
    return render(request, "onboarding/correct_company.html", context, status=422 if form.errors else 200)
