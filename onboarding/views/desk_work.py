"""What a BDM does around an enrollment: take it, give it to a colleague, hand it back, follow up, tag, star."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from onboarding import permissions
from onboarding.domain.desk import looks, presence
from onboarding.domain.desk import work as desk_work
from onboarding.forms.work import FollowUpForm, HandBackForm, OwnerForm, OwnerSeen, TagsForm
from onboarding.models import Enrollment
from onboarding.views import desk, desk_list
from portal.accounts.models import User


def work(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Do one deed (``do``) and show the enrollment again; what stops it is said at its form."""
    enrollment = permissions.enrollment_for_bdm(request, pk)
    deed = _DEEDS.get(request.POST.get("do", ""))
    if request.method != "POST" or deed is None:
        return redirect(desk_list.same_file(request, pk))
    failed = deed(request, enrollment, permissions.signed_in(request))
    if failed is not None:
        return desk.show_again(request, pk, failed)
    return redirect(desk_list.same_file(request, pk))


@require_POST
def seen(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Store how far the person has seen the history, and show the enrollment again."""
    enrollment, upto = permissions.enrollment_for_bdm(request, pk, lent_may_post=True), request.POST.get("upto", "")
    if upto.isascii() and upto.isdigit() and len(upto) < 19:
        looks.mark(enrollment=enrollment, user=permissions.signed_in(request), upto=int(upto), now=timezone.now())
    return redirect(desk_list.same_file(request, pk))


@require_POST
def present(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Keep that the person has the enrollment open, and name the others who have."""
    enrollment = permissions.enrollment_for_bdm(request, pk, lent_may_post=True)
    user = permissions.signed_in(request)
    names = presence.report(enrollment=enrollment, user=user, now=timezone.now())
    return render(request, "onboarding/_presence.html", {"names": names})


def _take(request: HttpRequest, enrollment: Enrollment, user: User) -> forms.Form | None:
    form = OwnerSeen(request.POST)
    return _assigned(request, enrollment, user, form, to=user) if form.is_valid() else form


def _assign(request: HttpRequest, enrollment: Enrollment, user: User) -> forms.Form | None:
    people = list(desk_work.may_own(enrollment))
    form = OwnerForm(request.POST, people=people)
    if not form.is_valid():
        return form
    to = next(person for person in people if person.pk == form.cleaned_data["owner"])
    return _assigned(request, enrollment, user, form, to=to)


def _assigned(
    request: HttpRequest, enrollment: Enrollment, user: User, form: OwnerSeen, *, to: User
) -> forms.Form | None:
    seen = form.cleaned_data["seen"]
    try:
        desk_work.assign(enrollment=enrollment, to=to, by=user, now=timezone.now(), owner_seen=seen)
    except desk_work.TakenMeanwhileError as error:
        messages.error(request, _taken(error))
        return None
    except desk_work.CannotSeeError:
        form.add_error(None, _("This colleague cannot open this file. Choose one of the list."))
        return form
    messages.success(
        request, _("The file is yours.") if to == user else _("%(name)s owns the file now.") % {"name": to}
    )
    return None


def _taken(error: desk_work.TakenMeanwhileError) -> str:
    if error.owner is None:
        return _("The file has been handed back meanwhile. Nothing was changed: look again, then take it or assign it.")
    return _("%(name)s has taken the file meanwhile. Nothing was changed.") % {"name": error.owner}


def _hand_back(request: HttpRequest, enrollment: Enrollment, user: User) -> forms.Form | None:
    form = HandBackForm(request.POST)
    if not form.is_valid():
        return form
    why, seen = form.cleaned_data["why"], form.cleaned_data["seen"]
    try:
        desk_work.hand_back(enrollment=enrollment, why=why, by=user, now=timezone.now(), owner_seen=seen)
    except desk_work.TakenMeanwhileError as error:
        messages.error(request, _taken(error))
        return None
    messages.success(request, _("The file is handed back: nobody owns it."))
    return None


def _follow_up(request: HttpRequest, enrollment: Enrollment, _user: User) -> forms.Form | None:
    form = FollowUpForm(request.POST)
    if not form.is_valid():
        return form
    on = form.cleaned_data["on"]
    try:
        desk_work.follow_up(enrollment=enrollment, on=on, today=timezone.localdate())
    except desk_work.PastDayError:
        form.add_error("on", _("This day is past. Choose today or a later day."))
        return form
    except desk_work.FarDayError:
        form.add_error("on", _("This day is more than two years ahead. Check the year."))
        return form
    messages.success(request, _("The follow-up is saved.") if on else _("The follow-up is removed."))
    return None


def _tags(request: HttpRequest, enrollment: Enrollment, _user: User) -> forms.Form | None:
    form = TagsForm(request.POST)
    if not form.is_valid():
        return form
    try:
        desk_work.tag(enrollment=enrollment, tags=form.cleaned_data["tags"])
    except desk_work.TooManyTagsError:
        form.add_error("tags", _("A file has at most 8 tags. Remove some."))
        return form
    except desk_work.LongTagError:
        form.add_error("tags", _("A tag has at most 40 characters. Separate tags by commas."))
        return form
    messages.success(request, _("The tags are saved."))
    return None


def _star(on: bool) -> Callable[[HttpRequest, Enrollment, User], forms.Form | None]:
    def deed(_request: HttpRequest, enrollment: Enrollment, user: User) -> forms.Form | None:
        desk_work.star(enrollment=enrollment, user=user, on=on)
        return None

    return deed


_DEEDS: dict[str, Callable[[HttpRequest, Enrollment, User], Any]] = {
    "take": _take,
    "assign": _assign,
    "hand_back": _hand_back,
    "follow_up": _follow_up,
    "tags": _tags,
    "star": _star(True),
    "unstar": _star(False),
}
