"""Mail as rows: written in the transaction that causes it, sent when due, once."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.work.models import DueRow

LANE = "mail"


class Mail(DueRow):
    """``key`` is what the mail is about; a second mail with the same key is never written.

    The bodies of a ``secret`` mail (links, codes) are wiped once it is sent.
    """

    key = models.CharField(_("key"), max_length=120, unique=True)
    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    thread = models.CharField(_("thread"), max_length=60, blank=True)
    secret = models.BooleanField(_("secret"), default=False)
    about = models.CharField(_("about"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("written"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    refused_at = models.DateTimeField(_("refused"), null=True, blank=True)
    answer = models.CharField(_("server's answer"), max_length=300, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        constraints = [
            *DueRow.Meta.constraints,
            models.CheckConstraint(condition=Q(sent_at=None) | Q(next_check_at=None), name="mail_sent_is_done"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} -> {self.to}"


class Suppression(models.Model):
    """An address that refused for good: it gets no mail of any kind until somebody enters it anew, or staff free it."""

    address = models.EmailField(_("address"), primary_key=True)
    since = models.DateTimeField(_("since"))
    answer = models.CharField(_("server's answer"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")

    def __str__(self) -> str:
        return self.address
