"""How long a wait lasts in this deployment: the real time in production, far shorter in the demo.

All other code computes real waits. Only this module reads ``WAITING_PACE``: 1 in production, 0.001 in the demo, whose
sandbox answers within the hour that a visitor has.
"""

import datetime as dt

from django.conf import settings

_DAY, _SECOND = dt.timedelta(days=1), dt.timedelta(seconds=1)


def is_real() -> bool:
    return bool(settings.WAITING_PACE >= 1)


def interval(wait: dt.timedelta, *, at_least: dt.timedelta = dt.timedelta()) -> dt.timedelta:
    """Return the time between two checks: in the demo a thousandth of ``wait``, but never below ``at_least``."""
    return max(wait * settings.WAITING_PACE, at_least)


def rest(wait: dt.timedelta) -> dt.timedelta:
    """Return the pause before a system in trouble is asked again: in the demo a hundredth of ``wait``."""
    return wait * min(settings.WAITING_PACE * 10, 1)


def age(shown: dt.timedelta) -> dt.timedelta:
    """Return the real age of something that is ``shown`` old here."""
    return shown / settings.WAITING_PACE


def night(real: dt.datetime, *, now: dt.datetime, spread: float) -> dt.datetime:
    """Return ``real``, a moment of the coming night; in the demo, which is shorter, a short day from ``now``.

    ``spread`` (about 1) makes the demo's days unequal, like the hours of a night.
    """
    return real if is_real() else now + interval(_DAY * spread, at_least=_SECOND)
