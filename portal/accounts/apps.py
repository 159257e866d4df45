from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_save
from django.utils import timezone
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


def note_sign_in(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Begin a session with its limits."""
    from portal.accounts import sessions

    if request is not None:
        agent = request.META.get("HTTP_USER_AGENT", "")
        sessions.begin(request.session, user=user, user_agent=agent, now=timezone.now())


def end_other_sessions(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """End the other sessions of a person whose password changed; this one stays, with its new key."""
    from portal.accounts import sessions

    own = request.user.is_authenticated and request.user.pk == user.pk
    sessions.end_others(user=user, session=request.session if own else None, now=timezone.now())


class AccountsConfig(AppConfig):
    name = "portal.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from allauth.account import signals
        from allauth.account.models import EmailAddress
        from allauth.mfa import signals as of_factors

        from portal import sealed
        from portal.accounts import mail_kinds, second_factors, security_log
        from portal.notices import registry

        registry.add(*mail_kinds.KINDS)
        sealed.add(
            "second factors",
            model="mfa.Authenticator",
            fields=("data",),
            written_in="portal.accounts.second_factors.SealingAdapter.encrypt",
            again=second_factors.seal_again,
            only={"type__in": ["totp", "recovery_codes"]},
        )
        sealed.add_passing("portal.accounts.step_up._ask", why="a form waits for a proof for STEP_UP_SECONDS")
        security_log.connect()
        user_logged_in.connect(note_sign_in)
        user_logged_out.connect(note_sign_out)
        of_factors.authenticator_added.connect(second_factors.note_added)
        for changed in (signals.password_changed, signals.password_set, signals.password_reset):
            changed.connect(end_other_sessions)
        post_save.connect(give_a_chance, sender=EmailAddress)
