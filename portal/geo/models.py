"""Reference data of places: countries, Microsoft's CSP regions, Ingram's marketplaces and links.

``load_places`` loads it from ``data/`` and administrators edit it. A country can move to another region, so its region
is valid from a date (Source: [ms-regions]).
"""

import datetime as dt
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.wording import chosen, in_language
from portal.workdays import CUT_OFF, WorkCalendar, subdivisions

# Source: [guide] part 2 ("Délais": 1-3 working days, 5 % over 12 weeks).
USUAL_WORKDAYS = (1, 3)
# Where Partner Center gives out links (Source: [ms-partnership-request]), and where Microsoft moves its portals.
MICROSOFTS_HOSTS = ("microsoft.com", "cloud.microsoft")


class CspRegion(models.Model):
    """A group of countries. A reseller and a provider can only work together inside one."""

    code = models.SlugField(_("code"), primary_key=True, max_length=40)
    name_fr = models.CharField(_("French name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name = _("CSP region")
        verbose_name_plural = _("CSP regions")
        ordering = ["code"]

    def __str__(self) -> str:
        return in_language(self, "name")


class Country(models.Model):
    """A country. ``time_zone``, ``subdivision`` and ``cut_off_hour`` define how its working days are counted."""

    code = models.CharField(_("ISO 3166-1 code"), primary_key=True, max_length=2)
    name_fr = models.CharField(_("French name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100)
    time_zone = models.CharField(_("time zone"), max_length=60, default="Europe/Paris")
    subdivision = models.CharField(
        _("subdivision"), max_length=10, blank=True, help_text=_("Whose holidays count too, as “57” for Moselle.")
    )
    cut_off_hour = models.PositiveSmallIntegerField(
        _("cut-off hour"),
        default=CUT_OFF,
        validators=[MaxValueValidator(24)],
        help_text=_("What arrives from this hour on counts from the next working day."),
    )
    review_from = models.PositiveSmallIntegerField(
        _("Microsoft's review, from"),
        default=USUAL_WORKDAYS[0],
        validators=[MinValueValidator(1)],
        help_text=_("Working days that a review usually takes there at least. The guide says 1 to 3."),
    )
    review_to = models.PositiveSmallIntegerField(
        _("Microsoft's review, to"), default=USUAL_WORKDAYS[1], validators=[MinValueValidator(1)]
    )
    registration_number_needed = models.BooleanField(_("registration number needed"), default=False)
    french_territory = models.BooleanField(_("French overseas territory"), default=False)

    class Meta:
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z]{2}$"),
                name="country_iso",
                violation_error_message=_("Write the country's code as two capital letters, as “FR”."),
            ),
            models.CheckConstraint(
                condition=Q(review_from__lte=F("review_to")),
                name="country_review_range",
                violation_error_message=_("A review cannot end before it begins: “from” is larger than “to”."),
            ),
        ]

    def __str__(self) -> str:
        return in_language(self, "name")

    def clean(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ValueError, OSError, LookupError) as error:
            raise ValidationError({"time_zone": _("No such time zone. Write it as “Europe/Paris”.")}) from error
        if self.subdivision and self.subdivision not in subdivisions(self.code):
            known = ", ".join(subdivisions(self.code)) or _("none")
            raise ValidationError(
                {"subdivision": _("No holidays are known for it. Known here: %(known)s.") % {"known": known}}
            )

    @property
    def calendar(self) -> WorkCalendar:
        return WorkCalendar(self.code, self.time_zone, self.subdivision, self.cut_off_hour)


class RegionCountry(models.Model):
    region = models.ForeignKey(CspRegion, models.PROTECT, related_name="countries", verbose_name=_("CSP region"))
    country = models.ForeignKey(Country, models.CASCADE, related_name="regions", verbose_name=_("country"))
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("country of a region")
        verbose_name_plural = _("countries of regions")
        constraints = [models.UniqueConstraint(fields=["country", "valid_from"], name="region_country_once_a_day")]

    def __str__(self) -> str:
        return f"{self.country_id}: {self.region_id} ({self.valid_from})"


class MarketplaceRegion(models.TextChoices):
    """A region of the marketplace, which decides the address of the Cloud Marketplace API."""

    NORTH_AMERICA = "na", _("Americas")
    EUROPE = "eu", _("Europe, Middle East")
    ASIA_PACIFIC = "ap", _("Asia-Pacific")


class Marketplace(models.Model):
    """Ingram's shop of one or more countries. Its code is not an ISO code: "UK", "ME" (Middle East), "LA"."""

    code = models.CharField(_("code"), primary_key=True, max_length=8)
    name = models.CharField(_("name"), max_length=100)
    countries = models.ManyToManyField(Country, related_name="marketplaces", verbose_name=_("countries"), blank=True)
    region = models.CharField(_("region of its API"), max_length=2, choices=MarketplaceRegion.choices, blank=True)
    address = models.URLField(_("address"), blank=True)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name = _("marketplace")
        verbose_name_plural = _("marketplaces")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.title} ({self.code})"

    @property
    def title(self) -> str:
        """Return the name in the reader's language."""
        return in_language(self, "name")

    @property
    def name_en(self) -> str:
        return self.name


class ProviderLink(models.Model):
    """The one official link by which resellers of a region authorise Ingram. Nobody alters it or sends it by hand."""

    region = models.ForeignKey(CspRegion, models.PROTECT, related_name="provider_links", verbose_name=_("CSP region"))
    url = models.URLField(_("address"))
    provider_tenant = models.CharField(_("provider's tenant"), max_length=100, blank=True)
    valid_from = models.DateField(_("valid from"))
    tested_on = models.DateField(_("last tested"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("entered by"),
    )  # fmt: skip
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        verbose_name=_("confirmed by"),
    )  # fmt: skip
    # What a release brings is reviewed with it.
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False, db_default=Now())

    class Meta:
        verbose_name = _("provider link")
        verbose_name_plural = _("provider links")
        constraints = [models.UniqueConstraint(fields=["region", "valid_from"], name="provider_link_once_a_day")]

    def __str__(self) -> str:
        return f"{self.region_id} ({self.valid_from})"

    @property
    def source_words(self) -> str:
        return chosen({"en": self.source})


def region_of(country: str, *, on: dt.date) -> CspRegion | None:
    """Return the CSP region of ``country`` on that day; None where Microsoft has none."""
    row = (
        RegionCountry.objects.select_related("region")
        .filter(country_id=country, valid_from__lte=on)
        .order_by("-valid_from")
        .first()
    )
    return row.region if row else None


def provider_link(region: CspRegion, *, on: dt.date) -> ProviderLink | None:
    """Return the link of a region on that day, confirmed by two people; a demo's placeholder is none in production."""
    rows = region.provider_links.filter(valid_from__lte=on, confirmed_at__isnull=False)
    link = rows.order_by("-valid_from").first()
    return link if link and may_be_shown(link.url) else None


def may_be_shown(address: str) -> bool:
    """Return whether partners may see this address as a link: in production they see no placeholder."""
    return not (settings.PRODUCTION and is_placeholder(address))


def is_placeholder(address: str) -> bool:
    """Return whether an address is one of the demo's, whose domain nobody can own (RFC 2606)."""
    host = (urlsplit(address).hostname or "").rstrip(".")
    return host.rpartition(".")[2] in {"example", "test", "invalid", "localhost"}


def is_microsofts(address: str) -> bool:
    """Return whether an address is secure and on one of Microsoft's hosts."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    is_plain = parts.username is None and parts.port in (None, 443)
    return (
        parts.scheme == "https"
        and is_plain
        and any(host == known or host.endswith(f".{known}") for known in MICROSOFTS_HOSTS)
    )
