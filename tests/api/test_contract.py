"""The API keeps what its description says, whatever is sent: tried against the WSGI application itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.domain.webhooks import subscriptions
from api.domain.webhooks.subscriptions import ALL_KINDS, Wish
from api.enums import WebhookStyle
from api.models import ApiCall
from api.views import page
from onboarding.enums import ExternalSystem
from onboarding.models import Event
from portal.wsgi import application
from tests.api.conftest import Caller, make_caller
from tests.builders import make_bdm, make_submitted

pytestmark = [pytest.mark.django_db, pytest.mark.long]
# An If-Match that is no ETag is refused as one that is another by now: 412, which the check does not expect.
REFUSALS = ["400", "401", "403", "404", "405", "409", "412", "422", "429"]
CONFIG = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
schema = schemathesis.openapi.from_dict(page.schema(), config=CONFIG)
schema.app = application
CHECKS = [
    checks.not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, negative_data_rejection,
]  # fmt: skip


@dataclass(frozen=True)
class World:
    """A client of everything, and one of each thing that an address names: part of the address -> parameters."""

    caller: Caller
    things: dict[str, dict[str, str]]

    def named_by(self, path: str) -> dict[str, str]:
        """Return the parameters of an address that make it one of something that is there; {} if it has none."""
        kind, _, rest = path.removeprefix("/api/v1/").partition("/")
        return {name: value for name, value in self.things.get(kind, {}).items() if f"{{{name}}}" in rest}


@pytest.fixture
def world() -> Iterator[World]:
    """The test's transaction outlives the requests, as in Django's own client."""
    enrollment, bdm = make_submitted(), make_bdm(lead=True)
    caller, system, now = make_caller(bdm=bdm), ExternalSystem.OTHER.value, timezone.now()
    wish = Wish(name="crm", address="https://crm.example/", kinds=ALL_KINDS, everywhere=True)
    webhook, _secret = subscriptions.make(
        style=WebhookStyle.STANDARD, client=caller.client, wish=wish, by=bdm.user, now=now
    )
    things = {
        "enrollments": {"pk": str(enrollment.pk), "system": system},
        "companies": {"pk": str(enrollment.partner_id), "system": system},
        "checks": {"pk": str(enrollment.checks.filter(authority="microsoft").order_by("pk")[0].pk)},
        "webhooks": {"pk": str(webhook.pk)},
    }
    for kind in ("enrollments", "companies"):
        put = caller.send("PUT", f"/{kind}/{things[kind]['pk']}/external-ids/{system}", {"id": f"id-of-{kind}"})
        assert put.status_code == 200, put.content
    # After them: Django's own client connects them again at the end of each request.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield World(caller, things)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=25, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_every_answer_is_one_that_is_described(case: Any, world: World) -> None:
    """Invented ids are 404, which shows little: valid ones are replaced by those of things that are there."""
    part = case.meta.components.get(ParameterLocation.PATH) if case.meta else None
    if part and part.mode.is_positive:
        case.path_parameters = {**case.path_parameters, **world.named_by(case.path)}
    with transaction.atomic():
        sent = {"Authorization": f"Bearer {world.caller.key}", "Accept-Encoding": "identity"}
        case.call_and_validate(headers=sent, checks=CHECKS)
        transaction.set_rollback(True)


ITEMS = [(method, path) for path, methods in page.schema()["paths"].items() for method in methods if "{" in path]


@pytest.mark.parametrize(("method", "path"), ITEMS)
def test_every_address_of_one_thing_gets_past_not_found(method: str, path: str, world: World) -> None:
    place = path.removeprefix("/api/v1").format(**world.named_by(path))

    answer = world.caller.get(place) if method == "get" else world.caller.send(method.upper(), place, {})

    assert answer.status_code in ({200} if method == "get" else {200, 201, 409, 422}), answer.content


def test_a_change_of_what_changed_meanwhile_is_described(world: World) -> None:
    path = "/api/v1/companies/{pk}/external-ids/{system}"
    place = path.removeprefix("/api/v1").format(**world.named_by(path))

    for method in ("PUT", "DELETE"):
        for etag in (f'"{"0" * 32}"', ""):
            answer = world.caller.send(method, place, {"id": "another"}, if_match=etag)
            assert answer.status_code == 412
        assert "412" in page.schema()["paths"][path][method.lower()]["responses"]


def test_description_is_of_openapi_3_1_and_names_every_address() -> None:
    told = page.schema()

    assert told["openapi"].startswith("3.1")
    assert len(told["paths"]) == 26
    for methods in told["paths"].values():
        for method, operation in methods.items():
            assert operation["security"], operation["operationId"]
            assert operation["description"]
            names = {parameter["name"] for parameter in operation["parameters"]}
            assert ("Idempotency-Key" in names) == (method != "get")


def test_description_needs_no_key_and_its_page_no_stranger(client: Any) -> None:
    told, shown = client.get("/api/v1/openapi.json"), client.get("/api/v1/")

    assert told.json() == page.schema()
    assert told["Content-Type"].startswith("application/vnd.oai.openapi+json")
    html = shown.content.decode()
    assert "GET /api/v1/enrollments" in html
    assert "<code>Idempotency-Key</code>" in html
    assert "`" not in html
    assert 'src="http' not in html and 'href="http' not in html
    assert not ApiCall.objects.exists()
    assert not Event.objects.exists()
