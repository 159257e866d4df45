"""Tell a worker that something may be due now. A hint may be lost: beat ticks, and the rows know when they are due."""

import logging
import time
from collections.abc import Sequence
from typing import Any

from celery import current_app
from celery.beat import PersistentScheduler
from django.conf import settings
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import RedisError

from portal.work import kinds

log = logging.getLogger(__name__)

# With so many waiting nobody takes them: one more would only fill Redis, which knows no end of a queue.
MOST_WAITING = 200
QUIET_SECONDS = 30  # after a failure nobody waits for Redis again for this long
_silent_until = 0.0
# A person waits behind this.
_IMPATIENT = {
    **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
    "max_retries": 0,
}


def wake_workers(names: Sequence[str] = ()) -> bool:
    """Return True when messages are on their way to these tasks, or to those of every kind that is woken.

    Never raises, and nobody waits twice for a Redis that is gone.
    """
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    try:
        with current_app.connection_for_write(transport_options=_IMPATIENT) as connection:
            if are_enough(connection.default_channel):
                return True
            for name in names or kinds.woken_tasks():
                current_app.send_task(name, expires=10, retry=False, connection=connection)
    except (OperationalError, OSError) as error:
        _silent_until = time.monotonic() + QUIET_SECONDS
        log.warning("no hint to the workers: %s", error)
        return False
    return True


def are_enough(channel: Any) -> bool:
    """Return True when MOST_WAITING messages are already queued: nobody would learn anything from another one.

    A Redis that cannot say so is asked to take the hint all the same: whoever sends knows what to do with its answer.
    """
    try:
        waiting: int = channel.queue_declare(queue=current_app.conf.task_default_queue).message_count
    except (OSError, KombuError, RedisError):
        return False
    return waiting >= MOST_WAITING


class Ticks(PersistentScheduler):  # type: ignore[misc]
    """Beat's schedule, made from the kinds of work. It says nothing while nobody listens."""

    def setup_schedule(self) -> None:
        self.app.conf.beat_schedule = kinds.beat_schedule()
        super().setup_schedule()

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any) -> Any:
        if producer is not None and are_enough(producer.channel):
            return None
        return super().apply_async(entry, producer=producer, advance=advance, **kwargs)
