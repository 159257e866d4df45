"""Lead the sign-in with Microsoft to the sandbox's twin."""

from typing import Any

from onboarding.sandbox import entra
from onboarding.sandbox.entra_people import GROUPS, INGRAM
from onboarding.sandbox.servers import Sandbox
from portal.entra import microsoft


def configure(settings: Any, sandbox: Sandbox) -> None:
    """Configure both ways; the twin is as on its first day, and nothing that it published before is known."""
    sandbox.world.reset()
    microsoft.forget()
    settings.ENTRA_LOGIN_URL = sandbox.url + entra.PREFIX.rstrip("/")
    settings.ENTRA_GRAPH_URL = sandbox.url + entra.GRAPH.rstrip("/")
    settings.ENTRA_STAFF_TENANT, settings.ENTRA_STAFF_CLIENT_ID = INGRAM.id, entra.STAFF_CLIENT
    settings.ENTRA_PARTNERS_CLIENT_ID = entra.PARTNERS_CLIENT
    settings.ENTRA_STAFF_CLIENT_SECRET = settings.ENTRA_PARTNERS_CLIENT_SECRET = entra.SECRET
    settings.ENTRA_STAFF_GROUPS = list(GROUPS.items())
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{sandbox.http_port}"]
    settings.PARTNER_CENTER_LOGIN_URL = sandbox.url
