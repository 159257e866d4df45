"""A reseller's Open estate: the files they upload, their customers, and what each customer holds."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from licensing.enums import FileState, Sector, Tenant
from portal.partners.models import Partner
from portal.work.models import DueRow

QUEUE = "estate"


class EstateFile(DueRow):
    """One file and its import by a worker. ``content`` is emptied once it is no longer needed.

    Always: ``accepted`` + ``rejected`` = ``rows``, once ``state`` is done.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="estate_files", verbose_name=_("partner"))
    name = models.CharField(_("file name"), max_length=200)
    digest = models.CharField(_("digest"), max_length=64)
    content = models.BinaryField(_("content"), null=True)
    state = models.CharField(_("state"), max_length=20, choices=FileState.choices, default=FileState.LOOKING)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"))
    # The result of the examination: sheets with their headers and first rows.
    found: Any = models.JSONField(_("what was found"), default=dict)
    # The reseller's choices: sheet, header row, column -> field, one customer for all, the order of dates.
    mapping: Any = models.JSONField(_("mapping"), default=dict)
    refused_why = models.CharField(_("why refused"), max_length=40, blank=True)
    progress = models.PositiveIntegerField(_("rows read"), default=0)
    written = models.PositiveSmallIntegerField(_("written, in per cent"), default=0)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    accepted = models.PositiveIntegerField(_("accepted"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    result: Any = models.JSONField(_("what changed"), default=dict)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("estate file")
        verbose_name_plural = _("estate files")
        constraints = [
            *DueRow.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(state=FileState.DONE) | Q(rows=models.F("accepted") + models.F("rejected")),
                name="estatefile_nothing_dropped",
            ),
            models.CheckConstraint(
                condition=~Q(state=FileState.REFUSED) | ~Q(refused_why=""), name="estatefile_refused_has_reason"
            ),
        ]
        indexes = [*DueRow.Meta.indexes, models.Index(fields=["partner", "-uploaded_at"], name="estatefile_newest")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("licensing:file", args=[self.partner_id, self.pk])

    @property
    def is_done(self) -> bool:
        return self.state == FileState.DONE


class Mapping(models.Model):
    """How this partner's files of one shape are read; ``shape`` is a digest of the headers."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="+", verbose_name=_("partner"))
    shape = models.CharField(_("shape"), max_length=64)
    mapping: Any = models.JSONField(_("mapping"), default=dict)
    saved_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("mapping")
        verbose_name_plural = _("mappings")
        constraints = [models.UniqueConstraint(fields=["partner", "shape"], name="mapping_once_a_shape")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.shape[:8]}"


class Customer(models.Model):
    """A customer. ``key`` is the name without case, accents, punctuation and legal form, for all its spellings.

    The answers apply to all lines without values of their own; None or empty means: not asked yet.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="customers", verbose_name=_("partner"))
    name = models.CharField(_("name"), max_length=200)
    key = models.CharField(_("key"), max_length=200)
    sector = models.CharField(_("sector"), max_length=20, choices=Sector.choices, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    has_sa = models.BooleanField(_("Software Assurance where the file does not say"), null=True, blank=True)
    end_on = models.DateField(_("end date where the file does not say"), null=True, blank=True)
    unknown_online = models.BooleanField(_("products that nobody knows are online services"), null=True, blank=True)
    tenant = models.CharField(
        _("tenant"), max_length=20, choices=Tenant.choices, default=Tenant.UNKNOWN, db_default=Tenant.UNKNOWN
    )
    steps_done: Any = models.JSONField(_("steps done"), default=dict, blank=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [models.UniqueConstraint(fields=["partner", "key"], name="customer_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("licensing:customer", args=[self.partner_id, self.pk])


class Line(models.Model):
    """One product under one authorization or licence number. ``identity`` finds it again in the next file."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="lines", verbose_name=_("customer"))
    identity = models.CharField(_("identity"), max_length=64)
    product = models.CharField(_("product"), max_length=300)
    family = models.CharField(_("family"), max_length=80, blank=True)
    part_number = models.CharField(_("part number"), max_length=60, blank=True)
    quantity = models.PositiveBigIntegerField(_("quantity"))
    authorization_number = models.CharField(_("authorization number"), max_length=60, blank=True)
    license_number = models.CharField(_("licence number"), max_length=60, blank=True)
    program = models.CharField(_("program"), max_length=100, blank=True)
    has_sa = models.BooleanField(_("Software Assurance"), null=True, blank=True)
    online = models.BooleanField(_("online service"), default=False)
    start_on = models.DateField(_("start"), null=True, blank=True)
    end_on = models.DateField(_("end"), null=True, blank=True)
    sa_end_on = models.DateField(_("end of Software Assurance"), null=True, blank=True)
    token_bought_on = models.DateField(_("token bought"), null=True, blank=True)
    # The reseller's order: no file contains it, and no file removes it.
    ordered_on = models.DateField(_("ordered"), null=True, blank=True)
    keys_on = models.DateField(_("keys received"), null=True, blank=True)
    # action -> its day for which a reminder was sent
    reminded: Any = models.JSONField(_("reminded of"), default=dict, blank=True)
    warnings: Any = models.JSONField(_("warnings"), default=list, blank=True)
    file = models.ForeignKey(
        EstateFile, models.SET_NULL, null=True, related_name="lines", verbose_name=_("last seen in")
    )
    row_no = models.PositiveIntegerField(_("row"))

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints = [
            models.UniqueConstraint(fields=["customer", "identity"], name="line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_positive"),
        ]
        indexes = [models.Index(fields=["customer", "end_on"], name="line_end")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"


class LineBefore(models.Model):
    """What one import wrote over a line, so that the import can be undone. ``before`` is None for a new line."""

    file = models.ForeignKey(EstateFile, models.CASCADE, related_name="lines_before", verbose_name=_("file"))
    line = models.ForeignKey(Line, models.CASCADE, related_name="before", verbose_name=_("line"))
    before: Any = models.JSONField(_("before"), null=True)

    class Meta:
        verbose_name = _("line before an import")
        verbose_name_plural = _("lines before an import")
        constraints = [models.UniqueConstraint(fields=["file", "line"], name="line_before_once")]

    def __str__(self) -> str:
        return f"{self.line_id} {self.file_id}"


class Agreement(models.Model):
    """An agreement or licence number and its end, from a list of contracts.

    The end applies to lines that only name it.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="agreements", verbose_name=_("customer"))
    number = models.CharField(_("number"), max_length=60)
    program = models.CharField(_("program"), max_length=100, blank=True)
    end_on = models.DateField(_("end"))

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        constraints = [models.UniqueConstraint(fields=["customer", "number"], name="agreement_once")]

    def __str__(self) -> str:
        return self.number


class RejectedRow(models.Model):
    file = models.ForeignKey(EstateFile, models.CASCADE, related_name="rejected_rows", verbose_name=_("file"))
    row_no = models.PositiveIntegerField(_("row"))
    reason = models.CharField(_("reason"), max_length=40)
    cells: Any = models.JSONField(_("cells"), default=list)

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")
        ordering = ["row_no"]
        constraints = [models.UniqueConstraint(fields=["file", "row_no"], name="rejected_row_once")]

    def __str__(self) -> str:
        return f"{self.row_no}: {self.reason}"
