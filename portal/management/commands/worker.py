"""The worker of one machine: Celery for wake-ups, the plain loop without any, and a watchdog over both.

The loop (``manage.py work``) needs no Redis, so due work is done even when the broker fails. A child that shows no sign
of life is killed and started again: Celery's Redis transport has stalled silently in many releases (Source:
[celery-history]). Rows held by a killed process fall due again without help.
"""

import ctypes
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from portal import configuration, readiness
from portal.work.wakeups import wake_workers

log = logging.getLogger(__name__)

GRACE_SECONDS = 25  # time for the work in progress to end
_PR_SET_PDEATHSIG = 1


class Child:
    """One program that is started again when it ends; ``alive_at`` is its last sign of life (monotonic)."""

    def __init__(self, name: str, command: list[str], folder: Path) -> None:
        self.name, self.command = name, command
        self.heartbeat = folder / name
        self.process: subprocess.Popen[bytes] | None = None
        self._seen = (0.0, 0.0)

    def start(self) -> None:
        self.heartbeat.touch()
        environment = {**os.environ, "HEARTBEAT_FILE": str(self.heartbeat)}
        self.process = subprocess.Popen(  # noqa: S603
            self.command, cwd=settings.ROOT, env=environment, preexec_fn=_die_with_parent
        )

    def silent_for(self) -> float:
        """Return the seconds since the last sign of life, by a steady clock: the machine's may jump."""
        touched = self.heartbeat.stat().st_mtime
        if touched != self._seen[0]:
            self._seen = (touched, time.monotonic())
        return time.monotonic() - self._seen[1]

    def forgive(self) -> None:
        """Start to count the silence from now."""
        self._seen = (self._seen[0], time.monotonic())

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None


def _die_with_parent() -> None:
    # Linux: no child outlives a supervisor that was killed.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Command(BaseCommand):
    help = "Run Celery and the plain loop until stopped; restart whichever shows no sign of life."

    def handle(self, *args: Any, **options: Any) -> None:
        readiness.require()
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        with tempfile.TemporaryDirectory(prefix="portal-worker-") as folder:
            celery, loop = _children(Path(folder))
            while not stop.wait(settings.WORK_TICK_SECONDS * random.uniform(0.8, 1.2)):  # noqa: S311
                hinted = wake_workers()
                if not hinted:
                    # Without Redis Celery gets no messages, so its silence means nothing.
                    celery.forgive()
                for child in (celery, loop):
                    _watch(child)
            _stop((celery, loop))


def _children(folder: Path) -> tuple[Child, Child]:
    celery = [
        sys.executable, "-m", "celery", "-A", "portal", "--quiet", "worker", "--loglevel", "WARNING",
        "--concurrency", str(configuration.whole("WORKER_CONCURRENCY")), "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    children = Child("celery", celery, folder), Child("loop", [sys.executable, "manage.py", "work"], folder)
    for child in children:
        child.start()
    return children


def _watch(child: Child) -> None:
    if child.ended():
        log.error("%s ended: started again", child.name)
        child.start()
    elif child.silent_for() > settings.WORK_STALL_SECONDS:
        log.error("%s showed no sign of life for %.0f s: killed and started again", child.name, child.silent_for())
        _kill(child)
        child.start()
        child.forgive()


def _kill(child: Child) -> None:
    """Kill the child and its own children: a pool process that hangs must not outlive its parent."""
    if child.process is None:
        return
    pid = child.process.pid
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    grandchildren = listed.read_text().split() if listed.exists() else []
    child.stop(signal.SIGKILL)
    for other in grandchildren:
        with suppress(ProcessLookupError):
            os.kill(int(other), signal.SIGKILL)
    child.process.wait(GRACE_SECONDS)


def _stop(children: tuple[Child, Child]) -> None:
    for child in children:
        child.stop()
    end = time.monotonic() + GRACE_SECONDS
    for child in children:
        try:
            if child.process:
                child.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            _kill(child)
