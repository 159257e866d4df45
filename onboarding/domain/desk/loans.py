"""Lend an enrollment to a colleague of another country for a second opinion: they read it, write, and decide nothing.

``listing.scope_of`` adds what is lent to what a person covers; nothing else opens a foreign enrollment. A loan ends
with its day, with the opinion, or when it is taken back.
"""

import datetime as dt
import uuid
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef, QuerySet
from django.utils import timezone

from onboarding.domain import history
from onboarding.domain.checks import locks
from onboarding.domain.mail import messages, notifications
from onboarding.enums import LoanEnd, Source
from onboarding.models import Enrollment, Loan
from portal.accounts.models import User
from portal.coverage.models import Bdm

FURTHEST = dt.timedelta(days=60)


class NotAColleagueError(Exception):
    """The person is no active BDM, or sees the enrollment anyway."""


class UntilError(Exception):
    """The last day is past, or further ahead than ``FURTHEST``."""


class LentAlreadyError(Exception):
    """The colleague has this enrollment already."""


class LoanOverError(Exception):
    """The loan has ended: nothing was written."""


def open_on(today: dt.date) -> QuerySet[Loan]:
    return Loan.objects.filter(ended_at=None, until__gte=today)


def keys_of(user: Any, *, today: dt.date) -> ArraySubquery:
    """Return a subquery for the enrollments that are lent to a person today."""
    return ArraySubquery(open_on(today).filter(borrower=OuterRef(user)).order_by("pk").values("enrollment"))


def lent_to(user_id: int, *, today: dt.date) -> tuple[uuid.UUID, ...]:
    return tuple(open_on(today).filter(borrower=user_id).order_by("pk").values_list("enrollment", flat=True))


def may_borrow(enrollment: Enrollment) -> QuerySet[User]:
    """Return the active colleagues who do not see the enrollment anyway, by name."""
    see = Bdm.objects.who_see(enrollment.country_id)
    return User.objects.filter(bdm__isnull=False, is_active=True).exclude(bdm__in=see).order_by("name", "email")


@transaction.atomic
def lend(*, enrollment: Enrollment, to: User, question: str, until: dt.date, by: User, now: dt.datetime) -> Loan:
    """Lend the enrollment until the end of a day, and tell the colleague.

    Raises: NotAColleagueError, UntilError, LentAlreadyError.
    """
    locks.lock(enrollment.partner_id)
    today = timezone.localdate(now)
    if not may_borrow(enrollment).filter(pk=to.pk).exclude(pk=by.pk).exists():
        raise NotAColleagueError
    if not today <= until <= today + FURTHEST:
        raise UntilError
    _end_old(Loan.objects.filter(enrollment=enrollment, borrower=to), now)
    if Loan.objects.filter(enrollment=enrollment, borrower=to, ended_at=None).exists():
        raise LentAlreadyError
    loan = Loan.objects.create(
        enrollment=enrollment, lender=by, borrower=to, question=question, until=until, lent_at=now
    )
    history.add(enrollment, "lent", at=now, actor=by, source=Source.BDM, loan=loan.pk)
    notifications.lent(loan, now=now)
    return loan


@transaction.atomic
def take_back(*, loan: Loan, by: User, now: dt.datetime) -> None:
    """End a loan before its day. Twice changes nothing."""
    locks.lock(loan.enrollment.partner_id)
    if _end(loan, LoanEnd.TAKEN_BACK, now):
        history.add(loan.enrollment, "lent_taken_back", at=now, actor=by, source=Source.BDM, loan=loan.pk)


@transaction.atomic
def answer(*, enrollment: Enrollment, opinion: str, by: User, now: dt.datetime) -> None:
    """Write the borrower's opinion as an internal note that the lender is told of, and end the loan.

    Raises: LoanOverError.
    """
    locks.lock(enrollment.partner_id)
    loan = open_on(timezone.localdate(now)).filter(enrollment=enrollment, borrower=by).first()
    if loan is None:
        raise LoanOverError
    _end(loan, LoanEnd.ANSWERED, now, opinion=opinion)
    messages.write(
        enrollment=enrollment, author=by, body=opinion, key=f"loan-{loan.pk}", now=now, by_staff=True, internal=True,
        mentions=[loan.lender_id],
    )  # fmt: skip
    history.add(enrollment, "lent_answered", at=now, actor=by, source=Source.BDM, loan=loan.pk)


def end_old(now: dt.datetime) -> None:
    """End the loans whose day is over, each with its line in the history."""
    _end_old(Loan.objects.all(), now)


def _end_old(loans: QuerySet[Loan], now: dt.datetime) -> None:
    for loan in loans.filter(ended_at=None, until__lt=timezone.localdate(now)).select_related("enrollment"):
        with transaction.atomic():
            if _end(loan, LoanEnd.OVER, now):
                history.add(loan.enrollment, "lent_over", at=now, source=Source.BDM, loan=loan.pk)


def _end(loan: Loan, how: LoanEnd, now: dt.datetime, **values: Any) -> bool:
    rows = Loan.objects.filter(pk=loan.pk, ended_at=None)
    return bool(rows.update(ended_at=now, ended_by=how, **values))
