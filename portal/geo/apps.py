from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlacesConfig(AppConfig):
    name = "portal.geo"
    label = "places"
    verbose_name = _("Places")

    def ready(self) -> None:
        from portal.notices import registry

        registry.add_finder(roles_of)


def roles_of(user: Any) -> set[str]:
    """Whether this person is a BDM, or a lead of them."""
    from portal.geo.models import Bdm

    return {
        "lead" if is_lead else "bdm" for is_lead in Bdm.objects.filter(user=user.pk).values_list("is_lead", flat=True)
    }
