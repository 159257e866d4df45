"""Proof that the histories are whole: seals over their rows, and the looks of staff at personal data."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Seal(models.Model):
    """A digest of some rows of one history: those with ``after_id`` < id <= ``upto_id``.

    ``chain`` is the digest of this seal and of ``chain`` of the seal before it, so the newest one proves all.
    ``signature`` is a code of ``chain`` with a key that the database does not have; empty without ``SECRETS_KEYS``.
    """

    number = models.BigIntegerField(_("number"), unique=True)
    table = models.CharField(_("history table"), max_length=63)
    after_id = models.BigIntegerField(_("after"))
    upto_id = models.BigIntegerField(_("up to"))
    count = models.PositiveIntegerField(_("rows"))
    # The key comes first. ``personal`` ones can be erased later (``portal.audit.erasing``).
    columns: Any = models.JSONField(_("columns"))
    personal: Any = models.JSONField(_("personal columns"))
    digest = models.CharField(_("digest of the rows"), max_length=64)
    chain = models.CharField(_("digest of all so far"), max_length=64)
    signature = models.CharField(_("signature of the seal"), max_length=64, blank=True)
    sealed_at = models.DateTimeField(_("sealed"))

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        constraints = [models.UniqueConstraint(fields=["table", "upto_id"], name="seal_once")]
        triggers = [pgtrigger.Protect(name="seal_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
        permissions = [("read_audit", _("May read the audit page"))]

    def __str__(self) -> str:
        return f"{self.number}: {self.table} {self.after_id}-{self.upto_id}"


class SealMark(models.Model):
    """How far a history may be sealed once every transaction has ended that was writing into it at the mark.

    A transaction takes the key of its row before it commits, so that a row with a smaller key may appear later.
    ``writing`` has the virtual numbers of those transactions (``pg_locks.virtualtransaction``).
    """

    table = models.CharField(_("history table"), primary_key=True, max_length=63)
    upto_id = models.BigIntegerField(_("up to"))
    writing: Any = models.JSONField(_("transactions at the mark"), default=list)
    marked_at = models.DateTimeField(_("marked"))

    class Meta:
        verbose_name = _("mark of sealing")
        verbose_name_plural = _("marks of sealing")

    def __str__(self) -> str:
        return f"{self.table} {self.upto_id}"


class RowSalt(models.Model):
    """The random number with which the personal values of one sealed row are digested.

    Erasing a value replaces the salt by the digests (``erased``: column to digest): the seal still holds, and nobody
    can try values against it.
    """

    table = models.CharField(_("history table"), max_length=63)
    row_id = models.BigIntegerField(_("row"))
    salt = models.CharField(max_length=64, blank=True)
    erased: Any = models.JSONField(_("digests of what was erased"), default=dict, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    class Meta:
        verbose_name = _("salt of a row")
        verbose_name_plural = _("salts of rows")
        constraints = [models.UniqueConstraint(fields=["table", "row_id"], name="row_salt_once")]

    def __str__(self) -> str:
        return f"{self.table} {self.row_id}"


class DetachedMonth(models.Model):
    """A partition of a history that was detached (``portal.audit.detaching``): ``table`` without ``name``.

    ``since`` and ``upto`` are its bounds; None: it had no beginning.
    """

    table = models.CharField(_("history table"), max_length=63)
    name = models.CharField(_("table of the month"), max_length=63, unique=True)
    since = models.DateTimeField(_("from"), null=True, blank=True)
    upto = models.DateTimeField(_("before"))
    rows = models.PositiveBigIntegerField(_("rows"))
    detached_at = models.DateTimeField(_("detached"))

    class Meta:
        verbose_name = _("detached month")
        verbose_name_plural = _("detached months")
        constraints = [models.UniqueConstraint(fields=["table", "upto"], name="detached_once")]

    def __str__(self) -> str:
        return self.name


class DetachedRows(models.Model):
    """The rows of one seal that were detached with a month: the digest of each, by which the seal still holds.

    ``digests`` has 32 bytes for each of ``keys``. ``kept`` are the keys of those that stayed in the history as well.
    ``signature`` is a code of all but the digests, with a key that the database does not have: those who delete a row
    cannot say that it was detached. The digests need none, because no other ones make up the seal's.
    """

    month = models.ForeignKey(DetachedMonth, models.CASCADE, related_name="seals", verbose_name=_("detached month"))
    seal = models.BigIntegerField(_("seal"))
    keys = ArrayField(models.BigIntegerField(), verbose_name=_("keys"))
    kept = ArrayField(models.BigIntegerField(), verbose_name=_("kept keys"))
    digests = models.BinaryField(_("digests of the rows"))
    signature = models.CharField(_("signature of the rows"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("detached rows of a seal")
        verbose_name_plural = _("detached rows of seals")
        constraints = [models.UniqueConstraint(fields=["seal", "month"], name="detached_rows_once")]

    def __str__(self) -> str:
        return f"{self.month}, {self.seal}"


class StaffLook(models.Model):
    """One time that a person of Ingram Micro opened or downloaded personal data of a partner. Append-only.

    ``what`` is the address's name; ``subject`` has the keys in the address. Neither holds personal data.
    """

    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who"))
    what = models.CharField(_("what"), max_length=80)
    enrollment = models.UUIDField(_("enrollment"), null=True, blank=True)
    company = models.UUIDField(_("company"), null=True, blank=True)
    subject: Any = models.JSONField(_("keys"), default=dict, blank=True)

    class Meta:
        verbose_name = _("look at personal data")
        verbose_name_plural = _("looks at personal data")
        indexes = [
            models.Index(fields=["enrollment", "-id"], name="staff_look_enrollment"),
            models.Index(fields=["company", "-id"], name="staff_look_company"),
        ]
        triggers = [pgtrigger.Protect(name="staff_look_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.what} @ {timezone.localtime(self.at):%Y-%m-%d %H:%M}"


class AdminAct(LogEntry):
    """The admin's own log, which nobody may change. A content type that goes empties its column."""

    class Meta:
        proxy = True
        verbose_name = _("act in the admin")
        verbose_name_plural = _("acts in the admin")
        triggers = [
            pgtrigger.Protect(name="admin_act_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="admin_act_unchanged",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "action_time", "user", "object_id", "object_repr", "action_flag", "change_message"
                ),
            ),
        ]
