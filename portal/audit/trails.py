"""The histories that belong to no app of ours alone: the admin's log, and the looks of staff."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.audit import looks, registry
from portal.audit.registry import Look, Told, Trail

_FLAGS: dict[str, str | Promise] = {
    str(ADDITION): _("Added in the admin"),
    str(CHANGE): _("Changed in the admin"),
    str(DELETION): _("Deleted in the admin"),
}


def _admin(rows: Sequence[Any]) -> Iterable[Told]:
    for row in rows:
        what = row.content_type.name if row.content_type else ""
        detail = ": ".join(filter(None, [what, row.object_repr, row.get_change_message()]))
        yield Told(_FLAGS.get(str(row.action_flag), "?"), detail, actor=row.user_id)


def _looks(rows: Sequence[Any]) -> Iterable[Told]:
    for row in rows:
        yield Told(
            looks.label(row.what),
            ", ".join(map(str, row.subject.values())),
            actor=row.actor_id,
            enrollment=row.enrollment,
            company=row.company,
        )


def _pages() -> dict[str, str | Promise]:
    return {what: look.label for what, look in registry.LOOKS.items()}


LOOKS = {
    "admin:audit": Look(_("Audit page opened")),
    "admin:audit_export": Look(_("Audit page exported"), methods=("POST",)),
}

TRAILS = (
    Trail(
        code="admin",
        label=_("Acts in the admin"),
        model="admin.LogEntry",
        at="action_time",
        left_out=("content_type_id",),
        personal=("object_repr", "change_message"),
        tell=_admin,
        of_person=lambda user: Q(user=user),
        of_company=lambda company: Q(object_id=str(company)),
        of_enrollment=lambda enrollment: Q(object_id=str(enrollment)),
        deed_field="action_flag",
        deeds=lambda: _FLAGS,
    ),
    Trail(
        code="looks",
        label=_("Personal data opened or taken by Ingram Micro"),
        model="audit.StaffLook",
        at="at",
        tell=_looks,
        of_person=lambda user: Q(actor=user),
        of_company=lambda company: Q(company=company) | Q(enrollment__in=registry.enrollments_of(company)),
        of_enrollment=lambda enrollment: Q(enrollment=enrollment),
        deed_field="what",
        deeds=_pages,
    ),
)
