import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "portal.audit"
    label = "audit"
    verbose_name = _("Audit and privacy")

    def ready(self) -> None:
        from portal.audit import detaching, registry, sealing, trails
        from portal.partitions import registry as partitions
        from portal.partitions.registry import MonthlyTable
        from portal.work import periodic

        registry.add(*trails.TRAILS)
        registry.add_looks(trails.LOOKS, admin={})
        periodic.add("seal histories", every=dt.timedelta(hours=1), do=sealing.run)
        periodic.add("sign detached months", every=dt.timedelta(days=1), do=detaching.sign_again)
        partitions.add(MonthlyTable(model="audit.StaffLook", at="at"))
