"""One verification of an enrollment. The three validations exist twice: our prediction and Microsoft's decision.

They and the five facts that decide a step are rows of one table with one table of moves, because two models would have
doubled claim, fence, history and pages.
"""

from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from onboarding.enums import CHECKS, VALIDATIONS, Authority, CheckState, Kind, Source, Turn
from onboarding.models.enrollment import Enrollment
from onboarding.models.pipeline_trigger import keeps
from onboarding.phases import PHASES, Phase, sql_of_moves, sql_of_phase
from portal.work.models import DueRow

OPEN_STATES = (CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED)
SETTLED_STATES = (CheckState.PASSED, CheckState.REFUSED, CheckState.WAIVED)


def _known_pairs() -> Q:
    pairs = Q()
    for kind, authority in CHECKS:
        pairs |= Q(kind=kind, authority=authority)
    return pairs


def _rows_of_the_table() -> Q:
    rows = Q()
    for phase, row in PHASES.items():
        rows |= Q(phase=phase, state=row.state, turn=row.turn)
    return rows


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(condition=pghistory.AnyChange("state", "phase", "turn", "turn_since", "reason", "source")),
    obj_field=pghistory.ObjForeignKey(related_name="history"),
    model_name="CheckHistory",
    append_only=True,
    # Reports read the rows of one month: rows come in the order of time, so a small index finds them.
    meta={"indexes": [BrinIndex(fields=["pgh_created_at"], name="check_history_month")]},
)
class Check(DueRow):
    """A check. ``subject_key`` is a digest of what is checked: when an answer changes it, the check starts again.

    ``turn_since`` is when the present turn began; ``seen_at`` when the source saw the state. ``refused_at`` is when
    Microsoft refused what is open now. ``changed_here_at`` is when an answer was changed here that Microsoft has as it
    was: then ``subject_key`` stays that of what Microsoft has.
    """

    CAN_WAIT: ClassVar[str] = "state = 'passed'"  # due again, it is repeated at night: nobody waits for the answer

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="checks", verbose_name=_("enrollment"))
    kind = models.CharField(_("what"), max_length=20, choices=Kind.choices)
    authority = models.CharField(_("who decides"), max_length=20, choices=Authority.choices)
    state = models.CharField(_("state"), max_length=20, choices=CheckState.choices, default=CheckState.NOT_STARTED)
    phase = models.CharField(
        _("phase"), max_length=30, choices=Phase.choices, default=Phase.NOT_STARTED, db_default=Phase.NOT_STARTED
    )
    turn = models.CharField(_("turn"), max_length=20, choices=Turn.choices, default=Turn.NOBODY)
    turn_since = models.DateTimeField(_("turn since"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    source = models.CharField(_("source"), max_length=20, choices=Source.choices, blank=True)
    seen_at = models.DateTimeField(_("seen"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    subject_key = models.CharField(max_length=64, blank=True)
    evidence: Any = models.JSONField(_("evidence"), default=dict, blank=True)
    note = models.TextField(_("note"), blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    contradicted_at = models.DateTimeField(_("contradicted"), null=True, blank=True)
    refused_at = models.DateTimeField(_("refused by Microsoft"), null=True, blank=True)
    changed_here_at = models.DateTimeField(_("changed here since Microsoft has it"), null=True, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        ordering = ["id"]
        indexes = [
            *DueRow.Meta.indexes,
            models.Index(
                "queue",
                "next_check_at",
                condition=Q(next_check_at__isnull=False, parked_at=None) & ~Q(state=CheckState.PASSED),
                name="check_due_first",
            ),
        ]
        constraints = [
            *DueRow.Meta.constraints,
            models.UniqueConstraint(fields=["enrollment", "kind", "authority"], name="check_once"),
            models.CheckConstraint(condition=_known_pairs(), name="check_pair_known"),
            models.CheckConstraint(condition=Q(state__in=CheckState.values), name="check_state_known"),
            models.CheckConstraint(condition=_rows_of_the_table(), name="check_phase_has_state_and_turn"),
            models.CheckConstraint(
                condition=~Q(state=CheckState.ACTION_NEEDED) | (~Q(reason="") & Q(turn=Turn.RESELLER)),
                name="check_action_has_reason_and_turn",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=SETTLED_STATES) | (Q(settled_at__isnull=False) & ~Q(source="")),
                name="check_settled_has_source_and_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES) | Q(turn=Turn.NOBODY), name="check_turn_only_while_open"
            ),
            models.CheckConstraint(
                condition=Q(turn=Turn.NOBODY) | Q(turn_since__isnull=False), name="check_turn_has_beginning"
            ),
            models.CheckConstraint(condition=~Q(state=CheckState.WAIVED) | ~Q(note=""), name="check_waived_has_note"),
        ]
        triggers = [
            # Triggers fire in the order of their names. A writer that knows no phases (the version before them, during
            # a deploy, or somebody's SQL) changes state and reason: the phase follows.
            pgtrigger.Trigger(
                name="check_derives_phase",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition(
                    "NEW.phase = OLD.phase"
                    " AND (NEW.state, NEW.reason, NEW.turn) IS DISTINCT FROM (OLD.state, OLD.reason, OLD.turn)"
                ),
                func=f"NEW.phase := {sql_of_phase()}; RETURN NEW;",
            ),
            pgtrigger.Trigger(
                name="check_inserts_phase",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition(
                    f"NEW.phase = '{Phase.NOT_STARTED}' AND NEW.state <> '{CheckState.NOT_STARTED}'"
                ),
                func=f"NEW.phase := {sql_of_phase()}; RETURN NEW;",
            ),
            pgtrigger.Trigger(
                name="check_moves",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.AnyChange("phase"),
                func=sql_of_moves(),
            ),
            keeps(
                "check_keeps_pipeline",
                pgtrigger.Update,
                "enrollment_id",
                *("phase", "turn_since", "reason", "refused_at", "contradicted_at", "changed_here_at", "parked_at"),
            ),
            # The turn decides which clock runs, so the enrollment's clock is read again (domain/clocks/escalation.py).
            pgtrigger.Trigger(
                name="check_turn_wakes_clock",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                condition=pgtrigger.AnyChange("turn", "turn_since"),
                func="""
                    UPDATE onboarding_clock SET next_check_at = least(now(), NEW.turn_since), lease_until = NULL
                    WHERE enrollment_id = NEW.enrollment_id AND parked_at IS NULL
                      AND (next_check_at IS NULL OR next_check_at > least(now(), NEW.turn_since));
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} / {self.get_authority_display()}: {self.get_state_display()}"

    @property
    def is_validation(self) -> bool:
        return self.kind in VALIDATIONS

    @property
    def holds(self) -> bool:
        return self.state in (CheckState.PASSED, CheckState.WAIVED)

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED_STATES
