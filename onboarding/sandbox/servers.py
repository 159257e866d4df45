"""The whole sandbox in one process: one world behind four servers, on loopback only."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from onboarding.sandbox.dns_twin import DnsTwin
from onboarding.sandbox.http_twin import HttpTwin
from onboarding.sandbox.scanner_twin import ScannerTwin
from onboarding.sandbox.smtp_twin import SmtpTwin
from onboarding.sandbox.world import World
from portal.servers import free_port


@dataclass(frozen=True)
class Sandbox:
    world: World
    http_port: int
    dns_port: int
    smtp_port: int
    scanner_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"


@contextmanager
def running(
    *,
    http_port: int = 0,
    dns_port: int = 0,
    smtp_port: int = 0,
    scanner_port: int = 0,
    state: Path | None = None,
    witness: Path | None = None,
) -> Iterator[Sandbox]:
    """Serve until the block ends. A port of 0 takes a free one; with ``state`` None all is lost at the end.

    ``witness`` is a file that keeps each call, even if the portal crashes.
    """
    world = World(state, witness=witness)
    dns_port, smtp_port = dns_port or free_port(), smtp_port or free_port()
    with ExitStack() as stack:
        http, dns, smtp = HttpTwin(world, http_port), DnsTwin(world, dns_port), SmtpTwin(world, smtp_port)
        scanner = ScannerTwin(world, scanner_port)
        for twin in (http, dns, smtp, scanner):
            twin.start()
            stack.callback(twin.stop)
        yield Sandbox(world, http.port, dns.port, smtp_port, scanner.port)
