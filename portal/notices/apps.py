from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "portal.notices"
    label = "notices"
    verbose_name = _("Mail")

    def ready(self) -> None:
        from portal.notices import bounces, relay
        from portal.work import metrics, registry

        registry.register(relay.KIND)
        metrics.MORE_GAUGES.extend(bounces.GAUGES)
