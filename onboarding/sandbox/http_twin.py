"""The sandbox's HTTP server: Partner Center, Microsoft's sign-in, registers, D&B, marketplace, Teams, and controls."""

import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from onboarding.sandbox import control, entra, register, teams
from onboarding.sandbox.dun_bradstreet import DunBradstreetTwin
from onboarding.sandbox.entra import EntraTwin
from onboarding.sandbox.exchange import Reply, TwinCall
from onboarding.sandbox.marketplace import MarketplaceTwin
from onboarding.sandbox.partner_center import PartnerCenterTwin
from onboarding.sandbox.twins import TWINS
from onboarding.sandbox.world import World

MAX_BODY = 1_000_000


class HttpTwin:
    """Listens on loopback from ``start`` to ``stop``; ``port`` 0 takes a free one."""

    def __init__(self, world: World, port: int = 0) -> None:
        self._server = _HttpServer(("127.0.0.1", port), _HttpHandler)
        self._server.world = world
        self._server.partner_center = PartnerCenterTwin(world)
        self._server.dun_bradstreet = DunBradstreetTwin(world)
        self._server.marketplace = MarketplaceTwin(world)
        self._server.entra = EntraTwin(world)
        self._server.stopping = threading.Event()
        self.port = int(self._server.server_address[1])

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    world: World
    partner_center: PartnerCenterTwin
    dun_bradstreet: DunBradstreetTwin
    marketplace: MarketplaceTwin
    entra: EntraTwin
    stopping: threading.Event

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that hung up."""


class _HttpHandler(BaseHTTPRequestHandler):
    server: _HttpServer
    server_version = "Sandbox"
    timeout = 30

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: ``/__sim__/calls`` lists the requests."""

    def _answer(self) -> None:
        reply = _route(self.server, self._asked())
        if reply.hold_seconds:
            self.server.stopping.wait(reply.hold_seconds)
        if reply.hang_up:
            self.close_connection = True
            return
        if reply.endless:
            self._pour(reply)
            return
        kind, content = reply.content()
        self.send_response(reply.status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _pour(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(reply.endless))
        self.end_headers()
        piece = b"[" * 65_536
        for _ in range(reply.endless // len(piece)):
            self.wfile.write(piece)
        self.close_connection = True

    def _asked(self) -> TwinCall:
        parts = urlsplit(self.path)
        query = {key.lower(): value for key, value in parse_qsl(parts.query)}
        length = min(int(self.headers.get("Content-Length") or 0), MAX_BODY)
        return TwinCall(self.command, parts.path.lower(), query, self.headers, self.rfile.read(length))


def _own_prefixes(server: _HttpServer) -> tuple[tuple[str, Callable[[TwinCall], Reply]], ...]:
    return (
        (control.PREFIX, lambda asked: control.answer(server.world, asked)),
        (entra.PREFIX, server.entra.answer),
        (entra.GRAPH, server.entra.answer),
        ("/dnb/", server.dun_bradstreet.answer),
        (teams.PREFIX, lambda asked: teams.answer(server.world, asked)),
        ("/cmp/", server.marketplace.answer),
    )


def _route(server: _HttpServer, asked: TwinCall) -> Reply:
    for prefix, answer in _own_prefixes(server):
        if asked.path.startswith(prefix):
            return answer(asked)
    if asked.method == "POST" and re.fullmatch(r"/[^/]+/oauth2/token", asked.path):
        return server.partner_center.token(asked)
    if asked.method == "GET" and re.fullmatch(r"/[^/]+/v2\.0/\.well-known/openid-configuration", asked.path):
        return server.partner_center.openid_configuration(asked)
    if asked.method == "GET" and asked.path == "/search":
        return register.search(server.world, asked)
    for twin in TWINS:
        if asked.path.startswith(twin.prefix):
            return twin.answer(server.world, asked)
    return server.partner_center.answer(asked) or Reply(404, {"code": 404, "description": "Resource not found."})
