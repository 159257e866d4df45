"""Forms to sign up, sign in and set passwords: allauth's forms with the portal's layout and texts."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.accounts.passwords import LONGEST
from portal.web.forms import PortalForm

# People who sign up on their way to a page (an invitation) get there after they confirm their address and sign in.
WAY_BACK = "after_sign_up"

_PASSWORD_HINT = _("At least 12 characters. Three or four words in a row are easy to remember and hard to guess.")
_EMAIL_MISSING = _("Enter your e-mail address.")
_EMAIL_SHAPE = _("Enter an e-mail address in the form name@company.example.")
_PASSWORD_MISSING = _("Enter your password.")
_NEW_PASSWORD_MISSING = _("Enter a new password of at least 12 characters.")


class UserByAddress(forms.ModelChoiceField):
    """An account, chosen by its e-mail address: a list of all accounts would be too long, and a number says nothing."""

    widget = forms.EmailInput
    default_error_messages = {"invalid_choice": _("No account has this e-mail address.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=User.objects.all(), to_field_name="email", **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Return the address of an account or of its key; what was typed stays as it is."""
        known = User.objects.filter(pk=value).first() if isinstance(value, int) else value
        return known.email if isinstance(known, User) else value

    def to_python(self, value: Any) -> User | None:
        """Return the account; addresses are kept in lower case."""
        found: User | None = super().to_python(value.strip().lower() if isinstance(value, str) else value)
        return found


class LoginForm(PortalForm, allauth_forms.LoginForm):
    submit_label = _("Sign in")
    autocomplete = {"login": "username", "password": "current-password"}
    error_messages: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["login"], label=_("E-mail address"), required=_EMAIL_MISSING, invalid=_EMAIL_SHAPE)
        _word(self.fields["password"], label=_("Password"), required=_PASSWORD_MISSING)
        _bound(self.fields["password"])

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        way_back = request.session.pop(WAY_BACK, None)
        return super().login(request, redirect_url=redirect_url or way_back)


class SignupForm(PortalForm, allauth_forms.SignupForm):
    submit_label = _("Create my account")
    autocomplete = {"email": "email", "password1": "new-password"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(
            self.fields["email"],
            label=_("Work e-mail address"),
            hint=_("We send a link to this address. Use the one that your company gave you, not a shared mailbox."),
            required=_EMAIL_MISSING,
            invalid=_EMAIL_SHAPE,
        )
        _word(self.fields["password1"], label=_("Password"), hint=_PASSWORD_HINT, required=_NEW_PASSWORD_MISSING)

    def try_save(self, request: HttpRequest) -> Any:
        way = request.POST.get("next", "")
        if way and url_has_allowed_host_and_scheme(way, allowed_hosts={request.get_host()}):
            request.session[WAY_BACK] = way
        return super().try_save(request)


class ResetPasswordForm(PortalForm, allauth_forms.ResetPasswordForm):
    submit_label = _("Send me a link")
    autocomplete = {"email": "email"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["email"], label=_("E-mail address"), required=_EMAIL_MISSING, invalid=_EMAIL_SHAPE)


class _OnePassword:
    """One password field instead of allauth's two: text that people can see and paste needs no second."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def _ask_once(self) -> None:
        _word(self.fields["password1"], label=_("New password"), hint=_PASSWORD_HINT, required=_NEW_PASSWORD_MISSING)
        del self.fields["password2"]

    def clean(self) -> dict[str, Any]:
        # allauth compares both fields.
        if "password1" in self.cleaned_data:
            self.cleaned_data["password2"] = self.cleaned_data["password1"]
        return super().clean()  # type: ignore[misc]


class ResetPasswordKeyForm(PortalForm, _OnePassword, allauth_forms.ResetPasswordKeyForm):
    submit_label = _("Save")
    autocomplete = {"password1": "new-password"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ask_once()


class ChangePasswordForm(PortalForm, _OnePassword, allauth_forms.ChangePasswordForm):
    submit_label = _("Change my password")
    autocomplete = {"oldpassword": "current-password", "password1": "new-password"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["oldpassword"], label=_("Current password"), required=_PASSWORD_MISSING)
        _bound(self.fields["oldpassword"])
        self._ask_once()


class ReauthenticateForm(PortalForm, allauth_forms.ReauthenticateForm):
    submit_label = ""
    autocomplete = {"password": "current-password"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["password"], label=_("Password"), required=_PASSWORD_MISSING)
        _bound(self.fields["password"])


class ProfileForm(PortalForm, forms.ModelForm):
    submit_label = _("Save")
    autocomplete = {"name": "name"}

    class Meta:
        model = User
        fields = ["name", "language"]
        labels = {"name": _("Your name"), "language": _("Language of pages and e-mails")}
        help_texts = {"name": _("Your colleagues and Ingram Micro see it beside what you do.")}
        widgets = {"language": forms.RadioSelect}


def _bound(field: forms.Field) -> None:
    """Refuse a password that no account can have before it is hashed, which takes time by its length."""
    told = _("This password is too long: at most %(limit_value)d characters.")
    field.validators = [*field.validators, MaxLengthValidator(LONGEST, message=told)]


def _word(field: forms.Field, *, label: Any, hint: Any = "", required: Any, invalid: Any = None) -> None:
    field.label = label
    field.help_text = hint
    field.error_messages["required"] = required
    if invalid:
        field.error_messages["invalid"] = invalid
        for validator in field.validators:
            if getattr(validator, "code", "") == "invalid":
                field.validators = [v for v in field.validators if v is not validator] + [_reworded(validator, invalid)]


def _reworded(validator: Any, message: Any) -> Any:
    # All forms share the validators: only the copy gets our texts.
    return type(validator)(message=message)
