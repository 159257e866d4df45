"""Change a table that everybody writes to, without making anybody wait for long.

A change that waits for such a lock has everybody else wait behind it: a long reader would stop the portal. So each try
waits for half a second at most, then lets all others through. It ends before PostgreSQL looks for deadlocks (a second),
so it is this change that gives way, and nobody's request. Source: [postgres-locks].
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from psycopg2.errors import LockNotAvailable

Result = TypeVar("Result")

TRIES = 20
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


def briefly(work: Callable[[], Result], *, tries: int = TRIES) -> Result:
    """Return what ``work`` returns, done in a transaction (or a savepoint) that waits for no lock for long.

    It is undone and tried again, some seconds later at most, while others hold a lock. Raises: OperationalError: after
    all tries; nothing is changed.
    """
    for number in range(1, tries + 1):
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '500ms'")
                return work()
        except OperationalError as error:
            if number == tries or not isinstance(error.__cause__, LockNotAvailable):
                raise
        time.sleep(_RNG.uniform(0.2, 0.4) * min(number, 10))
    raise AssertionError("the last try returns or raises")
