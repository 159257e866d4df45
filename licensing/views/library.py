"""The go-to-market library. Opening an item is counted, so it is a POST; the list itself changes nothing."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from licensing.domain import assets
from licensing.forms.library import LibraryForm, kind_of
from portal.geo.models import Country
from portal.sorting import without_marks


@login_not_required
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    form = LibraryForm(request.GET)
    form.is_valid()
    chosen = {name: form.cleaned_data.get(name) or "" for name in form.fields}
    today = timezone.localdate()
    context = {
        "rows": list(assets.versions(filters=assets.Filters(**chosen), on=today)[:200]),
        "dead_after": assets.DEAD_AFTER,
        "chosen": chosen,
        "is_filtered": any(chosen.values()),
        "fields": form.fields,
        "countries": sorted(((c.code, str(c)) for c in Country.objects.all()), key=lambda c: without_marks(c[1])),
    }
    return render(request, "licensing/library.html", context)


@login_not_required
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Count the opening and return the file. The browser follows links without us and reports them here."""
    today = timezone.localdate()
    version = get_object_or_404(assets.shown(on=today), pk=pk)
    assets.opened(version=version, visitor=_visitor(request), on=today)
    if version.url:
        return HttpResponse(status=204)
    response = HttpResponse(bytes(version.content or b""), content_type=kind_of(version.file_name))
    response["Content-Disposition"] = content_disposition_header(True, version.file_name) or "attachment"
    return response


def _visitor(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        return f"user {request.user.pk}"
    return request.COOKIES.get("csrftoken") or request.COOKIES.get("__Host-csrftoken") or "somebody"
