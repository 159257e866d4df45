"""Mail as rows: written in the transaction that causes it, and sent once when due."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.notices.registry import Choice
from portal.work.models import DueRow

QUEUE = "mail"


class Mail(DueRow):
    """One mail. ``key`` names what it is about; a second mail with that key is never written.

    The bodies of a ``secret`` mail (links, codes) are deleted once it is sent. ``code`` is its kind in the registry,
    and is empty when another package wrote the mail.
    """

    CAN_WAIT: ClassVar[str] = "is_bulk"  # ten thousand invitations never delay a code that somebody waits for

    key = models.CharField(_("key"), max_length=120, unique=True)
    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    thread = models.CharField(_("thread"), max_length=60, blank=True)
    secret = models.BooleanField(_("secret"), default=False)
    about = models.CharField(_("about"), max_length=60, blank=True)
    code = models.CharField(_("kind of mail"), max_length=40, blank=True, db_default="")
    is_bulk = models.BooleanField(_("one of many"), default=False, db_default=False)
    created_at = models.DateTimeField(_("written"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    refused_at = models.DateTimeField(_("refused"), null=True, blank=True)
    answer = models.CharField(_("server's answer"), max_length=300, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        indexes = [
            *DueRow.Meta.indexes,
            models.Index(
                "queue",
                "next_check_at",
                condition=Q(next_check_at__isnull=False, parked_at=None, is_bulk=False),
                name="mail_due_first",
            ),
            models.Index(
                "thread", condition=Q(next_check_at__isnull=False, parked_at=None) & ~Q(thread=""), name="mail_unsent"
            ),
            models.Index(fields=["thread", "-id"], condition=~Q(thread=""), name="mail_of_thread"),
        ]
        constraints = [
            *DueRow.Meta.constraints,
            models.CheckConstraint(condition=Q(sent_at=None) | Q(next_check_at=None), name="mail_sent_is_done"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} -> {self.to}"


class Suppression(models.Model):
    """An address that refused mail for good: it gets none until somebody enters it again or staff free it."""

    address = models.EmailField(_("address"), primary_key=True)
    since = models.DateTimeField(_("since"))
    answer = models.CharField(_("server's answer"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")

    def __str__(self) -> str:
        return self.address


class MailStop(models.Model):
    """An address whose owner does not know the company that had us write: it gets no such mail any more.

    Mail about an account of theirs still comes.
    """

    address = models.EmailField(_("address"), primary_key=True)
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("address that wants no mail from companies")
        verbose_name_plural = _("addresses that want no mail from companies")

    def __str__(self) -> str:
        return self.address


class Preference(models.Model):
    """A person's choice for one kind of mail; without a row the registry's default applies."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_preferences", verbose_name=_("user")
    )
    code = models.CharField(_("kind of mail"), max_length=40)
    choice = models.CharField(_("choice"), max_length=10, choices=Choice.choices)

    class Meta:
        verbose_name = _("mail preference")
        verbose_name_plural = _("mail preferences")
        constraints = [models.UniqueConstraint(fields=["user", "code"], name="preference_once")]

    def __str__(self) -> str:
        return f"{self.code}: {self.choice}"


class DigestLine(models.Model):
    """One line of a person's daily summary, instead of a mail: the subject, in their language, and its link."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="digest_lines", verbose_name=_("user")
    )
    code = models.CharField(_("kind of mail"), max_length=40)
    key = models.CharField(_("key"), max_length=120, unique=True)
    title = models.CharField(_("title"), max_length=200)
    link = models.CharField(_("link"), max_length=300, blank=True)
    at = models.DateTimeField(_("when"))
    told_at = models.DateTimeField(_("told"), null=True, blank=True)

    class Meta:
        verbose_name = _("line of a summary")
        verbose_name_plural = _("lines of summaries")
        indexes = [models.Index("user", "at", condition=Q(told_at=None), name="digest_line_waiting")]

    def __str__(self) -> str:
        return self.title


class Digest(models.Model):
    """A mark that a person's summary of one day is done, even if it was empty."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="digests", verbose_name=_("user"))
    day = models.DateField(_("day"))
    done_at = models.DateTimeField(_("done"))
    was_sent = models.BooleanField(_("sent"))

    class Meta:
        verbose_name = _("morning summary")
        verbose_name_plural = _("morning summaries")
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="digest_once_a_day")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}"
