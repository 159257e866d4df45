"""May these locations be named on orders? Microsoft's ``validateresellers`` results, stored as received, and what
follows.

The codes are hardly documented. One that an administrator marked as sure makes it the reseller's turn; any other only
flags the enrollment for a BDM. Source: [pc-validate-resellers], [partner-center-mcp].
"""

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from onboarding.domain.checks import locks, requeueing, transitions
from onboarding.domain.kinds.registry import NIGHTLY
from onboarding.domain.reasons.shipped import SHIPPED
from onboarding.enums import CheckState, EnrollmentState, Kind, Source, Turn
from onboarding.models import Check, Enrollment, PartnerCenterCode, ResellerAuthorization
from portal.geo.models import RegionCountry, region_of

BATCH = 50  # the service's own limit is not documented
_SOURCE_154 = "A third party's catalogue of Partner Center, June 2026 [partner-center-mcp]"
_SOURCE_400 = "Microsoft's sample, 2025 [pc-validate-resellers]; [partner-center-mcp] gives the code another meaning"
KNOWN_CODES: tuple[PartnerCenterCode, ...] = (
    PartnerCenterCode(
        code="900154",
        meaning_fr="L’emplacement n’est rattaché à aucun tenant actif de revendeur indirect CSP.",
        meaning_en="The location is not linked to an active CSP indirect reseller tenant.",
        reason="enrolment_lost",
        source=_SOURCE_154,
    ),
    PartnerCenterCode(
        code="900400",
        meaning_fr="L’ID d’emplacement (PLA) n’est pas accepté. Les sources se contredisent sur la raison.",
        meaning_en="The location ID (PLA) is not accepted. Sources differ as to why.",
        source=_SOURCE_400,
    ),
)
# The reasons that a code may have: the reseller's turn, on a check that is repeated every night.
USABLE = tuple(
    code for code, reason in SHIPPED.items() if reason.turn == Turn.RESELLER and set(reason.kinds) & set(NIGHTLY)
)


@dataclass(frozen=True)
class AuthorizationResult:
    """The result for one location; code and text as received, empty when it is authorised."""

    mpn_id: str
    valid: bool
    code: str = ""
    text: str = ""


def make_known_codes() -> None:
    """Write the known codes of a new deployment. What an administrator changed stays."""
    PartnerCenterCode.objects.bulk_create(
        [
            PartnerCenterCode(**{f.attname: getattr(code, f.attname) for f in code._meta.concrete_fields})
            for code in KNOWN_CODES
        ],
        ignore_conflicts=True,
    )


def batches(*, region: str, others: Collection[str], since: dt.datetime | None, today: dt.date) -> Iterator[list[str]]:
    """Yield the locations of ready enrollments, and of those refused when last asked, fifty at a time.

    Of this region, or, if it is empty, of all but the ``others``; without those asked after ``since``.
    """
    refused = ResellerAuthorization.objects.filter(valid=False).values("location_mpn_id")
    mending = Q(state=EnrollmentState.SUBMITTED, location_mpn_id__in=refused)
    files = Enrollment.objects.exclude(location_mpn_id="").filter(Q(state=EnrollmentState.READY) | mending)
    if since:
        files = files.exclude(
            location_mpn_id__in=ResellerAuthorization.objects.filter(seen_at__gt=since).values("location_mpn_id")
        )
    wanted = files.order_by("pk").values_list("location_mpn_id", "country_id")
    known: dict[str, str] = {}
    batch: list[str] = []
    for mpn_id, country in list(wanted):
        if country not in known:
            found = region_of(country, on=today)
            known[country] = found.code if found else ""
        if known[country] == region if region else known[country] not in others:
            batch.append(mpn_id)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def countries_of(region: str, *, today: dt.date) -> set[str]:
    """Return the countries that are in the region today."""
    rows = RegionCountry.objects.filter(region_id=region, valid_from__lte=today).values_list("country_id", flat=True)
    return {code for code in rows if (held := region_of(code, on=today)) and held.code == region}


def apply_results(verdicts: Sequence[AuthorizationResult], *, now: dt.datetime) -> int:
    """Store the results, and follow what changed since the last ones. Return how many locations are not authorised."""
    codes = {code.code: code for code in PartnerCenterCode.objects.filter(retired=False)}
    before = {row.location_mpn_id: row for row in ResellerAuthorization.objects.filter(
        location_mpn_id__in=[verdict.mpn_id for verdict in verdicts]
    )}  # fmt: skip
    for verdict in verdicts:
        _take(verdict, before.get(verdict.mpn_id), codes.get(verdict.code), now=now)
    return sum(not verdict.valid for verdict in verdicts)


@transaction.atomic
def _take(
    verdict: AuthorizationResult,
    before: ResellerAuthorization | None,
    known: PartnerCenterCode | None,
    *,
    now: dt.datetime,
) -> None:
    is_same = before is not None and (before.valid, before.code) == (verdict.valid, verdict.code)
    ResellerAuthorization.objects.update_or_create(
        location_mpn_id=verdict.mpn_id,
        defaults={
            "valid": verdict.valid,
            "code": verdict.code[:40],
            "text": verdict.text[:1000],
            "seen_at": now,
            "since": before.since if before is not None and is_same else now,
        },
    )
    if is_same or (verdict.valid and before is None):
        return
    for pk in Enrollment.objects.filter(
        location_mpn_id=verdict.mpn_id, state__in=[EnrollmentState.READY, EnrollmentState.SUBMITTED]
    ).values_list("pk", flat=True):
        _follow(pk, verdict, known, before=before, now=now)


def _follow(
    pk: uuid.UUID,
    verdict: AuthorizationResult,
    known: PartnerCenterCode | None,
    *,
    before: ResellerAuthorization | None,
    now: dt.datetime,
) -> None:
    nightly = Check.objects.filter(enrollment=pk, kind__in=NIGHTLY)
    if verdict.valid:
        if before is not None:
            # A flag set because of it (at that very moment) is no contradiction any more.
            nightly.filter(contradicted_at=before.since).update(contradicted_at=None)
        # The reseller may have done what was asked: everything that decides is checked.
        requeueing.wake(nightly, now=now)
        return
    reason = known.reason if known else ""
    concerned = SHIPPED[reason].kinds if reason in USABLE else (Kind.RELATIONSHIP,)
    kind = next(kind for kind in concerned if kind in NIGHTLY)
    check = locks.locked(nightly.select_related("enrollment").get(kind=kind))
    if check.state != CheckState.PASSED or check.enrollment.state != EnrollmentState.READY:
        return
    told = f"{verdict.code} {verdict.text}".strip()[:300]
    if known is not None and known.sure and reason and check.source != Source.BDM:
        transitions.take_report(
            check,
            state=CheckState.ACTION_NEEDED,
            reason=reason,
            source=Source.API,
            seen_at=now,
            now=now,
            evidence={"standing": verdict.code, "seen": [told]},
        )
        return
    transitions.doubt(check, now=now, told=told)
    # The direct questions are asked at once, because their answers may explain it.
    requeueing.wake(nightly, now=now)
