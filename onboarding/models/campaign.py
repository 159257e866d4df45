"""Campaigns: former Open resellers from a spreadsheet who are invited to enroll, and what came of each invitation."""

import uuid
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.enums import CampaignState, CampaignStep, InviteeState, RowVerdict
from onboarding.models.enrollment import Enrollment
from portal.geo.models import Country
from portal.partners.models import Partner
from portal.work.models import DueRow

QUEUE = "campaigns"
MOST_A_DAY = 2_000


class Campaign(DueRow):
    """One spreadsheet and its invitations, which a worker reads and sends, ``per_day`` mails a day.

    ``content`` is deleted once its rows are written. ``scope_of`` is the person with whose countries mails are sent:
    who started it last.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    state = models.CharField(_("state"), max_length=20, choices=CampaignState.choices, default=CampaignState.READING)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who"))
    created_at = models.DateTimeField(_("uploaded"))
    file_name = models.CharField(_("file name"), max_length=200)
    digest = models.CharField(_("digest"), max_length=64)
    content = models.BinaryField(_("content"), null=True)
    refused_why = models.CharField(_("why refused"), max_length=60, blank=True)
    missing = ArrayField(models.CharField(max_length=20), verbose_name=_("missing columns"), default=list, blank=True)
    rows_read = models.PositiveIntegerField(_("rows"), default=0)
    note = models.TextField(_("note"), blank=True)
    per_day = models.PositiveIntegerField(
        _("mails a day"), default=200, validators=[MinValueValidator(1), MaxValueValidator(MOST_A_DAY)]
    )
    reminders = ArrayField(models.DateField(), verbose_name=_("days of the reminders"), default=list, blank=True)
    scope_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("started by")
    )
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            *DueRow.Meta.constraints,
            models.CheckConstraint(condition=Q(state__in=CampaignState.values), name="campaign_state_known"),
            models.CheckConstraint(
                condition=Q(per_day__gte=1, per_day__lte=MOST_A_DAY), name="campaign_mails_a_day_bounded"
            ),
            models.CheckConstraint(condition=Q(reminders__len__lte=2), name="campaign_two_reminders_at_most"),
            models.CheckConstraint(
                condition=~Q(state=CampaignState.RUNNING) | Q(started_at__isnull=False, scope_of__isnull=False),
                name="campaign_started_by_somebody",
            ),
        ]
        indexes = [*DueRow.Meta.indexes, models.Index(fields=["-created_at"], name="campaign_newest")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("onboarding:campaign", args=[self.pk])


class CampaignRow(models.Model):
    """One row of the spreadsheet, as it was read. Only rows whose ``verdict`` is fine are invited.

    ``reasons`` are codes of sentences (``domain.campaigns.verdicts``), ``same_as`` is the number of the row that
    comes first where two are one. ``state`` follows from the row's steps (``domain.campaigns.tracking``).
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="rows", verbose_name=_("campaign"))
    key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    row_no = models.PositiveIntegerField(_("row"))
    name = models.CharField(_("company name"), max_length=200, blank=True)
    country = models.ForeignKey(
        Country, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("country")
    )
    country_typed = models.CharField(_("country as written"), max_length=100, blank=True)
    imonline = models.CharField(_("IMOnline number"), max_length=40, blank=True)
    mpn_id = models.CharField(_("MPN ID"), max_length=40, blank=True)
    email = models.CharField(_("e-mail address"), max_length=254, blank=True)
    contact_name = models.CharField(_("contact"), max_length=100, blank=True)
    verdict = models.CharField(_("verdict"), max_length=20, choices=RowVerdict.choices)
    reasons = ArrayField(models.CharField(max_length=30), verbose_name=_("reasons"), default=list, blank=True)
    same_as = models.PositiveIntegerField(_("same as row"), null=True, blank=True)
    partner = models.ForeignKey(
        Partner, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("partner")
    )
    enrollment = models.ForeignKey(
        Enrollment, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("enrollment")
    )
    state = models.CharField(_("state"), max_length=20, choices=InviteeState.choices, default=InviteeState.HELD)
    mails = models.PositiveSmallIntegerField(_("mails"), default=0)

    class Meta:
        verbose_name = _("row of a campaign")
        verbose_name_plural = _("rows of campaigns")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "row_no"], name="campaign_row_once"),
            models.CheckConstraint(condition=Q(verdict__in=RowVerdict.values), name="campaign_row_verdict_known"),
            models.CheckConstraint(condition=Q(state__in=InviteeState.values), name="campaign_row_state_known"),
            models.CheckConstraint(
                condition=Q(state=InviteeState.HELD) | Q(verdict=RowVerdict.FINE), name="campaign_row_invited_is_fine"
            ),
            models.CheckConstraint(condition=Q(mails__lte=3), name="campaign_row_three_mails_at_most"),
        ]
        indexes = [
            models.Index(fields=["campaign", "state", "row_no"], name="campaign_row_state"),
            models.Index(fields=["campaign", "verdict", "row_no"], name="campaign_row_verdict"),
            models.Index(fields=["email"], name="campaign_row_address", condition=~Q(email="")),
            models.Index(fields=["enrollment"], name="campaign_row_enrollment", condition=Q(enrollment__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.row_no}: {self.name}"


class CampaignEvent(models.Model):
    """One step of one invitation, with its time; ``number`` counts the mails (0: the invitation).

    A step never changes. Only that of a mail which was taken back before it left is deleted.
    """

    row = models.ForeignKey(CampaignRow, models.CASCADE, related_name="events", verbose_name=_("row"))
    step = models.CharField(_("what"), max_length=20, choices=CampaignStep.choices)
    number = models.PositiveSmallIntegerField(_("mail"), default=0)
    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    data: Any = models.JSONField(_("details"), default=dict, blank=True)

    class Meta:
        verbose_name = _("step of an invitation")
        verbose_name_plural = _("steps of invitations")
        constraints = [models.UniqueConstraint(fields=["row", "step", "number"], name="campaign_event_once")]
        indexes = [models.Index(fields=["step", "at"], name="campaign_event_step")]
        triggers = [pgtrigger.Protect(name="campaign_event_append_only", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.step} @ {timezone.localtime(self.at):%Y-%m-%d %H:%M}"
