"""Files that are to be deleted, as due rows: none stays because its store was silent, or its program died."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.work.models import DueRow


class FileDeletion(DueRow):
    """A stored file that no row names. Until ``next_check_at`` a program may still be writing it."""

    # The name in Django's STORAGES, and the file's name there.
    store = models.CharField(_("store"), max_length=20)
    name = models.CharField(_("file"), max_length=200, unique=True)
    asked_at = models.DateTimeField(_("asked"))

    class Meta(DueRow.Meta):
        app_label = "portal"
        verbose_name = _("file to delete")
        verbose_name_plural = _("files to delete")

    def __str__(self) -> str:
        return self.name
