"""Under which id another system knows a company or an enrollment."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from onboarding.enums import ExternalKind, ExternalSystem
from onboarding.models.enrollment import Enrollment
from portal.partners.models import Partner

LONGEST = 80


@pghistory.track(
    pghistory.InsertEvent("external_id_set"),
    pghistory.UpdateEvent("external_id_changed"),
    pghistory.DeleteEvent("external_id_removed"),
    fields=["system", "kind", "value", "partner", "enrollment"],
    obj_field=pghistory.ObjForeignKey(related_name="history"),
    context_field=pghistory.ContextJSONField(),
    context_id_field=pghistory.ContextUUIDField(),
    model_name="ExternalIdHistory",
    append_only=True,
    meta={"verbose_name": _("earlier ID elsewhere"), "verbose_name_plural": _("earlier IDs elsewhere")},
)
class ExternalId(models.Model):
    """One id. A company or an enrollment has one in each system, and an id belongs to one of them.

    ``value`` is normalised (``external_systems.normalise``), so that one record has one spelling here.
    """

    system = models.CharField(_("system"), max_length=20, choices=ExternalSystem.choices)
    kind = models.CharField(_("kind"), max_length=20, choices=ExternalKind.choices)
    value = models.CharField(_("ID there"), max_length=LONGEST)
    partner = models.ForeignKey(
        Partner, models.CASCADE, null=True, blank=True, related_name="external_ids", verbose_name=_("partner")
    )
    enrollment = models.ForeignKey(
        Enrollment, models.CASCADE, null=True, blank=True, related_name="external_ids", verbose_name=_("enrollment")
    )
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("set by"))
    set_at = models.DateTimeField(_("set"))

    class Meta:
        verbose_name = _("ID in another system")
        verbose_name_plural = _("IDs in other systems")
        constraints = [
            models.UniqueConstraint(
                fields=["system", "value"],
                name="external_id_once",
                violation_error_message=_("This ID belongs to another company or enrolment already."),
            ),
            models.UniqueConstraint(fields=["partner", "system"], name="external_id_one_a_company"),
            models.UniqueConstraint(fields=["enrollment", "system"], name="external_id_one_an_enrollment"),
            models.CheckConstraint(
                condition=Q(kind=ExternalKind.COMPANY, partner__isnull=False, enrollment=None)
                | Q(kind=ExternalKind.ENROLLMENT, partner=None, enrollment__isnull=False),
                name="external_id_of_one",
            ),
            models.CheckConstraint(
                condition=Q(system=ExternalSystem.DYNAMICS, value__regex=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
                | Q(system=ExternalSystem.SALESFORCE, value__regex=r"^[0-9A-Za-z]{15}[A-Z0-5]{3}$")
                | (Q(system=ExternalSystem.OTHER) & ~Q(value="")),
                name="external_id_shape",
            ),
        ]
        indexes = [models.Index(fields=["value"], name="external_id_value")]

    def __str__(self) -> str:
        return f"{self.system}:{self.value}"
