"""Microsoft's public directory of tenants: which ID belongs to a tenant's name.

Anybody may read a tenant's OpenID configuration, whose issuer has the tenant's ID. Written from [ms-openid].
"""

import datetime as dt
import re
from urllib.parse import quote

from django.conf import settings

from onboarding.connectors.asking import ask, text
from onboarding.connectors.base import TemporaryError

_ISSUER = re.compile(r"https://[^/]+/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:/v2\.0)?/?", re.IGNORECASE)
_UNKNOWN = {"invalid_tenant", "invalid_request"}


def tenant_id(name: str, *, now: dt.datetime) -> str:
    """Return the ID of the tenant with this domain name, lower case; '' if Microsoft knows no such tenant.

    Raises: TemporaryError, PermanentError.
    """
    path = f"/{quote(name, safe='')}/v2.0/.well-known/openid-configuration"
    answer = ask("Microsoft's sign-in", "GET", settings.PARTNER_CENTER_LOGIN_URL, path, now=now)
    if answer.status in (400, 404) and text(answer.body, "error") in _UNKNOWN:
        return ""
    issuer = _ISSUER.fullmatch(text(answer.expect(200), "issuer"))
    if issuer is None:
        raise TemporaryError("Microsoft's sign-in answered without the tenant's ID")
    return issuer[1].lower()
