"""Partner Center: the accounts that read it, their duties, and what they read: links, authorisations, codes, rules."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.geo.models import Country
from portal.wording import in_language
from portal.work.models import DueRow


class PartnerCenterAccount(models.Model):
    """The provider's own sign-in for one CSP region, or (``region`` empty) for every region without one.

    ``sealed_token`` is the refresh token, encrypted; empty: the environment's is used. ``consented_at`` is when a
    person last gave a token, ``refreshed_at`` when Microsoft last gave a newer one. ``refused_at`` is set while the
    sign-in is refused. ``doubted_count`` is how many resellers a list had that looked too short to be believed.
    """

    region = models.CharField(
        _("CSP region"), max_length=20, blank=True, unique=True,
        help_text=_("Code of the region whose resellers this account sees. Empty: every region without its own."),
    )  # fmt: skip
    tenant = models.CharField(_("tenant"), max_length=100, help_text=_("Ingram Micro's own tenant in this region."))
    client_id = models.CharField(_("application (client) ID"), max_length=100)
    sealed_token = models.TextField(blank=True, editable=False)
    consented_at = models.DateTimeField(_("consent given"), null=True, blank=True, editable=False)
    refreshed_at = models.DateTimeField(_("token renewed"), null=True, blank=True, editable=False)
    refused_at = models.DateTimeField(_("refused since"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=300, blank=True, editable=False)
    resellers_read_at = models.DateTimeField(_("reseller list read"), null=True, blank=True, editable=False)
    doubted_count = models.PositiveIntegerField(_("too short a list"), null=True, blank=True, editable=False)
    doubted_at = models.DateTimeField(_("list doubted"), null=True, blank=True, editable=False)
    activity_read_until = models.DateTimeField(_("activity read until"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("Partner Center account")
        verbose_name_plural = _("Partner Center accounts")
        ordering = ["region"]

    def __str__(self) -> str:
        return self.region or str(_("every region"))


class DutyKind(models.TextChoices):
    RENEW = "renew", _("Renew the token")
    RESELLERS = "resellers", _("Read the reseller list")
    ACTIVITY = "activity", _("Read the activity log")
    STANDINGS = "standings", _("Ask whether the locations may order")
    COUNTRY_RULES = "country_rules", _("Read the countries' rules")


class PartnerCenterDuty(DueRow):
    """A duty that is repeated for one account. ``off_why``: Partner Center does not let us."""

    account = models.ForeignKey(
        PartnerCenterAccount, models.CASCADE, related_name="duties", verbose_name=_("Partner Center account")
    )
    kind = models.CharField(_("what"), max_length=20, choices=DutyKind.choices)
    done_at = models.DateTimeField(_("last done"), null=True, blank=True)
    result = models.CharField(_("result"), max_length=200, blank=True)
    off_why = models.CharField(_("why switched off"), max_length=200, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("Partner Center duty")
        verbose_name_plural = _("Partner Center duties")
        constraints = [
            *DueRow.Meta.constraints,
            models.UniqueConstraint(fields=["account", "kind"], name="partner_center_duty_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.account})"


class ResellerLink(models.Model):
    """One line of the provider's reseller list, as last seen; ``state`` as received. Removed: missing since then."""

    account = models.ForeignKey(
        PartnerCenterAccount, models.CASCADE, related_name="links", verbose_name=_("Partner Center account")
    )
    tenant = models.CharField(_("tenant"), max_length=100)
    mpn_id = models.CharField(_("location ID"), max_length=20, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=10, blank=True)
    state = models.CharField(_("state"), max_length=40, blank=True)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)

    class Meta:
        verbose_name = _("link with a reseller")
        verbose_name_plural = _("links with resellers")
        constraints = [
            models.UniqueConstraint(fields=["account", "tenant", "mpn_id"], name="reseller_link_once"),
        ]
        indexes = [
            models.Index(fields=["mpn_id"], name="reseller_link_mpn"),
            models.Index(fields=["tenant"], name="reseller_link_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.mpn_id or self.tenant})"


class ResellerAuthorization(models.Model):
    """Microsoft's last answer for one location: may it be named on orders? Code and text as received."""

    location_mpn_id = models.CharField(_("location ID"), max_length=20, unique=True)
    valid = models.BooleanField(_("authorised"))
    code = models.CharField(_("code"), max_length=40, blank=True)
    text = models.CharField(_("text"), max_length=1000, blank=True)
    seen_at = models.DateTimeField(_("seen"))
    since = models.DateTimeField(_("so since"))

    class Meta:
        db_table = (
            "onboarding_resellerstanding"  # the old name, so that the code before and after a deploy reads one table
        )
        verbose_name = _("authorization of a location")
        verbose_name_plural = _("authorizations of locations")

    def __str__(self) -> str:
        return self.location_mpn_id


class PartnerCenterCode(models.Model):
    """What a code of ``validateresellers`` means. Only a ``sure`` one with a reason makes it the reseller's turn."""

    code = models.CharField(_("code"), primary_key=True, max_length=40)
    meaning_fr = models.CharField(_("meaning in French"), max_length=300)
    meaning_en = models.CharField(_("meaning in English"), max_length=300)
    reason = models.CharField(
        _("reason"), max_length=40, blank=True, help_text=_("What the reseller is asked to do about it, if anything.")
    )
    sure = models.BooleanField(
        _("sure"), default=False, help_text=_("Unsure codes never change a file: a BDM is asked to look.")
    )
    retired = models.BooleanField(_("retired"), default=False)
    source = models.CharField(_("source"), max_length=300)

    class Meta:
        verbose_name = _("code of Partner Center")
        verbose_name_plural = _("codes of Partner Center")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sure=False) | ~Q(reason=""),
                name="partner_center_code_sure_has_reason",
                violation_error_message=_("Choose the reason that this code means, or take “sure” away."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.meaning}"

    @property
    def meaning(self) -> str:
        return in_language(self, "meaning")


class CountryRules(models.Model):
    """What Microsoft's forms accept in one country; ``raw`` is the whole answer.

    Used for warnings, never for a refusal.
    """

    country = models.OneToOneField(
        Country, models.CASCADE, primary_key=True, related_name="partner_center_rules", verbose_name=_("country")
    )
    postal_code_regex = models.CharField(_("postal code"), max_length=1000, blank=True)
    phone_regex = models.CharField(_("telephone"), max_length=1000, blank=True)
    raw: Any = models.JSONField(_("as it came"), default=dict)
    read_on = models.DateField(_("read on"))

    class Meta:
        verbose_name = _("rules of a country")
        verbose_name_plural = _("rules of countries")

    def __str__(self) -> str:
        return str(self.country_id)
