"""Do all due work in a plain loop: no Redis, no Celery. Any number may run beside the workers."""

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections

from onboarding import tasks
from portal.notices import relay
from portal.work import claims, periodic, steps

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Do due work until stopped (or --once until nothing is due)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing is due")
        parser.add_argument("--every", type=float, default=2.0, help="seconds between two looks (default 2)")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        while not stop.is_set():
            close_old_connections()
            try:
                busy = tasks.look_once() + tasks.handle_inbound_once() + tasks.read_clocks_once() + periodic.do_due()
                busy += tasks.scan_once() + tasks.preflight_once() + tasks.do_duties_once() + tasks.read_insights_once()
                busy += relay.send_due(limit=20, now=claims.database_now) + sum(more() for more in steps.MORE)
            except (OperationalError, InterfaceError) as error:
                # The database restarts, or is gone for a while: so are we, no longer.
                log.warning("the database does not answer: %s", error)
                stop.wait(options["every"])
                continue
            if options["once"] and not busy:
                return
            if not busy:
                stop.wait(options["every"])
