"""Which BDM at Ingram Micro covers which country. Ask ``Bdm.objects``; no other code decides it."""

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from portal.geo.models import Country


class BdmQuerySet(models.QuerySet["Bdm"]):
    def active(self) -> "BdmQuerySet":
        """Return those who can sign in, with their accounts, in the order of their names."""
        return self.filter(user__is_active=True).select_related("user").order_by("user__name", "pk")

    def leads(self) -> "BdmQuerySet":
        """Return the active leads, who cover every country."""
        return self.active().filter(is_lead=True)

    def assigned_to(self, country: str) -> "BdmQuerySet":
        """Return the active BDMs to whom the country (ISO 3166-1 alpha-2) is assigned; no leads."""
        return self.active().filter(is_lead=False, countries=country) if country else self.none()

    def covering(self, country: str) -> "BdmQuerySet":
        """Return the BDMs responsible for a country: those assigned to it, or else the leads."""
        assigned = self.assigned_to(country)
        return assigned if assigned.exists() else self.leads()

    def who_see(self, country: str) -> "BdmQuerySet":
        """Return every active BDM who may open the country's enrollments: those assigned to it, and the leads."""
        return self.active().filter(Q(is_lead=True) | Q(countries=country)).distinct()

    def with_country_codes(self) -> "BdmQuerySet":
        """Return the rows, each with the codes of its countries, so that ``country_codes`` needs no further query."""
        codes = ArrayAgg("countries__code", filter=Q(countries__isnull=False), default=Value([]))
        return self.annotate(known_codes=codes)

    def reachable_by_anybody(self) -> "BdmQuerySet":
        """Return those who gave a telephone number and so agreed that visitors see it."""
        return self.exclude(phone="")


class Bdm(models.Model):
    """A business development manager of Ingram Micro. A lead covers every country."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="bdm", verbose_name=_("user"))
    countries = models.ManyToManyField(Country, related_name="bdms", blank=True, verbose_name=_("countries"))
    is_lead = models.BooleanField(_("lead: covers all countries"), default=False)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)

    objects = BdmQuerySet.as_manager()

    class Meta:
        app_label = "places"  # owner of these tables and migrations: the two packages were one
        verbose_name = _("BDM")
        verbose_name_plural = _("BDMs")

    def __str__(self) -> str:
        return str(self.user)

    @property
    def country_codes(self) -> set[str] | None:
        """Return the countries whose enrollments this BDM may open (ISO 3166-1 alpha-2); None means all."""
        if self.is_lead:
            return None
        known = getattr(self, "known_codes", None)
        return set(self.countries.values_list("code", flat=True) if known is None else known)


class Absence(models.Model):
    """The days on which a BDM is away, first and last included, and who stands in. It ends by itself.

    Without a stand-in the leads cover. ``portal.coverage.absences`` decides who stands in; no other code does.
    """

    bdm = models.ForeignKey(Bdm, models.CASCADE, related_name="absences", verbose_name=_("who is away"))
    first_on = models.DateField(_("from"))
    last_on = models.DateField(_("to"))
    stand_in = models.ForeignKey(
        Bdm, models.SET_NULL, null=True, blank=True, related_name="stands_in", verbose_name=_("stand-in")
    )

    class Meta:
        app_label = "places"
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [
            models.CheckConstraint(condition=Q(last_on__gte=models.F("first_on")), name="absence_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(stand_in=None) | ~Q(stand_in=models.F("bdm")), name="absence_stand_in_is_another"
            ),
        ]
        indexes = [models.Index(fields=["last_on", "first_on"], name="absence_days")]

    def __str__(self) -> str:
        return f"{self.bdm}: {self.first_on} – {self.last_on}"
