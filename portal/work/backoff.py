"""How long to wait before trying again. Pure: the random source is an argument."""

import datetime as dt
import random


def back_off(errors: int, *, base: float, cap: float, rng: random.Random) -> dt.timedelta:
    """Return a wait with full jitter: between zero and ``base * 2**errors`` seconds, never more than ``cap``.

    Source: [aws-full-jitter].
    """
    return dt.timedelta(seconds=rng.uniform(0, min(cap, base * 2 ** min(errors, 30))))
