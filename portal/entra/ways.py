"""The two ways to sign in with Microsoft, each of which exists only where the settings name its application."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings

STAFF, PARTNERS = "staff", "partners"
ORGANIZATIONS = "organizations"  # Microsoft's word for the work accounts of every tenant, without personal ones


@dataclass(frozen=True)
class Way:
    """An application registered with Microsoft. ``tenant`` is the ID of the only tenant, or ``ORGANIZATIONS``."""

    key: str
    tenant: str
    client_id: str
    secret: str = field(repr=False)

    @property
    def provider(self) -> str:
        """Return the name under which accounts of this way are stored."""
        return f"microsoft-{self.key}"

    @property
    def is_staff(self) -> bool:
        return self.key == STAFF

    @property
    def scope(self) -> str:
        # A person in more than 200 groups has none in their token: Graph is then asked with User.Read.
        return "openid profile email User.Read" if self.is_staff else "openid profile email"


def ways() -> dict[str, Way]:
    """Return the ways that are configured, by their key."""
    found = (
        Way(STAFF, settings.ENTRA_STAFF_TENANT, settings.ENTRA_STAFF_CLIENT_ID, settings.ENTRA_STAFF_CLIENT_SECRET),
        Way(PARTNERS, ORGANIZATIONS, settings.ENTRA_PARTNERS_CLIENT_ID, settings.ENTRA_PARTNERS_CLIENT_SECRET),
    )
    return {way.key: way for way in found if way.client_id and way.secret and way.tenant}


def of_provider(provider: str) -> Way | None:
    """Return the way under whose name an account is stored; None if it is not configured any more."""
    return next((way for way in ways().values() if way.provider == provider), None)


def login_origin() -> str:
    """Return scheme, host and port of Microsoft's sign-in."""
    parts = urlsplit(settings.ENTRA_LOGIN_URL)
    return f"{parts.scheme}://{parts.netloc}"
