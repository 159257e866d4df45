"""The page of an invitation by Ingram Micro: who invites, for which company; go on, confirm, or refuse for good.

Opening it changes nothing, because mail scanners open links. Source: [scanners-follow-links].
"""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from onboarding import permissions
from onboarding.domain.campaigns import invited, links
from onboarding.domain.campaigns.links import InviteLinkState
from onboarding.forms.campaigns import ConfirmCompanyForm
from onboarding.models import Enrollment
from portal.accounts.models import User
from portal.web.fragments import Fragments
from portal.web.typed import forget_typed, typed_before_sign_in

# A link that works no more is gone for good; one for another address shows nothing of what it is about.
_STATUS = {
    InviteLinkState.EXPIRED: 410, InviteLinkState.STOPPED: 410, InviteLinkState.REFUSED: 410,
    InviteLinkState.UNKNOWN: 404, InviteLinkState.OTHER_ADDRESS: 403,
}  # fmt: skip
FRAGMENTS = Fragments("onboarding/invited", InviteLinkState)


@login_not_required
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    user = permissions.signed_in(request) if request.user.is_authenticated else None
    if request.method == "POST" and "refuse" in request.POST:
        if invited.refuse(token=token, now=timezone.now()):
            return redirect(request.path)
    elif request.method == "POST" and user is None:
        return _to_account(request, token)
    read = links.read(token=token, user=user, now=timezone.now())
    row = read.row
    if row and row.enrollment and user and read.state == InviteLinkState.USED and _is_member(row.enrollment, user):
        return redirect(row.enrollment)
    form = None
    if row and user and read.state == InviteLinkState.OPEN:
        initial = {"name": row.name, "country": row.country_id, "mpn_id": row.mpn_id}
        form = ConfirmCompanyForm(
            request.POST if "confirm" in request.POST else None, initial=initial | typed_before_sign_in(request)
        )
        if form.is_valid():
            answer = _accept(request, token, user, form)
            if answer is not None:
                return answer
    context = {
        "state": read.state.value,
        "fragment": FRAGMENTS.of(read.state),
        "row": row,
        "form": form,
        "by": row and row.campaign.scope_of,
    }
    status = 422 if form is not None and form.errors else _STATUS.get(read.state, 200)
    return render(request, "onboarding/invited.html", context, status=status)


def _is_member(enrollment: Enrollment, user: User) -> bool:
    return enrollment.partner.memberships.filter(user=user).exists()


def _to_account(request: HttpRequest, token: str) -> HttpResponse:
    """Redirect to sign up, or to sign in, and back to this page afterwards."""
    try:
        row = invited.go_on(token=token, user=None, now=timezone.now())
    except invited.LinkIsOverError:
        return redirect(request.path)
    way_back = {"next": request.path}
    if "sign_in" in request.POST:
        return redirect(f"{reverse('account_login')}?{urlencode(way_back)}")
    return redirect(f"{reverse('account_signup')}?{urlencode({'email': row.email, **way_back})}")


def _accept(request: HttpRequest, token: str, user: User, form: ConfirmCompanyForm) -> HttpResponse | None:
    try:
        enrollment = invited.accept(token=token, user=user, now=timezone.now(), **form.cleaned_data)
    except invited.LinkIsOverError:
        return redirect(request.path)
    forget_typed(request)
    messages.success(
        request,
        _("%(company)s is yours now, and its enrolment has begun with what we knew. Check each answer.")
        % {"company": enrollment.partner},
    )
    return redirect(enrollment)
