"""What a partner does not have yet and is getting: the enrollment waits for it, and they are reminded."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from onboarding.models.enrollment import Enrollment


class Preparation(models.Model):
    """``code`` is a key of ``questions.preparations.PREPARATIONS``. Open until ``ended_at``."""

    enrollment = models.ForeignKey(
        Enrollment, models.CASCADE, related_name="preparations", verbose_name=_("enrollment")
    )
    code = models.SlugField(_("what"), max_length=40)
    since = models.DateTimeField(_("since"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who"))
    remind_on = models.DateField(_("next reminder"), null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(_("reminders sent"), default=0)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("preparation")
        verbose_name_plural = _("preparations")
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment", "code"], condition=Q(ended_at=None), name="preparation_open_once"
            )
        ]
        indexes = [
            models.Index(fields=["remind_on"], condition=Q(ended_at=None), name="preparation_due"),
        ]

    def __str__(self) -> str:
        return f"{self.code} @ {self.enrollment_id}"
