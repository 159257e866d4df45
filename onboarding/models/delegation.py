"""One task of an enrollment, sent by link to somebody without an account, and what they answered."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.models.enrollment import Enrollment


class Delegation(models.Model):
    """``task`` is a key of ``questions.tasks.TASKS``. Only the token's SHA-256 is stored; the mail has the token."""

    class TaskReply(models.TextChoices):
        DONE = "done", _("Done")
        NOT_ME = "not_me", _("Not the right person")

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="delegations", verbose_name=_("enrollment"))
    task = models.SlugField(_("task"), max_length=40)
    to = models.EmailField(_("sent to"))
    note = models.TextField(_("note"), blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who"))
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("expires"))
    answer = models.CharField(_("answer"), max_length=20, choices=TaskReply.choices, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("task sent by link")
        verbose_name_plural = _("tasks sent by link")
        ordering = ["-sent_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.task} @ {self.enrollment_id}"


class DelegateQuestion(models.Model):
    """A question that the reader of a link asked instead of, or before, doing the task."""

    delegation = models.ForeignKey(Delegation, models.CASCADE, related_name="questions", verbose_name=_("task"))
    at = models.DateTimeField(_("when"))
    text = models.TextField(_("question"))

    class Meta:
        verbose_name = _("question by link")
        verbose_name_plural = _("questions by link")
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["delegation", "text"], name="delegate_question_once")]

    def __str__(self) -> str:
        return f"{self.delegation_id} @ {timezone.localtime(self.at):%Y-%m-%d %H:%M}"
