"""The reports' summary: counts per month and country, written by a job, so that no request scans the files."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.geo.models import Country


class ReportMonth(models.Model):
    """A month whose cells are written, and when."""

    month = models.DateField(_("month"), primary_key=True)
    computed_at = models.DateTimeField(_("computed"))

    class Meta:
        verbose_name = _("month of the reports")
        verbose_name_plural = _("months of the reports")

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class ReportCell(models.Model):
    """How many there were of something in one month and country. ``domain.desk.reports`` says of what.

    ``days`` is a whole number of days where something lasted, so that medians can be read; else 0.
    """

    report = models.CharField(_("report"), max_length=20)
    month = models.DateField(_("month"))
    country = models.ForeignKey(Country, models.CASCADE, related_name="+", verbose_name=_("country"))
    key = models.CharField(_("what"), max_length=60)
    sub = models.CharField(_("how"), max_length=40, blank=True)
    days = models.IntegerField(_("days"), default=0)
    number = models.PositiveIntegerField(_("number"))

    class Meta:
        verbose_name = _("cell of the reports")
        verbose_name_plural = _("cells of the reports")
        constraints = [
            models.UniqueConstraint(
                fields=["report", "month", "country", "key", "sub", "days"], name="report_cell_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report}, {self.month:%Y-%m}, {self.country_id}: {self.key}"
