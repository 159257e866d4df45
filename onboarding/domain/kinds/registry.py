"""Every kind of check by its code. What a kind lacks is named when the portal starts."""

from collections import Counter
from collections.abc import Collection, Iterable

from django.core.exceptions import ImproperlyConfigured

from onboarding.domain.kinds import (
    agreement,
    domain_name,
    email_address,
    legal_entity,
    location,
    marketplace,
    mpn_id,
    relationship,
)
from onboarding.domain.kinds.record import Asked, CheckSpec, KindRecord
from onboarding.enums import CHECKS, VALIDATIONS, Authority, Kind
from onboarding.phases import Phase

Pair = tuple[str, str]

RECORDS: tuple[KindRecord, ...] = (
    mpn_id.RECORD,
    location.RECORD,
    email_address.RECORD,
    domain_name.RECORD,
    legal_entity.RECORD,
    agreement.RECORD,
    marketplace.RECORD,
    relationship.RECORD,
)
KINDS: dict[str, KindRecord] = {record.kind: record for record in RECORDS}


def spec_of(kind: str, authority: str) -> CheckSpec:
    """Return what one authority's check of a kind takes. Raises: KeyError when there is no such check."""
    return KINDS[kind].checks[Authority(authority)]


def may_enter(phase: Phase, kind: str, authority: str) -> bool:
    """Return whether a check may be in this phase, which may be another check's own."""
    owners = _OWNERS.get(phase)
    return owners is None or (kind, authority) == owners


def _owners() -> dict[Phase, Pair]:
    return {
        phase: (record.kind, authority)
        for record in RECORDS
        for authority, spec in record.checks.items()
        for phase in spec.own_phases
    }


_OWNERS = _owners()
NIGHTLY: tuple[Kind, ...] = tuple(record.kind for record in RECORDS if record.is_repeated_nightly)


def verify(
    records: Collection[KindRecord], *, pages_ask: Collection[str], looked_at: Collection[str], reasons: Collection[str]
) -> None:
    """Compare the records with the rest of the portal when it starts.

    ``pages_ask`` are the answers of all pages, ``looked_at`` the kinds that some connector looks at, ``reasons`` the
    codes of the catalogue.

    Raises:
        ImproperlyConfigured: with everything that is missing, one sentence each.
    """
    faults = [*_faults_of_pairs(records), *_faults_of_phases(records)]
    for record in records:
        if unknown := [name for name in record.answers if name not in pages_ask]:
            faults.append(f"{record.kind!s} looks at what no page asks: {', '.join(unknown)}.")
        asks_systems = any(spec.asked in (Asked.SYSTEMS, Asked.SYSTEMS_OR_DESK) for spec in record.checks.values())
        if asks_systems and record.kind not in looked_at:
            faults.append(f"No connector looks at {record.kind!s}, though its record says so.")
        if record.refusal is not None and record.refusal not in reasons:
            faults.append(f"No reason is called {record.refusal}, the refusal of {record.kind!s}.")
    if faults:
        raise ImproperlyConfigured(" ".join(faults))


def _faults_of_pairs(records: Collection[KindRecord]) -> list[str]:
    declared = {(record.kind, authority) for record in records for authority in record.checks}
    faults = [f"Two records are about {kind}." for kind in _twice(str(record.kind) for record in records)]
    faults += [f"No record is about {kind!s}, {authority!s}." for kind, authority in sorted({*CHECKS} - declared)]
    faults += [
        f"{kind!s}, {authority!s} is missing from CHECKS in onboarding/enums.py, which the database knows."
        for kind, authority in sorted(declared - {*CHECKS})
    ]
    for record in records:
        has_both = {Authority.PORTAL, Authority.MICROSOFT} <= set(record.checks)
        if has_both and record.kind not in VALIDATIONS:
            faults.append(f"{record.kind!s} is checked by us and by Microsoft, and is missing from VALIDATIONS.")
    return faults


def _faults_of_phases(records: Collection[KindRecord]) -> list[str]:
    claimed = [str(phase) for record in records for spec in record.checks.values() for phase in spec.own_phases]
    return [f"Two checks have the phase {phase} for themselves." for phase in _twice(claimed)]


def _twice(values: Iterable[str]) -> list[str]:
    return sorted(value for value, times in Counter(values).items() if times > 1)
