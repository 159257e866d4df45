"""The catalogue of mails, which everybody may read, and each person's choices."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from portal.notices import preferences, registry
from portal.notices import unsubscribe as links
from portal.notices.forms import PreferencesForm
from portal.notices.registry import Category


@login_not_required
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    return render(request, "notices/catalogue.html", {"groups": list(registry.by_category(registry.everything()))})


@login_not_required
@csrf_exempt  # a mail program sends it; the signed address is the right
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to switch this kind of mail off (GET; scanners open links), and do it (POST)."""
    try:
        kind = links.kind_of(token)
        if request.method == "POST":
            links.switch_off(token)
    except links.UnknownLinkError:
        raise Http404 from None
    return render(request, "notices/unsubscribe.html", {"kind": kind, "is_done": request.method == "POST"})


@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    own = registry.of_user(request.user)
    free = [kind for kind in own if kind.has_choice]
    form = PreferencesForm(
        request.POST if request.method == "POST" else None, kinds=free, initial=preferences.of_user(request.user)
    )
    if form.is_bound and form.is_valid():
        preferences.save(request.user, form.cleaned_data)
        messages.success(request, _("Your choices are saved. They count for the next e-mail."))
        return redirect("notices:preferences")
    fixed = [kind for kind in own if not kind.has_choice]
    context = {
        "form": form,
        "has_choice": bool(free),
        "fixed": [kind for kind in fixed if kind.category != Category.ACCOUNT],
        "account": [kind for kind in fixed if kind.category == Category.ACCOUNT],
    }
    return render(request, "notices/preferences.html", context, status=422 if form.errors else 200)
