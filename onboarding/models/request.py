"""A request to a partner about one check, their answer, and its outcome."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.enums import Ending, Source
from onboarding.models.check import Check


class PartnerRequest(models.Model):
    """A request. ``before`` and ``after`` are the reopened answers, by name: when asked, and as answered.

    Open until ``closed_at``; at most one open per check. ``asked_by`` is empty where another system found it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    check_row = models.ForeignKey(Check, models.CASCADE, related_name="requests", verbose_name=_("check"))
    reason = models.CharField(_("reason"), max_length=40)
    note = models.TextField(_("note"), blank=True)
    source = models.CharField(_("source"), max_length=20, choices=Source.choices)
    asked_at = models.DateTimeField(_("asked"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )
    before: Any = models.JSONField(_("answers before"), default=dict, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    answer = models.TextField(_("answer"), blank=True)
    after: Any = models.JSONField(_("answers after"), default=dict, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Ending.choices, blank=True)

    class Meta:
        db_table = "onboarding_action"  # the old name, so that the code before and after a deploy reads one table
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["check_row"], condition=Q(closed_at=None), name="action_open_once"),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="action_closed_has_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} @ {timezone.localtime(self.asked_at):%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None
