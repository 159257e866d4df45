import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "portal.audit"
    label = "audit"
    verbose_name = _("Audit and privacy")

    def ready(self) -> None:
        from portal.audit import registry, sealing, trails
        from portal.partitions import registry as partitions
        from portal.partitions.registry import MonthlyTable
        from portal.work import periodic

        registry.add(*trails.TRAILS)
        registry.add_looks(trails.LOOKS, admin={})
        periodic.add("seal histories", every=dt.timedelta(hours=1), do=sealing.run)
        partitions.add(MonthlyTable(model="audit.StaffLook", at="at"))
