"""A person who signs in by e-mail address. Memberships (partners) or coverage (places) decide what they may see."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


def languages() -> list[tuple[str, Any]]:
    """Return the languages to choose from. A function, so that another language is no migration."""
    return list(settings.LANGUAGES)


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=languages, default=settings.LANGUAGE_CODE)
    is_staff = models.BooleanField(_("administrator"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), auto_now_add=True)
    # Since then the account names nobody (``portal.privacy.erasure``).
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="user_email_once", violation_error_message=_("Another account uses this address.")
            )
        ]

    def __str__(self) -> str:
        return gettext("Former member") if self.erased_at else self.name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django's hash contains the password only. With the address, a change of either ends every session.
        salt = "portal.accounts.models.User.session"
        return salted_hmac(salt, f"{self.password} {self.email.lower()}", secret=secret, algorithm="sha256").hexdigest()


class SignedIn(models.Model):
    """A session of a person, for their own page (``portal.accounts.sessions``). Rows are deleted after two days."""

    user = models.ForeignKey(User, models.CASCADE, related_name="signed_in", verbose_name=_("user"))
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(_("device"), max_length=60, blank=True)
    since = models.DateTimeField(_("since"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        indexes = [models.Index(fields=["since"], name="signed_in_since")]

    def __str__(self) -> str:
        return f"{self.user_id} @ {timezone.localtime(self.since):%Y-%m-%d %H:%M}"


class FormerAddress(models.Model):
    """An address that an account had proved and has no longer. The erasure of the account looks for it too."""

    user = models.ForeignKey(User, models.CASCADE, related_name="former_addresses", verbose_name=_("user"))
    email = models.EmailField(_("e-mail address"))
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("former e-mail address")
        verbose_name_plural = _("former e-mail addresses")
        constraints = [models.UniqueConstraint(fields=["user", "email"], name="former_address_once")]

    def __str__(self) -> str:
        return self.email
