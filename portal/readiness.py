"""What a deployment still lacks before partners use it: settings, people and facts that are missing or made up.

``check --deploy --database default`` and a page of the admin list it, and web server, worker and beat of production
start only when nothing is missing but what ``MAY_BE_MISSING`` names. An app adds its own with ``add`` when it is ready.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.checks import CheckMessage, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from portal import configuration, workdays
from portal.coverage.models import Bdm
from portal.entra import staff
from portal.geo.models import CspRegion, is_placeholder, provider_link
from portal.partitions import months
from portal.stores.base import StoreError, probe
from portal.work.models import Queue

log = logging.getLogger(__name__)
Text = str | Promise


@dataclass(frozen=True)
class Gap:
    """Something that is missing. ``code`` is its name in ``MAY_BE_MISSING``, ``where`` the admin's table to fill.

    ``stops`` is False for what comes and goes while the portal is at work: it is told, and no start waits for it.
    """

    code: str
    what: Text
    where: str = ""
    stops: bool = True


Finder = Callable[[], Iterable[Gap]]
_FINDERS: list[Finder] = []
# The codes of all gaps: ``MAY_BE_MISSING`` names no other.
CODES = {
    "site", "hosts", "relay", "sender", "scanner", "secrets-keys", "store-documents", "store-warehouse", "privacy",
    "security-contact", "entra-groups", "entra-emergency", "bdms", "leads", "provider-links", "queues", "months",
    "holidays", "second-factor",
}  # fmt: skip


def add(finder: Finder, *codes: str) -> None:
    """Register a function that yields gaps of these codes."""
    if finder not in _FINDERS:
        _FINDERS.append(finder)
    CODES.update(codes)


def gaps() -> list[Gap]:
    """Return everything that is missing, in the reader's language. Raises: DatabaseError."""
    own = (_of_settings, _of_people, _of_links, _of_queues, _of_months, _of_holidays)
    return [gap for finder in (*own, *_FINDERS) for gap in finder()]


def require() -> None:
    """Let production start only when nothing is missing but what may be.

    Without a database it starts: the pages say so, and the data cannot be looked at. A child that its supervisor starts
    again goes on too: it was looked at when the supervisor began, and work must not end because a row was deleted.

    Raises: ImproperlyConfigured.
    """
    if not settings.PRODUCTION or configuration.text("HEARTBEAT_FILE"):
        return
    allowed = set(configuration.items("MAY_BE_MISSING"))
    if unknown := allowed - CODES:
        known = ", ".join(sorted(CODES))
        raise ImproperlyConfigured(f"MAY_BE_MISSING names {', '.join(sorted(unknown))}. Known: {known}.")
    try:
        with translation.override("en-gb"):
            found = [gap for gap in gaps() if gap.stops and gap.code not in allowed]
    except DatabaseError as error:
        log.warning("what is missing cannot be looked at: %s", error)
        return
    if found:
        lines = "\n".join(f"  {gap.code}: {gap.what}" for gap in found)
        codes = ",".join(sorted({gap.code for gap in found} | allowed))
        raise ImproperlyConfigured(
            f"This deployment is not complete:\n{lines}\nTo start it all the same, set MAY_BE_MISSING={codes}"
        )


@register(Tags.database, deploy=True)
def nothing_is_missing(app_configs: Any, databases: Any = (), **kwargs: Any) -> list[CheckMessage]:
    """Return a warning for each gap. Runs with ``check --deploy --database default``."""
    if "default" not in (databases or ()) or not _is_migrated():
        return []
    with translation.override("en-gb"):
        return [Warning(str(gap.what), hint=gap.code, id="portal.W002") for gap in gaps()]


def _is_migrated() -> bool:
    tables = {*connection.introspection.table_names()}
    return {model._meta.db_table for model in (Bdm, CspRegion, Queue)} <= tables


def _of_settings() -> Iterator[Gap]:
    site = urlsplit(settings.SITE_URL)
    if site.scheme != "https" or is_placeholder(settings.SITE_URL):
        yield Gap("site", _("SITE_URL, which mails link to, is not a secure address of yours."))
    if not settings.ALLOWED_HOSTS:
        yield Gap("hosts", _("ALLOWED_HOSTS names no host: every page would be refused."))
    if not settings.SECRETS_KEYS:
        yield Gap("secrets-keys", _("SECRETS_KEYS is empty: no token and no second factor is kept encrypted."))
    yield from _of_mail()
    if not settings.SCANNER_ADDRESS:
        yield Gap("scanner", _("SCANNER_ADDRESS names no virus scanner: documents are not scanned."))
    yield from _of_stores()
    if not settings.STAFF_SECOND_FACTOR:
        yield Gap("second-factor", _("STAFF_SECOND_FACTOR is off: staff sign in by a password alone."))
    yield from _of_contacts()
    yield from _of_microsoft()


def _of_mail() -> Iterator[Gap]:
    if settings.MAIL_THROUGH == "smtp" and settings.EMAIL_HOST in ("", "mail", "127.0.0.1", "localhost"):
        yield Gap("relay", _("SMTP_HOST names no mail relay of yours: mails would reach nobody."))
    if not _is_mailbox(settings.DEFAULT_FROM_EMAIL.strip("> ")):
        yield Gap("sender", _("DEFAULT_FROM_EMAIL is a made-up sender: receivers would refuse its mails."))


def _of_contacts() -> Iterator[Gap]:
    if not settings.PRIVACY_CONTROLLER.strip() or not _is_mailbox(settings.PRIVACY_CONTACT):
        yield Gap(
            "privacy", _("PRIVACY_CONTROLLER and PRIVACY_CONTACT do not say who answers for personal data, and where.")
        )
    kind, _colon, rest = settings.SECURITY_CONTACT.partition(":")
    is_address = kind == "https" and not is_placeholder(settings.SECURITY_CONTACT)
    if not is_address and not (kind == "mailto" and _is_mailbox(rest)):
        yield Gap("security-contact", _("SECURITY_CONTACT is no address to which weaknesses can be reported."))


def _is_mailbox(address: str) -> bool:
    """Return whether it is an e-mail address at a domain that somebody can own."""
    _name, at, domain = address.rpartition("@")
    return bool(at) and not is_placeholder(f"https://{domain}")


def _of_stores() -> Iterator[Gap]:
    for name in [each for each in ("documents", "warehouse") if each in settings.STORAGES]:
        try:
            probe(storages[name])
        except StoreError as error:
            if error.is_denied:
                told = _("The store of %(what)s refuses us: %(why)s.")
                yield Gap(f"store-{name}", told % {"what": name, "why": error})
            else:
                # It may answer again before anybody reads this; /readyz says so meanwhile.
                log.warning("the store of %s: %s", name, error)


def _of_microsoft() -> Iterator[Gap]:
    named = staff.managed() - {staff.BDM, staff.LEAD}
    unknown = named - set(Group.objects.filter(name__in=named).values_list("name", flat=True)) if named else set()
    if unknown:
        told = _("ENTRA_STAFF_GROUPS names roles that do not exist: %(roles)s.")
        yield Gap("entra-groups", told % {"roles": ", ".join(sorted(unknown))})
    if settings.ENTRA_STAFF_ONLY and not settings.ENTRA_STAFF_EMERGENCY:
        yield Gap("entra-emergency", _("ENTRA_STAFF_EMERGENCY names no account for the day Microsoft does not answer."))


def _of_people() -> Iterator[Gap]:
    if not Bdm.objects.active().exists():
        yield Gap("bdms", _("There is no BDM: what a person must look at would wait for nobody."), "places_bdm")
    # Both on the first day, so that the list of its error still holds once the BDMs are there.
    if not Bdm.objects.leads().exists():
        yield Gap("leads", _("There is no lead: nobody answers for countries without a BDM."), "places_bdm")


def _of_links() -> Iterator[Gap]:
    today, without = timezone.localdate(), []
    for region in CspRegion.objects.order_by("code"):
        link = provider_link(region, on=today)
        if link is None or is_placeholder(link.url):
            without.append(str(region))
    if without:
        yield Gap(
            "provider-links",
            _("No official authorisation link is confirmed for: %(regions)s.") % {"regions": ", ".join(without)},
            "places_providerlink",
        )


def _of_queues() -> Iterator[Gap]:
    for queue in Queue.objects.filter(rate__lte=0).order_by("name") | Queue.objects.filter(burst__lt=1):
        told = _("The queue “%(queue)s” makes no calls at all.") % {"queue": queue.pk}
        yield Gap("queues", told, "portal_queue")


def _of_months() -> Iterator[Gap]:
    """Yield what is wrong with the months. Every row has a place meanwhile, and workers make what is missing.

    So after a restore of an old backup, or one row of a wrong clock, which stays for ever, web servers start.
    """
    for table, number, overflows in months.missing(timezone.now()):
        if number:
            told = _("The coming month of “%(table)s” has no partition: see the periodic job “months”.")
            yield Gap("months", told % {"table": table}, "portal_periodicjob", stops=False)
        elif overflows:
            told = _("Rows of “%(table)s” are later than all its months: a clock is wrong.")
            yield Gap("months", told % {"table": table}, stops=False)


def _of_holidays() -> Iterator[Gap]:
    if workdays.is_old(timezone.localdate()):
        told = _("The holidays are those of %(day)s (package holidays %(version)s): take a newer release.")
        number, day = workdays.TAKEN
        yield Gap("holidays", told % {"day": date_format(day), "version": number}, stops=False)
