import datetime as dt
from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _


def give_a_chance(sender: Any, instance: Any, created: bool, **kwargs: Any) -> None:
    """Allow mail to an address again when somebody enters it (on sign-up or as a new one), even after a refusal."""
    from portal.notices import stops, suppression

    if created:
        suppression.lift(instance.email)
    if instance.verified:
        stops.lift(instance.email)


def note_sign_out(sender: Any, request: Any, **kwargs: Any) -> None:
    """Mark the request, so that its answer has the browser forget what it kept (``SecurityHeaders``)."""
    if request is not None:
        request.has_signed_out = True


class AccountsConfig(AppConfig):
    name = "portal.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from allauth.account.models import EmailAddress

        from portal.accounts import mail_kinds, second_factors
        from portal.notices import registry
        from portal.work import periodic

        registry.add(*mail_kinds.KINDS)
        periodic.add("second factors", every=dt.timedelta(days=1), do=second_factors.seal_old)
        user_logged_out.connect(note_sign_out)
        post_save.connect(give_a_chance, sender=EmailAddress)
