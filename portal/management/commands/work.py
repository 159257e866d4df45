"""Do all due work in a plain loop, without Redis and Celery. Any number may run beside the workers."""

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections

from portal import memory, readiness
from portal.work import loop

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Do due work until stopped (or --once until nothing is due)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing is due")
        parser.add_argument("--every", type=float, default=2.0, help="seconds between two looks (default 2)")

    def handle(self, *args: Any, **options: Any) -> None:
        readiness.require()
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        memory.leave_loaded_alone()
        while not stop.is_set():
            close_old_connections()
            try:
                busy = loop.do_every_kind()
            except (OperationalError, InterfaceError) as error:
                # The database restarts or is away for a while: go on when it is back.
                log.warning("the database does not answer: %s", error)
                stop.wait(options["every"])
                continue
            if options["once"] and not busy:
                return
            if not busy:
                stop.wait(options["every"])
