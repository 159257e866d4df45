"""A page of another company on which a deed of the partner's is done: its address, source, and whether it answers."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OfficialPage(models.Model):
    """An address outside the portal. ``code`` is a key of ``questions.official_pages.PAGES``, which has its words.

    ``broken_since`` is when a nightly look first got no answer; it is empty again after one.
    """

    code = models.SlugField(_("code"), primary_key=True, max_length=40)
    url = models.URLField(_("address"), max_length=400)
    source = models.CharField(_("source"), max_length=200)
    # Only a person who opened the page enters it; a release cannot know.
    read_on = models.DateField(_("last opened by a person on"), null=True, blank=True)
    checked_at = models.DateTimeField(_("last checked"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=200, blank=True)
    broken_since = models.DateTimeField(_("does not answer since"), null=True, blank=True)

    class Meta:
        verbose_name = _("official page")
        verbose_name_plural = _("official pages")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code
