"""What Django must refuse to deploy: ``manage.py check --deploy``."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def no_shortened_waits_in_production(app_configs: Any, **kwargs: Any) -> list[Error]:
    if settings.WAITING_PACE >= 1:
        return []
    return [Error("WAITING_PACE is below 1: other companies' systems would be asked too often.", id="portal.E001")]
