from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "portal.partners"
    label = "partners"
    verbose_name = _("Partners")

    def ready(self) -> None:
        from portal.notices import registry
        from portal.partners import mail_kinds

        registry.add(*mail_kinds.KINDS)
        registry.add_finder(roles_of)


def roles_of(user: Any) -> set[str]:
    """Return this person's roles in their companies."""
    from portal.partners.models import Membership

    return set(Membership.objects.filter(user=user.pk).values_list("role", flat=True))
