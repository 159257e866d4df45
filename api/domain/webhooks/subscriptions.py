"""Make, change, rotate and switch subscriptions. Each deed leaves a line that never changes (``WebhookChange``)."""

import base64
import datetime as dt
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from api.domain.webhooks.fanout import QUEUE
from api.enums import FOR_PEOPLE, DeliveryAnswer, WebhookKind, WebhookOff, WebhookStyle
from api.models import ApiClient, WebhookChange, WebhookDelivery, WebhookSubscription
from onboarding.connectors import standard_webhooks
from portal import encryption, outbound
from portal.accounts.models import User
from portal.notices import outbox
from portal.work.models import Queue

OVERLAP = dt.timedelta(days=1)  # for which the old secret signs too
MARK = "whsec_"
LOCK = 7_305_500_914  # of names, among the advisory locks; any number that nobody else uses
MOST_ADDRESS, LONGEST_SECRET, LONGEST_DETAIL = 2000, 64, 2000
MOST_HOST, MOST_NAME = 255, 80  # characters of the columns; no name of the DNS is longer than 253
ALL_KINDS = tuple(kind for kind in WebhookKind if kind != WebhookKind.PING)
# A new receiver's queue begins with the numbers of this one, which an administrator may change.
TEMPLATE = "webhooks"
RATE, BURST = 20.0, 40.0

# What is written in the changes of a subscription, and how the audit tells it.
DEEDS = {
    "made": _("Webhook made"),
    "changed": _("Webhook changed"),
    "rotated": _("New secret of a webhook"),
    "on": _("Webhook switched on"),
    "off": _("Webhook switched off"),
    "ping": _("Test of a webhook"),
    "replayed": _("Webhook sent again"),
}


class WishError(Exception):
    """A wish that cannot be kept. ``faults`` are its wrong fields, each with what to do."""

    def __init__(self, *faults: tuple[str, str | Promise]) -> None:
        super().__init__(", ".join(field for field, _message in faults))
        self.faults = faults


@dataclass(frozen=True)
class Wish:
    """What a subscription is to be. ``address`` '' keeps the present one. No country is meant by an empty list."""

    name: str
    address: str
    kinds: Sequence[str]
    countries: Sequence[str] = ()
    everywhere: bool = False
    language: str = settings.LANGUAGE_CODE


def check(*, style: str, client: ApiClient | None, wish: Wish, pk: int | None = None) -> None:
    """Check a wish for a new subscription, or for the one with the number ``pk``.

    Inside a transaction, nobody else takes the name before its end. Raises: WishError.
    """
    _wait_for(wish.name)
    found: dict[str, str | Promise] = {}
    for field, is_wrong, message in _faults(style, client, wish, pk):
        if is_wrong:
            found.setdefault(field, message)
    if found:
        raise WishError(*found.items())


def _wait_for(name: str) -> None:
    """Let who wants the same name wait until this transaction ends: they then see whether it is taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [name, LOCK])


def _faults(
    style: str, client: ApiClient | None, wish: Wish, pk: int | None
) -> Iterator[tuple[str, bool, str | Promise]]:
    kinds, is_teams = {*wish.kinds}, style == WebhookStyle.TEAMS
    others = WebhookSubscription.objects.filter(name=wish.name).exclude(pk__in=[pk] if pk else [])
    yield "client", is_teams and client is not None, _("A channel of Teams belongs to no API client: leave it empty.")
    yield "client", not is_teams and client is None, _("Choose the API client to which the receiver belongs.")
    yield "name", not wish.name or others.exists(), _("Another webhook has this name, or it is empty.")
    yield "name", len(wish.name) > MOST_NAME, _("The name is too long: at most 80 characters.")
    yield "kinds", not kinds or bool(kinds - {*ALL_KINDS}), _("Choose what is told.")
    yield (
        "kinds",
        is_teams and bool(kinds - {*FOR_PEOPLE}),
        _("A channel of Teams is told only what a person must act on."),
    )
    yield "countries", wish.everywhere == bool(wish.countries), _("Choose the countries, or all of them.")
    foreign = [] if client is None or client.everywhere else sorted({*wish.countries} - {*client.countries})
    yield (
        "countries",
        bool(foreign),
        format_lazy(_("The API client does not have these countries: {countries}"), countries=", ".join(foreign)),
    )
    yield "address", pk is None and not wish.address, _("Write the address of the receiver.")
    yield (
        "address",
        not _may_be_called(wish.address),
        _("Write an https address on the internet, without a name and password in it."),
    )
    yield (
        "address",
        len(_host_of(wish.address)) > MOST_HOST,
        _("The host of the address is too long: at most 255 characters with its port."),
    )
    yield "address", not encryption.has_key(), _("SECRETS_KEYS is not set: an address cannot be kept here.")


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:  # it may not be called either
        return ""


def _may_be_called(address: str) -> bool:
    """Return whether the portal may call an address; '' is no fault here.

    What its name resolves to is looked at for each delivery, when the connection opens (``portal.outbound``).
    """
    if len(address) > MOST_ADDRESS:
        return False
    try:
        if address:
            outbound.look_at(address)
    except outbound.AddressRefused:
        return False
    return True


def check_secret(secret: str) -> None:
    """Check a secret that a receiver brings: ``whsec_`` and base64 of 24 to 64 bytes. Raises: WishError."""
    try:
        is_good = len(standard_webhooks.key(secret)) <= LONGEST_SECRET
    except ValueError:
        is_good = False
    if not is_good:
        raise WishError(("secret", _("Write whsec_ and, in base64, 24 to 64 random bytes.")))


@transaction.atomic
def make(
    *,
    style: str,
    client: ApiClient | None,
    wish: Wish,
    by: User | None,
    now: dt.datetime,
    secret: str = "",
) -> tuple[WebhookSubscription, str]:
    """Return the new subscription and its secret, which is never shown again; '' for a channel of Teams.

    ``secret`` is the receiver's own; without one, it is made here. ``by`` None: the API client itself.

    Raises: WishError.
    """
    check(style=style, client=client, wish=wish)
    maker = by or (client.made_by if client else None)
    assert maker is not None
    row = WebhookSubscription(style=style, client=client, made_by=maker, made_at=now)
    if style == WebhookStyle.STANDARD:
        secret = secret or new_secret()
        check_secret(secret)
        row.secret = encryption.encrypt(secret)
    _write(row, wish)
    row.save(force_insert=True)
    usual = Queue.objects.filter(pk=TEMPLATE).values_list("rate", "burst").first() or (RATE, BURST)
    Queue.objects.create(name=queue_of(row), rate=usual[0], burst=usual[1], tokens=usual[1])
    note(row, "made", by=by, now=now, detail="; ".join(f"{name}: {value}" for name, value in _told(row).items()))
    return row, secret


@transaction.atomic
def change(*, subscription: WebhookSubscription, wish: Wish, by: User | None, now: dt.datetime) -> WebhookSubscription:
    """Return the subscription as wished. Raises: WishError."""
    row = _locked(subscription)
    check(style=row.style, client=row.client, wish=wish, pk=row.pk)
    before = _told(row)
    _write(row, wish)
    row.save()
    if wish.address or _told(row) != before:
        note(row, "changed", by=by, now=now, detail="; ".join(_differences(before, _told(row))))
    return row


def _write(row: WebhookSubscription, wish: Wish) -> None:
    row.name, row.language = wish.name, wish.language
    row.kinds = [kind.value for kind in ALL_KINDS if kind in {*wish.kinds}]
    row.countries, row.everywhere = sorted({*wish.countries}), wish.everywhere
    if wish.address:
        row.host = _host_of(wish.address)
        row.address = encryption.encrypt(wish.address)


def _told(row: WebhookSubscription) -> dict[str, str]:
    """Return what the audit tells of a subscription: of the address its host only."""
    where = "*" if row.everywhere else " ".join(row.countries)
    return {"name": row.name, "host": row.host, "countries": where, "kinds": " ".join(row.kinds)}


def _differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    found = [f"{name}: {before[name]} -> {value}" for name, value in after.items() if before[name] != value]
    return found or ["address"]


@transaction.atomic
def rotate(*, subscription: WebhookSubscription, by: User | None, now: dt.datetime, secret: str = "") -> str:
    """Return the new secret, never shown again. The present one signs as well for ``OVERLAP``.

    A second rotation within that time replaces only the newest: the one that the receiver knows goes on signing.

    Raises: WishError.
    """
    row = _locked(subscription)
    if row.style != WebhookStyle.STANDARD:
        raise WishError(("secret", _("A channel of Teams has no secret but its address.")))
    secret = secret or new_secret()
    check_secret(secret)
    if row.old_secret_until is None or row.old_secret_until <= now:
        row.old_secret, row.old_secret_until = row.secret, now + OVERLAP
    row.secret = encryption.encrypt(secret)
    row.save(update_fields=["secret", "old_secret", "old_secret_until"])
    note(row, "rotated", by=by, now=now)
    return secret


@transaction.atomic
def switch_on(*, subscription: WebhookSubscription, by: User | None, now: dt.datetime) -> bool:
    """Tell what happens from now on. Return False if it was on.

    What happened meanwhile was not written for it; what was given up can be sent again (``deliveries.replay_failed``).
    """
    row = _locked(subscription)
    if row.off_at is None:
        return False
    WebhookSubscription.objects.filter(pk=row.pk).update(off_at=None, off_why="", failing_since=None)
    Queue.objects.filter(pk=queue_of(row)).update(failures=0, closed_until=None)
    note(row, "on", by=by, now=now)
    return True


@transaction.atomic
def switch_off(*, subscription: WebhookSubscription, why: WebhookOff, by: User | None, now: dt.datetime) -> bool:
    """Tell nothing more, and give up what waits. Return False if it was off.

    Unless a person did it, a mail tells the person who made the API client, or the administrators.
    """
    row = _locked(subscription)
    if row.off_at is not None:
        return False
    WebhookSubscription.objects.filter(pk=row.pk).update(off_at=now, off_why=why)
    give_up_waiting(row, now=now)
    note(row, "off", by=by, now=now, detail=why)
    if why != WebhookOff.BY_HAND:
        _tell_owner(row, why, now=now)
    return True


def give_up_waiting(subscription: WebhookSubscription, *, now: dt.datetime) -> int:
    """Give up every waiting delivery of a subscription that is off. Return how many."""
    waiting = WebhookDelivery.objects.filter(queue=queue_of(subscription), next_check_at__isnull=False)
    return waiting.filter(lease_until=None, parked_at=None).update(
        next_check_at=None, failed_at=now, answer=DeliveryAnswer.OFF
    )


def _tell_owner(row: WebhookSubscription, why: WebhookOff, *, now: dt.datetime) -> None:
    administrators = User.objects.filter(is_active=True, is_staff=True, is_superuser=True)
    owner = row.client.made_by if row.client else row.made_by
    people = [owner] if owner.is_active and owner.is_staff else list(administrators)
    context = {
        "name": row.name,
        "host": row.host,
        "why": why.value,
        "since": row.failing_since or now,
        "client": str(row.client or ""),
        "link": settings.SITE_URL + reverse("admin:api_webhooksubscription_change", args=[row.pk]),
    }
    outbox.tell("webhook_off", people=people, context=context, key=f"webhook-off-{row.pk}-{now:%Y%m%d%H%M%S}", now=now)


def note(
    subscription: WebhookSubscription, what: str, *, by: User | None, now: dt.datetime, detail: str = ""
) -> WebhookChange:
    """Write who did what with a subscription."""
    assert what in DEEDS, what
    return WebhookChange.objects.create(
        subscription=subscription, at=now, by=by, what=what, detail=detail[:LONGEST_DETAIL]
    )


def queue_of(subscription: WebhookSubscription) -> str:
    return f"{QUEUE}{subscription.pk}"


def _locked(subscription: WebhookSubscription) -> WebhookSubscription:
    return (
        WebhookSubscription.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client__made_by", "made_by")
        .get(pk=subscription.pk)
    )


def new_secret() -> str:
    return MARK + base64.b64encode(secrets.token_bytes(32)).decode()
