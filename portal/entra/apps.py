from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _


class EntraConfig(AppConfig):
    name = "portal.entra"
    label = "entra"
    verbose_name = _("Sign-in with Microsoft")

    def ready(self) -> None:
        from portal.entra import mail_kinds, sign_in
        from portal.notices import registry

        registry.add(*mail_kinds.KINDS)
        user_logged_in.connect(sign_in.after_sign_in)
