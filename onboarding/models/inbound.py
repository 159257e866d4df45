"""Messages that other systems send unasked: stored as received, handled by a worker once."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.work.models import DueRow


class Inbound(DueRow):
    """One message of a webhook. ``source`` and ``external_id`` identify it, so that a repeat adds nothing.

    ``occurred_at`` is when it happened there; messages may come in any order. Parked ones are the dead letters.
    """

    source = models.SlugField(_("source"), max_length=40)
    external_id = models.CharField(_("message id"), max_length=200)
    kind = models.CharField(_("what"), max_length=80)
    occurred_at = models.DateTimeField(_("happened"))
    received_at = models.DateTimeField(_("received"))
    data: Any = models.JSONField(_("content"), default=dict)
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)
    result = models.CharField(_("result"), max_length=200, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("inbound message")
        verbose_name_plural = _("inbound messages")
        constraints = [
            *DueRow.Meta.constraints,
            models.UniqueConstraint(fields=["source", "external_id"], name="inbound_once"),
        ]
        indexes = [*DueRow.Meta.indexes, models.Index(fields=["handled_at"], name="inbound_handled")]

    def __str__(self) -> str:
        return f"{self.kind} ({self.source})"
