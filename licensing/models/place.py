"""Reference data by country that administrators edit: the link by which a customer authorises a transfer."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.geo.models import Country


class TransferLink(models.Model):
    country = models.ForeignKey(Country, models.CASCADE, related_name="+", verbose_name=_("country"))
    url = models.URLField(_("address"))
    valid_from = models.DateField(_("valid from"))
    tested_on = models.DateField(_("last tested"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name = _("transfer link")
        verbose_name_plural = _("transfer links")
        constraints = [models.UniqueConstraint(fields=["country", "valid_from"], name="transfer_link_once_a_day")]

    def __str__(self) -> str:
        return f"{self.country_id} ({self.valid_from})"
