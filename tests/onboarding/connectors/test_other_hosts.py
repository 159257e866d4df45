"""A connector asks the host of its own setting alone, wherever an answer points."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from onboarding.connectors import tenant_directory
from onboarding.connectors.asking import ask
from onboarding.connectors.base import PermanentError, TemporaryError
from onboarding.connectors.registry import RECORDS
from onboarding.domain.checks.connectors import ConnectorRecord, Look
from onboarding.domain.kinds import subjects
from onboarding.enums import Kind
from onboarding.sandbox.servers import Sandbox
from portal import outbound
from tests.onboarding.connectors.conftest import NOW

pytestmark = pytest.mark.django_db

TENANT = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
COMPANY = subjects.CompanySubject(
    "Wolken Voorbeeld BV", "BE0999000030", "Teststraat 12", "1000", "Brussel", "BE", duns="999000114"
)
FRENCH = subjects.CompanySubject(
    "Nuages d'Exemple SAS", "999000003", "12, rue du Test", "75002", "Paris", "FR", duns="999000114"
)
SUBJECTS: dict[str, Any] = {
    Kind.LEGAL_ENTITY: COMPANY,
    Kind.MPN_ID: subjects.MpnSubject("1234567", "Nuages d'Exemple"),
    Kind.LOCATION: subjects.AgreementSubject("1234567", "EU"),
    Kind.AGREEMENT: subjects.AgreementSubject("1234567", "EU"),
    Kind.RELATIONSHIP: subjects.RelationshipSubject("1234567", TENANT, "FR", "EU"),
    Kind.MARKETPLACE: subjects.MarketplaceSubject("20-222222", "FR", "eu"),
}
# What names where the rest of an answer is, in one service or another.
FOLLOWING = ("next", "nextLink", "@odata.nextLink", "uri", "href", "url", "location", "token_endpoint")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    asked: list[str]
    points_to = ""
    status = 200


class _Pointer(BaseHTTPRequestHandler):
    """Answers everything with tokens, an empty list and the address of somebody else."""

    server: _Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        elsewhere = self.server.points_to
        links = {"next": {"uri": elsewhere, "href": elsewhere, "method": "GET"}, "self": {"uri": elsewhere}}
        body = {
            "access_token": "a",
            "token": "a",
            "expires_in": 3600,
            "links": links,
            "items": [],
            "data": [],
            "results": [],
        }
        content = json.dumps({**body, **dict.fromkeys(FOLLOWING, elsewhere)}).encode()
        self.send_response(self.server.status)
        for name, value in {
            "Location": elsewhere,
            "Link": f'<{elsewhere}>; rel="next"',
            "Content-Length": len(content),
        }.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815  (http.server's name)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), _Pointer)
    server.asked = []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def ours(sandbox: Sandbox, settings: Any) -> Iterator[_Server]:
    """The server of every setting. It points to another one, which may be called too."""
    with serving() as server, serving() as other:
        url = f"http://127.0.0.1:{server.server_port}"
        for name in ("PARTNER_CENTER_URL", "PARTNER_CENTER_LOGIN_URL", *_addresses()):
            setattr(settings, name, url)
        settings.CMP_URLS = {"eu": url}
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{each.server_port}" for each in (server, other)]
        server.points_to = f"http://127.0.0.1:{other.server_port}/"
        assert outbound.request("GET", server.points_to, system=server.points_to).status == 200
        other.asked.clear()
        yield server
        assert other.asked == []


def _addresses() -> set[str]:
    return {record.address for record in RECORDS if record.address and record.address.endswith("_URL")}


LOOKS = [
    pytest.param(record, look, FRENCH if "FR" in record.serves else SUBJECTS[kind], id=f"{record.code}-{kind}")
    for record in RECORDS
    if record.address
    for kind, look in record.looks.items()
]


@pytest.mark.parametrize("status", [200, 302, 307])
@pytest.mark.parametrize(("record", "look", "subject"), LOOKS)
def test_connector_goes_nowhere_else(
    ours: _Server, record: ConnectorRecord, look: Look, subject: Any, status: int
) -> None:
    ours.status = status

    with suppress(TemporaryError, PermanentError):
        look.look(subject, now=NOW)

    assert ours.asked


@pytest.mark.parametrize("status", [200, 302])
def test_directory_of_tenants_goes_nowhere_else(ours: _Server, status: int) -> None:
    ours.status = status

    with suppress(TemporaryError, PermanentError):
        tenant_directory.tenant_id("nuages.example", now=NOW)

    assert ours.asked


@pytest.mark.parametrize("path", [".evil.example/lei", "@127.0.0.1:{port}/", ":{port}/", "://x"])
def test_path_that_becomes_part_of_the_host_is_not_asked(ours: _Server, path: str) -> None:
    system = f"http://127.0.0.1:{ours.server_port}"
    other = ours.points_to.rpartition(":")[2].strip("/")

    with pytest.raises(PermanentError, match="AddressRefused"):
        ask("the register", "GET", system, path.format(port=other), now=NOW)

    assert ours.asked == []
