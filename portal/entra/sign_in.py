"""What follows once Microsoft has said who somebody is: sign in, connect an account, prove once more who one is.

An account that exists is connected only after it proved itself: by being signed in, or by a code that our mail brought
to its address. No address that Microsoft tells connects anything.
"""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.account.models import Login
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.forms import WAY_BACK
from portal.accounts.models import User
from portal.entra import linking, microsoft, staff, ways
from portal.entra.microsoft import Tokens
from portal.entra.problems import PROBLEMS
from portal.entra.tokens import Identity
from portal.entra.ways import Way
from portal.notices import outbox

FRESH_SECONDS = 5 * 60  # since the password was entered at Microsoft, for a proof of identity


class ProblemError(Exception):
    """The sign-in does not come off; ``code`` is one of ``portal.entra.problems``."""

    def __init__(self, code: str, *, number: str = "") -> None:
        super().__init__(f"{code} {number}".strip())
        self.code, self.number = code, number


Follow = Callable[[HttpRequest, Way, Identity, Tokens, dict[str, Any]], HttpResponse]
# What a sign-in was begun for -> what follows. Apps above add theirs (``AppConfig.ready``).
PROCESSES: dict[str, Follow] = {}
# Called with (account, whom Microsoft named, now) when a partner has signed in.
FOLLOWERS: list[Callable[[User, Identity, dt.datetime], None]] = []


def enter(request: HttpRequest, way: Way, identity: Identity, tokens: Tokens, state: dict[str, Any]) -> HttpResponse:
    """Sign the person in; somebody who comes for the first time is asked for their address."""
    roles = _roles(way, identity, tokens)
    account = SocialAccount.objects.filter(provider=way.provider, uid=identity.uid).select_related("user").first()
    if account is not None:
        staff.follow(account.user, roles, now=timezone.now())
    if roles is not None and not roles and not (account is not None and account.user.is_superuser):
        raise ProblemError("no_role")
    if account is None:
        return linking.begin(request, way=way, identity=identity, roles=roles, back=state.get("next", ""))
    account.extra_data = shown(identity)
    account.save(update_fields=["extra_data", "last_login"])
    answer = admit(
        request,
        account.user,
        provider=way.provider,
        uid=identity.uid,
        has_second_factor=identity.has_second_factor,
        back=state.get("next", ""),
    )
    if request.user == account.user and not way.is_staff:  # nothing more is asked
        for follow in FOLLOWERS:
            follow(account.user, identity, timezone.now())
    return answer


def admit(
    request: HttpRequest, user: User, *, provider: str, uid: str, has_second_factor: bool, back: str
) -> HttpResponse:
    """Sign the account in by django-allauth's stages, which ask for our second factor where Microsoft's is missing."""
    if request.user.is_authenticated and request.user != user:
        kept = linking.carried(request)
        get_adapter().logout(request)
        request.session.update(kept)
    way_back = request.session.pop(WAY_BACK, "")
    record_authentication(request, user, "socialaccount", provider=provider, uid=uid, mfa=has_second_factor)
    return cast(HttpResponse, perform_login(request, Login(user=user, redirect_url=back or way_back or None)))


def connect(request: HttpRequest, way: Way, identity: Identity, tokens: Tokens, state: dict[str, Any]) -> HttpResponse:
    """Connect the Microsoft account to the account that is signed in, and that proved it before it asked for this."""
    user = _who_began(request, state)
    roles = _roles(way, identity, tokens)
    if roles is not None and not roles:
        raise ProblemError("no_group")
    is_new = join(user, provider=way.provider, uid=identity.uid, extra=shown(identity))
    staff.follow(user, roles, now=timezone.now())
    if is_new:
        messages.success(request, _("Your Microsoft account is connected."))
    else:
        messages.info(request, _("This Microsoft account was connected already."))
    return redirect("entra:accounts")


def prove_again(
    request: HttpRequest, way: Way, identity: Identity, tokens: Tokens, state: dict[str, Any]
) -> HttpResponse:
    """Take the sign-in as a new proof of identity, and do what waits for one."""
    user = _who_began(request, state)
    if not SocialAccount.objects.filter(provider=way.provider, uid=identity.uid, user=user).exists():
        raise ProblemError("not_yours")
    if identity.signed_in_at is None or time.time() - identity.signed_in_at > FRESH_SECONDS:
        raise ProblemError("not_fresh")
    record_authentication(
        request, user, "socialaccount", provider=way.provider, uid=identity.uid, mfa=identity.has_second_factor,
        reauthenticated=True,
    )  # fmt: skip
    # What waits is done as it was sent, and only for the page that asked for the proof.
    request.method = "POST"
    request.GET = QueryDict(urlencode({"next": state.get("next", "")}))
    return cast(HttpResponse, resume_request(request) or redirect("home"))


def join(user: User, *, provider: str, uid: str, extra: dict[str, str]) -> bool:
    """Connect a Microsoft account, and write to the person. Return False if it was connected before.

    Raises: ProblemError: it is connected to another account.
    """
    now = timezone.now()
    try:
        with transaction.atomic():
            account, is_new = SocialAccount.objects.get_or_create(
                provider=provider, uid=uid, defaults={"user": user, "extra_data": extra}
            )
    except IntegrityError as error:
        raise ProblemError("other_person") from error
    if account.user_id != user.pk:
        raise ProblemError("other_person")
    if is_new:
        key = f"microsoft-connected-{account.pk}"
        context = {"address": extra.get("address", ""), "name": extra.get("name", "")}
        outbox.write("microsoft_connected", to=user.email, language=user.language, context=context, key=key, now=now)
    return bool(is_new)


def after_sign_in(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """Connect what a first sign-in with Microsoft was for, now that all that our sign-in asks is given."""
    waiting = linking.take_waiting(request, user) if request is not None else None
    if waiting is not None:
        try:
            join(user, provider=waiting["provider"], uid=waiting["uid"], extra=waiting["extra"])
        except ProblemError as error:  # another account took it meanwhile; this person is signed in all the same
            messages.error(request, str(PROBLEMS[error.code].what))
            return
        roles = waiting["roles"]
        staff.follow(user, None if roles is None else frozenset(roles), now=timezone.now())


def shown(identity: Identity) -> dict[str, str]:
    """Return what is kept of a Microsoft account, so that its owner recognises it."""
    return {"tenant": identity.tenant, "name": identity.name, "address": identity.address}


def _roles(way: Way, identity: Identity, tokens: Tokens) -> frozenset[str] | None:
    """Return the roles that the person's groups give; None where groups give none.

    Raises: ProblemError: an account of Ingram Micro came the partners' way. MicrosoftError: there are too many groups
    for the token, and Graph does not answer; no right is given or taken on half an answer.
    """
    if not way.is_staff:
        own = ways.ways().get(ways.STAFF)
        if own is not None and own.tenant == identity.tenant:
            raise ProblemError("staff_elsewhere")
        return None
    groups = identity.groups
    if groups is None:
        groups = microsoft.groups_of(tokens.access_token)
    return staff.roles_of(groups)


def _who_began(request: HttpRequest, state: dict[str, Any]) -> User:
    user = request.user
    if not user.is_authenticated or state["data"].get("user") != user.pk:
        raise ProblemError("state")
    return user


PROCESSES |= {"login": enter, "connect": connect, "again": prove_again}
