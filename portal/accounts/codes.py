"""Codes of authenticator apps: set up, asked for at sign-in, asked for before acts that cannot be undone.

django-allauth checks them. These forms say at the field what to enter.
"""

from typing import Any

from allauth.mfa.base import forms as of_sign_in
from allauth.mfa.totp import forms as of_app
from django import forms
from django.utils.translation import gettext_lazy as _

from portal.web.forms import PortalForm

WRONG_CODE = _(
    "This code is not accepted. A code of the app is valid for half a minute, a recovery code once. If the app's next "
    "code fails too, have your telephone set its clock by itself."
)


class _Code(PortalForm):
    """A form whose only field is a code."""

    fields: dict[str, forms.Field]
    submit_label = ""
    required = _("Enter the code of the app, or a recovery code.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].error_messages["required"] = self.required


class ActivateAppForm(_Code, of_app.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an app, which proves that the app has the key."""

    required = _("Enter the six digits that the app shows.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code of the app")


class SignInCodeForm(_Code, of_sign_in.AuthenticateForm):  # type: ignore[misc]
    """A code at sign-in."""


class ProofCodeForm(_Code, of_sign_in.ReauthenticateForm):  # type: ignore[misc]
    """A code of who is signed in already."""
