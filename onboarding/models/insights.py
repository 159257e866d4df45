"""Files of Partner Center's Insights export, how each shape is read, and the rows worth a report."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from onboarding.enums import ImportState, RowOutcome
from onboarding.models.enrollment import Enrollment
from portal.work.models import DueRow

QUEUE = "insights"


class InsightsFile(DueRow):
    """One file and its import by a worker in batches; ``progress`` rows of it are written.

    ``counts`` has the number of rows of each ``RowOutcome``; together they are ``rows``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("file name"), max_length=200)
    digest = models.CharField(_("digest"), max_length=64)
    content = models.BinaryField(_("content"), null=True)
    state = models.CharField(_("state"), max_length=20, choices=ImportState.choices, default=ImportState.LOOKING)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"))
    as_of = models.DateField(_("as of"))
    # The sheets with their first rows, and the few values of each column.
    found: Any = models.JSONField(_("what was found"), default=dict)
    # Sheet, header row, column -> field; value -> meaning; the reason for a rejection.
    mapping: Any = models.JSONField(_("mapping"), default=dict)
    refused_why = models.CharField(_("why refused"), max_length=40, blank=True)
    progress = models.PositiveIntegerField(_("rows read"), default=0)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    counts: Any = models.JSONField(_("outcomes"), default=dict)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("Insights file")
        verbose_name_plural = _("Insights files")
        constraints = [
            *DueRow.Meta.constraints,
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="insightsfile_state_known"),
            models.CheckConstraint(
                condition=~Q(state=ImportState.REFUSED) | ~Q(refused_why=""), name="insightsfile_refused_has_reason"
            ),
        ]
        indexes = [*DueRow.Meta.indexes, models.Index(fields=["-uploaded_at"], name="insightsfile_newest")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("onboarding:insights_file", args=[self.pk])


class InsightsShape(models.Model):
    """How files of one shape are read, by the latest import; ``shape`` is a digest of the titles."""

    shape = models.CharField(_("shape"), max_length=64, unique=True)
    mapping: Any = models.JSONField(_("mapping"), default=dict)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("saved by"))
    saved_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("shape of an Insights file")
        verbose_name_plural = _("shapes of Insights files")

    def __str__(self) -> str:
        return self.shape[:8]


class InsightsRow(models.Model):
    """A row that was applied or needs attention, for BDMs to look up. Unchanged rows are only counted."""

    file = models.ForeignKey(InsightsFile, models.CASCADE, related_name="outcomes", verbose_name=_("file"))
    row_no = models.PositiveIntegerField(_("row"))
    outcome = models.CharField(_("outcome"), max_length=20, choices=RowOutcome.choices)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    number = models.CharField(_("number"), max_length=40, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    vetting = models.CharField(_("vetting status"), max_length=80, blank=True)
    agreement = models.CharField(_("MPA status"), max_length=80, blank=True)
    enrollment = models.ForeignKey(
        Enrollment, models.SET_NULL, null=True, related_name="+", verbose_name=_("enrollment")
    )

    class Meta:
        verbose_name = _("row of an Insights file")
        verbose_name_plural = _("rows of Insights files")
        ordering = ["row_no"]
        constraints = [models.UniqueConstraint(fields=["file", "row_no"], name="insights_row_once")]
        indexes = [models.Index(fields=["file", "outcome", "row_no"], name="insights_row_outcome")]

    def __str__(self) -> str:
        return f"{self.row_no}: {self.outcome}"
