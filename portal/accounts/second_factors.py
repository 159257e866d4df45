"""The secrets of second factors are sealed in the database: a stolen copy of it signs nobody in.

Nothing of a passkey is sealed: the database has its public key, its id and its name. The secret half never leaves the
person's device, so a stolen copy contains nothing that signs in.
"""

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils.translation import gettext

from portal import encryption
from portal.accounts import codes, passkeys
from portal.accounts.models import User

_SEALED = "gAAAA"  # how every Fernet token begins; no base32 secret and no hexadecimal seed does
_SECRETS = ("secret", "seed")


class SealingAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": codes.WRONG_CODE}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return to which site passkeys belong: the configured one. A request's Host header comes from its sender."""
        return {"id": passkeys.rp_id(), "name": gettext("Partner onboarding")}

    def generate_authenticator_name(self, user: User, type: str) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey") if number == 1 else gettext("Passkey %(number)s") % {"number": number}

    def encrypt(self, text: str) -> str:
        """Return the sealed text; without ``SECRETS_KEYS`` the plain one, so that people can still sign in."""
        return encryption.encrypt(text) if encryption.has_key() else text

    def decrypt(self, encrypted_text: str) -> str:
        """Return the plain text, also of a secret that was stored before they were sealed."""
        return encryption.decrypt(encrypted_text) if encrypted_text.startswith(_SEALED) else encrypted_text


def given_to_microsoft(request: HttpRequest, user: User | None) -> bool:
    """Return whether the person signed in with Microsoft in this session, which says that it asked for two factors."""
    records = get_authentication_records(request, user)
    return any(record["method"] == "socialaccount" and record.get("mfa") is True for record in records)


def seal_again(row: Authenticator) -> list[str]:
    """Seal with the newest key the secrets of a row that are in the clear or have a former key.

    Return ``["data"]`` if it changed. Raises: encryption.CannotDecryptError.
    """
    adapter = SealingAdapter()
    old = [name for name in _SECRETS if row.data.get(name) and not encryption.is_current(row.data[name])]
    for name in old:
        row.data[name] = adapter.encrypt(adapter.decrypt(row.data[name]))
    return ["data"] if old else []
