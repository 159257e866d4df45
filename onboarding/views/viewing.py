"""Begin and end a look at the portal with the eyes of a partner's person."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from onboarding import permissions
from onboarding.domain.desk import viewing
from onboarding.forms.viewing import ViewReasonForm
from portal.partners.models import Partner


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, user_id: int) -> HttpResponse:
    """Ask for the reason (GET), and begin the look (POST)."""
    viewer = permissions.signed_in(request)
    try:
        other = viewing.whom(viewer, user_id, today=timezone.localdate())
        form = ViewReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            view = viewing.begin(viewer=viewer, user_id=user_id, reason=form.cleaned_data["reason"], now=timezone.now())
            request.session[viewing.IN_SESSION] = view.pk
            return redirect("onboarding:home")
    except viewing.MayNotViewError:
        raise Http404 from None
    companies = Partner.objects.filter(memberships__user=other).order_by("name")
    context = {"other": other, "companies": companies, "form": form}
    return render(request, "onboarding/view_as.html", context, status=422 if form.errors else 200)


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End the look; a second tab that ends it too is told so."""
    pk = request.session.pop(viewing.IN_SESSION, None)
    if pk is not None:
        viewing.end(viewer=permissions.signed_in(request), pk=pk, now=timezone.now())
    messages.success(request, _("The look has ended. You see your own pages again."))
    return redirect("home")
