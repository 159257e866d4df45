import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    name = "portal.privacy"
    label = "privacy"
    verbose_name = _("Privacy")

    def ready(self) -> None:
        from portal.notices import registry as mails
        from portal.privacy import erasure, exports, mail_kinds, portal_map, registry, retention
        from portal.work import periodic
        from portal.work import registry as work

        mails.add(*mail_kinds.KINDS)
        registry.add(*portal_map.RECORDS)
        registry.not_personal(portal_map.NOT_PERSONAL)
        registry.HINDRANCES += [erasure.only_owner, erasure.works_here]
        retention.add(*portal_map.RULES, exports.RULE, erasure.RULE)
        work.register(exports.KIND)
        # Trial checks are promised to be gone after a day, so once a night is too seldom.
        periodic.add("retention", every=dt.timedelta(hours=1), do=retention.run)
        periodic.add("erasures", every=dt.timedelta(hours=1), do=erasure.carry_out_due)
