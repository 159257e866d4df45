"""The first sign-in with a Microsoft account: a code that our mail brings proves the address, and only then something
is connected or made.

Everything waits in the session of the browser that signed in with Microsoft. Nothing is stored before the code is
typed there, so nobody can prepare an account for an address that is not theirs. The answer is equal for addresses with
and without an account.
"""

import secrets
import time
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from portal import keyed_hash
from portal.accounts import addresses
from portal.accounts.models import User
from portal.entra.tokens import Identity
from portal.entra.ways import Way
from portal.limits import Limited, Scope
from portal.notices import outbox
from portal.web.networks import network_of
from portal.wording import reader_language
from portal.work import usage

_FIRST, _WAITING = "entra_first", "entra_waiting"
_CODES = "portal.entra.linking"
VALID_SECONDS = 10 * 60  # of what waits, counted again from each code. Source: [asvs] V6.5.5
MOST_TRIES = 5
DIGITS = 8


class NothingWaitsError(Exception):
    """No sign-in with Microsoft waits for an address in this browser, or it took too long."""


class NoAccountError(Exception):
    """No account of Ingram Micro's people has this address, and no group gives rights to a new one."""


class WrongCodeError(Exception):
    """The code is not the one that was sent. ``left`` is how many more tries there are."""

    def __init__(self, left: int) -> None:
        super().__init__(str(left))
        self.left = left


def begin(
    request: HttpRequest, *, way: Way, identity: Identity, roles: frozenset[str] | None, back: str
) -> HttpResponse:
    """Keep who signed in with Microsoft, and ask for their address."""
    request.session[_FIRST] = {
        "provider": way.provider,
        "uid": identity.uid,
        "extra": {"tenant": identity.tenant, "name": identity.name, "address": identity.address},
        "roles": None if roles is None else sorted(roles),
        "mfa": identity.has_second_factor,
        "may_make": not way.is_staff or bool(roles),
        "back": back,
        "at": time.time(),
    }
    return redirect("entra:first")


def waiting(request: HttpRequest) -> dict[str, Any]:
    """Return who waits in this browser. Raises: NothingWaitsError."""
    found = request.session.get(_FIRST)
    if not isinstance(found, dict) or time.time() - found["at"] > VALID_SECONDS:
        request.session.pop(_FIRST, None)
        raise NothingWaitsError
    return found


@transaction.atomic
def send_code(request: HttpRequest, *, to: str) -> None:
    """Mail a new code to the address; the one before is worth nothing any more.

    Raises: NothingWaitsError, LimitReachedError: nothing was sent.
    """
    kept, now = waiting(request), timezone.now()
    usage.use(Limited.SIGN_IN_CODE, {Scope.ADDRESS: to, Scope.NETWORK: network_of(request)}, now=now)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    digest = keyed_hash.digest(_CODES, f"{to} {code}")
    request.session[_FIRST] = {**kept, "to": to, "digest": digest, "tries": 0, "at": time.time()}
    reader = User.objects.filter(email__iexact=to, is_active=True).first()
    outbox.write(
        "microsoft_code",
        to=to,
        language=reader.language if reader else reader_language(),
        context={"code": f"{code[:4]} {code[4:]}", "minutes": VALID_SECONDS // 60},
        key=f"microsoft-code-{secrets.token_hex(8)}",
        now=now,
        secret=True,
    )


def confirm(request: HttpRequest, *, code: str) -> tuple[User, dict[str, Any], bool]:
    """Return the account of the address, what waits to be connected, and whether Microsoft's second factor counts.

    An account is made if there is none. The person is not signed in yet: ``sign_in.admit`` asks for what our sign-in
    asks, and then ``sign_in.after_sign_in`` connects.

    Raises: NothingWaitsError, WrongCodeError, NoAccountError.
    """
    kept = waiting(request)
    if "digest" not in kept or kept["tries"] >= MOST_TRIES:
        raise NothingWaitsError
    request.session[_FIRST] = kept = {**kept, "tries": kept["tries"] + 1}
    digits = "".join(sign for sign in code if sign.isdigit())
    if not keyed_hash.is_of(kept["digest"], _CODES, f"{kept['to']} {digits}"):
        raise WrongCodeError(MOST_TRIES - kept["tries"])
    del request.session[_FIRST]
    user = _account(kept["to"], name=kept["extra"]["name"], may_make=kept["may_make"])
    request.session[_WAITING] = {**kept, "user": user.pk}
    return user, kept, bool(kept["mfa"]) and not is_mfa_enabled(user)


def carried(request: HttpRequest) -> dict[str, Any]:
    """Return what must outlive the sign-out of another account in this browser."""
    return {name: request.session[name] for name in (_WAITING,) if name in request.session}


def take_waiting(request: HttpRequest, user: User) -> dict[str, Any] | None:
    """Return, once, what waits to be connected to the account that signs in."""
    kept = request.session.pop(_WAITING, None)
    if not isinstance(kept, dict) or kept["user"] != user.pk or time.time() - kept["at"] > VALID_SECONDS:
        return None
    return kept


@transaction.atomic
def _account(address: str, *, name: str, may_make: bool) -> User:
    """Return the account with this address, which has just been proved; a new one if there is none."""
    user = User.objects.select_for_update().filter(email__iexact=address).first()
    if user is None:
        if not may_make:
            raise NoAccountError
        user = User.objects.create_user(address, None, name=name[:100], language=reader_language())
    is_proved = EmailAddress.objects.filter(user=user, email__iexact=address, verified=True).exists()
    if not is_proved:
        # The person who made this account never proved the address: nothing that they chose opens it from now on.
        user.set_unusable_password()
        user.save(update_fields=["password"])
        Authenticator.objects.filter(user=user).delete()
        SocialAccount.objects.filter(user=user).delete()
        EmailAddress.objects.update_or_create(
            user=user, email=addresses.clean(address), defaults={"verified": True, "primary": True}
        )
    return user
