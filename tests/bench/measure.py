"""Measure side by side: warm up, then A and B by turns, medians. A figure alone is worth nothing."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

ROUNDS = 5


@dataclass(frozen=True)
class Spread:
    """Median, least and most of several rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))


@dataclass
class Result:
    """One line of the report. ``ratio`` is ours to the control's; ``target`` as "<= 1.3" or ">= 2"."""

    name: str
    ours: str
    control: str
    ratio: float
    target: str
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def reached(self) -> bool:
        sign, _, number = self.target.partition(" ")
        return self.ratio <= float(number) if sign == "<=" else self.ratio >= float(number)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "reached": self.reached}


def by_turns(ours: Callable[[], float], control: Callable[[], float], *, rounds: int = ROUNDS) -> tuple[Spread, Spread]:
    """Each gives its figure; A B A B ..., so that whatever else the machine does hits both."""
    ours(), control()
    figures: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        figures[0].append(ours())
        figures[1].append(control())
    return Spread.of(figures[0]), Spread.of(figures[1])


def seconds(work: Callable[[], object], *, times: int = 1) -> float:
    """Seconds that one call takes, of ``times`` in a row."""
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


def until(condition: Callable[[], object], *, limit: float = 120, every: float = 0.01) -> float:
    """Seconds until it holds. Raises: TimeoutError."""
    start = time.perf_counter()
    while not condition():
        if time.perf_counter() - start > limit:
            raise TimeoutError(f"not within {limit} s")
        time.sleep(every)
    return time.perf_counter() - start


def table(results: list[Result]) -> str:
    """Markdown."""
    lines = ["| what | ours | control | ratio | target | |", "|---|---|---|---|---|---|"]
    for one in results:
        verdict = "reached" if one.reached else "**missed**"
        note = f"; {one.note}" if one.note else ""
        lines.append(f"| {one.name} | {one.ours} | {one.control} | {one.ratio:.2f} | {one.target} | {verdict}{note} |")
    return "\n".join(lines)
