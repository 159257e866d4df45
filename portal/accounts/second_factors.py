"""The secrets of second factors are sealed in the database: a stolen copy of it signs nobody in.

Nothing of a passkey is sealed: the database has its public key, its id and its name. The secret half never leaves the
person's device, so a stolen copy contains nothing that signs in.
"""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from portal import encryption
from portal.accounts import codes, passkeys, sessions
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


def is_given(request: HttpRequest, user: User) -> bool:
    """Return whether this session has proved a second factor: a code, a passkey, or Microsoft's word for it."""
    records = get_authentication_records(request, user)
    return any(record["method"] == "mfa" for record in records) or given_to_microsoft(request, user)


def note_added(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Count a factor that was set up just now as given in this session, and end the person's other sessions.

    One of those was begun with the password alone, perhaps by somebody who has stolen it.
    """
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return
    record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
    sessions.end_others(user=user, session=request.session, now=timezone.now())


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
