"""An enrollment lent to a colleague of another country, for a second opinion until a day."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from onboarding.enums import LoanEnd
from onboarding.models.enrollment import Enrollment


class Loan(models.Model):
    """One loan: its question, the last day (included) on which the borrower sees the enrollment, and their opinion."""

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="loans", verbose_name=_("enrollment"))
    lender = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("lent by"))
    borrower = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("lent to"))
    question = models.TextField(_("question"))
    until = models.DateField(_("until"))
    lent_at = models.DateTimeField(_("lent"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.CharField(_("how it ended"), max_length=20, choices=LoanEnd.choices, blank=True)
    opinion = models.TextField(_("opinion"), blank=True)

    class Meta:
        verbose_name = _("loan of a file")
        verbose_name_plural = _("loans of files")
        ordering = ["-lent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment", "borrower"], condition=Q(ended_at=None), name="loan_open_once"
            ),
            models.CheckConstraint(condition=~Q(lender=models.F("borrower")), name="loan_to_another"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="") | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
                name="loan_ended_somehow",
            ),
        ]
        indexes = [models.Index(fields=["borrower", "until"], condition=Q(ended_at=None), name="loan_open")]

    def __str__(self) -> str:
        return f"{self.enrollment_id} -> {self.borrower_id}"
