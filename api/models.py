"""Clients of the API, their keys, and what is kept of their calls."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from api.enums import WRITES, ApiScope

FASTEST = 6_000  # calls a minute


class ApiClient(models.Model):
    """Another system that reads the portal, or acts in it for one BDM and never beyond what that person may do.

    ``everywhere`` is said, never meant by an empty list: a forgotten field gives no country. ``tokens`` is what is left
    of ``rate_a_minute``, counted at ``refilled_at``.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    acts_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("acts for")
    )
    scopes = ArrayField(models.CharField(max_length=20, choices=ApiScope.choices), verbose_name=_("may"), default=list)
    countries = ArrayField(models.CharField(max_length=2), verbose_name=_("countries"), default=list, blank=True)
    everywhere = models.BooleanField(_("all countries"), default=False)
    rate_a_minute = models.PositiveIntegerField(
        _("calls a minute"), default=120, validators=[MinValueValidator(1), MaxValueValidator(FASTEST)]
    )
    tokens = models.FloatField(_("calls left"), default=120)
    refilled_at = models.DateTimeField(_("counted at"), default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        constraints = [
            models.CheckConstraint(
                condition=Q(acts_for__isnull=False) | ~Q(scopes__overlap=[scope.value for scope in WRITES]),
                name="api_client_writes_for_somebody",
                violation_error_message=_("To invite, assign, remind or report, the client must act for a BDM."),
            ),
            models.CheckConstraint(
                condition=Q(everywhere=True) | ~Q(countries=[]),
                name="api_client_has_countries",
                violation_error_message=_("Choose the countries of the client, or all of them."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A key of a client. Only its SHA-256 is kept: it has 256 random bits, so no slow digest is needed."""

    client = models.ForeignKey(ApiClient, models.PROTECT, related_name="keys", verbose_name=_("API client"))
    start = models.CharField(_("begins with"), max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("key of an API client")
        verbose_name_plural = _("keys of API clients")

    def __str__(self) -> str:
        return f"{self.start}…"


class KeptAnswer(models.Model):
    """The answer to one POST, for when it comes again with its ``Idempotency-Key``. ``digest`` is of the request."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="+", verbose_name=_("API client"))
    key = models.CharField(_("key of the request"), max_length=64)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(_("when"))
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    body = models.TextField(_("answer"), blank=True)

    class Meta:
        verbose_name = _("kept answer of the API")
        verbose_name_plural = _("kept answers of the API")
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="kept_answer_once")]
        indexes = [models.Index(fields=["at"], name="kept_answer_at")]

    def __str__(self) -> str:
        return self.key


class ApiCall(models.Model):
    """A line of the record: each change, and each reading of personal data. Append-only."""

    client = models.ForeignKey(ApiClient, models.PROTECT, related_name="calls", verbose_name=_("API client"))
    key = models.ForeignKey(ApiKey, models.PROTECT, related_name="+", verbose_name=_("key"))
    acted_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("for whom")
    )
    at = models.DateTimeField(_("when"))
    what = models.CharField(_("what"), max_length=40)
    subject = models.CharField(_("of what"), max_length=64, blank=True)
    rows = models.PositiveIntegerField(_("people read"), default=0)
    status = models.PositiveSmallIntegerField(_("status"))
    request_id = models.CharField(_("request"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("recorded call of the API")
        verbose_name_plural = _("recorded calls of the API")
        indexes = [models.Index(fields=["client", "-at", "-id"], name="api_call_newest")]
        triggers = [pgtrigger.Protect(name="api_call_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.what} @ {self.at:%Y-%m-%d %H:%M}"
