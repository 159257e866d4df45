"""The pre-flight: what Microsoft would say, without an account, by rules, the register and DNS."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from time_machine import travel

from onboarding.domain.enrollment import preflight
from onboarding.domain.enrollment.preflight import PreflightVerdict
from onboarding.models import Enrollment, Preflight
from onboarding.sandbox.records import Fault
from onboarding.sandbox.servers import Sandbox
from onboarding.work import preflights as work
from portal.accounts.models import User
from portal.privacy import retention
from portal.work.loop import do_once
from tests.builders import NOW, fill_steps_1_to_3
from tests.onboarding.connectors.conftest import sandbox, servers_running  # noqa: F401

pytestmark = pytest.mark.django_db

GOOD = {
    "country": "FR",
    "mpn_id": "4 392 001",
    "location_country": "FR",
    "location_type": "location",
    "legal_name": "NUAGES D'EXEMPLE SAS",
    "company_country": "FR",
    "registration_number": "999000003",
    "duns": "150483782",
    "street": "12 rue du Test",
    "postal_code": "75002",
    "city": "Paris",
    "website": "https://www.nuages.example/",
    "contact_email": "lou@nuages.example",
    "tenant": "nuages",
    "invoice_on": "2026-10-01",
    "extract_on": "2026-10-01",
}


@pytest.fixture(autouse=True)
def _open_register_and_fresh_limits(settings: Any) -> None:
    settings.REGISTERS = {"FR": ("recherche_entreprises",), "EU": ("vies", "gleif"), "*": ("gleif",)}
    cache.clear()


def ask(client: Client, **changed: str) -> Preflight:
    response = client.post("/preflight/", {**GOOD, **changed})
    assert response.status_code == 302, response.context["form"].errors
    return Preflight.objects.latest("asked_at")


def fly(times: int = 1) -> None:
    for _ in range(times):
        Preflight.objects.filter(done_at=None).update(next_check_at=NOW)
        do_once(work.KIND)


def verdicts(kept: Preflight) -> dict[str, str]:
    kept.refresh_from_db()
    return {line.code: line.verdict.value for line in preflight.lines(kept, today=timezone.localdate())}


@travel(NOW)  # the papers' dates are typed
def test_good_answers_would_pass(client: Client, sandbox: Sandbox):  # noqa: F811
    kept = ask(client)
    before = preflight.overall(preflight.lines(kept, today=timezone.localdate()))
    fly()

    kept.refresh_from_db()
    assert before is PreflightVerdict.LOOKING
    assert set(verdicts(kept).values()) == {"pass"}
    assert kept.done_at is not None
    page = client.get(kept.get_absolute_url()).content.decode()
    assert "data-part" not in page
    assert "1er octobre 2027" in page


def test_wrong_name_is_shown_beside_the_registers(client: Client, sandbox: Sandbox):  # noqa: F811
    kept = ask(client, legal_name="Brouillard d'Exemple SAS")
    fly()

    assert verdicts(kept)["name_differs"] == "refused"
    page = client.get(kept.get_absolute_url()).content.decode()
    assert "<mark>Brouillard</mark>" in page
    assert "<mark>NUAGES</mark>" in page


@pytest.mark.parametrize(
    ("changed", "code", "verdict"),
    [
        ({"location_country": "BE"}, "country_mismatch", "refused"),
        ({"location_country": ""}, "location_country_unknown", "cannot_tell"),
        ({"location_type": "global"}, "global_id", "refused"),
        ({"location_type": ""}, "type_unknown", "cannot_tell"),
        ({"mpn_id": ""}, "mpn_id_missing", "cannot_tell"),
        ({"mpn_id": "123456789"}, "unusual_length", "cannot_tell"),
        ({"country": "RE", "location_country": "RE"}, "overseas", "cannot_tell"),
        ({"country": "AQ", "location_country": "AQ"}, "region", "pass"),
        (
            {"country": "BR", "location_country": "BR", "registration_number": "", "company_country": "BR"},
            "registration_number_needed",
            "refused",
        ),
        ({"registration_number": "", "company_country": "BR"}, "registration_number_needed", "refused"),
        (
            {"country": "BR", "location_country": "BR", "registration_number": ""},
            "registration_not_needed",
            "pass",
        ),
        ({"registration_number": "", "company_country": "RU"}, "registration_number_needed", "refused"),
        ({"country": "RU", "location_country": "RU"}, "no_region", "refused"),
        ({"duns": ""}, "duns_recommended", "cannot_tell"),
        ({"contact_email": "lou@gmail.com"}, "webmail", "refused"),
        ({"contact_email": "lou@nuages.onmicrosoft.com"}, "onmicrosoft", "refused"),
        ({"contact_email": "lou@notonmicrosoft.com"}, "address_fine", "pass"),
        ({"contact_email": "lou@hotmail.be"}, "webmail", "refused"),
        ({"contact_email": "info@nuages.example"}, "role_address", "refused"),
        ({"contact_email": "lou+ms@nuages.example"}, "plus_address", "refused"),
        ({"website": "autre.example"}, "website_differs", "refused"),
        ({"website": ""}, "website_missing", "cannot_tell"),
        ({"tenant": "demo4711"}, "tenant_unknown", "cannot_tell"),
        ({"tenant": ""}, "tenant_missing", "cannot_tell"),
        ({"invoice_on": "2024-01-01"}, "invoice_old", "refused"),
        ({"invoice_on": ""}, "invoice_missing", "cannot_tell"),
        ({"extract_on": "2024-01-01"}, "extract_old", "refused"),
        ({"legal_name": "ПРИМЕР"}, "western_only", "refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_rule_has_its_line_and_its_source(client: Client, changed: dict[str, str], code: str, verdict: str):
    kept = ask(client, **changed)
    found = {line.code: line for line in preflight.lines(kept, today=timezone.localdate())}

    assert found[code].verdict.value == verdict
    assert all(line.source for line in found.values())
    assert client.get(kept.get_absolute_url()).status_code == 200


def test_way_to_a_duns_number_is_shown_where_it_is_missing(client: Client):
    pages = [client.get(ask(client, duns=number).get_absolute_url()).content.decode() for number in ("", "150483782")]

    assert ["https://www.dnb.com/duns-number/lookup.html" in page for page in pages] == [True, False]


def test_company_that_no_register_knows_is_told_by_name(client: Client, sandbox: Sandbox):  # noqa: F811
    kept = ask(client, registration_number="999000094")
    fly()

    assert verdicts(kept)["company_not_found"] == "refused"


def test_domain_without_mail_is_refused(client: Client, sandbox: Sandbox):  # noqa: F811
    kept = ask(client, contact_email="lou@nullmx.example", website="nullmx.example")
    fly()

    assert verdicts(kept)["mail_refuses_all"] == "refused"


def test_register_that_does_not_answer_is_no_verdict(client: Client, sandbox: Sandbox):  # noqa: F811
    sandbox.world.add_fault(Fault("register", "503", 10))
    kept = ask(client)
    fly(times=preflight.TRIES)

    assert verdicts(kept)["nobody_answered"] == "cannot_tell"
    assert verdicts(kept)["mailbox_good"] == "pass"


def test_company_abroad_without_a_register_cannot_be_told(client: Client, settings: Any, sandbox: Sandbox):  # noqa: F811
    settings.REGISTERS = {"*": ()}
    kept = ask(client, company_country="JP", registration_number="")
    fly()

    assert verdicts(kept)["register_nobody"] == "cannot_tell"


def test_nonsense_stays_at_its_field_with_everything_typed(client: Client):
    response = client.post("/preflight/", {**GOOD, "duns": "12", "contact_email": "no address", "invoice_on": "soon"})

    page = response.content.decode()
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"duns", "contact_email", "invoice_on"}
    assert "12 rue du Test" in page
    assert not Preflight.objects.exists()


def test_too_many_in_an_hour_are_refused_kindly(client: Client):
    answers = [client.post("/preflight/", GOOD).status_code for _ in range(22)]

    assert answers == [302] * 20 + [429] * 2
    assert "12 rue du Test" in client.post("/preflight/", GOOD).content.decode()


def values_of(client: Client, path: str, *names: str) -> list[str]:
    form = client.get(path).context["form"]
    return [str(form[name].value()) for name in names]


def test_correcting_begins_with_everything_typed(client: Client):
    kept = ask(client)
    again = f"{kept.get_absolute_url()}again/"

    page = client.get(kept.get_absolute_url()).content.decode()
    form = client.get(again).context["form"]

    assert f'href="{again}"' in page
    assert {name: form[name].value() for name in kept.typed} == kept.typed
    assert client.post(again, {**GOOD, "city": "Lyon"}).status_code == 302
    assert Preflight.objects.latest("asked_at").typed == {**kept.typed, "city": "Lyon"}


def test_register_s_spelling_is_taken_over_in_one_click(client: Client, sandbox: Sandbox):  # noqa: F811
    kept = ask(client, legal_name="Nuage d'Exemples SAS", street="12 rue du Test")
    before = client.get(kept.get_absolute_url()).content.decode()
    fly()

    spelled = f"{kept.get_absolute_url()}again/?register=1"
    assert f'href="{spelled}"' in client.get(kept.get_absolute_url()).content.decode()
    assert "register=1" not in before
    assert values_of(client, spelled, "legal_name", "contact_email") == ["NUAGES D'EXEMPLE", "lou@nuages.example"]


def test_nothing_to_take_over_where_the_register_spells_it_so(client: Client, sandbox: Sandbox):  # noqa: F811
    Preflight.objects.create(
        typed={**GOOD, "legal_name": "A"}, asked_at=NOW,
        found={"register": {"evidence": {"take_over": {"legal_name": "A", "city": "Paris"}}}},
    )  # fmt: skip

    assert preflight.spelling(Preflight.objects.get()) == {}


def test_forgotten_flight_and_that_of_a_file_fill_nothing_in(
    as_reseller: Client, client: Client, enrollment: Enrollment
):
    fill_steps_1_to_3(enrollment)
    as_reseller.post(f"/enrollments/{enrollment.pk}/preflight/")
    of_file = Preflight.objects.get()
    forgotten = ask(client)
    Preflight.objects.filter(pk=forgotten.pk).delete()

    for flight in (of_file, forgotten):
        again = f"{flight.get_absolute_url()}again/"
        assert values_of(client, again, "country", "legal_name") == ["FR", "None"]
        assert client.post(again, GOOD).status_code == 302


def test_register_s_spelling_is_filled_in_on_the_file_s_own_page(
    as_reseller: Client, as_bdm: Client, enrollment: Enrollment
):
    fill_steps_1_to_3(enrollment)
    as_reseller.post(f"/enrollments/{enrollment.pk}/preflight/")
    kept = Preflight.objects.get()
    seen = {"fields": [{"field": "name", "typed": "a", "seen": "A"}], "take_over": {"legal_name": "A", "city": "B"}}
    kept.found = {"register": {"outcome": "bad", "reason": "name_differs", "lane": "gleif", "evidence": seen}}
    kept.save()

    company = f"/enrollments/{enrollment.pk}/steps/company/"
    pages = [one.get(kept.get_absolute_url()).content.decode() for one in (as_reseller, as_bdm)]

    assert [f'href="{company}?register=1"' in page for page in pages] == [True, False]
    assert values_of(as_reseller, f"{company}?register=1", "legal_name", "city") == ["A", "B"]
    assert values_of(as_reseller, company, "legal_name") == ["EXEMPLE INFORMATIQUE SAS"]


def test_result_is_forgotten_after_a_day(client: Client):
    kept = ask(client)
    retention.apply("preflights", now=timezone.now())
    assert Preflight.objects.filter(pk=kept.pk).exists()
    Preflight.objects.update(asked_at=NOW - preflight.KEPT)

    retention.apply("preflights", now=NOW.replace(hour=11))

    assert client.get(kept.get_absolute_url()).status_code == 404


def test_file_is_flown_with_its_own_answers_for_its_own_people(
    as_reseller: Client, as_outsider: Client, client: Client, reseller: User, enrollment: Enrollment
):
    fill_steps_1_to_3(enrollment)
    response = as_reseller.post(f"/enrollments/{enrollment.pk}/preflight/")
    kept = Preflight.objects.get()

    assert response["Location"] == kept.get_absolute_url()
    assert kept.typed["legal_name"] == "EXEMPLE INFORMATIQUE SAS"
    assert as_reseller.get(kept.get_absolute_url()).status_code == 200
    assert [one.get(kept.get_absolute_url()).status_code for one in (as_outsider, client)] == [404, 404]
    assert as_outsider.post(f"/enrollments/{enrollment.pk}/preflight/").status_code == 404


def test_file_s_flights_are_counted_for_its_people_alone(as_reseller: Client, client: Client, enrollment: Enrollment):
    fill_steps_1_to_3(enrollment)
    strangers = [client.post("/preflight/", GOOD).status_code for _ in range(21)]
    answers = [as_reseller.post(f"/enrollments/{enrollment.pk}/preflight/")["Location"] for _ in range(21)]

    assert strangers == [302] * 20 + [429]
    assert [location.endswith("/answers/") for location in answers] == [False] * 20 + [True]


def test_empty_draft_is_asked_to_fill_in_first(as_reseller: Client, enrollment: Enrollment):
    response = as_reseller.post(f"/enrollments/{enrollment.pk}/preflight/")

    assert response["Location"].endswith("/answers/")
    assert not Preflight.objects.exists()
