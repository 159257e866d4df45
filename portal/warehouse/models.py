"""Nights of the export for the data warehouse: one due row each, whose answer is the position that it reached."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.work.models import DueRow


class WarehouseNight(DueRow):
    """A night. Done when ``made_at`` is set; then the next one exists.

    ``position`` is the number of a transaction (64 bits): every row that an older one wrote is in this night or an
    earlier one. ``written_by`` is the transaction that wrote it here: after a restore from a dump the row has another.
    ``columns`` are those of each table, with their types, and ``place`` is a digest of the store that has the night.
    ``series`` is the random id of the nights that go on from one to the next; the first of them has everything.
    ``timeline`` is PostgreSQL's, which every restore to a point in time and every fail-over changes; 0: not known.
    ``has_everything`` is set before for a night that is to send everything again, and after for one that did.
    """

    number = models.PositiveIntegerField(_("night"), unique=True)
    position = models.BigIntegerField(_("position"), null=True, blank=True)
    written_by = models.BigIntegerField(_("transaction that wrote it"), null=True, blank=True)
    made_at = models.DateTimeField(_("made"), null=True, blank=True)
    rows: Any = models.JSONField(_("rows"), default=dict, blank=True)
    columns: Any = models.JSONField(_("columns"), default=None, null=True, blank=True)
    place = models.CharField(_("place"), max_length=64, blank=True, default="", db_default="")
    series = models.CharField(_("series"), max_length=32, blank=True, default="", db_default="")
    timeline = models.BigIntegerField(_("timeline of the database"), null=True, blank=True)
    has_everything = models.BooleanField(_("everything"), default=False, db_default=False)

    class Meta(DueRow.Meta):
        app_label = "portal"
        verbose_name = _("night of the warehouse")
        verbose_name_plural = _("nights of the warehouse")

    def __str__(self) -> str:
        return f"{self.number:06}"
