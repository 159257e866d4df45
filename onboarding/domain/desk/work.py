"""Who at Ingram Micro works on an enrollment: owner, follow-up, tags, and each person's stars.

Each deed may come twice, and two people may press at one moment: who comes second is told, and changes nothing. The
company's lock puts them in order. Handing back and taking are different deeds, each with its line in the history.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from onboarding.domain import history
from onboarding.domain.checks import locks
from onboarding.domain.mail import messages
from onboarding.enums import Source
from onboarding.models import Enrollment, FileWork, Star
from portal.accounts.models import User
from portal.coverage.models import Bdm

MAX_TAGS = 8
TAG_LENGTH = 40  # characters
FURTHEST = dt.timedelta(days=730)  # a follow-up after two years is a typing error


class TakenMeanwhileError(Exception):
    """The owner is another one than the page showed."""

    def __init__(self, owner: User | None) -> None:
        super().__init__()
        self.owner = owner


class CannotSeeError(Exception):
    """This colleague may not open the enrollment, so they cannot own it."""


class ReasonNeededError(Exception):
    """Colleagues have to know why the enrollment is handed back."""


class PastDayError(Exception):
    """A follow-up lies before today."""


class FarDayError(Exception):
    """A follow-up lies more than two years ahead."""


class TooManyTagsError(Exception):
    """An enrollment has at most ``MAX_TAGS`` tags."""


class LongTagError(Exception):
    """A tag has at most ``TAG_LENGTH`` characters."""


@transaction.atomic
def assign(*, enrollment: Enrollment, to: User, by: User, now: dt.datetime, owner_seen: int | None) -> bool:
    """Make ``to`` the owner. Return False if they are already. ``owner_seen`` is the owner whom the page showed.

    Raises: TakenMeanwhileError, CannotSeeError.
    """
    row = _locked(enrollment)
    if row.owner_id == to.pk:
        return False
    if row.owner_id != owner_seen:
        raise TakenMeanwhileError(row.owner)
    if not may_own(enrollment).filter(pk=to.pk).exists():
        raise CannotSeeError
    _own(row, enrollment, to, by=by, now=now)
    return True


def take_if_nobodys(*, enrollment: Enrollment, by: User, now: dt.datetime) -> None:
    """Make the person who decides the owner, unless there is one. Call it under the company's lock."""
    row = _row(enrollment)
    if row.owner_id is None and may_own(enrollment).filter(pk=by.pk).exists():
        _own(row, enrollment, by, by=by, now=now)


@transaction.atomic
def hand_back(*, enrollment: Enrollment, why: str, by: User, now: dt.datetime, owner_seen: int | None) -> bool:
    """Leave the enrollment without an owner, for a reason that becomes an internal note. Return False if it had none.

    Raises: TakenMeanwhileError, ReasonNeededError.
    """
    if not why.strip():
        raise ReasonNeededError
    row = _locked(enrollment)
    if row.owner_id is None:
        return False
    if row.owner_id != owner_seen:
        raise TakenMeanwhileError(row.owner)
    row.owner, row.owned_since = None, None
    row.save(update_fields=["owner", "owned_since"])
    key = f"handed-back-{now.isoformat()}"
    note = messages.write(
        enrollment=enrollment, author=by, body=why.strip(), key=key, now=now, by_staff=True, internal=True
    )
    history.add(enrollment, "handed_back", at=now, actor=by, source=Source.BDM, note=note.pk if note else None)
    return True


@transaction.atomic
def follow_up(*, enrollment: Enrollment, on: dt.date | None, today: dt.date) -> bool:
    """Write the day on which somebody looks again; None removes it. Return False if it stands there already.

    Raises: PastDayError, FarDayError.
    """
    row = _locked(enrollment)
    if row.follow_up_on == on:
        return False
    if on is not None and on < today:
        raise PastDayError
    if on is not None and on > today + FURTHEST:
        raise FarDayError
    row.follow_up_on = on
    row.save(update_fields=["follow_up_on"])
    return True


@transaction.atomic
def tag(*, enrollment: Enrollment, tags: Sequence[str]) -> list[str]:
    """Write these tags instead of the present ones. Return them: lower case, each once.

    Raises: TooManyTagsError, LongTagError.
    """
    wanted = as_tags(tags)
    row = _locked(enrollment)
    if row.tags != wanted:
        row.tags = wanted
        row.save(update_fields=["tags"])
    return wanted


@transaction.atomic
def add_tag(*, enrollment: Enrollment, name: str) -> bool:
    """Add one tag to the present ones. Return False if it is there. Raises: TooManyTagsError, LongTagError."""
    row = _locked(enrollment)
    wanted = as_tags([*row.tags, name])
    if wanted == row.tags:
        return False
    row.tags = wanted
    row.save(update_fields=["tags"])
    return True


def as_tags(texts: Sequence[str]) -> list[str]:
    """Return tags as they are kept: lower case, so that one word is one tag. Raises: TooManyTagsError, LongTagError."""
    tags = list(dict.fromkeys(" ".join(text.lower().split()) for text in texts if text.strip()))
    if len(tags) > MAX_TAGS:
        raise TooManyTagsError
    if any(len(name) > TAG_LENGTH for name in tags):
        raise LongTagError
    return tags


def star(*, enrollment: Enrollment, user: User, on: bool) -> None:
    """Put the person's star on the enrollment, or take it away. Twice changes nothing."""
    if on:
        Star.objects.bulk_create([Star(enrollment=enrollment, user=user)], ignore_conflicts=True)
    else:
        Star.objects.filter(enrollment=enrollment, user=user).delete()


def may_own(enrollment: Enrollment) -> QuerySet[User]:
    """Return the people who may own the enrollment: those who may open it."""
    return User.objects.filter(bdm__in=Bdm.objects.who_see(enrollment.country_id)).order_by("name", "pk")


def _locked(enrollment: Enrollment) -> FileWork:
    locks.lock(enrollment.partner_id)
    return _row(enrollment)


def _row(enrollment: Enrollment) -> FileWork:
    FileWork.objects.bulk_create([FileWork(enrollment=enrollment)], ignore_conflicts=True)
    return FileWork.objects.select_related("owner").get(pk=enrollment.pk)


def _own(row: FileWork, enrollment: Enrollment, to: User, *, by: User, now: dt.datetime) -> None:
    row.owner, row.owned_since = to, now
    row.save(update_fields=["owner", "owned_since"])
    history.add(enrollment, "assigned", at=now, actor=by, source=Source.BDM, to=to.pk)
