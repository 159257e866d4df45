from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "api"
    verbose_name = _("Interface for other systems")

    def ready(self) -> None:
        from api import audit_trails, data_map
        from portal.audit import registry as audit
        from portal.privacy import registry as privacy
        from portal.privacy import retention

        audit.add(*audit_trails.TRAILS)
        privacy.add(*data_map.RECORDS)
        privacy.not_personal(data_map.NOT_PERSONAL)
        retention.add(*data_map.RULES)
