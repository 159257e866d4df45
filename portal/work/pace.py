"""How long a wait lasts here: as long as the code says in production, far shorter in the demo.

Everything else computes real waits. This is the only reader of ``WAITING_PACE``: 1 in production, 0.001 in the demo,
whose sandbox answers within the hour that a visitor has.
"""

import datetime as dt

from django.conf import settings

_DAY, _SECOND = dt.timedelta(days=1), dt.timedelta(seconds=1)


def is_real() -> bool:
    return bool(settings.WAITING_PACE >= 1)


def interval(wait: dt.timedelta, *, at_least: dt.timedelta = dt.timedelta()) -> dt.timedelta:
    """Return the time between two looks: in the demo a thousandth of ``wait``, but never below ``at_least``."""
    return max(wait * settings.WAITING_PACE, at_least)


def rest(wait: dt.timedelta) -> dt.timedelta:
    """Return the time for which we leave somebody alone who is in trouble: in the demo a hundredth of ``wait``."""
    return wait * min(settings.WAITING_PACE * 10, 1)


def age(shown: dt.timedelta) -> dt.timedelta:
    """Return how old something would be in reality that is ``shown`` old here."""
    return shown / settings.WAITING_PACE


def night(real: dt.datetime, *, now: dt.datetime, spread: float) -> dt.datetime:
    """Return ``real``, a moment of the coming night; in the demo, where nobody waits for one, a short day from ``now``.

    ``spread`` (about 1) makes the demo's days unequal, as the hours of a night are.
    """
    return real if is_real() else now + interval(_DAY * spread, at_least=_SECOND)
