"""Clients of the API, their keys, what is kept of their calls, and the webhooks by which they are told."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from api.enums import FOR_PEOPLE, WRITES, ApiScope, DeliveryAnswer, WebhookKind, WebhookOff, WebhookStyle
from portal.accounts.models import languages
from portal.work.models import DueRow

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
                violation_error_message=_("To change something, the client must act for a BDM."),
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
        return f"{self.what} @ {timezone.localtime(self.at):%Y-%m-%d %H:%M}"


class WebhookSubscription(models.Model):
    """Where events are told. A program's belongs to an API client, a channel of Teams to the administrators.

    Scope, countries, end and revocation of a client then hold for what it is sent as for what it reads. Address and
    secrets are encrypted: the address of a channel is a secret, and a program's may hold one.

    ``old_secret`` signs as well until ``old_secret_until``. ``failing_since`` is when the first of the failures began
    that no success has ended.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    style = models.CharField(_("kind"), max_length=10, choices=WebhookStyle.choices)
    client = models.ForeignKey(
        ApiClient, models.PROTECT, null=True, blank=True, related_name="webhooks", verbose_name=_("API client")
    )
    address = models.TextField(_("address"))
    host = models.CharField(_("host"), max_length=255)
    kinds = ArrayField(
        models.CharField(max_length=40, choices=WebhookKind.choices), verbose_name=_("tells"), default=list
    )
    countries = ArrayField(models.CharField(max_length=2), verbose_name=_("countries"), default=list, blank=True)
    everywhere = models.BooleanField(_("all countries"), default=False)
    language = models.CharField(_("language"), max_length=10, choices=languages, default=settings.LANGUAGE_CODE)
    secret = models.TextField(blank=True)
    old_secret = models.TextField(blank=True)
    old_secret_until = models.DateTimeField(_("old secret signs until"), null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made"))
    off_at = models.DateTimeField(_("off since"), null=True, blank=True)
    off_why = models.CharField(_("why off"), max_length=10, choices=WebhookOff.choices, blank=True)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        # What the fan-out of every event asks for.
        indexes = [models.Index(fields=["id"], condition=Q(off_at=None), name="webhook_on")]
        constraints = [
            models.CheckConstraint(
                condition=Q(style=WebhookStyle.STANDARD, client__isnull=False)
                | Q(style=WebhookStyle.TEAMS, client=None, kinds__contained_by=[kind.value for kind in FOR_PEOPLE]),
                name="webhook_style_fits_owner",
                violation_error_message=_(
                    "A signed message belongs to an API client; a channel of Teams to none, and it is told only what a "
                    "person must act on."
                ),
            ),
            models.CheckConstraint(
                condition=Q(everywhere=True) | ~Q(countries=[]),
                name="webhook_has_countries",
                violation_error_message=_("Choose the countries of the webhook, or all of them."),
            ),
            models.CheckConstraint(
                condition=Q(off_at=None) | ~Q(off_why=""),
                name="webhook_off_has_reason",
                violation_error_message=_("Say why the webhook is off."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(DueRow):
    """One event for one subscription: written by the database in the transaction of the event, then sent until taken.

    ``reference`` names what it tells, once for each subscription. ``sequence`` counts the events of one enrollment that
    this subscription was sent, from 1 and without a gap; it is given when the first attempt begins. Waiting while
    ``next_check_at`` is there; then delivered, failed or withheld. A receiver that is back gets what waits early, but
    nothing that has a ``not_before`` ahead: its own wish, or the time of an attempt that came early already.
    """

    subscription = models.ForeignKey(
        WebhookSubscription, models.PROTECT, related_name="deliveries", verbose_name=_("webhook")
    )
    kind = models.CharField(_("what"), max_length=40, choices=WebhookKind.choices)
    enrollment = models.UUIDField(_("enrollment"), null=True, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    happened_at = models.DateTimeField(_("when"))
    reference = models.CharField(_("of what"), max_length=100)
    check_kind = models.CharField(_("check"), max_length=20, blank=True)
    check_authority = models.CharField(_("who decides"), max_length=20, blank=True)
    sequence = models.PositiveBigIntegerField(_("number"), null=True, blank=True)
    tries = models.PositiveIntegerField(_("attempts"), default=0)
    tried_at = models.DateTimeField(_("last attempt"), null=True, blank=True)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    status = models.PositiveSmallIntegerField(_("answer code"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=12, choices=DeliveryAnswer.choices, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    failed_at = models.DateTimeField(_("given up"), null=True, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("delivery of a webhook")
        verbose_name_plural = _("deliveries of webhooks")
        indexes = [
            *DueRow.Meta.indexes,
            # Which of an enrollment's waiting deliveries is the first: those with a number, then by age.
            models.Index(
                fields=["subscription", "enrollment", "sequence", "id"],
                name="webhookdelivery_order",
                condition=Q(next_check_at__isnull=False, parked_at=None),
            ),
            models.Index(fields=["subscription", "-id"], name="webhookdelivery_newest"),
            models.Index(
                fields=["subscription", "failed_at"],
                name="webhookdelivery_failed",
                condition=Q(failed_at__isnull=False),
            ),
            models.Index(fields=["happened_at"], name="webhookdelivery_at", condition=Q(next_check_at=None)),
        ]
        constraints = [
            *DueRow.Meta.constraints,
            models.UniqueConstraint(fields=["subscription", "kind", "reference"], name="webhookdelivery_once"),
            models.UniqueConstraint(
                fields=["subscription", "enrollment", "sequence"],
                name="webhookdelivery_number_once",
                condition=Q(sequence__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"

    @property
    def message_id(self) -> str:
        """Return the id of the message, which stays for all attempts and replays."""
        return f"evt_{self.pk}"


class WebhookSequence(models.Model):
    """The last number that a subscription was sent of an enrollment. It outlives the log."""

    subscription = models.ForeignKey(WebhookSubscription, models.CASCADE, related_name="+")
    enrollment = models.UUIDField()
    last = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = _("last number of an enrollment")
        verbose_name_plural = _("last numbers of enrollments")
        constraints = [models.UniqueConstraint(fields=["subscription", "enrollment"], name="webhooksequence_once")]

    def __str__(self) -> str:
        return f"{self.enrollment}: {self.last}"


class WebhookChange(models.Model):
    """A deed on a subscription: who made, changed, rotated, replayed or switched it. Append-only."""

    subscription = models.ForeignKey(
        WebhookSubscription, models.PROTECT, related_name="changes", verbose_name=_("webhook")
    )
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    what = models.CharField(_("what"), max_length=20)
    detail = models.TextField(_("details"), blank=True)

    class Meta:
        verbose_name = _("change of a webhook")
        verbose_name_plural = _("changes of webhooks")
        triggers = [pgtrigger.Protect(name="webhook_change_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.what} @ {timezone.localtime(self.at):%Y-%m-%d %H:%M}"
