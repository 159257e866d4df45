import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from api.domain import clients
from api.enums import ApiScope
from api.models import ApiClient
from portal.coverage.models import Bdm
from tests.builders import make_bdm, make_user


class Caller:
    """A client of the API with its key, as a test uses it."""

    def __init__(self, client: ApiClient, key: str) -> None:
        self.client, self.key, self.http = client, key, Client()

    def get(self, path: str, **headers: str) -> Any:
        return self.http.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {self.key}", **_named(headers)})

    def post(self, path: str, body: Any, *, idempotency_key: str = "", **headers: str) -> Any:
        return self.send("POST", path, body, idempotency_key=idempotency_key, **headers)

    def send(self, method: str, path: str, body: Any = "", *, idempotency_key: str = "", **headers: str) -> Any:
        sent = body if isinstance(body, str | bytes) else json.dumps(body)
        given = {
            "Authorization": f"Bearer {self.key}",
            "Idempotency-Key": idempotency_key or uuid.uuid4().hex,
            **_named(headers),
        }
        return self.http.generic(method, f"/api/v1{path}", sent, content_type="application/json", headers=given)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def make_caller(
    *scopes: ApiScope,
    countries: tuple[str, ...] = (),
    bdm: Bdm | None = None,
    now: dt.datetime | None = None,
    **fields: Any,
) -> Caller:
    by = make_user(is_staff=True, is_superuser=True)
    client = ApiClient.objects.create(
        name=fields.pop("name", uuid.uuid4().hex), scopes=list(scopes or ApiScope), countries=list(countries),
        everywhere=not countries, acts_for=bdm.user if bdm else None, made_by=by,
        **{"rate_a_minute": 6000, "tokens": 6000, **fields},
    )  # fmt: skip
    return Caller(client, clients.make_key(client=client, by=by, now=now or timezone.now()))


@pytest.fixture
def france(db: None) -> Caller:
    """A client with every permission that acts for a BDM of France."""
    return make_caller(bdm=make_bdm("FR"))
