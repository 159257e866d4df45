"""``manage.py sandbox``: replace Partner Center, registers, DNS, a mail server and a virus scanner."""

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from onboarding.sandbox import servers


class Command(BaseCommand):
    help = "Run the sandbox: made-up outside systems for the demo and the tests. It never leaves loopback."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--http-port", type=int, default=0, help="0 takes a free port (the default)")
        parser.add_argument("--dns-port", type=int, default=0, help="UDP and TCP")
        parser.add_argument("--smtp-port", type=int, default=0)
        parser.add_argument("--scanner-port", type=int, default=0)
        parser.add_argument("--witness", type=Path, default=None, help="a file that keeps each call, a line each")
        parser.add_argument("--state", type=Path, default=None, help="a JSON file that keeps the world between runs")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        ports = {name: options[name] for name in ("http_port", "dns_port", "smtp_port", "scanner_port")}
        state = Path(options["state"]) if options["state"] else None
        with servers.running(**ports, state=state, witness=options["witness"]) as sandbox:
            self.stdout.write(
                f"sandbox ready: http {sandbox.http_port}, dns {sandbox.dns_port}, smtp {sandbox.smtp_port}"
            )
            self.stdout.flush()
            stop.wait()
