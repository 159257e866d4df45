from typing import Any

from django.apps import AppConfig


class CoverageConfig(AppConfig):
    name = "portal.coverage"

    def ready(self) -> None:
        from portal.accounts import sessions
        from portal.notices import registry

        registry.add_finder(roles_of)
        sessions.PRIVILEGED.append(lambda user: bool(roles_of(user)))


def roles_of(user: Any) -> set[str]:
    """Return the roles of this person: BDM, lead, or none."""
    from portal.coverage.models import Bdm

    return {
        "lead" if is_lead else "bdm" for is_lead in Bdm.objects.filter(user=user.pk).values_list("is_lead", flat=True)
    }
