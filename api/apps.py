import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "api"
    verbose_name = _("Interface for other systems")

    def ready(self) -> None:
        from api import audit_trails, work
        from api.domain import answers
        from api.domain.webhooks import deliveries, mail_kinds, metrics
        from portal.audit import registry as audit
        from portal.notices import registry
        from portal.work import metrics as work_metrics
        from portal.work import periodic
        from portal.work import registry as work_registry

        audit.add(*audit_trails.TRAILS)
        registry.add(*mail_kinds.KINDS)
        work_registry.register(work.KIND)
        work_metrics.MORE_GAUGES.append(metrics.gauges)
        periodic.add("forget-api-answers", every=dt.timedelta(days=1), do=answers.forget_old)
        periodic.add("forget-webhooks", every=dt.timedelta(hours=6), do=deliveries.forget_old)
