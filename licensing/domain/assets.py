"""The library: which versions are valid today and for whom, what was opened, which links no longer answer."""

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now, TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from licensing.models import Asset, AssetVersion, Download, TransferLink
from portal.coverage.models import Bdm
from portal.geo.models import Country, is_placeholder, may_be_shown
from portal.readiness import Gap

DEAD_AFTER = 3  # failed checks in a row


@dataclass(frozen=True)
class Filters:
    language: str = ""
    country: str = ""
    programme: str = ""
    audience: str = ""


def versions(*, filters: Filters, on: dt.date) -> "QuerySet[AssetVersion]":
    """Return the versions that are valid on that day and match.

    Those with a dead link are included, and marked on the page; those with a placeholder are not, in production.
    """
    rows = shown(on=on).select_related("asset").defer("content")
    if filters.language:
        rows = rows.filter(language=filters.language)
    if filters.programme:
        rows = rows.filter(asset__programme__in=["", filters.programme])
    if filters.audience:
        rows = rows.filter(asset__audience=filters.audience)
    if filters.country:
        limited = Asset.countries.through.objects.filter(asset=OuterRef("asset"))
        rows = rows.filter(~Exists(limited) | Q(asset__countries=filters.country))
    return rows.annotate(opened=Count("downloads")).order_by("asset__title_fr", "language", "pk")


def shown(*, on: dt.date) -> "QuerySet[AssetVersion]":
    """Return the versions that are valid on that day and that partners may see."""
    rows = AssetVersion.objects.filter(valid__contains=on)
    links = rows.exclude(url="").values_list("pk", "url")
    return rows.exclude(pk__in=[pk for pk, url in links if not may_be_shown(url)])


def opened(*, version: AssetVersion, visitor: str, on: dt.date) -> None:
    """Count an opened version once for a visitor and a day. ``visitor`` distinguishes visitors and is not stored."""
    digest = hashlib.sha256(f"{on}:{visitor}".encode()).hexdigest()
    Download.objects.bulk_create([Download(version=version, day=on, visitor=digest)], ignore_conflicts=True)


def links_to_check(*, now: dt.datetime, limit: int = 100) -> list[AssetVersion]:
    """Return the links of today's versions that were not checked for a day."""
    rows = AssetVersion.objects.exclude(url="").filter(valid__contains=timezone.localdate(now)).defer("content")
    old = Q(checked_at=None) | Q(checked_at__lt=now - dt.timedelta(hours=20))
    return list(rows.filter(old).order_by("checked_at")[:limit])


def checked(*, version: AssetVersion, is_alive: bool, answer: str, now: dt.datetime) -> None:
    failures = 0 if is_alive else version.failures + 1
    AssetVersion.objects.filter(pk=version.pk).update(checked_at=now, failures=failures, answer=answer[:100])


def gaps() -> Iterator[Gap]:
    """Yield what is missing of the library and of the links by which customers are moved."""
    addresses = AssetVersion.objects.exclude(url="").values_list("url", flat=True)
    if any(map(is_placeholder, addresses)):
        yield Gap("library", _("The library has made-up addresses, which lead nowhere."), "licensing_asset")
    elif not AssetVersion.objects.exists():
        yield Gap("library", _("The library is empty."), "licensing_asset")
    if not TransferLink.objects.exists():
        told = _("The links by which customers are moved are missing or made up.")
        yield Gap("transfer-links", told, "licensing_transferlink")
    elif without := _without_transfer_link():
        told = _("The link by which customers are moved is missing or made up for: %(countries)s.")
        yield Gap("transfer-links", told % {"countries": ", ".join(without)}, "licensing_transferlink")


def _without_transfer_link() -> list[str]:
    """Return the names of the countries that a BDM covers by name and that have no usable link today."""
    rows = (
        TransferLink.objects.filter(valid_from__lte=TruncDate(Now()))
        .order_by("valid_from")
        .values_list("country", "url")
    )
    usable = {country for country, url in dict(rows).items() if not is_placeholder(url)}
    covered = Country.objects.filter(bdms__in=Bdm.objects.active()).distinct().order_by("code")
    return [str(country) for country in covered if country.pk not in usable]
