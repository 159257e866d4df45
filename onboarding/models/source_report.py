"""The latest report of each source on each check.

Together they decide what the check shows, in whatever order they came.
"""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding.enums import CheckState, Source
from onboarding.models.check import Check


class SourceReport(models.Model):
    """A report. ``seen_at`` is when it was so, not when we received it.

    ``subject_key`` is the check's at that time, because the report does not apply to another subject; empty where
    nothing had been answered yet.
    """

    check_row = models.ForeignKey(Check, models.CASCADE, related_name="source_reports", verbose_name=_("check"))
    source = models.CharField(_("source"), max_length=20, choices=Source.choices)
    state = models.CharField(_("state"), max_length=20, choices=CheckState.choices)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    seen_at = models.DateTimeField(_("seen"))
    subject_key = models.CharField(max_length=64, blank=True)
    evidence: Any = models.JSONField(_("evidence"), default=dict, blank=True)

    class Meta:
        db_table = "onboarding_word"  # the old name, so that the code before and after a deploy reads one table
        verbose_name = _("report of a source")
        verbose_name_plural = _("reports of sources")
        constraints = [models.UniqueConstraint(fields=["check_row", "source"], name="word_once_a_source")]

    def __str__(self) -> str:
        return f"{self.source}: {self.state}"
