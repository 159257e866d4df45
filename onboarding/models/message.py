"""The messages of the partner's people and Ingram Micro about an enrollment, and Ingram's own notes."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.models.enrollment import Enrollment
from onboarding.models.pipeline_trigger import keeps

MAX_LENGTH = 4000


class Message(models.Model):
    """A message. Append-only. ``internal``: a note that only Ingram's people read. ``key`` prevents a second copy.

    ``mentions`` (users) and ``papers`` (documents) are arrays of ids, so that the one trigger guards them as well; the
    rows they name are never deleted, only deactivated or withdrawn.
    """

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="messages", verbose_name=_("enrollment"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who wrote it")
    )
    internal = models.BooleanField(_("internal note"), default=False)
    by_staff = models.BooleanField(_("written for Ingram Micro"), default=False)
    body = models.TextField(_("text"), max_length=MAX_LENGTH)
    mentions: Any = ArrayField(models.BigIntegerField(), verbose_name=_("mentioned"), default=list, blank=True)
    papers: Any = ArrayField(models.UUIDField(), verbose_name=_("documents"), default=list, blank=True)
    written_at = models.DateTimeField(_("written"))
    key = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "key"], name="message_once"),
            models.CheckConstraint(condition=~Q(body=""), name="message_says_something"),
            models.CheckConstraint(condition=Q(internal=False) | Q(by_staff=True), name="message_internal_is_staffs"),
        ]
        indexes = [models.Index(fields=["enrollment", "-id"], name="message_newest")]
        triggers = [
            pgtrigger.Protect(name="message_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            keeps("message_keeps_pipeline", pgtrigger.Insert, "enrollment_id"),
        ]

    def __str__(self) -> str:
        return f"{self.enrollment_id} @ {timezone.localtime(self.written_at):%Y-%m-%d %H:%M}"


class Reading(models.Model):
    """How far a person has read an enrollment's messages: up to the one with this number."""

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="+", verbose_name=_("enrollment"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("who"))
    upto = models.BigIntegerField(_("read up to"))
    read_at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("reading of messages")
        verbose_name_plural = _("readings of messages")
        constraints = [models.UniqueConstraint(fields=["enrollment", "user"], name="reading_once")]
        triggers = [keeps("reading_keeps_pipeline", pgtrigger.Insert | pgtrigger.Update, "enrollment_id")]

    def __str__(self) -> str:
        return f"{self.enrollment_id}: {self.user_id}"
