"""The histories of enrollments for the audit page, and the pages on which staff see partners' personal data."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.domain import history
from onboarding.domain.questions.preparations import PREPARATIONS
from onboarding.domain.questions.tasks import TASKS
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.enums import CheckState
from onboarding.models import Enrollment
from onboarding.models.enrollment import ANSWERS, PERSONAL_ANSWERS
from portal.audit import fields
from portal.audit.registry import Look, Told, Trail


def enrollments_of(company: uuid.UUID) -> QuerySet[Any]:
    return Enrollment.objects.filter(partner=company).values("pk")


_WORDS = words_for(Reader.ADMIN)
# What an event names by a code, in words; other data are shown as they are kept.
_CODED: dict[str, Callable[[str], Any]] = {
    "reason": _WORDS.reason,
    "page": _WORDS.page,
    "preparation": lambda code: PREPARATIONS[code].title,
    "task": lambda code: TASKS[code].title,
    "says": lambda code: CheckState(code).label,
    "stopped": lambda checks: _("Checks no longer run: %(number)s") % {"number": len(checks)},
}


def _datum(name: str, value: Any) -> str:
    try:
        return str(_CODED[name](value))
    except (KeyError, ValueError, TypeError):  # no code, or one of a release before
        return f"{name}: {value}"


def _events(rows: Sequence[Any]) -> Iterable[Told]:
    for row in rows:
        about = [row.get_check_kind_display(), row.get_check_authority_display(), row.get_source_display()]
        data = [_datum(name, value) for name, value in row.data.items()]
        detail = ", ".join(filter(None, [*map(str, about), *data]))
        yield Told(history.TITLES[row.kind], detail, actor=row.actor_id, enrollment=row.enrollment_id)


def _answers(rows: Sequence[Any]) -> Iterable[Told]:
    for row, detail, who in fields.changes(rows, ANSWERS):
        yield Told(_("Answers changed"), detail, actor=who.user, work=who.work, enrollment=row.pgh_obj_id)


def _messages(rows: Sequence[Any]) -> Iterable[Told]:
    # The audit tells that something was written; what it says is on the enrollment's own page.
    for row in rows:
        yield Told(_("Message written"), "", actor=row.author_id, enrollment=row.enrollment_id)


_ELSEWHERE: dict[str, Promise] = {
    "external_id_set": _("ID in another system set"),
    "external_id_changed": _("ID in another system changed"),
    "external_id_removed": _("ID in another system removed"),
}


def _elsewhere(rows: Sequence[Any]) -> Iterable[Told]:
    for row in rows:
        yield Told(
            _ELSEWHERE[row.pgh_label],
            f"{row.get_system_display()}, {row.value}",
            actor=(row.pgh_context or {}).get("user"),
            enrollment=row.enrollment_id,
            company=row.partner_id,
        )


TRAILS = (
    Trail(
        code="events",
        label=_("Deeds in enrolments"),
        model="onboarding.Event",
        at="at",
        tell=_events,
        of_person=lambda user: Q(actor=user),
        of_company=lambda company: Q(enrollment__partner=company),
        of_enrollment=lambda enrollment: Q(enrollment=enrollment),
        deed_field="kind",
        deeds=lambda: history.TITLES,
    ),
    Trail(
        code="answers",
        label=_("Answers, field by field"),
        model="onboarding.AnswerHistory",
        at="pgh_created_at",
        personal=PERSONAL_ANSWERS,
        tell=_answers,
        of_person=lambda user: Q(pgh_context__user=user),
        of_company=lambda company: Q(pgh_obj__partner=company),
        of_enrollment=lambda enrollment: Q(pgh_obj=enrollment),
    ),
    Trail(
        code="messages",
        label=_("Messages"),
        model="onboarding.Message",
        at="written_at",
        personal=("body",),
        tell=_messages,
        of_person=lambda user: Q(author=user),
        of_company=lambda company: Q(enrollment__partner=company),
        of_enrollment=lambda enrollment: Q(enrollment=enrollment),
    ),
    Trail(
        code="external-ids",
        label=_("IDs in other systems"),
        model="onboarding.ExternalIdHistory",
        at="pgh_created_at",
        tell=_elsewhere,
        of_person=lambda user: Q(pgh_context__user=user),
        of_company=lambda company: Q(partner=company) | Q(enrollment__in=enrollments_of(company)),
        of_enrollment=lambda enrollment: Q(enrollment=enrollment),
        deed_field="pgh_label",
        deeds=lambda: _ELSEWHERE,
    ),
    # Sealed, and not shown: the deeds above tell them in words.
    Trail(
        code="states", label=_("States of enrolments"), model="onboarding.EnrollmentHistory", at="pgh_created_at",
        personal=PERSONAL_ANSWERS,
    ),
    Trail(code="checks", label=_("States of checks"), model="onboarding.CheckHistory", at="pgh_created_at",
          personal=("note", "evidence")),
    Trail(code="escalations", label=_("Escalations"), model="onboarding.Escalation", at="escalated_at"),
)  # fmt: skip

LOOKS = {
    "onboarding:desk_enrollment": Look(_("Enrolment opened at the desk"), enrollment="pk"),
    "onboarding:decide": Look(_("Enrolment opened at the desk"), enrollment="pk", methods=("GET", "POST")),
    "onboarding:desk_history": Look(_("History of an enrolment opened"), enrollment="pk"),
    "onboarding:desk_messages": Look(_("Messages read"), enrollment="pk"),
    "onboarding:document": Look(_("Document taken"), enrollment="pk"),
    "onboarding:judge": Look(_("Document opened to be judged"), enrollment="pk"),
    "onboarding:view_as": Look(_("Page before a look with a partner's eyes")),
    "onboarding:diagnose": Look(_("Reason of an enrolment looked up"), enrollment="pk"),
    "onboarding:support": Look(_("Pack for Microsoft's support opened"), enrollment="pk"),
    "onboarding:desk_export": Look(_("Files of the desk exported"), methods=("POST",)),
    "onboarding:campaign": Look(_("Campaign opened")),
    "onboarding:campaign_rows": Look(_("Rows of a campaign taken")),
    "onboarding:insights_file": Look(_("Insights file opened")),
    "onboarding:insights_rows": Look(_("Rows of an Insights file taken")),
}
ADMIN_PAGES = {
    "onboarding_enrollment": _("Enrolment in the admin"),
    "onboarding_message": _("Messages in the admin"),
    "onboarding_document": _("Documents in the admin"),
    "onboarding_delegation": _("Links to helpers in the admin"),
}
