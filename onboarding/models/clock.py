"""The clocks: when rules are due, when each enrollment's clock is read next, escalations, and how long reviews took."""

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.enums import Audience, ClockOf, Effect, Kind, Unit
from onboarding.models.check import Check
from onboarding.models.enrollment import Enrollment
from onboarding.models.pipeline_trigger import keeps
from portal.geo.models import Country
from portal.work.models import DueRow


class ClockRule(models.Model):
    """After so many days of a party's turn somebody is notified.

    A rule with a country replaces the general one there.
    """

    code = models.SlugField(_("code"), max_length=40)
    country = models.ForeignKey(
        Country, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("country"),
        help_text=_("Empty: everywhere. With a country: instead of the general rule of the same code."),
    )  # fmt: skip
    clock = models.CharField(_("whose days"), max_length=20, choices=ClockOf.choices)
    after = models.PositiveSmallIntegerField(_("after"), validators=[MinValueValidator(1), MaxValueValidator(730)])
    unit = models.CharField(_("unit"), max_length=20, choices=Unit.choices, default=Unit.DAYS)
    audience = models.CharField(_("to whom"), max_length=20, choices=Audience.choices)
    effect = models.CharField(_("effect"), max_length=20, choices=Effect.choices, default=Effect.TELL)
    only_after_refusal = models.BooleanField(
        _("only after a refusal"),
        default=False,
        help_text=_("Counts only while Microsoft has refused something: after 30 days it suspends the account."),
    )
    active = models.BooleanField(_("active"), default=True)
    # After a change, the clocks with a higher number than this are still to be read again; empty: all were.
    reread_after = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("clock rule")
        verbose_name_plural = _("clock rules")
        ordering = ["clock", "unit", "after", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "country"], name="clock_rule_once_a_country", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=~Q(effect=Effect.SET_ASIDE) | Q(clock=ClockOf.DRAFT),
                name="clock_rule_sets_drafts_aside",
                violation_error_message=_("Only drafts can be set aside: choose another effect, or the draft's days."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} ({self.country_id})" if self.country_id else self.code


class Clock(DueRow):
    """An enrollment's clock. ``next_check_at`` is when a rule may next be due; ``calendar`` is how it was counted."""

    enrollment = models.OneToOneField(Enrollment, models.CASCADE, related_name="clock", verbose_name=_("enrollment"))
    alarm = models.CharField(_("alarm"), max_length=20, choices=Effect.choices, blank=True)
    calendar = models.CharField(_("calendar"), max_length=100, blank=True)

    class Meta(DueRow.Meta):
        indexes = [*DueRow.Meta.indexes, models.Index("alarm", condition=~Q(alarm=""), name="clock_alarm")]
        triggers = [keeps("clock_keeps_pipeline", pgtrigger.Update, "enrollment_id", "alarm")]
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")

    def __str__(self) -> str:
        return str(self.enrollment_id)


class Escalation(models.Model):
    """A rule that was due for an enrollment, once. ``since`` is when the days it counted began. Append-only."""

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="escalations", verbose_name=_("enrollment"))
    code = models.SlugField(_("rule"), max_length=40)
    clock = models.CharField(_("whose days"), max_length=20, choices=ClockOf.choices)
    after = models.PositiveSmallIntegerField(_("after"))
    unit = models.CharField(_("unit"), max_length=20, choices=Unit.choices)
    audience = models.CharField(_("to whom"), max_length=20, choices=Audience.choices)
    effect = models.CharField(_("effect"), max_length=20, choices=Effect.choices)
    since = models.DateTimeField(_("counted since"))
    due_at = models.DateTimeField(_("ran out"))
    escalated_at = models.DateTimeField(_("noticed"), db_column="struck_at")
    told = models.PositiveSmallIntegerField(_("people told"), default=0)
    calendar = models.CharField(_("calendar"), max_length=100)

    class Meta:
        db_table = "onboarding_strike"  # the old name, so that the code before and after a deploy reads one table
        verbose_name = _("escalation")
        verbose_name_plural = _("escalations")
        ordering = ["due_at", "id"]
        constraints = [models.UniqueConstraint(fields=["enrollment", "code", "since"], name="strike_once")]
        triggers = [
            pgtrigger.Protect(name="strike_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            keeps("strike_keeps_pipeline", pgtrigger.Insert, "enrollment_id"),
        ]

    def __str__(self) -> str:
        return f"{self.code} @ {timezone.localtime(self.due_at):%Y-%m-%d}"


class Vetting(models.Model):
    """One review that Microsoft has ended: how many working days of its own turn it took."""

    check_row = models.ForeignKey(Check, models.CASCADE, related_name="vettings", verbose_name=_("check"))
    kind = models.CharField(_("what"), max_length=20, choices=Kind.choices)
    country = models.ForeignKey(Country, models.PROTECT, related_name="+", verbose_name=_("country"))
    workdays = models.PositiveSmallIntegerField(_("working days"))
    settled_at = models.DateTimeField(_("settled"), db_index=True)
    calendar = models.CharField(_("calendar"), max_length=100)

    class Meta:
        verbose_name = _("ended review")
        verbose_name_plural = _("ended reviews")
        constraints = [models.UniqueConstraint(fields=["check_row", "settled_at"], name="vetting_once")]

    def __str__(self) -> str:
        return f"{self.kind}, {self.country_id}: {self.workdays}"


class OwnStage(models.TextChoices):
    """What the partner does before and after Microsoft's review, in calendar days."""

    DRAFT = "draft", _("from start to submission")
    ENROL = "enrol", _("from submission to the enrolment in Partner Center")
    FINISH = "finish", _("from Microsoft's last decision to ready")


class Forecast(models.Model):
    """How long it took lately, per kind, in one country or (``country`` empty) everywhere.

    Of a validation: the working days of Microsoft's own turn. Of an ``OwnStage``: the partner's calendar days.
    """

    kind = models.CharField(_("what"), max_length=20, choices=[*Kind.choices, *OwnStage.choices])
    country = models.ForeignKey(Country, models.CASCADE, null=True, related_name="+", verbose_name=_("country"))
    half = models.PositiveSmallIntegerField(_("half within (days)"))
    nine_in_ten = models.PositiveSmallIntegerField(_("nine in ten within (days)"))
    count = models.PositiveIntegerField(_("files"))
    since = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("to"))

    class Meta:
        verbose_name = _("forecast")
        verbose_name_plural = _("forecasts")
        constraints = [
            models.UniqueConstraint(fields=["kind", "country"], name="forecast_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.country_id or '*'}: {self.half}, {self.nine_in_ten} ({self.count})"


class KeptForecast(models.Model):
    """A forecast of one enrollment as it was made, with the day on which it came true beside it.

    The days are those of the enrollment's country. ``nine_in_ten_on`` is empty where the partner's own days were
    unknown.
    """

    enrollment = models.ForeignKey(
        Enrollment, models.CASCADE, related_name="kept_forecasts", verbose_name=_("enrollment")
    )
    made_on = models.DateField(_("made on"))
    stage = models.CharField(_("stage"), max_length=20)
    half_on = models.DateField(_("half ready on"))
    nine_in_ten_on = models.DateField(_("nine in ten ready on"), null=True, blank=True)
    scope = models.CharField(_("source"), max_length=10)
    count = models.PositiveIntegerField(_("files"))
    ready_on = models.DateField(_("was ready on"), null=True, blank=True)

    class Meta:
        verbose_name = _("kept forecast")
        verbose_name_plural = _("kept forecasts")
        constraints = [models.UniqueConstraint(fields=["enrollment", "made_on"], name="kept_forecast_once_a_day")]
        indexes = [models.Index(fields=["ready_on", "made_on"], name="kept_forecast_outcome")]

    def __str__(self) -> str:
        return f"{self.enrollment_id}, {self.made_on}: {self.half_on}"
