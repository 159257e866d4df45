import datetime as dt
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "portal.partners"
    label = "partners"
    verbose_name = _("Partners")

    def ready(self) -> None:
        from portal.accounts import closing
        from portal.audit import registry as audit
        from portal.notices import registry
        from portal.partners import audit_trails, mail_kinds, ownerless, reviews
        from portal.partners.models import Partner
        from portal.warehouse import tables
        from portal.work import periodic

        registry.add(*mail_kinds.KINDS)
        audit.add(*audit_trails.TRAILS)
        audit.add_looks(audit_trails.LOOKS, admin=audit_trails.ADMIN_PAGES)
        registry.add_finder(roles_of)
        closing.CLOSED.append(ownerless.account_closed)
        tables.add("companies", Partner, "id country created_at")
        periodic.add("companies without an owner", every=dt.timedelta(days=1), do=ownerless.find)
        periodic.add("reviews of members", every=dt.timedelta(days=1), do=reviews.ask_due)


def roles_of(user: Any) -> set[str]:
    """Return this person's roles in their companies."""
    from portal.partners.models import Membership

    return set(Membership.objects.filter(user=user.pk).values_list("role", flat=True))
