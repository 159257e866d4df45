from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "api"
    verbose_name = _("Interface for other systems")

    def ready(self) -> None:
        from api import audit_trails, data_map, work
        from api.domain.webhooks import mail_kinds, metrics
        from portal import sealed
        from portal.accounts import step_up
        from portal.audit import registry as audit
        from portal.notices import registry
        from portal.partitions import registry as partitions
        from portal.partitions.registry import MonthlyTable
        from portal.privacy import registry as privacy
        from portal.privacy import retention
        from portal.work import metrics as work_metrics
        from portal.work import registry as work_registry

        audit.add(*audit_trails.TRAILS)
        partitions.add(MonthlyTable(model="api.ApiCall", at="at"))
        registry.add(*mail_kinds.KINDS)
        work_registry.register(work.KIND)
        work_metrics.MORE_GAUGES.append(metrics.gauges)
        privacy.add(*data_map.RECORDS)
        privacy.not_personal(data_map.NOT_PERSONAL)
        retention.add(*data_map.RULES)
        sealed.add(
            "webhooks",
            model="api.WebhookSubscription",
            fields=("address", "secret", "old_secret"),
            written_in="api.domain.webhooks.subscriptions",
        )
        # Keys and secrets of other systems.
        step_up.register({"admin:api_apiclient_*": step_up.EVERY, "admin:api_webhooksubscription_*": step_up.EVERY})
