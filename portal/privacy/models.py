"""Exports of a person's or a company's data, and requests to erase an account."""

import uuid
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.partners.models import Partner
from portal.work.models import DueRow

QUEUE = "privacy"


def storage() -> Storage:
    return storages["documents"]


class DataExport(DueRow):
    """A ZIP of everything about a person (``partner`` empty) or about a company, made by a worker and kept some days.

    A person's export is theirs alone; a company's is its owners'. ``forgotten_at`` is when the file was given up.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    partner = models.ForeignKey(
        Partner, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("partner")
    )
    language = models.CharField(_("language"), max_length=10)
    asked_at = models.DateTimeField(_("asked"))
    made_at = models.DateTimeField(_("made"), null=True, blank=True)
    file = models.FileField(_("file"), storage=storage, blank=True)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    rows = models.PositiveIntegerField(_("lines"), default=0)
    forgotten_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("export of data")
        verbose_name_plural = _("exports of data")
        constraints = [
            *DueRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["asked_by"], condition=Q(partner=None, made_at=None), name="dataexport_one_of_a_person"
            ),
            models.UniqueConstraint(
                fields=["partner"],
                condition=Q(partner__isnull=False, made_at=None),
                name="dataexport_one_of_a_company",
            ),
        ]
        indexes = [*DueRow.Meta.indexes, models.Index(fields=["made_at"], name="dataexport_made")]

    def __str__(self) -> str:
        return f"{self.partner_id or self.asked_by_id} @ {timezone.localtime(self.asked_at):%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("privacy:export", args=[self.pk])

    @property
    def is_kept(self) -> bool:
        return self.made_at is not None and self.forgotten_at is None


class Erasure(models.Model):
    """A person's request to erase their account, which is done at ``due_at`` unless they withdraw it.

    ``for_idleness``: nobody asked; the account was not used for long, and signing in withdraws it.
    ``held_at`` is set while something stands in the way. ``receipt`` has what was erased and what is kept, by the codes
    of the data map and numbers of rows; it names nobody.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("user"))
    asked_at = models.DateTimeField(_("asked"))
    due_at = models.DateTimeField(_("to be done"))
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    held_at = models.DateTimeField(_("held up"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    for_idleness = models.BooleanField(_("not used for long"), default=False)
    receipt: Any = models.JSONField(_("receipt"), default=dict, blank=True)

    class Meta:
        verbose_name = _("erasure of an account")
        verbose_name_plural = _("erasures of accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(withdrawn_at=None, done_at=None), name="erasure_open_once"
            ),
            models.CheckConstraint(condition=Q(withdrawn_at=None) | Q(done_at=None), name="erasure_ends_one_way"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="erasure_due", condition=Q(withdrawn_at=None, done_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} @ {timezone.localtime(self.due_at):%Y-%m-%d}"
