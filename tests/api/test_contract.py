"""The API keeps what its description says, whatever is sent: tried against the WSGI application itself."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.models import ApiCall
from api.views import page
from onboarding.models import Event
from portal.wsgi import application
from tests.api.conftest import make_caller
from tests.builders import make_bdm, make_submitted

pytestmark = [pytest.mark.django_db, pytest.mark.long]
schema = schemathesis.openapi.from_dict(page.schema(), config=SchemathesisConfig())
schema.app = application
CHECKS = [
    checks.not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, negative_data_rejection,
]  # fmt: skip


@pytest.fixture
def key() -> Iterator[str]:
    """A key of everything. The test's transaction outlives the requests, as in Django's own client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    make_submitted()
    yield make_caller(bdm=make_bdm(lead=True)).key
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=25, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_every_answer_is_one_that_is_described(case: Any, key: str) -> None:
    with transaction.atomic():
        sent = {"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"}
        case.call_and_validate(headers=sent, checks=CHECKS)
        transaction.set_rollback(True)


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
