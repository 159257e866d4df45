"""``manage.py partner_center_account``: write the first account from the token in the environment, once."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from onboarding.domain.partner_center import accounts


class Command(BaseCommand):
    help = "Keep the environment's Partner Center token (PARTNER_CENTER_REFRESH_TOKEN) as the account for every region."

    def handle(self, *args: Any, **options: Any) -> None:
        made = accounts.seed(timezone.now())
        self.stdout.write("The account was made." if made else "Nothing to do: there is an account, or no token.")
