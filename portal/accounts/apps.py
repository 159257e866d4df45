from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _


def give_a_chance(sender: Any, instance: Any, created: bool, **kwargs: Any) -> None:
    """Allow mail to an address again when somebody enters it (on sign-up or as a new one), even after a refusal."""
    from portal.notices import stops, suppression

    if created:
        suppression.lift(instance.email)
    if instance.verified:
        stops.lift(instance.email)


class AccountsConfig(AppConfig):
    name = "portal.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from allauth.account.models import EmailAddress

        from portal.accounts import mail_kinds
        from portal.notices import registry

        registry.add(*mail_kinds.KINDS)
        post_save.connect(give_a_chance, sender=EmailAddress)
