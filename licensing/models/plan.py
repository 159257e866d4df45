"""What to do with a customer's licences, and when. A plan is never edited: a new one replaces it."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from licensing.enums import Action, PlanFileKind
from licensing.models.estate import Customer, Line
from licensing.models.fact import Edition
from portal.partners.models import Partner
from portal.work.models import DueRow

PLAN_FILES = "plan_files"  # the queue


class Plan(models.Model):
    """A plan for one day, with the facts of one edition. It never changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="plans", verbose_name=_("customer"))
    number = models.PositiveIntegerField(_("number"))
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+", verbose_name=_("edition"))
    as_of = models.DateField(_("as of"))
    made_at = models.DateTimeField(_("made"))
    is_current = models.BooleanField(_("current"), default=True)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        constraints = [
            models.UniqueConstraint(fields=["customer", "number"], name="plan_number_once"),
            models.UniqueConstraint(fields=["customer"], condition=Q(is_current=True), name="plan_one_current"),
        ]

    def __str__(self) -> str:
        return f"{self.customer} ({self.number})"


class PlanLine(models.Model):
    """One line's answer. ``case`` is the question it answers; ``notes`` are keys of the edition's sentences.

    ``act_on`` is the first day by which an action is due; empty where nothing has a date.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="lines", verbose_name=_("plan"))
    line = models.ForeignKey(Line, models.SET_NULL, null=True, related_name="+", verbose_name=_("line"))
    uid = models.PositiveBigIntegerField(_("number of the line"))
    product = models.CharField(_("product"), max_length=300)
    number = models.CharField(_("authorization or licence number"), max_length=60, blank=True)
    quantity = models.PositiveBigIntegerField(_("quantity"))
    case: Any = models.JSONField(_("question"), default=dict)
    action = models.CharField(_("action"), max_length=20, choices=Action.choices)
    rule = models.CharField(_("rule"), max_length=10, blank=True)
    question = models.CharField(_("open question"), max_length=30, blank=True)
    notes: Any = models.JSONField(_("notes"), default=list)
    warnings: Any = models.JSONField(_("warnings"), default=list)
    expires_on = models.DateField(_("expiry"), null=True, blank=True)
    authorise_by = models.DateField(_("authorise by"), null=True, blank=True)
    order_from = models.DateField(_("order from"), null=True, blank=True)
    order_to = models.DateField(_("order until"), null=True, blank=True)
    transfer_on = models.DateField(_("transfer on"), null=True, blank=True)
    # A working day before the transfer, if that falls on a day off.
    rather_on = models.DateField(_("rather on"), null=True, blank=True)
    token_until = models.DateField(_("activate until"), null=True, blank=True)
    overlap_days = models.PositiveIntegerField(_("days paid twice, at most"), default=0)
    act_on = models.DateField(_("act on"), null=True, blank=True)

    class Meta:
        verbose_name = _("line of a plan")
        verbose_name_plural = _("lines of plans")
        constraints = [models.UniqueConstraint(fields=["plan", "uid"], name="planline_once")]
        indexes = [models.Index(fields=["plan", "act_on"], name="planline_act_on")]

    def __str__(self) -> str:
        return f"{self.product}: {self.action}"


class PlanFile(DueRow):
    """A plan for download, of the whole estate or of one customer, made by a worker. It belongs to the partner.

    ``made_at`` is when its lines were read, and its content is of that moment. ``content`` is emptied after some days.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="plan_files", verbose_name=_("partner"))
    customer = models.ForeignKey(
        Customer, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("customer")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=PlanFileKind.choices)
    language = models.CharField(_("language"), max_length=10)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked"))
    share = models.PositiveSmallIntegerField(_("made, in per cent"), default=0)
    name = models.CharField(_("file name"), max_length=100, blank=True)
    content = models.BinaryField(_("content"), null=True)
    lines = models.PositiveIntegerField(_("lines"), default=0)
    made_at = models.DateTimeField(_("made"), null=True, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("file of a plan")
        verbose_name_plural = _("files of plans")
        constraints = [
            *DueRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["partner", "customer", "kind", "language"],
                condition=Q(made_at=None),
                nulls_distinct=False,
                name="planfile_one_being_made",
            ),
            models.CheckConstraint(
                condition=Q(content=None) | Q(made_at__isnull=False), name="planfile_content_was_made"
            ),
        ]
        indexes = [*DueRow.Meta.indexes, models.Index(fields=["partner", "-asked_at"], name="planfile_newest")]

    def __str__(self) -> str:
        return self.name or f"{self.kind}, {self.partner_id}"

    def get_absolute_url(self) -> str:
        return reverse("licensing:plan_file", args=[self.partner_id, self.pk])


class CalendarFeed(models.Model):
    """A private address where a calendar program reads the plan's days. Only the token's digest is stored."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="+", verbose_name=_("partner"))
    token_hash = models.CharField(_("digest of the token"), max_length=64, unique=True)
    language = models.CharField(_("language"), max_length=10)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")

    def __str__(self) -> str:
        return f"{self.partner_id} {timezone.localtime(self.made_at):%Y-%m-%d}"
