"""Durable work: a row that stores when its next check is due. The row decides; messages are only wake-ups.

``next_check_at`` is the due time and, while a worker holds the row, the end of its lease: the row of a worker that dies
falls due without help. Only PostgreSQL's clock decides.
"""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

SLOWEST, FASTEST = 0.01, 10_000  # calls a second; a queue without calls would stop its work silently


class Queue(models.Model):
    """The queue of one connector: breaker and budget, stored in the database so that every worker obeys them."""

    name = models.CharField(_("name"), primary_key=True, max_length=40)
    rate = models.FloatField(
        _("calls a second"), default=20, validators=[MinValueValidator(SLOWEST), MaxValueValidator(FASTEST)]
    )
    burst = models.FloatField(
        _("calls at once"), default=40, validators=[MinValueValidator(1), MaxValueValidator(FASTEST)]
    )
    tokens = models.FloatField(_("budget left"), default=40)
    refilled_at = models.DateTimeField(_("budget counted at"), auto_now_add=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    closed_until = models.DateTimeField(_("closed until"), null=True, blank=True)
    claimed_at = models.DateTimeField(_("last claim"), null=True, blank=True)
    expired = models.PositiveBigIntegerField(_("claims taken over from dead workers"), default=0)
    fenced = models.PositiveBigIntegerField(_("stale answers dropped"), default=0)
    # More than 1 when what is repeated at night does not fit into one at this rate.
    nights = models.PositiveIntegerField(_("nights that one round of repeated checks takes"), default=1, db_default=1)

    class Meta:
        app_label = "portal"
        db_table = "portal_lane"  # the old name, so that the code before and after a deploy reads one table
        verbose_name = _("queue")
        verbose_name_plural = _("queues")

    def __str__(self) -> str:
        return self.name


class DueRow(models.Model):
    """A row: asleep (``next_check_at`` ahead), due, held (``lease_until``), parked, or done (no ``next_check_at``)."""

    # SQL: which due rows of a queue wait while others of it are due. A model with such rows has an index on the others.
    CAN_WAIT: ClassVar[str] = ""

    queue = models.CharField(_("queue"), max_length=40, db_column="lane")
    next_check_at = models.DateTimeField(_("next look"), null=True, blank=True)
    lease_until = models.DateTimeField(_("held until"), null=True, blank=True)
    claim_no = models.BigIntegerField(_("claim number"), default=0)
    attempt = models.PositiveIntegerField(_("claims without an answer"), default=0)
    errors = models.PositiveIntegerField(_("temporary errors in a row"), default=0)
    parked_at = models.DateTimeField(_("parked"), null=True, blank=True)
    parked_why = models.CharField(_("why parked"), max_length=200, blank=True)

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                "queue",
                "next_check_at",
                condition=Q(next_check_at__isnull=False, parked_at=None),
                name="%(class)s_due",
            ),
            models.Index("queue", condition=Q(parked_at__isnull=False), name="%(class)s_parked"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(lease_until=None) | Q(next_check_at__isnull=False), name="%(class)s_held_is_due_again"
            ),
            models.CheckConstraint(condition=Q(parked_at=None) | ~Q(parked_why=""), name="%(class)s_parked_has_reason"),
        ]


class PeriodicJob(DueRow):
    """A job that runs at regular intervals (``portal.work.periodic``)."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    done_at = models.DateTimeField(_("last done"), null=True, blank=True)

    class Meta(DueRow.Meta):
        app_label = "portal"
        db_table = "portal_chore"
        verbose_name = _("periodic job")
        verbose_name_plural = _("periodic jobs")

    def __str__(self) -> str:
        return self.name


class LimitedDeed(models.Model):
    """One counted deed of the table of limits (``portal.limits``). ``key`` recognises who did it, and names nobody."""

    deed = models.CharField(_("what"), max_length=20)
    scope = models.CharField(_("by"), max_length=10)
    key = models.CharField(max_length=64)
    at = models.DateTimeField(_("when"))

    class Meta:
        app_label = "portal"
        verbose_name = _("counted deed")
        verbose_name_plural = _("counted deeds")
        indexes = [
            models.Index(fields=["deed", "scope", "key", "-at"], name="limited_deed_newest"),
            models.Index(fields=["at"], name="limited_deed_at"),
        ]

    def __str__(self) -> str:
        return f"{self.deed} by {self.scope}"
