"""What Django must refuse to deploy: ``manage.py check --deploy``."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register

from portal import encryption
from portal.work import pace


@register(Tags.security, deploy=True)
def no_shortened_waits_in_production(app_configs: Any, **kwargs: Any) -> list[Error]:
    if pace.is_real():
        return []
    return [Error("WAITING_PACE is below 1: other companies' systems would be asked too often.", id="portal.E001")]


@register(Tags.security)
def keys_can_be_used(app_configs: Any, **kwargs: Any) -> list[Error]:
    try:
        encryption.check_keys()
    except ValueError:
        return [
            Error(
                "SECRETS_KEYS holds something else than Fernet keys (32 bytes in URL-safe base 64).", id="portal.E002"
            )
        ]
    if settings.PRODUCTION and settings.DEMO_SECRETS_KEY in settings.SECRETS_KEYS:
        return [Error("SECRETS_KEYS holds the demonstration's key, which everybody knows.", id="portal.E003")]
    return []
