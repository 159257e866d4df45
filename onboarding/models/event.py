"""The enrollment's history for people: what happened, its source, when. Append-only."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.enums import Authority, Kind, Source
from onboarding.models.enrollment import Enrollment

IN_FLIGHT = 7301  # the class of the advisory locks below; no other part of the portal uses it
LOCKS_TURN = 2**31 - 1  # such a lock has a number of 31 bits: numbers of events are kept modulo this


class Event(models.Model):
    """An event. ``kind`` is a key of ``domain.history.TITLES``.

    ``data`` has codes and numbers, no personal data, and of the company no more than its register publishes.
    """

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="events", verbose_name=_("enrollment"))
    at = models.DateTimeField(_("when"))
    kind = models.CharField(_("what"), max_length=40)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    source = models.CharField(_("source"), max_length=20, choices=Source.choices, blank=True)
    check_kind = models.CharField(_("check"), max_length=20, choices=Kind.choices, blank=True)
    check_authority = models.CharField(_("who decides"), max_length=20, choices=Authority.choices, blank=True)
    data: Any = models.JSONField(_("details"), default=dict, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [models.Index(fields=["enrollment", "-at", "-id"], name="event_newest")]
        triggers = [
            pgtrigger.Protect(name="event_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            # Numbers are given before a transaction ends, so readers who go on by number would miss what commits late
            # (``domain.desk.feed``). Until its end each writer shows by a shared lock, for which nobody waits, the
            # number below its first one. Once a transaction is enough; a savepoint that is undone takes both away.
            pgtrigger.Trigger(
                name="event_in_flight",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    IF coalesce(current_setting('onboarding.events_in_flight', true), '') = '' THEN
                        PERFORM pg_advisory_xact_lock_shared(
                            {IN_FLIGHT},
                            ((CASE WHEN is_called THEN last_value ELSE last_value - 1 END) % {LOCKS_TURN})::int
                        ) FROM onboarding_event_id_seq;
                        PERFORM set_config('onboarding.events_in_flight', '1', true);
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} @ {timezone.localtime(self.at):%Y-%m-%d %H:%M}"
