"""A pre-flight: what somebody typed before anything went to Microsoft, and what was found. Deleted after a day."""

import uuid
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.models.enrollment import Enrollment
from portal.work.models import DueRow

QUEUE = "preflight"


class Preflight(DueRow):
    """A pre-flight.

    ``typed`` is in the form's normal spelling; ``found`` has the result of each lookup, by its name.

    Anybody with the address sees it: the key is random, and no page links to it. With an ``enrollment`` only the people
    of that enrollment see it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrollment = models.ForeignKey(
        Enrollment, models.CASCADE, null=True, related_name="preflights", verbose_name=_("enrollment")
    )
    typed: Any = models.JSONField(_("as typed"), default=dict)
    found: Any = models.JSONField(_("what was found"), default=dict)
    asked_at = models.DateTimeField(_("asked"), db_index=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("pre-flight")
        verbose_name_plural = _("pre-flights")

    def __str__(self) -> str:
        return f"{timezone.localtime(self.asked_at):%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("onboarding:preflight_result", args=[self.pk])
