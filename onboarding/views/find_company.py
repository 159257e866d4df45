"""Find a company in the registers, and use what they say: in the pre-flight, in step 3, or to register it here."""

import uuid
from dataclasses import asdict
from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from onboarding import permissions
from onboarding.connectors import company_search
from onboarding.connectors.company_search import FoundCompany, SearchResult, SearchState
from onboarding.domain.checks import connectors
from onboarding.domain.enrollment import known_companies, lifecycle, second_country
from onboarding.domain.questions.steps import STEPS
from onboarding.forms.find_company import FindCompanyForm
from onboarding.models import Enrollment
from portal.accounts.models import User
from portal.partners import domain
from portal.partners.models import Partner
from portal.web.fragments import Fragments

SALT = "found-company"
A_DAY = 24 * 3600  # seconds that a choice can be used
HITS = Fragments("onboarding/hits", SearchState)


@login_not_required
@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """Return the search page, or its results alone while somebody types; visitors choose for the pre-flight."""
    is_to_register = request.user.is_authenticated and request.GET.get("for") != "preflight"
    return _page(request, purpose="register" if is_to_register else "preflight")


@require_GET
def find_for_step(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _page(request, purpose="step", enrollment=permissions.enrollment_for_member(request, pk, to_edit=True))


def _page(request: HttpRequest, *, purpose: str, enrollment: Enrollment | None = None) -> HttpResponse:
    country = enrollment.partner.country if enrollment else "FR"
    is_asked = "q" in request.GET
    form = FindCompanyForm(request.GET if is_asked else None, initial={"country": country, "for": purpose})
    result: SearchResult | None = None
    status = 200
    if is_asked and form.is_valid():
        if ratelimit.consume(request, action="company_search"):
            result = company_search.search(
                form.cleaned_data["q"],
                country=form.cleaned_data["country"],
                now=timezone.now(),
                with_duns=request.user.is_authenticated,
            )
        else:
            form.add_error(None, _("You have searched very often. Try again later, or type your company by hand."))
            status = 429
    context = {
        "form": form,
        "result": result,
        "hits": [_hit(company, purpose, enrollment) for company in result.companies] if result else [],
        "hits_fragment": HITS.of(result.state) if result else "",
        "is_to_register": purpose == "register",
        "enrollment": enrollment,
        "by_hand": _by_hand(purpose, enrollment),
    }
    only_hits = request.headers.get("X-Part") == "hits"
    name = "onboarding/_hits.html" if only_hits else "onboarding/find_company.html"
    return render(request, name, context, status=422 if form.errors and status == 200 else status)


def _hit(company: FoundCompany, purpose: str, enrollment: Enrollment | None) -> dict[str, Any]:
    token = signing.dumps(asdict(company), salt=SALT, compress=True)
    url = f"{_by_hand(purpose, enrollment)}?found={token}" if purpose != "register" else ""
    return {"company": company, "token": token, "url": url, "source": connectors.label_of(company.register)}


def _by_hand(purpose: str, enrollment: Enrollment | None) -> str:
    if enrollment is not None:
        return reverse("onboarding:page", args=[enrollment.pk, "company"])
    return reverse("partners:register") if purpose == "register" else reverse("onboarding:preflight")


def chosen(request: HttpRequest) -> FoundCompany | None:
    """Return the company that was chosen on the search page; None without one, or when the choice is too old."""
    token = request.POST.get("found") or request.GET.get("found") or ""
    try:
        return FoundCompany(**signing.loads(token, salt=SALT, max_age=A_DAY))
    except (signing.BadSignature, TypeError):
        return None


def answers_of(company: FoundCompany) -> dict[str, str]:
    """Return the answers of step 3 that a register told; what it withholds stays as it was."""
    told = {
        "legal_name": company.name,
        "registration_number": company.number,
        "duns": company.duns,
        "street": company.street,
        "postal_code": company.postal_code,
        "city": company.city,
    }
    return {name: text for name, text in told.items() if text}


@require_POST
def register_found(request: HttpRequest) -> HttpResponse:
    """Register the chosen company with everything the register told; say so where somebody else has done it."""
    company, me = chosen(request), permissions.signed_in(request)
    if company is None or company.is_withheld:
        messages.warning(request, _("This choice is no longer valid. Search once more, or type your company by hand."))
        return redirect("onboarding:find_company")
    own = known_companies.mine(number=company.number, country=company.country, name=company.name, owner=me)
    if own:
        return _enrol(own, by=me)
    there = known_companies.with_number(company.number, country=company.country, duns=company.duns, but=me)
    if there and "ask" in request.POST:
        known_companies.ask_to_join(partner=there, by=me, now=timezone.now())
        messages.success(request, _("The owners of this company are asked by e-mail. You get an invitation from them."))
        return redirect("onboarding:home")
    if there and "anyway" not in request.POST:
        context = {"company": company, "token": request.POST["found"]}
        return render(request, "onboarding/company_known.html", context)
    partner = domain.register(name=company.name[:200], country=company.country, owner=me, **answers_of(company))
    messages.success(request, _("%(company)s is registered. You are its owner.") % {"company": partner})
    return _enrol(partner, by=me)


def _enrol(partner: Partner, *, by: User) -> HttpResponse:
    """Begin the enrolment of a company in its own country, and lead to the first question: step 2 asks the country."""
    try:
        enrollment = second_country.start(partner=partner, country=partner.country, by=by, now=timezone.now())
    except lifecycle.AlreadyEnrolledError as there:
        return redirect(there.enrollment)
    return redirect("onboarding:page", enrollment.pk, STEPS[0].pages[0].slug)
