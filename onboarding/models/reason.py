"""Administrators' texts for the portal's reasons, and reasons of their own."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding.enums import Authority


class Reason(models.Model):
    """A reason. ``code`` never changes.

    One of the portal's own keeps its behaviour; its texts are the administrator's.

    ``fields`` are the names of the answers it reopens, ``wants`` the kinds of documents it asks for.
    """

    code = models.CharField(
        _("code"), max_length=40, primary_key=True, validators=[RegexValidator(r"^[a-z][a-z0-9_]*$")]
    )
    kinds: Any = models.JSONField(_("checks it may be raised on"), default=list, blank=True)
    authority = models.CharField(_("who decides"), max_length=20, choices=Authority.choices, blank=True)
    title_en = models.CharField(_("title (English)"), max_length=200)
    title_fr = models.CharField(_("title (French)"), max_length=200)
    todo_en = models.TextField(_("what to do (English)"))
    todo_fr = models.TextField(_("what to do (French)"))
    fields: Any = models.JSONField(_("answers to reopen"), default=list, blank=True)
    wants: Any = models.JSONField(_("documents asked for"), default=list, blank=True)
    accepts_en = models.TextField(_("what Microsoft accepts (English)"), blank=True)
    accepts_fr = models.TextField(_("what Microsoft accepts (French)"), blank=True)
    takes_en = models.CharField(_("how long it takes (English)"), max_length=200, blank=True)
    takes_fr = models.CharField(_("how long it takes (French)"), max_length=200, blank=True)
    shipped = models.BooleanField(_("comes with the portal"), default=False, editable=False)
    edited_at = models.DateTimeField(_("changed"), null=True, blank=True, editable=False)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code
