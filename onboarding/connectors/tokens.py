"""Cache access tokens while they are valid: fetching one costs a call, and some services count those."""

import threading
import time
from collections.abc import Callable

SHARE = 0.9  # of its life: renewed before its end, so that none expires during a request
Key = tuple[str, ...]
Fetch = Callable[[], tuple[str, str]]


class Tokens:
    """The tokens of this process. ``key`` is all that a token depends on: address, credentials.

    ``fetch`` returns a token and its life in seconds, as the service gave it. What ``fetch`` raises passes through.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Key, tuple[str, float]] = {}

    def current(self, key: Key, fetch: Fetch) -> str:
        with self._lock:
            token, until = self._known.get(key, ("", 0.0))
            return token if time.monotonic() < until else self._renew(key, fetch)

    def renewed(self, key: Key, fetch: Fetch) -> str:
        """Return a new token, because the service refused the one before."""
        with self._lock:
            return self._renew(key, fetch)

    def forget(self) -> None:
        with self._lock:
            self._known.clear()

    def _renew(self, key: Key, fetch: Fetch) -> str:
        self._known.pop(key, None)
        token, seconds = fetch()
        life = float(seconds) if seconds.isascii() and seconds.isdecimal() else 0.0
        self._known[key] = token, time.monotonic() + life * SHARE
        return token
