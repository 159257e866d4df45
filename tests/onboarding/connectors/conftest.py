"""The real twins on free loopback ports, and settings that aim the production clients at them."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from onboarding.connectors import dun_bradstreet, marketplace, partner_center_tokens
from onboarding.sandbox import servers
from onboarding.sandbox.servers import Sandbox

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def servers_running() -> Iterator[Sandbox]:
    with servers.running() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(servers_running: Sandbox, settings: Any) -> Sandbox:
    """The sandbox as on its first day, and nobody signed in to it."""
    servers_running.world.reset()
    for tokens in (partner_center_tokens.TOKENS, dun_bradstreet._tokens, marketplace._tokens):
        tokens.forget()
    settings.SANDBOX_URL = settings.PARTNER_CENTER_URL = servers_running.url
    settings.PARTNER_CENTER_LOGIN_URL = settings.RECHERCHE_ENTREPRISES_URL = servers_running.url
    settings.PARTNER_CENTER_TENANT = "ingram.example"
    settings.PARTNER_CENTER_CLIENT_ID = "made-up-client"
    settings.PARTNER_CENTER_CLIENT_SECRET = "made-up-secret"
    settings.PARTNER_CENTER_REFRESH_TOKEN = "made-up-refresh-token"
    settings.VIES_URL, settings.GLEIF_URL = f"{servers_running.url}/vies", f"{servers_running.url}/gleif"
    settings.DNB_URL, settings.DNB_KEY, settings.DNB_SECRET = f"{servers_running.url}/dnb", "made-up", "made-up"
    settings.CMP_URLS = {"eu": f"{servers_running.url}/cmp/eu", "na": f"{servers_running.url}/cmp/na", "ap": ""}
    settings.CMP_USER = settings.CMP_PASSWORD = settings.CMP_KEY = "made-up"
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{servers_running.http_port}"]
    settings.DNS_NAMESERVERS, settings.DNS_PORT = ["127.0.0.1"], servers_running.dns_port
    return servers_running


@pytest.fixture
def sim(sandbox: Sandbox) -> Callable[..., Any]:
    """Ask the control API: ``sim("POST", "resellers", mpn_id=…, do=…)``."""

    def ask(method: str, control: str, **wish: Any) -> Any:
        response = httpx.request(method, f"{sandbox.url}/__sim__/{control}", json=wish, trust_env=False)
        assert response.status_code == 200, response.text
        return response.json()

    return ask
