"""Challenges: what a person does to prove something, such as clicking a link or publishing a record."""

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.models.check import Check


class MailboxChallenge(models.Model):
    """A link and a code sent to an address. Only their SHA-256 is stored; a new challenge replaces the open one.

    ``declined_at`` is when the reader said that they are not this contact.

    Source: [owasp-input-validation].
    """

    check_row = models.ForeignKey(Check, models.CASCADE, related_name="mailbox_challenges", verbose_name=_("check"))
    address = models.EmailField(_("address"))
    token_hash = models.CharField(max_length=64, unique=True)
    code_hash = models.CharField(max_length=64)
    wrong_codes = models.PositiveSmallIntegerField(_("wrong codes"), default=0)
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    replaced_at = models.DateTimeField(_("replaced"), null=True, blank=True)
    declined_at = models.DateTimeField(_("declined"), null=True, blank=True)

    class Meta:
        verbose_name = _("mailbox challenge")
        verbose_name_plural = _("mailbox challenges")
        constraints = [
            models.UniqueConstraint(
                fields=["check_row"], condition=Q(used_at=None, replaced_at=None), name="mailbox_challenge_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.address} ({timezone.localtime(self.sent_at):%Y-%m-%d %H:%M})"


RECORD_LIFE = dt.timedelta(days=14)  # how long a record is looked for


class DomainChallenge(models.Model):
    """A TXT record to publish. The token is public by nature; it proves control only of this domain, for this check.

    Source: [domain-verification-draft].
    """

    check_row = models.ForeignKey(Check, models.CASCADE, related_name="domain_challenges", verbose_name=_("check"))
    domain = models.CharField(_("domain"), max_length=253)
    token = models.CharField(_("token"), max_length=64)
    made_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("expires"))
    replaced_at = models.DateTimeField(_("replaced"), null=True, blank=True)

    class Meta:
        verbose_name = _("domain challenge")
        verbose_name_plural = _("domain challenges")
        constraints = [
            models.UniqueConstraint(
                fields=["check_row"], condition=Q(replaced_at=None), name="domain_challenge_open_once"
            )
        ]

    def __str__(self) -> str:
        return self.domain

    @property
    def record_name(self) -> str:
        return f"_imcloud-onboarding-challenge.{self.domain}"

    @property
    def record_value(self) -> str:
        # One word: forms of hosts drop spaces and quotes.
        return f"imcloud-onboarding={self.token}"
