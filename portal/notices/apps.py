from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "portal.notices"
    label = "notices"
    verbose_name = _("Mail")

    def ready(self) -> None:
        from portal.notices import relay
        from portal.work import registry

        registry.register(relay.KIND)
