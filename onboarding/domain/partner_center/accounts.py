"""The provider's accounts in Partner Center: which one asks for a region, its encrypted token, and its duties.

A refresh token expires 90 days after its last use: it is renewed every week, and the administrators are notified when
it was not. Source: [pc-secure-app-model], [pc-refresh-token]; one account a CSP region: our reading of [pc-mpa-status].
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from onboarding.models import DutyKind, OfficialPage, PartnerCenterAccount, PartnerCenterDuty
from portal import encryption
from portal.accounts.models import User
from portal.notices import outbox
from portal.readiness import Gap
from portal.work import pace
from portal.work.metrics import Gauge

QUEUE = "partner_center_duties"
# While a sign-in is refused nobody asks again for this long: every answer would be a refusal.
RESTS = dt.timedelta(hours=1)
DIES_AFTER = dt.timedelta(days=90)


@dataclass(frozen=True)
class Credentials:
    """What a sign-in needs. ``account`` is None where only the environment is configured.

    ``is_only`` means that no other account could ask: a refusal then closes the whole queue. ``generation`` changes
    when a person enters a new token.
    """

    account: int | None
    region: str
    tenant: str
    client_id: str
    generation: str = ""
    is_only: bool = True
    rests_until: dt.datetime | None = None
    why: str = field(default="", compare=False)


def credentials_for(region: str) -> Credentials:
    """Return those of the region's own account, else of the one for every region, else the environment's."""
    accounts = list(PartnerCenterAccount.objects.filter(region__in={region, ""}).order_by("-region"))
    if not accounts:
        return Credentials(None, "", settings.PARTNER_CENTER_TENANT, settings.PARTNER_CENTER_CLIENT_ID)
    account = accounts[0]
    return Credentials(
        account=account.pk,
        region=account.region,
        tenant=account.tenant,
        client_id=account.client_id,
        generation=str(account.consented_at or ""),
        is_only=account.region == "" and not PartnerCenterAccount.objects.exclude(pk=account.pk).exists(),
        rests_until=account.refused_at + pace.rest(RESTS) if account.refused_at else None,
        why=account.last_error,
    )


@contextmanager
def held(account: int) -> Iterator[PartnerCenterAccount]:
    """Yield the locked account: one worker signs in at a time, each with the token that the last one got.

    Only here a transaction stays open during a call: of at most ten seconds, on a row that nothing else waits for.
    Without it a worker could store an older token over a newer one.
    """
    with transaction.atomic():
        yield PartnerCenterAccount.objects.select_for_update(no_key=True).get(pk=account)


def refresh_tokens(account: PartnerCenterAccount) -> list[str]:
    """Return the tokens to try, newest first. A newer one in the environment replaces a stored one that expired.

    Raises: encryption.CannotDecryptError, encryption.NoKeyError.
    """
    stored = [encryption.decrypt(account.sealed_token)] if account.sealed_token else []
    given = [settings.PARTNER_CENTER_REFRESH_TOKEN] if not account.region else []
    return list(dict.fromkeys(token for token in (*stored, *given) if token))


def keep_token(account: PartnerCenterAccount, token: str, *, now: dt.datetime) -> None:
    """Store the newer token that Microsoft gave (or none), for use from now on. Call it under ``held``."""
    if token and encryption.has_key():
        account.sealed_token = encryption.encrypt(token)
    account.refreshed_at, account.refused_at, account.last_error = now, None, ""
    account.save(update_fields=["sealed_token", "refreshed_at", "refused_at", "last_error"])


def note_trouble(account: PartnerCenterAccount, why: str) -> None:
    """Record a failure that is nobody's fault, for administrators."""
    account.last_error = why[:300]
    account.save(update_fields=["last_error"])


def note_refusal(account: PartnerCenterAccount, why: str, *, now: dt.datetime) -> None:
    """Record that the sign-in is refused: nobody asks for a while, and the administrators are notified once."""
    account.last_error = why[:300]
    if account.refused_at is None or now - account.refused_at >= pace.rest(RESTS):
        first = account.refused_at is None
        account.refused_at = now
        account.save(update_fields=["refused_at", "last_error"])
        if first:
            alert(account, "refused", now=now, key=f"{now:%Y%m%dT%H%M}")
        return
    account.save(update_fields=["last_error"])


@transaction.atomic
def give_token(account: PartnerCenterAccount, token: str, *, now: dt.datetime) -> None:
    """Store the token of a person who has consented. It replaces the stored one and is tried at once.

    Raises: encryption.NoKeyError: nothing was stored.
    """
    account.sealed_token = encryption.encrypt(token.strip())
    account.consented_at, account.refused_at, account.last_error = now, None, ""
    account.save(update_fields=["sealed_token", "consented_at", "refused_at", "last_error"])
    make_duties(now)
    do_now(account, DutyKind.RENEW, now=now)


def seed(now: dt.datetime) -> bool:
    """Write the account for every region from the environment, once.

    Return False if there is one, or nothing to use.

    With a key its token is stored encrypted; without one it is read from the environment each time.
    """
    facts = (settings.PARTNER_CENTER_URL, settings.PARTNER_CENTER_TENANT, settings.PARTNER_CENTER_CLIENT_ID)
    token = settings.PARTNER_CENTER_REFRESH_TOKEN
    if not all((*facts, token)) or PartnerCenterAccount.objects.filter(region="").exists():
        return False
    account = PartnerCenterAccount(
        tenant=settings.PARTNER_CENTER_TENANT,
        client_id=settings.PARTNER_CENTER_CLIENT_ID,
        sealed_token=encryption.encrypt(token) if encryption.has_key() else "",
        consented_at=now,
    )
    PartnerCenterAccount.objects.bulk_create([account], ignore_conflicts=True)
    make_duties(now)
    return True


# --- duties ----------------------------------------------------------------------------------------------------------


def every(kind: str) -> dt.timedelta:
    """Return how long after it was done a duty is done again."""
    plain = {
        DutyKind.RENEW: dt.timedelta(days=settings.PARTNER_CENTER_RENEW_DAYS),
        DutyKind.RESELLERS: dt.timedelta(seconds=settings.RESELLERS_EVERY_SECONDS),
        DutyKind.ACTIVITY: dt.timedelta(seconds=settings.ACTIVITY_EVERY_SECONDS),
        DutyKind.STANDINGS: dt.timedelta(days=1),
        DutyKind.COUNTRY_RULES: dt.timedelta(days=1),
    }[DutyKind(kind)]
    # Even in the demo never so short that a duty is always in progress.
    return pace.interval(plain, at_least=dt.timedelta(seconds=5))


def make_duties(now: dt.datetime) -> None:
    """Write a row for each duty of each account, due at once when it is new."""
    PartnerCenterDuty.objects.bulk_create(
        [
            PartnerCenterDuty(account=account, kind=kind, queue=QUEUE, next_check_at=now)
            for account in PartnerCenterAccount.objects.all()
            for kind in DutyKind
        ],
        ignore_conflicts=True,
    )


def do_now(account: PartnerCenterAccount, *kinds: DutyKind, now: dt.datetime) -> int:
    """Make these duties (all, if none is named) due at once, even one that was switched off. Return their number."""
    rows = PartnerCenterDuty.objects.filter(account=account, kind__in=kinds or DutyKind.values, lease_until=None)
    return rows.update(next_check_at=now, off_why="", parked_at=None, parked_why="", attempt=0)


# --- alerts
# ------------------------------------------------------------------------------------------------------------


def look_after(now: dt.datetime) -> None:
    """Write what is missing, and alert the administrators to each token that grows old."""
    make_duties(now)
    old = now - dt.timedelta(days=settings.PARTNER_CENTER_ALERT_DAYS)
    for account in PartnerCenterAccount.objects.all():
        since = account.refreshed_at or account.consented_at
        if since and since < old:
            # Once a week, until it is repaired.
            alert(account, "old", now=now, key=f"{since:%Y%m%d}-{(now - since).days // 7}")


def alert(account: PartnerCenterAccount, what: str, *, now: dt.datetime, key: str) -> None:
    """Write one mail to each administrator, who alone may renew the sign-in.

    ``what`` is "refused", "old" or "doubted".
    """
    since = account.refreshed_at or account.consented_at
    place = reverse("admin:onboarding_partnercenteraccount_change", args=[account.pk])
    context = {
        "what": what,
        "region": account.region,
        "error": account.last_error,
        "since": since,
        "dies_on": since + DIES_AFTER if since else None,
        "doubted": account.doubted_count,
        "link": settings.SITE_URL + place,
    }
    outbox.tell(
        "partner_center",
        people=User.objects.filter(is_active=True, is_staff=True, is_superuser=True),
        context=context,
        key=f"partner-center-{what}-{account.pk}-{key}",
        now=now,
    )


def gauges() -> Iterable[Gauge]:
    """Return the accounts' figures for /metrics."""
    accounts = list(PartnerCenterAccount.objects.all())
    now = timezone.now()
    ages = {a.region: (now - (a.refreshed_at or a.consented_at or now)).total_seconds() for a in accounts}
    yield Gauge("portal_partner_center_token_age_seconds", "Since the refresh token was renewed", "region", ages)
    refused = {a.region: float(a.refused_at is not None) for a in accounts}
    yield Gauge("portal_partner_center_refused", "1 while the sign-in is refused", "region", refused)
    doubted = {a.region: float(a.doubted_count is not None) for a in accounts}
    yield Gauge("portal_partner_center_list_doubted", "1 while a reseller list is too short", "region", doubted)


def gaps() -> Iterator[Gap]:
    """Yield that no account of the provider reads Partner Center, and that nobody opened the pages we lead to."""
    unopened = OfficialPage.objects.filter(read_on=None).count()
    if unopened:
        told = ngettext(
            "%(count)s address of another company's page was opened by nobody here: open it, then enter the day.",
            "%(count)s addresses of other companies' pages were opened by nobody here: open each, then enter the day.",
            unopened,
        )
        yield Gap("official-pages", told % {"count": unopened}, "onboarding_officialpage")
    refused = PartnerCenterAccount.objects.exclude(refreshed_at=None).values_list("refused_at", flat=True)
    if None not in refused:
        # A token that Microsoft refuses one day stops no web server that starts on that day.
        yield Gap(
            "partner-center",
            _("No account reads Partner Center: BDMs confirm by hand what Microsoft says."),
            "onboarding_partnercenteraccount",
            stops=not refused,
        )
