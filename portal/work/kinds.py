"""The kinds of durable work. Each is declared once (``registry.register``), when its app is ready.

From the declaration come the rows of its queues, its Celery task, beat's schedule, the wake-ups after a request, its
part of the plain loop (``manage.py work``) and its table in /metrics.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet

from portal.work.claims import Claim
from portal.work.models import DueRow

Row = TypeVar("Row", bound=DueRow)


class Rate(NamedTuple):
    """How often workers may claim from a queue, all of them together. An administrator may change it."""

    a_second: float
    at_once: float


Rates = Mapping[str, Rate]


class TimeLimits(NamedTuple):
    """Seconds after which Celery interrupts a task, and after which it kills the process.

    The lease is longer than both.
    """

    soft: float
    hard: float


def _as_they_are(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    return rows


def _nothing(row: Any) -> dict[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class WorkKind(Generic[Row]):
    """One kind of due row, and the work to do with it.

    Exactly one of ``do`` and ``take`` is given. ``do`` gets a claim and its row, and ends with one of ``claims``'
    answers. ``take`` makes its own claims: it starts nothing after a moment (``time.monotonic``) and returns how many
    rows it claimed.

    Raises:
        ImproperlyConfigured: a part is missing, or contradicts another.
    """

    name: str
    model: type[Row]
    # By the queue's name. A function where the names are known only when every app is ready.
    queues: Rates | Callable[[], Rates]
    # The name of the Celery task; empty: only the plain loop does this work.
    task: str
    do: Callable[[Claim, Row], object] | None = None
    take: Callable[[float], int] | None = None
    # This many rows of each queue are claimed at a time, and all must be done within one lease.
    limit: int = 1
    lease_seconds: float | None = None  # None: WORK_LEASE_SECONDS
    select: "Callable[[QuerySet[Row]], QuerySet[Row]]" = _as_they_are
    log_context: Callable[[Row], dict[str, str]] = _nothing
    longest_back_off: float = 60  # seconds, after failures of our own
    # Beat sends a message every so many ticks (WORK_TICK_SECONDS).
    ticks: int = 1
    time_limits: TimeLimits | None = None  # None: Celery's, which follow from WORK_LEASE_SECONDS
    # A message does one claim instead of going on for WORK_BUDGET_SECONDS, because each may take as long as a message
    # may.
    is_long: bool = False
    # Why a request that changed something wakes no worker for this kind; empty: it does.
    unwoken_because: str = ""

    def __post_init__(self) -> None:
        if (self.do is None) == (self.take is None):
            raise ImproperlyConfigured(f"Work {self.name!r} needs either `do` or `take`.")
        if not self.task and not self.unwoken_because:
            raise ImproperlyConfigured(f"Work {self.name!r} has no task: say why (`unwoken_because`).")
        if not callable(self.queues):
            _check_rates(self.name, self.queues)

    def rates(self) -> Rates:
        """Return the rate of each queue of this kind, by its name."""
        return self.queues() if callable(self.queues) else self.queues

    @property
    def is_woken(self) -> bool:
        return not self.unwoken_because


KINDS: dict[str, WorkKind[Any]] = {}


def add(kind: WorkKind[Any]) -> None:
    """Register the kind.

    Raises:
        ImproperlyConfigured: another kind has its name, model, task, or one of its queues.
    """
    for other in KINDS.values():
        shared = [
            f"{what} {mine!r}"
            for what, mine, theirs in (
                ("name", kind.name, other.name),
                ("model", kind.model._meta.label, other.model._meta.label),
                ("task", kind.task, other.task),
            )
            if mine and mine == theirs
        ]
        shared += [f"queue {queue!r}" for queue in sorted({*kind.rates()} & {*other.rates()})]
        if shared:
            raise ImproperlyConfigured(f"Work {kind.name!r} and {other.name!r} share the {', '.join(shared)}.")
    _check_rates(kind.name, kind.rates())
    KINDS[kind.name] = kind


def _check_rates(name: str, rates: Rates) -> None:
    if not rates:
        raise ImproperlyConfigured(f"Work {name!r} has no queue.")
    for queue, (a_second, at_once) in rates.items():
        if a_second <= 0 or at_once < 1:
            raise ImproperlyConfigured(f"Work {name!r}: nobody could ever claim from queue {queue!r}.")


def rates() -> dict[str, Rate]:
    """Return the rate of every queue of every kind, by the queue's name."""
    return {queue: rate for kind in KINDS.values() for queue, rate in kind.rates().items()}


def models() -> list[type[DueRow]]:
    return [kind.model for kind in KINDS.values()]


def woken_tasks() -> tuple[str, ...]:
    """Return the tasks of the kinds for which a request that changed something wakes a worker."""
    return tuple(kind.task for kind in KINDS.values() if kind.is_woken)


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Return Celery beat's entries. Any number of beats is harmless: a message only says that work may be due."""
    return dict(_entries(KINDS.values()))


def _entries(kinds: "Iterable[WorkKind[Any]]") -> "Iterable[tuple[str, dict[str, Any]]]":
    for kind in kinds:
        seconds = kind.ticks * settings.WORK_TICK_SECONDS
        if kind.task:
            # A message that nobody took within two ticks is worthless.
            yield kind.name, {"task": kind.task, "schedule": seconds, "options": {"expires": 2 * seconds}}
