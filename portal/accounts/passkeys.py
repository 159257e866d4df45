"""Passkeys: bound to the address of this portal (``SITE_URL``), registered, named and used to sign in.

django-allauth checks signatures and challenges. These forms add that the browser says it stood at exactly this portal.
"""

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.webauthn import forms as allauth_forms
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from fido2.utils import websafe_decode

from portal.web.forms import PortalForm

# The name is beside the passkey in lists, and in mails of nobody else.
NAME_LENGTH = 60
MOST_CHARACTERS = 50_000  # of what a browser sends; attestations have a few thousand

_NO_SCRIPT = _("Your browser sent no passkey. It needs JavaScript for that; without it, use your password or a code.")
_REFUSED = _(
    "This passkey was not accepted. Try once more; if it happens again, use your password, and remove the passkey "
    "from your account."
)


def rp_id() -> str:
    """Return the name to which browsers bind passkeys: the host of ``SITE_URL``, whatever the request says."""
    return urlsplit(settings.SITE_URL).hostname or ""


def origin() -> str:
    """Return scheme, host and port of the portal, as browsers write them."""
    parts = urlsplit(settings.SITE_URL)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


class _FromHere(PortalForm):
    """Refuse what another site's page asked a passkey for. The library would allow subdomains of ours too."""

    fields: dict[str, forms.Field]
    submit_label = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["credential"]
        clean = field.clean
        field.clean = lambda value: _from_here(clean(_bounded(value)))  # type: ignore[method-assign]
        field.error_messages.update(required=_NO_SCRIPT, invalid=_REFUSED)

    def clean(self) -> dict[str, Any]:
        with _refusing():
            return super().clean()  # type: ignore[misc, no-any-return]


class _Shown(_FromHere):
    """A passkey that was registered before."""

    def clean_credential(self) -> Any:
        with _refusing():
            return super().clean_credential()  # type: ignore[misc]


@contextmanager
def _refusing() -> Iterator[None]:
    """Say in one way what is wrong with a passkey; the library raises many things for what is no passkey at all."""
    try:
        yield
    except ValidationError as error:
        if getattr(error, "code", "") != "incorrect_code":
            raise
        raise ValidationError(_REFUSED, code="incorrect_code") from error
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, struct.error) as error:
        raise ValidationError(_REFUSED, code="incorrect_code") from error


def _bounded(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MOST_CHARACTERS:
        raise ValidationError(_REFUSED)
    return value


def _from_here(credential: Any) -> Any:
    """Return what the browser sent, if it says that it stood at this portal and in no frame of another site."""
    with _refusing():
        said = json.loads(websafe_decode(credential["response"]["clientDataJSON"]))
        if said["origin"] != origin() or said.get("crossOrigin", False):
            raise ValidationError(_REFUSED)
    return credential


def _name(field: forms.Field) -> None:
    assert isinstance(field, forms.CharField)
    field.label = _("Name of the passkey")
    field.help_text = _("For example the telephone, computer or password manager that keeps it.")
    field.max_length = NAME_LENGTH
    field.widget.attrs.update(maxlength=NAME_LENGTH, autocomplete="off")
    field.validators.append(MaxLengthValidator(NAME_LENGTH))
    field.error_messages["required"] = _("Give the passkey a name.")


class AddPasskeyForm(_FromHere, allauth_forms.AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self.fields["name"])
        field = self.fields["passwordless"]
        field.label = _("Sign in with it without my password")
        field.help_text = _(
            "It asks for your fingerprint, face or PIN. Older security keys cannot: then take this off."
        )
        field.initial = True


class RenamePasskeyForm(PortalForm, allauth_forms.EditWebAuthnForm):  # type: ignore[misc]
    submit_label = _("Save")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self.fields["name"])


class PasskeyAuthenticateForm(_Shown, allauth_forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class PasskeyReauthenticateForm(_Shown, allauth_forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class PasskeyLoginForm(_Shown, allauth_forms.LoginWebAuthnForm):  # type: ignore[misc]
    pass
