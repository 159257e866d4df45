"""The work on an enrollment as the file page shows it: owner, follow-up, tags, star, and a form for each deed."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone

from onboarding.domain.desk import work
from onboarding.forms.work import FollowUpForm, HandBackForm, OwnerForm, TagsForm
from onboarding.models import Enrollment, FileWork
from portal.accounts.models import User


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


def panel(enrollment: Enrollment, user: User, failed: forms.Form | None = None) -> WorkPanel:
    """Return the panel; ``failed`` is the form that was refused, with what was typed."""
    row = getattr(enrollment, "work", None) or FileWork(enrollment=enrollment)
    seen = {"seen": str(row.owner_id or "")}
    forms_: dict[str, Any] = {
        "owner": OwnerForm(initial=seen, people=[p for p in work.may_own(enrollment) if p.pk != row.owner_id]),
        "hand_back": HandBackForm(initial=seen),
        "follow_up": FollowUpForm(initial={"on": row.follow_up_on}),
        "tags": TagsForm(initial={"tags": ", ".join(row.tags)}),
    }
    for name, form in forms_.items():
        if isinstance(failed, type(form)):
            forms_[name] = failed
    is_due = row.follow_up_on is not None and row.follow_up_on <= timezone.localdate()
    is_own = row.owner_id == user.pk
    return WorkPanel(work=row, is_own=is_own, is_due=is_due, seen=seen["seen"], is_open=failed is not None, **forms_)
