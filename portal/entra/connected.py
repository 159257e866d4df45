"""The Microsoft accounts that are connected to an account, and how one is disconnected."""

from collections.abc import Sequence

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.entra import staff
from portal.entra.ways import of_provider
from portal.notices import outbox


class LastWayInError(Exception):
    """Without this Microsoft account the person could not sign in; it stays connected."""


def ways_of(user: User) -> list[str]:
    """Return the keys of the configured ways by which this account is connected with Microsoft."""
    providers = SocialAccount.objects.filter(user=user).values_list("provider", flat=True)
    return sorted({way.key for provider in providers if (way := of_provider(provider))})


def may_disconnect(user: User, rows: Sequence[SocialAccount]) -> set[int]:
    """Return the numbers of those accounts without which the person can still sign in."""
    if staff.must_use_microsoft(user):
        ours = [row.pk for row in rows if (way := of_provider(row.provider)) and way.is_staff]
        return {row.pk for row in rows} - (set(ours) if len(ours) == 1 else set())
    usable = {row.pk for row in rows if of_provider(row.provider)}
    if user.has_usable_password() or _has_passkey(user):
        return {row.pk for row in rows}
    return {row.pk for row in rows if usable - {row.pk}}


@transaction.atomic
def disconnect(user: User, row: SocialAccount) -> None:
    """Disconnect a Microsoft account, and write to the person. Raises: LastWayInError."""
    User.objects.select_for_update().get(pk=user.pk)  # two at once would each leave the other
    rows = list(SocialAccount.objects.filter(user=user))
    if row.pk not in may_disconnect(user, rows):
        raise LastWayInError
    context = {"address": row.extra_data.get("address", ""), "name": row.extra_data.get("name", "")}
    key = f"microsoft-disconnected-{row.pk}"
    row.delete()
    outbox.write(
        "microsoft_disconnected",
        to=user.email,
        language=user.language,
        context=context,
        key=key,
        now=timezone.now(),
    )


def _has_passkey(user: User) -> bool:
    """Return whether a passkey alone signs this account in."""
    keys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return any(key.wrap().is_passwordless for key in keys)
