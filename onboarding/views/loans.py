"""A second opinion on an enrollment: lend it, take it back, and the borrower's answer."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from onboarding import permissions
from onboarding.domain.desk import loans
from onboarding.forms.loans import LendForm, OpinionForm
from onboarding.models import Enrollment


@require_http_methods(["GET", "HEAD", "POST"])
def lend(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show to whom the enrollment is and was lent, with a form; POST lends it."""
    enrollment = permissions.enrollment_for_bdm(request, pk)
    if enrollment.is_lent:  # type: ignore[attr-defined]
        raise Http404
    people = list(loans.may_borrow(enrollment))
    form = LendForm(request.POST or None, people=people, today=timezone.localdate())
    if request.method == "POST" and form.is_valid() and _lent(request, enrollment, form):
        messages.success(request, _("The file is lent; your colleague is told by e-mail."))
        return redirect("onboarding:lend", pk)
    today = timezone.localdate()
    found = enrollment.loans.select_related("lender", "borrower")
    context = {
        "enrollment": enrollment,
        "form": form,
        "people": people,
        "loans": [(loan, loan.ended_at is None and loan.until >= today) for loan in found],
    }
    return render(request, "onboarding/lend.html", context, status=422 if form.errors else 200)


def _lent(request: HttpRequest, enrollment: Enrollment, form: LendForm) -> bool:
    typed = form.cleaned_data
    to = loans.may_borrow(enrollment).filter(pk=typed["to"]).first()
    try:
        if to is None:
            raise loans.NotAColleagueError
        loans.lend(
            enrollment=enrollment, to=to, question=typed["question"], until=typed["until"],
            by=permissions.signed_in(request), now=timezone.now(),
        )  # fmt: skip
    except loans.NotAColleagueError:
        form.add_error("to", _("This colleague has left, or sees the file anyway. Choose one of the list."))
    except loans.UntilError:
        form.add_error("until", _("Choose a day from today on, within 60 days."))
    except loans.LentAlreadyError:
        form.add_error("to", _("This colleague has the file already. Take it back first, to ask something else."))
    return not form.errors


@require_POST
def take_back(request: HttpRequest, pk: uuid.UUID, loan_id: int) -> HttpResponse:
    enrollment = permissions.enrollment_for_bdm(request, pk)
    loan = enrollment.loans.select_related("enrollment").filter(pk=loan_id).first()
    if loan is None:
        raise Http404
    loans.take_back(loan=loan, by=permissions.signed_in(request), now=timezone.now())
    messages.success(request, _("The colleague no longer sees the file."))
    return redirect("onboarding:lend", pk)


@require_POST
def opinion(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take the borrower's opinion, which returns the enrollment."""
    enrollment = permissions.enrollment_for_bdm(request, pk, lent_may_post=True)
    form = OpinionForm(request.POST)
    if not enrollment.is_lent:  # type: ignore[attr-defined]
        raise Http404
    if not form.is_valid():
        return render(request, "onboarding/opinion.html", {"enrollment": enrollment, "form": form}, status=422)
    try:
        loans.answer(
            enrollment=enrollment, opinion=form.cleaned_data["opinion"], by=permissions.signed_in(request),
            now=timezone.now(),
        )  # fmt: skip
    except loans.LoanOverError:
        raise Http404 from None
    messages.success(request, _("Your opinion is sent. The file is back with its country."))
    return redirect("onboarding:desk")
