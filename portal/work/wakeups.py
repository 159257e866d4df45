"""Wake a worker when something may be due. A wake-up may be lost: beat ticks, and the rows store when they are due."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from celery import current_app
from celery.beat import PersistentScheduler
from django.conf import settings
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import RedisError
from structlog.contextvars import get_contextvars

from portal.work import kinds

log = logging.getLogger(__name__)

# With so many waiting no worker takes them: another one would only fill Redis, whose queues have no limit.
MOST_WAITING = 200
WOKEN_BY = "woken_by"
QUIET_SECONDS = 30  # after a failure nobody waits for Redis for this long
_silent_until = 0.0
# Work that a person waits for.
_IMPATIENT = {
    **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
    "max_retries": 0,
}


def wake_workers(names: Sequence[str] = ()) -> bool:
    """Return True when messages are on their way to these tasks, or to all tasks that requests wake.

    Never raises, and waits only once for a Redis that is down.
    """
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    try:
        with current_app.connection_for_write(transport_options=_IMPATIENT) as connection:
            if are_enough(connection.default_channel):
                return True
            for name in names or kinds.woken_tasks():
                current_app.send_task(name, expires=10, retry=False, connection=connection, headers=_woken_by())
    except (OperationalError, OSError) as error:
        _silent_until = time.monotonic() + QUIET_SECONDS
        log.warning("no hint to the workers: %s", error)
        return False
    return True


def _woken_by() -> dict[str, str]:
    """Return the header with the request that wakes, or woke, this process; a worker's lines repeat it."""
    lines = get_contextvars()
    return {WOKEN_BY: str(lines.get("request_id") or lines.get(WOKEN_BY) or "")}


def are_enough(channel: Any) -> bool:
    """Return True when MOST_WAITING messages are already queued: another one would not help.

    Returns False for a Redis that does not answer: the sender handles its failure.
    """
    try:
        waiting: int = channel.queue_declare(queue=current_app.conf.task_default_queue).message_count
    except (OSError, KombuError, RedisError):
        return False
    return waiting >= MOST_WAITING


class Ticks(PersistentScheduler):  # type: ignore[misc]
    """Beat's schedule, made from the kinds of work. It sends nothing while no worker listens.

    Each tick touches the file beside the schedule whose age ``portal/alive.py`` judges.
    """

    def setup_schedule(self) -> None:
        self.app.conf.beat_schedule = kinds.beat_schedule()
        super().setup_schedule()

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        Path(f"{self.schedule_filename}.alive").touch()
        return super().tick(*args, **kwargs)

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any) -> Any:
        if producer is not None and are_enough(producer.channel):
            return None
        return super().apply_async(entry, producer=producer, advance=advance, **kwargs)
