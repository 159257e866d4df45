"""Make the first administrator of a deployment, without any mail."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from portal.accounts import addresses
from portal.accounts.models import User


class Command(BaseCommand):
    help = "Make an administrator and print the link on which they choose their password. It works once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        email = addresses.clean(email)
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"{email!r} is no e-mail address.") from None
        others = User.objects.filter(is_superuser=True, is_active=True).exclude(email=email)
        if any(user.has_usable_password() for user in others):
            raise CommandError("There is an administrator already. Ask them to add you in the admin, under Users.")
        user = User.objects.filter(email=email).first() or User(email=email)
        if user.pk is None:
            user.set_unusable_password()
        user.is_staff = user.is_superuser = user.is_active = True
        user.save()
        self.stdout.write(
            f"Open this address and choose a password; it works once and for a few days:\n  {addresses.way_in(user)}"
        )
