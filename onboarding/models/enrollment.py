"""One partner enrolling for one CSP country: the answers of its five steps."""

import datetime as dt
import uuid
from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.enums import ENROLLMENT_MOVES, EnrollmentState
from onboarding.models.pipeline_trigger import keeps
from portal.geo.models import Country, Marketplace
from portal.partners.models import Partner

# A withdrawn enrollment may be taken back for so long. Our own number: a month-end and a holiday fit into it.
GRACE = dt.timedelta(days=30)


class LocationType(models.TextChoices):
    LOCATION = "location", _("Location")
    GLOBAL = "global", _("Global (PartnerGlobal)")
    UNKNOWN = "unknown", _("I do not know")


class MarketplaceLogin(models.TextChoices):
    IMONLINE = "imonline", _("IMOnline (customer of Ingram Micro before March 2020)")
    MARKETPLACE = "marketplace", _("Cloud Marketplace account (since March 2020)")


# What partners answer in the five steps: each change is kept with who made it, and on which page.
ANSWERS = [
    "has_mpn_account", "mpn_id", "location_mpn_id", "location_country", "location_type", "tenant", "global_admin",
    "contact_first_name", "contact_last_name", "contact_email", "contact_phone", "sent_to_microsoft_on",
    "marketplace_login", "marketplace", "customer_number", "marketplace_email", "marketplace_activated_on",
    "authorized_on",
]  # fmt: skip
PERSONAL_ANSWERS = ("contact_first_name", "contact_last_name", "contact_email", "contact_phone", "marketplace_email")


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(condition=pghistory.AnyChange("state", "country")),
    obj_field=pghistory.ObjForeignKey(related_name="history"),
    model_name="EnrollmentHistory",
    append_only=True,
)
@pghistory.track(
    pghistory.InsertEvent("answers_begun"),
    pghistory.UpdateEvent("answers_changed", condition=pghistory.AnyChange(*ANSWERS)),
    fields=ANSWERS,
    obj_field=pghistory.ObjForeignKey(related_name="answer_history"),
    context_field=pghistory.ContextJSONField(),
    context_id_field=pghistory.ContextUUIDField(),
    model_name="AnswerHistory",
    append_only=True,
    meta={"verbose_name": _("earlier answer"), "verbose_name_plural": _("earlier answers")},
)
class Enrollment(models.Model):
    """An enrollment. Empty text or None means: not answered yet. ``*_on`` are days as the reseller gave them.

    Three times are kept apart: ``last_event_at`` (anything happened, also a worker's look), ``progressed_at`` (it came
    nearer to ready: an answer, a check that holds), and since when it is whose turn, which each check has.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="enrollments", verbose_name=_("partner"))
    country = models.ForeignKey(Country, models.PROTECT, related_name="+", verbose_name=_("CSP country"))
    state = models.CharField(_("state"), max_length=20, choices=EnrollmentState.choices, default=EnrollmentState.DRAFT)
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("started by")
    )
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("submitted by"),
    )
    ready_at = models.DateTimeField(_("ready to transact"), null=True, blank=True)
    last_event_at = models.DateTimeField(_("last event"), default=timezone.now, db_column="moved_at")
    progressed_at = models.DateTimeField(_("last progress"), default=timezone.now, db_default=Now())
    set_aside_at = models.DateTimeField(_("set aside"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("withdrawn by"),
    )
    withdrawn_from = models.CharField(
        _("state before"), max_length=20, choices=EnrollmentState.choices, blank=True, db_default=""
    )

    # --- step 1
    has_mpn_account = models.BooleanField(_("has an active MPN account"), null=True, blank=True)
    mpn_id = models.CharField(_("MPN ID"), max_length=20, blank=True)
    # --- step 2
    location_mpn_id = models.CharField(_("location ID"), max_length=20, blank=True)
    location_country = models.ForeignKey(
        Country, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("country of the location")
    )
    location_type = models.CharField(_("type"), max_length=20, choices=LocationType.choices, blank=True)
    # --- step 3 (the company's legal data are the partner's)
    tenant = models.CharField(_("tenant"), max_length=100, blank=True)
    global_admin = models.BooleanField(_("signs in as Global admin"), null=True, blank=True)
    contact_first_name = models.CharField(_("first name"), max_length=50, blank=True)
    contact_last_name = models.CharField(_("last name"), max_length=50, blank=True)
    contact_email = models.EmailField(_("contact's e-mail"), blank=True)
    contact_phone = models.CharField(_("telephone"), max_length=40, blank=True)
    sent_to_microsoft_on = models.DateField(_("submitted in Partner Center"), null=True, blank=True)
    # --- step 4
    marketplace_login = models.CharField(_("login"), max_length=20, choices=MarketplaceLogin.choices, blank=True)
    marketplace = models.ForeignKey(
        Marketplace, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("marketplace")
    )
    customer_number = models.CharField(_("Ingram customer number"), max_length=12, blank=True)
    marketplace_email = models.EmailField(_("marketplace administrator's e-mail"), blank=True)
    marketplace_activated_on = models.DateField(_("activated"), null=True, blank=True)
    # --- step 5
    authorized_on = models.DateField(_("link accepted"), null=True, blank=True)

    class Meta:
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "country"],
                condition=~Q(state=EnrollmentState.WITHDRAWN),
                name="enrollment_one_in_force_a_country",
            ),
            models.CheckConstraint(condition=Q(state__in=EnrollmentState.values), name="enrollment_state_known"),
            models.CheckConstraint(
                condition=Q(mpn_id="") | Q(mpn_id__regex=r"^\d{1,20}$"), name="enrollment_mpn_id_digits"
            ),
            models.CheckConstraint(
                condition=Q(location_mpn_id="") | Q(location_mpn_id__regex=r"^\d{1,20}$"),
                name="enrollment_location_mpn_id_digits",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[EnrollmentState.DRAFT, EnrollmentState.WITHDRAWN])
                | Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="enrollment_submitted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(set_aside_at=None) | Q(state=EnrollmentState.DRAFT), name="enrollment_only_drafts_rest"
            ),
            models.CheckConstraint(
                condition=~Q(state=EnrollmentState.READY) | Q(ready_at__isnull=False), name="enrollment_ready_since"
            ),
            models.CheckConstraint(
                condition=~Q(state=EnrollmentState.WITHDRAWN)
                | (Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_from="")),
                name="enrollment_withdrawn_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["-last_event_at", "-id"], name="enrollment_moved"),
            models.Index(fields=["country", "-last_event_at", "-id"], name="enrollment_country_moved"),
            models.Index(fields=["location_mpn_id"], name="enrollment_location_mpn"),
            models.Index(fields=["mpn_id"], name="enrollment_mpn"),
            # Those of one day among all: the summary of a morning.
            models.Index(fields=["submitted_at"], condition=Q(submitted_at__isnull=False), name="enrollment_submitted"),
            models.Index(fields=["ready_at"], condition=Q(ready_at__isnull=False), name="enrollment_became_ready"),
        ]
        triggers = [
            pgtrigger.FSM(name="enrollment_moves", field="state", transitions=ENROLLMENT_MOVES),
            keeps("enrollment_starts_pipeline", pgtrigger.Insert, "id"),
            keeps(
                "enrollment_keeps_pipeline",
                pgtrigger.Update,
                "id",
                *("state", "country", "set_aside_at", "ready_at", "progressed_at"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner} ({self.country_id})"

    def get_absolute_url(self) -> str:
        return reverse("onboarding:enrollment", args=[self.pk])

    @property
    def is_withdrawn(self) -> bool:
        return self.state == EnrollmentState.WITHDRAWN

    @property
    def contact_name(self) -> str:
        return f"{self.contact_first_name} {self.contact_last_name}".strip()


class Draft(models.Model):
    """Text typed on one page that could not be stored as an answer yet: shown again unchanged."""

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="drafts", verbose_name=_("enrollment"))
    page = models.CharField(_("page"), max_length=40)
    data: Any = models.JSONField(_("as typed"), default=dict)
    saved_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [models.UniqueConstraint(fields=["enrollment", "page"], name="draft_once_a_page")]

    def __str__(self) -> str:
        return f"{self.page} @ {self.enrollment_id}"
