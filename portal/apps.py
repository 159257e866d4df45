import datetime as dt
import logging
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import trans_real


def make_queues(sender: Any, **kwargs: Any) -> None:
    """Write the missing rows of the queues of every kind of work. Numbers that an administrator changed stay."""
    from portal.work import kinds
    from portal.work.models import Queue

    Queue.objects.bulk_create(
        [
            Queue(name=name, rate=rate.a_second, burst=rate.at_once, tokens=rate.at_once)
            for name, rate in kinds.rates().items()
        ],
        ignore_conflicts=True,
    )


def make_chores(sender: Any, **kwargs: Any) -> None:
    from portal.work import periodic

    periodic.make_rows()


def make_nights(sender: Any, **kwargs: Any) -> None:
    from portal.warehouse import nights
    from portal.work import claims

    nights.make_first(claims.database_now())
    nights.make_store_ready()


def write_roles(sender: Any, **kwargs: Any) -> None:
    """Write the groups of administrators, once every app has its permissions."""
    from portal import roles

    if sender is [config for config in apps.get_app_configs() if config.models_module][-1]:
        roles.write()


def fall_back_to_english() -> None:
    """Show English where a language has no translation yet.

    Django shows the first language instead, French, which a reader of German may not know. It offers no setting for
    this, so its private method is replaced; ``tests/portal/test_language.py`` fails when a release of Django moves it.
    """
    trans_real.DjangoTranslation._add_fallback = lambda self, localedirs=None: None  # type: ignore[attr-defined]
    trans_real._translations.clear()  # type: ignore[attr-defined]


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = _("Work")

    def ready(self) -> None:
        fall_back_to_english()
        from portal import (
            checks,  # noqa: F401  (registers the deployment checks)
            observing,
            sealed,
        )
        from portal.partitions import months
        from portal.stores import deletions, space
        from portal.warehouse import nights
        from portal.work import metrics, periodic, registry

        logging.captureWarnings(True)  # they would be the only lines that no formatter sees
        observing.start()
        registry.register(periodic.KIND, deletions.KIND, nights.KIND)
        metrics.MORE_GAUGES += [periodic.gauges, months.gauges, space.gauges]
        periodic.add("sealed again", every=dt.timedelta(days=1), do=sealed.seal_all)
        periodic.add("months", every=dt.timedelta(days=1), do=months.prepare_all)
        post_migrate.connect(make_queues, sender=self)
        post_migrate.connect(make_chores, sender=self)
        post_migrate.connect(make_nights, sender=self)
        post_migrate.connect(write_roles)


class PortalStaticFilesConfig(StaticFilesConfig):
    """Collect what pages ask for: the packages bring editions that none does, and compressing them took longest."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "bootstrap.css*",
        "bootstrap.rtl*",
        "bootstrap-*",
    ]
