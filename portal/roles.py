"""The roles of administrators: which of the admin's pages each sees, and which they change.

They are Django groups, written after every migration from this table; a group of another name is left alone. A page
belongs to the roles of its task (``portal.work.admin.Task``), so that a new page needs no line here.
"""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from portal.audit_page import PERMISSION
from portal.work.admin import DueRowAdmin, Task

CHANGES, SEES = ("view", "add", "change", "delete"), ("view",)


@dataclass(frozen=True)
class AdminRole:
    """``changes`` and ``sees`` are tasks; ``also_sees`` are single models."""

    name: str
    changes: tuple[Task, ...] = ()
    sees: tuple[Task, ...] = ()
    also_sees: tuple[str, ...] = ()
    resumes_work: bool = False  # every page of due rows
    rights: tuple[str, ...] = field(default=())


ROLES = (
    AdminRole(
        "operator",
        changes=(Task.STUCK,),
        sees=(Task.RULES, Task.PLACES),
        also_sees=("api.webhooksubscription",),
        resumes_work=True,
    ),
    AdminRole("editor", changes=(Task.RULES, Task.PLACES, Task.LICENSING)),
    AdminRole(
        "people",
        changes=(Task.PEOPLE,),
        also_sees=(
            "account.emailaddress", "partners.membership", "partners.membersreview", "partners.withoutowner",
            "places.absence",
        ),
    ),
    AdminRole("auditor", sees=tuple(Task), rights=(PERMISSION,)),
)  # fmt: skip


def write(**kwargs: Any) -> None:
    """Give each role's group exactly the rights of the table."""
    for role in ROLES:
        group, _made = Group.objects.get_or_create(name=role.name)
        group.permissions.set(_permissions(role))


def codes(role: AdminRole) -> set[str]:
    """Return the rights of a role, as ``app.deed_model``."""
    found = {*role.rights}
    for page in admin.site._registry.values():
        for deed in _deeds(role, page):
            found.add(f"{page.opts.app_label}.{deed}_{page.opts.model_name}")
    return found


def _deeds(role: AdminRole, page: Any) -> tuple[str, ...]:
    task, model = getattr(page, "task", Task.OTHER), page.opts.label_lower
    is_due = role.resumes_work and isinstance(page, DueRowAdmin)
    if task in role.changes or is_due:
        return CHANGES
    return SEES if task in role.sees or model in role.also_sees else ()


def _permissions(role: AdminRole) -> list[Permission]:
    wanted = Q(pk=None)
    for code in codes(role):
        label, _, codename = code.partition(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    return list(Permission.objects.filter(wanted))
