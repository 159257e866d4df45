"""The work on an enrollment as the file page shows it: owner, follow-up, tags, star, and a form for each deed."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone

from onboarding.forms.work import FollowUpForm, HandBackForm, OwnerForm, TagsForm
from onboarding.models import Enrollment, FileWork
from portal.accounts.models import User
from portal.coverage import absences
from portal.coverage.models import Absence


@dataclass(frozen=True)
class WorkPanel:
    """``is_open`` shows the forms at once, because one of them has an error."""

    work: FileWork
    is_own: bool
    is_due: bool
    seen: str
    owner: OwnerForm
    hand_back: HandBackForm
    follow_up: FollowUpForm
    tags: TagsForm
    is_open: bool
    may_take: bool
    away: "Away | None"


@dataclass(frozen=True)
class Away:
    """The owner is away until ``last_on``; ``is_reader`` when the reader stands in, ``stand_in`` is '' for nobody."""

    last_on: dt.date
    stand_in: str
    is_reader: bool


def panel(
    enrollment: Enrollment, user: User, people: list[User], away: Iterable[Absence], failed: forms.Form | None = None
) -> WorkPanel:
    """Return the panel; ``failed`` is the form that was refused, with what was typed.

    ``people`` may own the enrollment, and ``away`` are today's absences.
    """
    row = getattr(enrollment, "work", None) or FileWork(enrollment=enrollment)
    seen = {"seen": str(row.owner_id or "")}
    forms_: dict[str, Any] = {
        "owner": OwnerForm(initial=seen, people=[p for p in people if p.pk != row.owner_id]),
        "hand_back": HandBackForm(initial=seen),
        "follow_up": FollowUpForm(initial={"on": row.follow_up_on}),
        "tags": TagsForm(initial={"tags": ", ".join(row.tags)}),
    }
    for name, form in forms_.items():
        if isinstance(failed, type(form)):
            forms_[name] = failed
    is_due = row.follow_up_on is not None and row.follow_up_on <= timezone.localdate()
    is_own = row.owner_id == user.pk
    may_take = not is_own and user in people  # who only stands in keeps the file its owner's
    absent = _away(row.owner_id, user, list(away)) if row.owner_id else None
    return WorkPanel(
        work=row,
        is_own=is_own,
        is_due=is_due,
        seen=seen["seen"],
        is_open=any(failed is form for form in forms_.values()),
        may_take=may_take,
        away=absent,
        **forms_,
    )


def _away(owner: int, reader: User, current: list[Absence]) -> Away | None:
    absence = next((absence for absence in current if absence.bdm.user_id == owner), None)
    if absence is None:
        return None
    stand_in = absences.stand_ins(current).get(absence.bdm_id)
    return Away(absence.last_on, str(stand_in or ""), stand_in is not None and stand_in.user_id == reader.pk)
