"""A register takes one record and one connector; whatever is missing is named when the portal starts."""

import datetime as dt
from dataclasses import fields, replace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from onboarding.connectors.registry import RECORDS
from onboarding.domain.checks import connectors, routing, starting
from onboarding.domain.checks.connectors import ConnectorRecord
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.checks.polling import DAY, HOUR, Cadence
from onboarding.domain.enrollment import preflight
from onboarding.domain.kinds.subjects import CompanySubject
from onboarding.enums import Authority, CheckState, Kind
from onboarding.models import Enrollment, Preflight
from onboarding.sandbox.environment import sandbox_environment
from onboarding.views.presenters import check_cards
from onboarding.work import checks, preflights
from portal.apps import make_queues
from portal.partners.models import Partner
from portal.work import kinds
from portal.work.claims import database_now
from portal.work.kinds import Rate
from portal.work.loop import do_once
from portal.work.models import Queue
from tests.builders import NOW, check_of, make_submitted

LEGAL = (Kind.LEGAL_ENTITY, Authority.PORTAL)


class Crossroads:
    """A made-up Belgian register, which knows every company or none."""

    knows = True

    def look(self, subject: CompanySubject, *, now: dt.datetime) -> Finding:
        if not self.knows:
            return Finding(Outcome.UNDECIDED, now, reason="looking")
        evidence = {"register": "Crossroads", "status": "active", "name": subject.legal_name}
        return Finding(Outcome.GOOD, now, evidence=evidence)


def record(**changed: Any) -> ConnectorRecord:
    declared: dict[str, Any] = {
        "code": "crossroads",
        "address": "CROSSROADS_URL",
        "rate": Rate(3, 7),
        "cadence": Cadence(((DAY, HOUR),), later=2 * HOUR),
        "looks": {Kind.LEGAL_ENTITY: Crossroads()},
        "serves": ("BE",),
        "label": "Crossroads Bank",
        "asked_just_now": "Crossroads Bank, asked just now",
    }
    return ConnectorRecord(**{**declared, **changed})


@pytest.fixture
def crossroads(settings: Any, monkeypatch: pytest.MonkeyPatch) -> ConnectorRecord:
    """The made-up register, registered besides ours, which have no address."""
    settings.CROSSROADS_URL = "http://crossroads.test"
    settings.VIES_URL = settings.GLEIF_URL = settings.DNB_URL = ""
    monkeypatch.setattr(connectors, "RECORDS", dict(connectors.RECORDS))
    connectors.register(declared := record())
    monkeypatch.setattr(checks, "queues", lambda: (declared.code,))
    return declared


def belgian() -> Enrollment:
    enrollment = make_submitted()
    Partner.objects.filter(pk=enrollment.partner_id).update(country="BE")
    enrollment = Enrollment.objects.get(pk=enrollment.pk)
    starting.follow_answers(enrollment, now=NOW, actor=None)
    return enrollment


def test_register_of_a_country_is_asked_before_those_of_its_group(crossroads: ConnectorRecord, settings: Any) -> None:
    settings.VIES_URL = "http://vies.test"

    assert routing.queues_of(*LEGAL, "BE") == ("crossroads", "vies", "desk")
    assert routing.queues_of(*LEGAL, "NL") == ("vies", "desk")
    settings.CROSSROADS_URL = ""
    assert routing.queues_of(*LEGAL, "BE") == ("vies", "desk")


@pytest.mark.django_db
def test_register_has_a_queue_with_its_rate(crossroads: ConnectorRecord) -> None:
    make_queues(sender=None)

    queue = Queue.objects.get(name="crossroads")
    assert (queue.rate, queue.burst, kinds.rates()["crossroads"]) == (3, 7, Rate(3, 7))


@pytest.mark.django_db
def test_register_s_answer_settles_the_check_under_its_name(crossroads: ConnectorRecord) -> None:
    make_queues(sender=None)
    enrollment = belgian()

    assert checks.look_once() == 1

    check = check_of(enrollment, *LEGAL)
    assert (check.state, check.queue, check.evidence["register"]) == (CheckState.PASSED, "crossroads", "Crossroads")
    assert str(check_cards.side(enrollment, check).source_label).endswith(" · Crossroads Bank")


@pytest.mark.django_db
def test_register_is_asked_again_as_often_as_its_record_says(
    crossroads: ConnectorRecord, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WAITING_PACE = 1
    monkeypatch.setattr(Crossroads, "knows", False)
    make_queues(sender=None)
    enrollment = belgian()
    now = database_now()

    checks.look_once()

    check = check_of(enrollment, *LEGAL)
    assert (check.state, check.queue) == (CheckState.IN_PROGRESS, "crossroads")
    assert check.next_check_at is not None
    assert dt.timedelta(hours=1.7) < check.next_check_at - now < dt.timedelta(hours=2.3)


@pytest.mark.django_db
def test_register_answers_in_the_preflight(crossroads: ConnectorRecord, client: Client) -> None:
    make_queues(sender=None)
    typed = {
        "country": "BE", "company_country": "BE", "legal_name": "Nuages SA", "city": "Liège", "street": "Rue 1",
        "postal_code": "4000", "registration_number": "0999000030", "duns": "", "contact_email": "", "mpn_id": "",
        "location_country": "", "location_type": "", "website": "", "tenant": "", "invoice_on": "", "extract_on": "",
    }  # fmt: skip
    flight = preflight.ask(typed=typed, now=NOW)

    do_once(preflights.KIND)

    flight = Preflight.objects.get(pk=flight.pk)
    assert (flight.found["register"]["lane"], flight.found["register"]["outcome"]) == ("crossroads", "good")
    assert "Crossroads Bank, asked just now" in client.get(flight.get_absolute_url()).content.decode()


# --- what is missing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [field.name for field in fields(ConnectorRecord)])
def test_record_without_a_part_names_it(part: str) -> None:
    whole = record()
    parts = {field.name: getattr(whole, field.name) for field in fields(whole) if field.name != part}

    with pytest.raises(TypeError, match=f"'{part}'"):
        ConnectorRecord(**parts)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"looks": {}}, "Connector 'crossroads' looks at no kind of check."),
        ({"looks": {Kind.EMAIL: Crossroads()}}, "Register 'crossroads' looks at no company."),
        ({"label": None}, "Register 'crossroads' has no name for people."),
        ({"asked_just_now": ""}, "Register 'crossroads' has no name for people."),
        ({"serves": ("Belgium", "BE")}, "Register 'crossroads' serves what is no country: Belgium."),
    ],
)
def test_register_that_lacks_what_registers_need_is_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        record(**changed)

    assert str(refusal.value) == says


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"code": "gleif"}, "Two connectors are called 'gleif'."),
        ({"address": "NOWHERE_URL"}, "Connector 'crossroads' has its address in no setting: NOWHERE_URL."),
    ],
)
def test_record_that_does_not_fit_the_others_is_refused(
    changed: dict[str, Any], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connectors, "RECORDS", dict(connectors.RECORDS))

    with pytest.raises(ImproperlyConfigured) as refusal:
        connectors.register(replace(record(address=None), **changed))

    assert str(refusal.value) == says


def test_setting_that_names_no_register_is_told(settings: Any) -> None:
    settings.REGISTERS = {"BE": ("vies", "dns", "crossroads")}

    with pytest.raises(ImproperlyConfigured, match=r"REGISTERS names what is no register: crossroads, dns\."):
        connectors.register()


def test_every_register_has_a_twin_in_the_sandbox() -> None:
    environment = sandbox_environment(1, 2, 3)

    assert {record.code for record in RECORDS if record.serves and record.address not in environment} == set()


def test_every_kind_of_check_that_is_asked_has_a_connector() -> None:
    assert {kind for record in RECORDS for kind in record.looks} == {*Kind}
