"""A person's e-mail address: cleaned in one way, and changed in one deed.

The address is in two tables, the account's and django-allauth's. Who changes only one of them lets the old address sign
in and receive links. Sessions end with every change, because their hash contains the address (``User``).
"""

import datetime as dt
import secrets
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from portal.accounts import sessions
from portal.accounts.models import FormerAddress, User
from portal.notices import outbox


class AddressTakenError(Exception):
    """Another account uses this address; nothing was changed."""


def clean(text: str) -> str:
    """Return an address as it is stored: without spaces around it, in lower case."""
    return text.strip().lower()


def is_taken(address: str, *, by_other_than: User | None = None) -> bool:
    """Return whether another account signs in with this address, or has confirmed it."""
    users = User.objects.filter(email__iexact=address)
    confirmed = EmailAddress.objects.filter(email__iexact=address, verified=True)
    if by_other_than is not None and by_other_than.pk:
        users = users.exclude(pk=by_other_than.pk)
        confirmed = confirmed.exclude(user_id=by_other_than.pk)
    return users.exists() or confirmed.exists()


@transaction.atomic
def change(*, user: User, to: str, now: dt.datetime) -> bool:
    """Change the address of an account everywhere, end its sessions, and write to both addresses.

    Return False if the account has this address already; whatever else allauth kept is then put right all the same.

    Raises: AddressTakenError.
    """
    to = clean(to)
    account = User.objects.select_for_update().get(pk=user.pk)
    if is_taken(to, by_other_than=account):
        raise AddressTakenError
    before = account.email
    account.email = user.email = to
    account.save(update_fields=["email"])
    _keep_former(account, to=to, now=now)
    EmailAddress.objects.filter(user=account).exclude(email=to).delete()
    EmailAddress.objects.update_or_create(user=account, email=to, defaults={"verified": True, "primary": True})
    if before == to:
        return False
    sessions.end_others(user=account, now=now)
    key = f"email-changed-{account.pk}-{secrets.token_hex(8)}"
    for number, address in enumerate((before, to)):
        _write(account, "email-changed", address, {"from_email": before, "to_email": to}, f"{key}-{number}", now)
    return True


def _keep_former(account: User, *, to: str, now: dt.datetime) -> None:
    """Keep the addresses that go, if their owner had proved them: mails and answers of that time have them."""
    proved = EmailAddress.objects.filter(user=account, verified=True).exclude(email=to).values_list("email", flat=True)
    rows = [FormerAddress(user=account, email=clean(address), until=now) for address in proved]
    FormerAddress.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["user", "email"], update_fields=["until"]
    )


def ever_of(user: User) -> frozenset[str]:
    """Return every address that the person has or had proved, without those that somebody else has by now."""
    own = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    former = FormerAddress.objects.filter(user=user).values_list("email", flat=True)
    free = [address for address in former if not is_taken(address, by_other_than=user)]
    return frozenset(clean(address) for address in (*own, *free))


@transaction.atomic
def welcome(user: User, *, now: dt.datetime) -> None:
    """Confirm the address of an account that an administrator made, and write how to choose its password.

    Without a password nobody signs in: the link in this mail is the only way, so it proves the address.
    """
    context = {"link": way_in(user), "email": user.email, "days": settings.PASSWORD_RESET_TIMEOUT // 86400}
    _write(user, "account_made", user.email, context, f"account-made-{user.pk}", now, secret=True)


def way_in(user: User) -> str:
    """Return the address on which the person chooses their password, once; their address counts as confirmed."""
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    token = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    return settings.SITE_URL + path.replace("UID-KEY", f"{user_pk_to_url_str(user)}-{token}")


def _write(
    user: User, code: str, address: str, context: dict[str, Any], key: str, now: dt.datetime, *, secret: bool = False
) -> None:
    outbox.write(code, to=address, language=user.language, context=context, key=key, now=now, secret=secret)
