import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "api"
    verbose_name = _("Interface for other systems")

    def ready(self) -> None:
        from api import audit_trails
        from api.domain import answers
        from portal.audit import registry as audit
        from portal.work import periodic

        audit.add(*audit_trails.TRAILS)
        periodic.add("forget-api-answers", every=dt.timedelta(days=1), do=answers.forget_old)
