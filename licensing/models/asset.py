"""The go-to-market library: what a reseller sends to customers, in versions that are valid for a time."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from licensing.enums import AssetLanguage, Audience, Programme
from portal.geo.models import Country
from portal.wording import in_language


class Asset(models.Model):
    title_fr = models.CharField(_("French title"), max_length=200)
    title_en = models.CharField(_("English title"), max_length=200)
    text_fr = models.CharField(_("French text"), max_length=500, blank=True)
    text_en = models.CharField(_("English text"), max_length=500, blank=True)
    programme = models.CharField(_("programme"), max_length=20, choices=Programme.choices, blank=True)
    audience = models.CharField(_("audience"), max_length=20, choices=Audience.choices)
    countries = models.ManyToManyField(Country, related_name="+", blank=True, verbose_name=_("countries (empty: all)"))

    class Meta:
        verbose_name = _("asset")
        verbose_name_plural = _("assets")

    def __str__(self) -> str:
        return in_language(self, "title")

    @property
    def text(self) -> str:
        return in_language(self, "text")


class AssetVersion(models.Model):
    """Either a link or a file. ``valid`` is half-open; two versions of one language are never valid on one day.

    ``failures`` counts failed checks of the link in a row.
    """

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="versions", verbose_name=_("asset"))
    number = models.PositiveIntegerField(_("version"))
    language = models.CharField(_("language"), max_length=10, choices=AssetLanguage.choices)
    url = models.URLField(_("address"), blank=True, max_length=500)
    file_name = models.CharField(_("file name"), max_length=200, blank=True)
    content = models.BinaryField(_("content"), null=True, editable=False)
    valid = DateRangeField(_("valid"))
    source = models.CharField(_("source"), max_length=200)
    checked_at = models.DateTimeField(_("link checked"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failed checks in a row"), default=0)
    answer = models.CharField(_("last answer"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("version of an asset")
        verbose_name_plural = _("versions of assets")
        constraints = [
            models.UniqueConstraint(fields=["asset", "language", "number"], name="assetversion_once"),
            models.CheckConstraint(
                condition=(Q(url="") & Q(content__isnull=False) & ~Q(file_name="")) | (~Q(url="") & Q(content=None)),
                name="assetversion_link_or_file",
            ),
            ExclusionConstraint(
                name="assetversion_one_at_a_time",
                expressions=[
                    ("asset", RangeOperators.EQUAL),
                    ("language", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset} {self.language} {self.number}"


class Download(models.Model):
    """A visitor opened a version on a day, counted once however often they clicked.

    ``visitor`` identifies no person.
    """

    version = models.ForeignKey(AssetVersion, models.CASCADE, related_name="downloads", verbose_name=_("version"))
    day = models.DateField(_("day"))
    visitor = models.CharField(_("digest of the visitor and the day"), max_length=64)

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        constraints = [models.UniqueConstraint(fields=["version", "day", "visitor"], name="download_once_a_day")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.day}"
