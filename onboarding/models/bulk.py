"""One deed for many enrollments at once, which a worker does row by row."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from onboarding.enums import BulkKind, BulkOutcome
from onboarding.models.enrollment import Enrollment
from portal.work.models import DueRow

QUEUE = "bulk"


class BulkDeed(DueRow):
    """A deed. Its key comes with the page, so that pressing twice makes one.

    ``query`` is the view whose enrollments are meant, unless they were chosen one by one; they are collected once, when
    the work begins. ``values`` are what the form asked for.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("what"), max_length=20, choices=BulkKind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who"))
    asked_at = models.DateTimeField(_("asked"))
    query = models.CharField(_("address"), max_length=500, blank=True)
    values: Any = models.JSONField(_("values"), default=dict)
    collected_at = models.DateTimeField(_("collected"), null=True, blank=True)
    total = models.PositiveIntegerField(_("files"), default=0)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("deed for many files")
        verbose_name_plural = _("deeds for many files")
        indexes = [*DueRow.Meta.indexes, models.Index(fields=["by", "-asked_at"], name="bulkdeed_newest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.total})"

    def get_absolute_url(self) -> str:
        return reverse("onboarding:bulk_deed", args=[self.pk])


class BulkRow(models.Model):
    """One enrollment of a deed, and how it ended there; empty: not yet."""

    deed = models.ForeignKey(BulkDeed, models.CASCADE, related_name="rows", verbose_name=_("deed"))
    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="+", verbose_name=_("enrollment"))
    outcome = models.CharField(_("outcome"), max_length=20, choices=BulkOutcome.choices, blank=True)

    class Meta:
        verbose_name = _("file of a deed")
        verbose_name_plural = _("files of deeds")
        constraints = [models.UniqueConstraint(fields=["deed", "enrollment"], name="bulk_row_once")]
        indexes = [
            models.Index(fields=["deed", "id"], name="bulk_row_left", condition=Q(outcome="")),
            models.Index(fields=["deed", "outcome", "id"], name="bulk_row_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.enrollment_id}: {self.outcome}"
