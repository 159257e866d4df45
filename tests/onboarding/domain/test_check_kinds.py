"""A kind of check takes one record; whatever is missing is named when the portal starts."""

import datetime as dt
from dataclasses import dataclass, fields
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from onboarding.domain.checks import connectors, routing, writer
from onboarding.domain.checks.connectors import ConnectorRecord
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.checks.polling import DAY, HOUR, Cadence
from onboarding.domain.desk import decisions
from onboarding.domain.kinds import registry
from onboarding.domain.kinds.record import Around, Asked, CheckSpec, KindRecord, Starts
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.domain.requests import tracking
from onboarding.enums import CHECKS, Authority, Kind, Source
from onboarding.models import Check, Enrollment
from onboarding.phases import PHASES, Phase
from portal.work.kinds import Rate
from tests.builders import NOW, TODAY, make_enrollment, make_submitted

TAX: Any = "tax"  # a kind that the enum does not know yet


@dataclass(frozen=True)
class TaxSubject:
    number: str


class TaxOffice:
    def look(self, subject: TaxSubject, *, now: dt.datetime) -> Finding:
        return Finding(Outcome.GOOD, now)


def _number(enrollment: Enrollment, _around: Around) -> TaxSubject | None:
    number = enrollment.partner.registration_number
    return TaxSubject(number) if number else None


def spec(**changed: Any) -> CheckSpec:
    starts = Starts("Starts with your tax number", "Starts with the partner's tax number")
    declared: dict[str, Any] = {
        "subject": _number, "asked": Asked.SYSTEMS_OR_DESK, "starts": starts, "own_phases": (),
    }  # fmt: skip
    return CheckSpec(**{**declared, **changed})


def record(**changed: Any) -> KindRecord:
    declared: dict[str, Any] = {
        "kind": TAX,
        "proves": "The company pays its taxes.",
        "answers": ("registration_number",),
        "checks": {Authority.PORTAL: spec()},
        "refusal": None,
        "is_repeated_nightly": False,
        "may_be_waived": False,
        "needs_two_people": True,
        "ends_vetting": False,
        "begins_when_sent": False,
    }
    return KindRecord(**{**declared, **changed})


@pytest.fixture
def tax(monkeypatch: pytest.MonkeyPatch) -> KindRecord:
    declared = record()
    monkeypatch.setitem(registry.KINDS, TAX, declared)
    return declared


def check(enrollment: Enrollment) -> Check:
    return Check(enrollment=enrollment, kind=TAX, authority=Authority.PORTAL)


def test_a_record_is_all_that_a_new_kind_takes(tax: KindRecord, db: None, settings: Any, monkeypatch: Any) -> None:
    made = make_submitted()
    made.partner.registration_number = "999000045"
    words = [words_for(reader).not_started(TAX, Authority.PORTAL) for reader in (Reader.PARTNER, Reader.BDM)]

    assert routing.subject_of(check(made), checks={}, today=TODAY) == TaxSubject("999000045")
    assert routing.subject_for_look(check(made), now=NOW) == TaxSubject("999000045")
    assert words == ["Starts with your tax number", "Starts with the partner's tax number"]
    assert tracking.remedy_of("bdm_asks", TAX).fields == ("registration_number",)
    assert "waive" not in decisions.decisions_for(Check(kind=TAX, state="in_progress", phase=Phase.BDM_LOOKS))

    assert routing.queues_of(TAX, Authority.PORTAL, "FR") == (routing.DESK,)
    settings.TAX_OFFICE_URL = "http://tax.test"
    monkeypatch.setattr(connectors, "RECORDS", dict(connectors.RECORDS))
    connectors.register(
        ConnectorRecord(
            code="tax_office", address="TAX_OFFICE_URL", rate=Rate(3, 7), cadence=Cadence(((DAY, HOUR),), later=HOUR),
            looks={TAX: TaxOffice()}, serves=(), label=None, asked_just_now=None,
        )
    )  # fmt: skip
    assert routing.queues_of(TAX, Authority.PORTAL, "FR") == ("tax_office",)


@pytest.mark.parametrize("part", [field.name for field in fields(KindRecord)])
def test_every_part_is_required(part: str) -> None:
    parts = {field.name: getattr(record(), field.name) for field in fields(KindRecord) if field.name != part}
    with pytest.raises(TypeError, match=part):
        KindRecord(**parts)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"proves": ""}, "tax lacks what it proves"),
        ({"answers": ()}, "tax lacks the answers it looks at"),
        ({"checks": {}}, "tax lacks its checks"),
        ({"checks": {Authority.INGRAM: spec(starts=Starts("Soon", ""))}}, "when the check of ingram starts"),
        ({"checks": {Authority.PORTAL: spec(), Authority.MICROSOFT: spec()}}, "reason of Microsoft's refusal"),
    ],
)
def test_empty_part_is_named(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=named):
        record(**changed)


def verify(*records: KindRecord, looked_at: tuple[str, ...] = (TAX,)) -> None:
    pages = {"registration_number", *(name for each in registry.RECORDS for name in each.answers)}
    reasons = {each.refusal or "" for each in registry.RECORDS}
    registry.verify(records, pages_ask=pages, looked_at={*Kind, *looked_at}, reasons=reasons)


@pytest.mark.parametrize(
    ("added", "named"),
    [
        (record(), "tax, portal is missing from CHECKS"),
        (record(answers=("shoe_size", "mpn_id")), "tax looks at what no page asks: shoe_size"),
        (record(checks={Authority.PORTAL: spec(asked=Asked.SYSTEMS)}, kind="toll"), "No connector looks at toll"),
        (record(refusal="microsoft_refused_tax"), "No reason is called microsoft_refused_tax"),
        (record(kind=Kind.LOCATION), "Two records are about location"),
        (record(checks={Authority.PORTAL: spec(own_phases=(Phase.BDM_SECONDS,))}), "Two checks have .* bdm_seconds"),
        (
            record(checks={Authority.PORTAL: spec(), Authority.MICROSOFT: spec()}, refusal="microsoft_refused_email"),
            "tax is checked by us and by Microsoft, and is missing from VALIDATIONS",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_portal_is_named(added: KindRecord, named: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=named):
        verify(*registry.RECORDS, added)


@pytest.mark.parametrize("gone", registry.RECORDS, ids=lambda each: str(each.kind))
def test_kind_without_a_record_is_named(gone: KindRecord) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"No record is about {gone.kind!s}"):
        verify(*(each for each in registry.RECORDS if each is not gone))


@pytest.mark.parametrize("phase", [Phase.CONFIRM_MAILBOX, Phase.PUBLISH_RECORD, Phase.RENEW_RECORD, Phase.BDM_SECONDS])
def test_phase_of_one_check_is_refused_to_every_other(db: None, phase: Phase) -> None:
    enrollment = make_enrollment()
    refused = 0
    for kind, authority in CHECKS:
        wanted = Check(enrollment=enrollment, kind=kind, authority=authority)
        try:
            writer.change(wanted, phase=phase, source=Source.API, now=NOW, reason=next(iter(PHASES[phase].reasons)))
        except writer.NotItsPhaseError:
            refused += 1
    assert refused == len(CHECKS) - 1
