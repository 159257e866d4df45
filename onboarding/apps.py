import datetime as dt
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def make_clock_rules(sender: Any, **kwargs: Any) -> None:
    """A new deployment begins with the usual numbers; what an administrator changed stays."""
    from onboarding.domain import clocks

    clocks.make_default_rules()


def write_reasons(sender: Any, **kwargs: Any) -> None:
    """The catalogue shows what comes with this release."""
    from onboarding.domain import reasons

    reasons.write_shipped()


def make_known_codes(sender: Any, **kwargs: Any) -> None:
    from onboarding.domain import standings

    standings.make_known_codes()


class OnboardingConfig(AppConfig):
    name = "onboarding"
    verbose_name = _("Onboarding")

    def ready(self) -> None:
        from onboarding.domain import (
            accounts,
            clocks,
            digests,
            forecast,
            inbound,
            insights,
            mail_kinds,
            nights,
            preflight,
            validation,
        )
        from portal.notices import registry, relay
        from portal.work import chores, figures

        registry.add(*mail_kinds.KINDS)
        relay.on_refused.append(validation.mail_refused)
        chores.add("forget-inbound", every=dt.timedelta(days=1), do=inbound.forget_old)
        chores.add("forget preflights", every=dt.timedelta(hours=1), do=preflight.forget_old)
        chores.add("forget-insights", every=dt.timedelta(days=1), do=insights.forget_old)
        chores.add("forecast", every=dt.timedelta(hours=1), do=forecast.recompute)
        chores.add("calendars", every=dt.timedelta(days=1), do=clocks.read_again_if_calendar_changed)
        chores.add("lost-lanes", every=dt.timedelta(minutes=10), do=validation.leave_lost_lanes)
        chores.add("nights", every=dt.timedelta(days=1), do=nights.make_rounds)
        chores.add("partner-center", every=dt.timedelta(hours=1), do=accounts.look_after)
        chores.add("digests", every=dt.timedelta(minutes=10), do=digests.send)
        chores.add("old-digests", every=dt.timedelta(days=1), do=digests.forget_old)
        figures.MORE.append(accounts.gauges)
        post_migrate.connect(make_clock_rules, sender=self)
        post_migrate.connect(make_known_codes, sender=self)
        post_migrate.connect(write_reasons, sender=self)
