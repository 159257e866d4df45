import datetime as dt
from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def keep_account_in_use(sender: Any, user: Any, **kwargs: Any) -> None:
    """Withdraw the erasure of an account that was not used for long."""
    from portal.privacy import erasure

    erasure.came_back(user, now=timezone.now())


class PrivacyConfig(AppConfig):
    name = "portal.privacy"
    label = "privacy"
    verbose_name = _("Privacy")

    def ready(self) -> None:
        from portal.backup import papers
        from portal.notices import registry as mails
        from portal.privacy import erasure, exports, mail_kinds, portal_map, registry, retention
        from portal.work import periodic
        from portal.work import registry as work

        mails.add(*mail_kinds.KINDS)
        registry.add(*portal_map.RECORDS)
        registry.not_personal(portal_map.NOT_PERSONAL)
        registry.HINDRANCES += [erasure.only_owner, erasure.works_here]
        retention.add(*portal_map.RULES, exports.RULE, erasure.RULE, erasure.IDLE_RULE)
        work.register(exports.KIND)
        papers.add(exports.STORED)
        user_logged_in.connect(keep_account_in_use)
        # Trial checks are promised to be gone after a day, so once a night is too seldom.
        periodic.add("retention", every=dt.timedelta(hours=1), do=retention.run)
        periodic.add("erasures", every=dt.timedelta(hours=1), do=erasure.carry_out_due)
